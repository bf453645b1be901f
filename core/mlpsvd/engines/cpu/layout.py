"""Memory layout of the fused engine: matrices inside vectors."""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import intrinsic
from numba.np.arrayobj import make_array, populate_array

__all__ = ["matrix"]


def _matrix_view(_context, vector, start, n_rows, n_columns):
    """View part of a vector as a matrix, as ``vector[…].reshape(…)`` does, but without reference counting.

    The caller keeps the vectors alive. A slice with a reshape would take about 25 ns.
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
