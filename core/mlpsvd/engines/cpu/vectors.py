"""Vector instructions for loops that the compiler does not vectorise well."""

from __future__ import annotations

from llvmlite import binding, ir  # type: ignore[import-untyped]
from numba.core import cgutils, config

__all__ = [
    "INT32",
    "LANES",
    "REGISTERS",
    "VECTOR",
    "add_product",
    "clips_at_once",
    "everywhere",
    "four_sums",
    "load",
    "places_of_zeros",
    "registers",
    "store",
    "transposed",
    "vectors_a_row",
]

LANES = 16
"""Numbers in a vector: one register of AVX-512, two of AVX2, four of NEON."""

_ENOUGH_SUMS = 10


def registers(features: str) -> tuple[int, int]:
    """Return the number of vector registers of a processor and the float32 numbers in each.

    Parameters
    ----------
    features
        Features of the processor in LLVM's notation: ``+avx2,-avx512f``.
    """
    present = features.split(",")
    if "+avx512f" in present:
        return 32, 16
    if "+avx" in present:
        return 16, 8
    return (32, 4) if "+neon" in present else (16, 4)


def vectors_a_row(n_rows: int, n_registers: int, n_lanes: int) -> int:
    """Return how many adjacent vectors of each row are summed together: 1, 2 or 4.

    A processor with two multiply-add units, each with a latency of four cycles, needs at least eight independent sums;
    ten leave a margin. The result is the smallest number of vectors that gives ten sums, or else the largest with which
    the sums, the input vectors of one row and one factor fit into the registers.
    """
    per_vector = LANES // n_lanes
    fitting = [1]
    for n_vectors in (1, 2, 4):
        n_sums, n_inputs = n_rows * n_vectors * per_vector, n_vectors * per_vector
        if n_sums + n_inputs + 1 <= n_registers:
            fitting.append(n_vectors)
            if n_sums >= _ENOUGH_SUMS:
                break
    return fitting[-1]


def clips_at_once(n_rows: int, n_registers: int, n_lanes: int) -> int:
    """Return how many clips are multiplied with ``n_rows`` rows together, 4, 2 or 1; their sums fit the registers."""
    per_vector = LANES // n_lanes
    fitting = (n for n in (4, 2) if (n_rows * n + 1) * per_vector + 1 <= n_registers)
    return next(fitting, 1)


REGISTERS = registers(getattr(config, "CPU_FEATURES", None) or binding.get_host_cpu_features().flatten())
"""Registers of the target processor, and float32 numbers in each."""

INT32 = ir.IntType(32)
VECTOR = ir.VectorType(ir.FloatType(), LANES)
_MAY_FUSE = ("contract",)


def load(builder, pointer, n_lanes=LANES):
    """Load a vector from an unaligned address."""
    return builder.load(builder.bitcast(pointer, ir.VectorType(ir.FloatType(), n_lanes).as_pointer()), align=4)


def store(builder, values, pointer):
    """Store a vector at an unaligned address."""
    builder.store(values, builder.bitcast(pointer, values.type.as_pointer()), align=4)


def everywhere(builder, number):
    """Return a vector with the same number in all lanes."""
    kind = ir.VectorType(number.type, LANES)
    single = builder.insert_element(ir.Constant(kind, ir.Undefined), number, INT32(0))
    return builder.shuffle_vector(single, ir.Constant(kind, ir.Undefined), _lanes([0] * LANES))


def places_of_zeros(builder, n):
    """Return ``n`` variables, each a vector of zeros; the compiler keeps them in registers."""
    zero = ir.Constant(VECTOR, [0.0] * LANES)
    places = [cgutils.alloca_once(builder, VECTOR) for _ in range(n)]
    for place in places:
        builder.store(zero, place)
    return places


def add_product(builder, place, a, b):
    """Add a b to the vector at ``place``."""
    product = builder.fmul(a, b, flags=_MAY_FUSE)
    builder.store(builder.fadd(builder.load(place), product, flags=_MAY_FUSE), place)


def four_sums(builder, vectors):
    """Return the sums of four vectors as one vector of four: interleave and add twice, then add the halves twice."""
    n = LANES
    pairs = []
    for a, b in (vectors[0:2], vectors[2:4]):
        even = _pick(builder, a, b, [k - 1 + n if k % 2 else k for k in range(n)])
        odd = _pick(builder, a, b, [k + n if k % 2 else k + 1 for k in range(n)])
        pairs.append(builder.fadd(even, odd))  # lanes a b a b …
    low = _pick(builder, pairs[0], pairs[1], [k - 2 + n if k % 4 > 1 else k for k in range(n)])
    high = _pick(builder, pairs[0], pairs[1], [k + n if k % 4 > 1 else k + 2 for k in range(n)])
    total = builder.fadd(low, high)  # lanes a b c d a b c d …
    while n > len(vectors):
        n //= 2
        total = builder.fadd(_pick(builder, total, total, range(n)), _pick(builder, total, total, range(n, 2 * n)))
    return total


def transposed(builder, rows):
    """Return the transpose of a square block of vectors, whose size is a power of two.

    Each round interleaves pairs of rows: single numbers of rows 1 apart, then pairs of rows 2 apart, then fours of rows
    4 apart. Loops that the compiler vectorises take 3.5 times as long.
    """
    n, rows = len(rows), list(rows)
    step = 1
    while step < n:
        for k in range(n):
            if not k & step:
                upper, lower = rows[k], rows[k + step]
                rows[k] = _pick(builder, upper, lower, [c if not c & step else c - step + n for c in range(n)])
                rows[k + step] = _pick(builder, upper, lower, [c + step if not c & step else c + n for c in range(n)])
        step *= 2
    return rows


def _pick(builder, a, b, lanes):
    return builder.shuffle_vector(a, b, _lanes(lanes))


def _lanes(numbers):
    numbers = list(numbers)
    return ir.Constant(ir.VectorType(INT32, len(numbers)), numbers)
