"""Matrix products within a batch, fused with the operations before and after them.

For a layer of 20 neurons, the overhead of a BLAS call takes as long as the product, with AVX2 several times as long,
and bias and activation need another pass over the result. Here, five rows are summed together for sixteen or more
clips, depending on the number of registers, and bias and ReLU are applied before the result is written. For pieces of
64 clips this is as fast as BLAS up to 2,049 inputs and 512 neurons (docs/engines.md).
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
    REGISTERS,
    VECTOR,
    add_product,
    everywhere,
    four_sums,
    load,
    places_of_zeros,
    store,
    vectors_a_row,
)

__all__ = ["AS_IT_IS", "BIAS_RELU", "ROWS", "SWITCHED", "outer_product", "product", "product_for", "row_sums"]

ROWS = 5
"""Rows of a product that are summed together."""

AS_IT_IS, BIAS_RELU, SWITCHED = range(3)
"""Operation on each sum: none; bias and ReLU; or set to 0 where z is not positive (the gradient of ReLU)."""

_compiled = njit(nogil=True, error_model="numpy")

_ZERO = np.float32(0)


def _product_of_rows(n_rows, n_vectors):
    """Make the intrinsic out[r, i : i + 16 n_vectors] = finish(Σₖ a[r, k] b[k, i : …]) for ``n_rows`` rows r.

    Element (r, k) of A is at ``at + r by_row + k by_column``. ``b_row`` is the distance between rows of B, ``b_next``
    between vectors in a row, ``n`` between rows of the result and of z.
    """

    def typed(_context, a, at, by_row, by_column, n_k, work, b, b_row, b_next, n, out, finish, more, more_at):
        def build(context, builder, signature, arguments):
            left, right, extra = (make_array(signature.args[k])(context, builder, arguments[k]) for k in (0, 5, 12))
            at, by_row, by_column, n_k = arguments[1:5]
            b, b_row, b_next, n, out, finish = arguments[6:12]
            more_at = arguments[13]
            index, zero = n.type, ir.Constant(VECTOR, [0.0] * LANES)

            def element(view, start, step, k):
                return builder.gep(view.data, [builder.add(start, builder.mul(step, index(k)))])

            def tile(view, start):
                """Yield each sum's variable with the address of the corresponding vector in ``view``."""
                for r, places in enumerate(sums):
                    for v, place in enumerate(places):
                        yield place, element(view, builder.add(start, index(LANES * v)), n, r)

            sums = [places_of_zeros(builder, n_vectors) for _ in range(n_rows)]
            rectifies = builder.icmp_signed("==", finish, index(BIAS_RELU))
            with builder.if_then(rectifies):
                for r, places in enumerate(sums):
                    bias = everywhere(builder, builder.load(element(extra, more_at, index(1), r)))
                    for place in places:
                        builder.store(bias, place)
            with cgutils.for_range(builder, n_k) as loop:
                row = builder.add(b, builder.mul(loop.index, b_row))
                values = [load(builder, element(right, row, b_next, v)) for v in range(n_vectors)]
                column = builder.add(at, builder.mul(loop.index, by_column))
                for r, places in enumerate(sums):
                    factor = everywhere(builder, builder.load(element(left, column, by_row, r)))
                    for value, place in zip(values, places, strict=True):
                        add_product(builder, place, value, factor)
            with builder.if_then(rectifies):
                for place in (place for places in sums for place in places):
                    value = builder.load(place)
                    is_below = builder.fcmp_ordered("<", value, zero)  # false for NaN, which is kept
                    builder.store(builder.select(is_below, zero, value), place)
            with builder.if_then(builder.icmp_signed("==", finish, index(SWITCHED))):
                for place, own in tile(extra, more_at):
                    is_off = builder.fcmp_ordered("<=", load(builder, own), zero)
                    builder.store(builder.select(is_off, zero, builder.load(place)), place)
            for place, own in tile(right, out):
                store(builder, builder.load(place), own)
            return context.get_dummy_value()

        index = types.intp
        places = (index, index, index, index, index, index)
        return types.void(a, index, index, index, index, work, *places, more, index), build

    return intrinsic(typed)


def _outer_products_of_tile(n_rows, n_columns):
    """Make the intrinsic out[r, c] = Σᵢ d[r, i] z[c, i] for ``n_rows`` rows r and ``n_columns`` columns c.

    ``n`` is the distance between rows of d and z, ``by_row`` between rows of the result.
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
    """out[at + r] = Σᵢ d[r, i] for four rows r."""

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


_outer_1_4, _outer_4_1, _outer_4_2, _outer_4_3 = (
    _outer_products_of_tile(*shape) for shape in ((1, 4), (4, 1), (4, 2), (4, 3))
)
_four_row_sums: Any = intrinsic(_sums_of_four_rows)


def _strips_of(n_vectors):
    """Make the function that computes a product for some clips, ``n_vectors`` times sixteen at a time."""
    one, two, three, four, five = (_product_of_rows(k, n_vectors) for k in range(1, ROWS + 1))
    width = n_vectors * LANES

    @_compiled
    def strips(a, at, by_row, by_column, n_rows, n_k, work, b, in_panels, n, out, finish, more, more_at, begin, end):
        """Compute a product for the clips from ``begin`` to ``end``, in whole strips; see :func:`product`."""
        b_row, b_next = (LANES, LANES * n_k) if in_panels else (n, LANES)
        switches = finish == SWITCHED
        for i in range(begin, end, width):
            strip = b + (i * n_k if in_panels else i)
            for row in range(0, n_rows, ROWS):
                start, left, to = at + row * by_row, n_rows - row, out + row * n + i
                own = more_at + (row * n + i if switches else row)
                if left >= ROWS:
                    five(a, start, by_row, by_column, n_k, work, strip, b_row, b_next, n, to, finish, more, own)
                elif left == 4:
                    four(a, start, by_row, by_column, n_k, work, strip, b_row, b_next, n, to, finish, more, own)
                elif left == 3:
                    three(a, start, by_row, by_column, n_k, work, strip, b_row, b_next, n, to, finish, more, own)
                elif left == 2:
                    two(a, start, by_row, by_column, n_k, work, strip, b_row, b_next, n, to, finish, more, own)
                else:
                    one(a, start, by_row, by_column, n_k, work, strip, b_row, b_next, n, to, finish, more, own)

    return strips


_single_strips = _strips_of(1)


def product_for(n_vectors):
    """Make :func:`product` in strips of ``n_vectors`` times sixteen clips; the remainder is in strips of sixteen."""
    strips, rest, width = _single_strips if n_vectors == 1 else _strips_of(n_vectors), _single_strips, n_vectors * LANES

    @_compiled
    def product(a, at, by_row, by_column, n_rows, n_k, work, b, in_panels, n, out, finish, more, more_at):
        """out = finish(A B) for n clips; n is a multiple of sixteen.

        Parameters
        ----------
        a, at, by_row, by_column
            Element (r, k) of A [shape=(n_rows, n_k)] is ``a[at + r by_row + k by_column]``.
        work, b, out
            Vector, and the offsets of B [shape=(n_k, n)] and of the result [shape=(n_rows, n)] in it.
        in_panels
            Whether B is stored in panels of sixteen clips [shape=(n / 16, n_k, 16)].
        finish, more, more_at
            One of the codes above; vector and offset of the biases, or of z [shape=(n_rows, n)].
        """
        done = n - n % width
        strips(a, at, by_row, by_column, n_rows, n_k, work, b, in_panels, n, out, finish, more, more_at, 0, done)
        if done < n:
            rest(a, at, by_row, by_column, n_rows, n_k, work, b, in_panels, n, out, finish, more, more_at, done, n)

    return product


product: Any = product_for(vectors_a_row(ROWS, *REGISTERS))


@_compiled
def outer_product(work, d, n_rows, z, n_columns, n, out, at):
    """out[at + r n_columns + c] = Σᵢ d[r, i] z[c, i] over n clips; n is a multiple of sixteen."""
    if n_columns >= 4:
        for block in range(0, n_columns, 4):
            c = min(block, n_columns - 4)  # the last block overlaps the previous one and writes the same values
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
    """out[at + r] = Σᵢ d[r, i] over n clips; n is a multiple of sixteen."""
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
