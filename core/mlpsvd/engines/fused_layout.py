"""How the fused engine's numbers lie in memory: matrices within vectors, and the transposition of a batch.

Numba does not notice in its cache on disk that this file has changed, since the cached functions stand in
``fused_kernels.py``. That one therefore holds a checksum of this one too, and a test compares them.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.extending import intrinsic
from numba.np.arrayobj import make_array, populate_array

__all__ = ["matrix", "transpose"]

_compiled = njit(nogil=True, error_model="numpy")


def _matrix_view(_context, vector, start, n_rows, n_columns):
    """View a stretch of a vector as a matrix. ``vector[…].reshape(…)``, but without counting references to it.

    The vectors live as long as the call into this module; a slice with a reshape costs some 25 ns each time.
    """
    result = types.Array(vector.dtype, 2, "C")

    def build(context, builder, signature, arguments):
        source = make_array(signature.args[0])(context, builder, arguments[0])
        start, rows, columns = (
            context.cast(builder, value, kind, types.intp)
            for value, kind in zip(arguments[1:], signature.args[1:], strict=True)
        )
        itemsize = context.get_constant(
            types.intp, context.get_abi_sizeof(context.get_data_type(signature.args[0].dtype))
        )
        view = make_array(result)(context, builder)
        populate_array(
            view,
            data=builder.gep(source.data, [start]),
            shape=[rows, columns],
            strides=[builder.mul(columns, itemsize), itemsize],
            itemsize=itemsize,
            meminfo=None,
        )
        return view._getvalue()

    return result(vector, start, n_rows, n_columns), build


matrix: Any = intrinsic(_matrix_view)

_BLOCK = 8


def _block_transposition(_context, a, i, j, out):
    """out[j : j + 8, i : i + 8] = a[i : i + 8, j : j + 8]ᵀ, in registers: three rounds that interleave pairs of rows.

    Interleaving single numbers of rows a step of 1 apart, then pairs a step of 2 apart, then fours a step of 4 apart
    moves every number to its place. Loops that the compiler has to make vectors of itself take 3.5 times as long.
    """

    def build(context, builder, signature, arguments):
        vector, index = ir.VectorType(ir.FloatType(), _BLOCK), ir.VectorType(ir.IntType(32), _BLOCK)
        source, target = (make_array(signature.args[k])(context, builder, arguments[k]) for k in (0, 3))
        i, j = arguments[1:3]

        def row(view, first, k, column):
            start = builder.mul(builder.add(first, first.type(k)), builder.extract_value(view.shape, 1))
            return builder.bitcast(builder.gep(view.data, [builder.add(start, column)]), vector.as_pointer())

        rows = [builder.load(row(source, i, k, j), align=4) for k in range(_BLOCK)]
        for step in (1, 2, 4):
            for k in range(_BLOCK):
                if not k & step:
                    upper, lower = rows[k], rows[k + step]
                    low = [c if not c & step else c - step + _BLOCK for c in range(_BLOCK)]
                    high = [c + step if not c & step else c + _BLOCK for c in range(_BLOCK)]
                    rows[k] = builder.shuffle_vector(upper, lower, ir.Constant(index, low))
                    rows[k + step] = builder.shuffle_vector(upper, lower, ir.Constant(index, high))
        for k in range(_BLOCK):
            builder.store(rows[k], row(target, j, k, i), align=4)
        return context.get_dummy_value()

    return types.void(a, types.intp, types.intp, out), build


_transpose_block: Any = intrinsic(_block_transposition)


@_compiled
def transpose(a, out):
    """out = aᵀ: whole blocks, then what is left on the right and at the bottom."""
    n, m = a.shape
    for j in range(0, m - _BLOCK + 1, _BLOCK):
        for i in range(0, n - _BLOCK + 1, _BLOCK):
            _transpose_block(a, i, j, out)
    whole = m - m % _BLOCK
    for j in range(whole, m):
        for i in range(n):
            out[j, i] = a[i, j]
    for j in range(whole):
        for i in range(n - n % _BLOCK, n):
            out[j, i] = a[i, j]
