"""Matrix products within a batch, with what comes before and after them done in the same registers.

A layer of 20 neurons is so small that BLAS spends as long on being called as on multiplying, with AVX2 several times as
long, and then its result is read and written once more for bias and activation. Here sixteen clips fill a register, up
to five rows are summed at once, and what is written is finished. For pieces of 64 clips this is as fast as BLAS up to
2,049 inputs and 512 neurons (docs/engines.md).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

from mlpsvd.engines.cpu.vectors import (
    INT32,
    LANES,
    VECTOR,
    add_product,
    everywhere,
    four_sums,
    load,
    places_of_zeros,
    store,
)

__all__ = ["AS_IT_IS", "BIAS_RELU", "SWITCHED", "outer_product", "product", "row_sums"]

AS_IT_IS, BIAS_RELU, SWITCHED = range(3)
"""What is done with a sum: nothing; a bias is added, and ReLU; or it is 0 where the clip's own z is not above 0."""

_compiled = njit(nogil=True, error_model="numpy")

_ZERO = np.float32(0)


def _product_of_rows(n_rows):
    """Make the intrinsic out[r, i : i + 16] = Σₖ a[r, k] b[k, i : i + 16], finished, for ``n_rows`` of r.

    Element (r, k) of A is at ``at + r by_row + k by_column``; rows of B are ``b_row`` apart, those of the result and
    of z ``n``.
    """

    def typed(_context, a, at, by_row, by_column, n_k, work, b, b_row, n, out, finish, more, more_at):
        def build(context, builder, signature, arguments):
            left, right, extra = (make_array(signature.args[k])(context, builder, arguments[k]) for k in (0, 5, 11))
            at, by_row, by_column, n_k = arguments[1:5]
            b, b_row, n, out, finish = arguments[6:11]
            more_at = arguments[12]
            index, zero = n.type, ir.Constant(VECTOR, [0.0] * LANES)

            def element(view, start, step, k):
                return builder.gep(view.data, [builder.add(start, builder.mul(step, index(k)))])

            sums = places_of_zeros(builder, n_rows)
            rectifies = builder.icmp_signed("==", finish, index(BIAS_RELU))
            with builder.if_then(rectifies):
                for r, place in enumerate(sums):
                    bias = builder.load(element(extra, more_at, index(1), r))
                    builder.store(everywhere(builder, bias), place)
            with cgutils.for_range(builder, n_k) as loop:
                values = load(builder, builder.gep(right.data, [builder.add(b, builder.mul(loop.index, b_row))]))
                column = builder.add(at, builder.mul(loop.index, by_column))
                for r, place in enumerate(sums):
                    factor = everywhere(builder, builder.load(element(left, column, by_row, r)))
                    add_product(builder, place, values, factor)
            with builder.if_then(rectifies):
                for place in sums:
                    value = builder.load(place)
                    is_below = builder.fcmp_ordered("<", value, zero)  # not-a-number is not, and stays
                    builder.store(builder.select(is_below, zero, value), place)
            with builder.if_then(builder.icmp_signed("==", finish, index(SWITCHED))):
                for r, place in enumerate(sums):
                    is_off = builder.fcmp_ordered("<=", load(builder, element(extra, more_at, n, r)), zero)
                    builder.store(builder.select(is_off, zero, builder.load(place)), place)
            for r, place in enumerate(sums):
                store(builder, builder.load(place), element(right, out, n, r))
            return context.get_dummy_value()

        index = types.intp
        arguments = (a, index, index, index, index, work, index, index, index, index, index, more, index)
        return types.void(*arguments), build

    return intrinsic(typed)


def _outer_products_of_tile(n_rows, n_columns):
    """Make the intrinsic out[r, c] = Σᵢ d[r, i] z[c, i] for ``n_rows`` of r and ``n_columns`` of c.

    Rows of d and z are ``n`` apart, those of the result ``by_row``.
    """

    def typed(_context, work, d, z, n, out, at, by_row):
        def build(context, builder, signature, arguments):
            source, target = (make_array(signature.args[k])(context, builder, arguments[k]) for k in (0, 4))
            d, z, n = arguments[1:4]
            at, by_row = arguments[5:7]
            index = n.type
            sums = [places_of_zeros(builder, n_columns) for _ in range(n_rows)]
            with cgutils.for_range_slice(builder, index(0), n, index(LANES), inc=True) as (i, _):

                def row(start, k):
                    place = builder.add(builder.add(start, i), builder.mul(n, index(k)))
                    return load(builder, builder.gep(source.data, [place]))

                columns = [row(z, c) for c in range(n_columns)]
                for r, places in enumerate(sums):
                    factors = row(d, r)
                    for column, place in zip(columns, places, strict=True):
                        add_product(builder, place, factors, column)
            elements = [(r, c) for r in range(n_rows) for c in range(n_columns)]
            for first in range(0, len(elements), 4):
                four = elements[first : first + 4]
                totals = four_sums(builder, [builder.load(sums[r][c]) for r, c in four])
                for lane, (r, c) in enumerate(four):
                    place = builder.add(at, builder.add(builder.mul(by_row, index(r)), index(c)))
                    builder.store(builder.extract_element(totals, INT32(lane)), builder.gep(target.data, [place]))
            return context.get_dummy_value()

        index = types.intp
        return types.void(work, index, index, index, out, index, index), build

    return intrinsic(typed)


def _sums_of_four_rows(_context, work, d, n, out, at):
    """out[at + r] = Σᵢ d[r, i] for four r."""

    def build(context, builder, signature, arguments):
        source, target = (make_array(signature.args[k])(context, builder, arguments[k]) for k in (0, 3))
        d, n, at = arguments[1], arguments[2], arguments[4]
        index = n.type
        sums = places_of_zeros(builder, 4)
        with cgutils.for_range_slice(builder, index(0), n, index(LANES), inc=True) as (i, _):
            for r, place in enumerate(sums):
                start = builder.add(builder.add(d, i), builder.mul(n, index(r)))
                values = load(builder, builder.gep(source.data, [start]))
                builder.store(builder.fadd(builder.load(place), values), place)
        store(builder, four_sums(builder, [builder.load(place) for place in sums]), builder.gep(target.data, [at]))
        return context.get_dummy_value()

    return types.void(work, types.intp, types.intp, out, types.intp), build


_product_1, _product_2, _product_3, _product_4, _product_5 = (_product_of_rows(k) for k in (1, 2, 3, 4, 5))
_outer_1_4, _outer_4_1, _outer_4_2, _outer_4_3 = (
    _outer_products_of_tile(*shape) for shape in ((1, 4), (4, 1), (4, 2), (4, 3))
)
_four_row_sums: Any = intrinsic(_sums_of_four_rows)


@_compiled
def product(a, at, by_row, by_column, n_rows, n_k, work, b, in_panels, n, out, finish, more, more_at):
    """out = finish(A B) for n clips, a multiple of sixteen.

    Parameters
    ----------
    a, at, by_row, by_column
        A [shape=(n_rows, n_k)] has its element (r, k) at ``a[at + r by_row + k by_column]``.
    work, b, out
        Where B [shape=(n_k, n)] and the result [shape=(n_rows, n)] begin in ``work``.
    in_panels
        Whether B lies as sixteen clips after sixteen clips, [shape=(n / 16, n_k, 16)].
    finish, more, more_at
        One of the codes above; where the biases, or z [shape=(n_rows, n)], begin in the vector ``more``.
    """
    switches = finish == SWITCHED
    b_row = LANES if in_panels else n
    for i in range(0, n, LANES):
        strip = b + (i * n_k if in_panels else i)
        for row in range(0, n_rows, 5):
            start, left = at + row * by_row, n_rows - row
            to, extra = out + row * n + i, more_at + (row * n + i if switches else row)
            if left >= 5:
                _product_5(a, start, by_row, by_column, n_k, work, strip, b_row, n, to, finish, more, extra)
            elif left == 4:
                _product_4(a, start, by_row, by_column, n_k, work, strip, b_row, n, to, finish, more, extra)
            elif left == 3:
                _product_3(a, start, by_row, by_column, n_k, work, strip, b_row, n, to, finish, more, extra)
            elif left == 2:
                _product_2(a, start, by_row, by_column, n_k, work, strip, b_row, n, to, finish, more, extra)
            else:
                _product_1(a, start, by_row, by_column, n_k, work, strip, b_row, n, to, finish, more, extra)


@_compiled
def outer_product(work, d, n_rows, z, n_columns, n, out, at):
    """out[at + r n_columns + c] = Σᵢ d[r, i] z[c, i] over n clips, a multiple of sixteen."""
    if n_columns >= 4:
        for block in range(0, n_columns, 4):
            c = min(block, n_columns - 4)  # the last ones overlap those before and write the same again
            for r in range(n_rows):
                _outer_1_4(work, d + r * n, z + c * n, n, out, at + r * n_columns + c, n_columns)
    elif n_rows >= 4:
        for block in range(0, n_rows, 4):
            r = min(block, n_rows - 4)
            start, to = d + r * n, at + r * n_columns
            if n_columns == 3:
                _outer_4_3(work, start, z, n, out, to, n_columns)
            elif n_columns == 2:
                _outer_4_2(work, start, z, n, out, to, n_columns)
            else:
                _outer_4_1(work, start, z, n, out, to, n_columns)
    else:
        for r in range(n_rows):
            for c in range(n_columns):
                total = _ZERO
                for i in range(n):
                    total += work[d + r * n + i] * work[z + c * n + i]
                out[at + r * n_columns + c] = total


@_compiled
def row_sums(work, d, n_rows, n, out, at):
    """out[at + r] = Σᵢ d[r, i] over n clips, a multiple of sixteen."""
    if n_rows >= 4:
        for block in range(0, n_rows, 4):
            r = min(block, n_rows - 4)
            _four_row_sums(work, d + r * n, n, out, at + r)
        return
    for r in range(n_rows):
        total = _ZERO
        for i in range(n):
            total += work[d + r * n + i]
        out[at + r] = total
