"""Which engine executes the epochs, and why."""

from __future__ import annotations

from mlpsvd.arrays import cpu, gpu
from mlpsvd.engines.reference import ReferenceEngine
from mlpsvd.errors import DeviceError

__all__ = ["choose"]


def choose(engine: str, precision: str) -> tuple[ReferenceEngine, str]:
    """Return the engine asked for, or the CPU where there is no such device.

    Parameters
    ----------
    engine
        ``auto``, ``cpu`` or ``gpu``. ``auto`` is the CPU: for networks of the paper's size a GPU spends its time
        on starting kernels.
    precision
        ``float32`` or ``float64``.

    Returns
    -------
    engine : ReferenceEngine
    note : str
        One sentence if something else was chosen than was asked for, else empty.
    """
    if engine == "gpu":
        try:
            return ReferenceEngine(gpu(), precision), ""
        except DeviceError as error:
            return ReferenceEngine(cpu(), precision), f"{error}; the CPU is used instead"
    return ReferenceEngine(cpu(), precision), ""
