"""Capabilities of an engine, and the check whether it supports a network."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mlpsvd.network.spec import NetworkSpec

__all__ = ["Capabilities", "Support"]


@dataclass(frozen=True)
class Support:
    """Whether an engine supports a network; true or false as a condition.

    Attributes
    ----------
    reason
        The reason if it does not, as a sentence without a full stop; else empty.
    """

    reason: str = ""

    def __bool__(self) -> bool:
        return not self.reason


@dataclass(frozen=True)
class Capabilities:
    """Layer families, functions and precisions that an engine supports.

    Attributes
    ----------
    engine
        The engine in a sentence, e.g. ``The fused engine``.
    families, activations, losses, precisions
        By their names in settings and files.
    most_parameters
        The longest parameter vector.
    """

    engine: str
    families: tuple[str, ...]
    activations: tuple[str, ...]
    losses: tuple[str, ...]
    precisions: tuple[str, ...]
    most_parameters: int

    def supports_precision(self, precision: str) -> Support:
        """Return whether the engine supports a precision."""
        if precision in self.precisions:
            return Support()
        return Support(f"{self.engine} computes in {' or '.join(self.precisions)}, not {precision}")

    def supports(self, spec: NetworkSpec, precision: str) -> Support:
        """Return whether the engine supports a network in a precision."""
        if not (support := self.supports_precision(precision)):
            return support
        missing = [
            *_missing(spec.kinds, self.families, "{} layers"),
            *_missing((layer.activation for layer in spec.layers), self.activations, "the activation {}"),
            *_missing([spec.loss], self.losses, "the loss {}"),
        ]
        if missing:
            return Support(f"{self.engine} does not support {' and '.join(missing)}")
        if spec.n_parameters > self.most_parameters:
            return Support(
                f"{self.engine} takes networks of up to {self.most_parameters:,} parameters, not {spec.n_parameters:,}"
            )
        return Support()


def _missing(needed: Iterable[str], known: tuple[str, ...], what: str) -> list[str]:
    return [what.format(name) for name in dict.fromkeys(needed) if name not in known]
