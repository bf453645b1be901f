"""Products with the clips of a batch, read in place from the training set.

At rank 3, copying a batch costs as much as multiplying it. Products with up to four rows of Vᵀ and gradients therefore
read the clips in place; for larger matrices, the clips are transposed while they are copied.
"""

from __future__ import annotations

from typing import Any

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
    clips_at_once,
    everywhere,
    four_sums,
    load,
    places_of_zeros,
    store,
    transposed,
    vectors_a_row,
)

__all__ = [
    "FEW_ROWS",
    "LEAST_FEATURES",
    "clips_gradient",
    "clips_gradient_for",
    "clips_in_panels",
    "fetch_clips",
    "few_rows_product",
    "few_rows_product_for",
]

LEAST_FEATURES = LANES
"""Clips with fewer features do not fill a vector; they are copied into columns."""

FEW_ROWS = 4

ROWS = 5
"""Rows of a gradient that are summed together."""

_FETCHED_UP_TO = 2**16
"""Numbers in a piece of 64 clips with 1,024 features; prefetching twice as many gave no gain."""

_compiled = njit(nogil=True, error_model="numpy")

_BLOCK = 8


def _products_of_four(n_rows, n_clips):
    """Make the intrinsic out[k, i : i + 4] = Σⱼ v[start + k m + j] x[clip, j] for four clips and ``n_rows`` rows k.

    ``n_clips`` of the four clips are multiplied together.
    """

    def typed(_context, x, first, second, third, fourth, v, start, out, i):
        def build(context, builder, signature, arguments):
            clips, rows_of, target = (make_array(signature.args[k])(context, builder, arguments[k]) for k in (0, 5, 7))
            width = builder.extract_value(clips.shape, 1)
            n_all = builder.extract_value(target.shape, 1)
            rows = [builder.gep(clips.data, [builder.mul(clip, width)]) for clip in arguments[1:5]]
            weights = [
                builder.gep(rows_of.data, [builder.add(arguments[6], builder.mul(width, width.type(k)))])
                for k in range(n_rows)
            ]
            sums = [places_of_zeros(builder, len(rows)) for _ in weights]
            rest = builder.and_(width, width.type(LANES - 1))
            whole = builder.sub(width, rest)
            step = width.type(LANES)

            def add(column, first, keep):
                together = slice(first, first + n_clips)
                inputs = [load(builder, builder.gep(row, [column])) for row in rows[together]]
                for weight, places in zip(weights, sums, strict=True):
                    factor = keep(load(builder, builder.gep(weight, [column])))
                    for values, place in zip(inputs, places[together], strict=True):
                        add_product(builder, place, values, factor)

            for first in range(0, len(rows), n_clips):
                with cgutils.for_range_slice(builder, width.type(0), whole, step, inc=True) as (column, _):
                    add(column, first, lambda value: value)
            with builder.if_then(builder.icmp_signed(">", rest, width.type(0))):
                # The last vector overlaps the previous one; the lanes already included are multiplied by 0.
                lanes = ir.Constant(ir.VectorType(width.type, LANES), list(range(LANES)))
                new = builder.icmp_signed(">=", lanes, everywhere(builder, builder.sub(step, rest)))
                zero = ir.Constant(VECTOR, [0.0] * LANES)
                for first in range(0, len(rows), n_clips):
                    add(builder.sub(width, step), first, lambda value: builder.select(new, value, zero))
            for k, places in enumerate(sums):
                at = builder.add(builder.mul(n_all, n_all.type(k)), arguments[8])
                result = four_sums(builder, [builder.load(place) for place in places])
                store(builder, result, builder.gep(target.data, [at]))
            return context.get_dummy_value()

        index = types.intp
        return types.void(x, index, index, index, index, v, index, out, index), build

    return intrinsic(typed)


def _gradient_of_rows(n_rows, n_vectors):
    """Make the intrinsic out[at + k m + j] = Σᵢ work[start + k n + i] x[picked[i], j] for columns j from ``column``."""

    def typed(_context, x, picked, work, start, out, at, column):
        def build(context, builder, signature, arguments):
            clips, clip_at, factors, target = (
                make_array(signature.args[k])(context, builder, arguments[k]) for k in (0, 1, 2, 4)
            )
            start, at, column = arguments[3], arguments[5], arguments[6]
            width = builder.extract_value(clips.shape, 1)
            n = builder.extract_value(clip_at.shape, 0)
            sums = [places_of_zeros(builder, n_vectors) for _ in range(n_rows)]

            def vector(view, begin, number):
                return builder.gep(view.data, [builder.add(begin, width.type(LANES * number))])

            with cgutils.for_range(builder, n) as loop:
                clip = builder.load(builder.gep(clip_at.data, [loop.index]))
                begin = builder.add(builder.mul(clip, width), column)
                inputs = [load(builder, vector(clips, begin, number)) for number in range(n_vectors)]
                for k, places in enumerate(sums):
                    factor_at = builder.add(start, builder.add(builder.mul(n, n.type(k)), loop.index))
                    factor = everywhere(builder, builder.load(builder.gep(factors.data, [factor_at])))
                    for values, place in zip(inputs, places, strict=True):
                        add_product(builder, place, values, factor)
            for k, places in enumerate(sums):
                begin = builder.add(builder.add(at, builder.mul(width, width.type(k))), column)
                for number, place in enumerate(places):
                    store(builder, builder.load(place), vector(target, begin, number))
            return context.get_dummy_value()

        index = types.intp
        return types.void(x, picked, work, index, out, index, index), build

    return intrinsic(typed)


def _clips_to_panel(_context, x, picked, i, j, work, at):
    """work[at + 16 k + l] = x[picked[i + l], j + k] for eight k and l, transposed in registers."""

    def build(context, builder, signature, arguments):
        clips, clip_at, target = (make_array(signature.args[k])(context, builder, arguments[k]) for k in (0, 1, 4))
        i, j, at = arguments[2], arguments[3], arguments[5]
        width = builder.extract_value(clips.shape, 1)

        def row(k):
            clip = builder.load(builder.gep(clip_at.data, [builder.add(i, i.type(k))]))
            return builder.gep(clips.data, [builder.add(builder.mul(clip, width), j)])

        rows = transposed(builder, [load(builder, row(k), _BLOCK) for k in range(_BLOCK)])
        for k, values in enumerate(rows):
            store(builder, values, builder.gep(target.data, [builder.add(at, at.type(LANES * k))]))
        return context.get_dummy_value()

    return types.void(x, picked, types.intp, types.intp, work, types.intp), build


def _fetch_line(_context, x, at):
    """Prefetch the cache line that holds element ``at`` of x."""

    def build(context, builder, signature, arguments):
        view = make_array(signature.args[0])(context, builder, arguments[0])
        byte = ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [byte, INT32, INT32, INT32])
        fetch = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
        place = builder.bitcast(builder.gep(view.data, [arguments[1]]), byte)
        builder.call(fetch, [place, INT32(0), INT32(3), INT32(1)])  # for reading; into the L1 cache; data
        return context.get_dummy_value()

    return types.void(x, types.intp), build


_block_to_panel: Any = intrinsic(_clips_to_panel)
_fetch: Any = intrinsic(_fetch_line)


@_compiled
def fetch_clips(x, start, stop):
    """Prefetch the next clips while others are processed, if they are few enough to fit the cache."""
    if (stop - start) * x.shape[1] <= _FETCHED_UP_TO:
        for at in range(start * x.shape[1], stop * x.shape[1], LANES):
            _fetch(x, at)


def few_rows_product_for(n_registers, n_lanes):
    """Make :func:`few_rows_product` for a processor with ``n_registers`` registers of ``n_lanes`` numbers."""
    one, two, three, four = (
        _products_of_four(k, clips_at_once(k, n_registers, n_lanes)) for k in range(1, FEW_ROWS + 1)
    )

    @_compiled
    def few_rows_product(x, picked, v, right, out):
        """out[k, i] = Σⱼ V[j, k] x[picked[i], j], where Vᵀ [shape=(at most 4, n_features)] starts at v[right]."""
        rank, n = out.shape
        for i in range(0, n, 4):
            a, b, c, d = picked[i], picked[i + 1], picked[i + 2], picked[i + 3]
            if rank == 1:
                one(x, a, b, c, d, v, right, out, i)
            elif rank == 2:
                two(x, a, b, c, d, v, right, out, i)
            elif rank == 3:
                three(x, a, b, c, d, v, right, out, i)
            else:
                four(x, a, b, c, d, v, right, out, i)

    return few_rows_product


few_rows_product: Any = few_rows_product_for(*REGISTERS)


def _all_columns_of(n_rows, n_vectors):
    """Make the function that computes a gradient of ``n_rows`` rows, ``n_vectors`` times sixteen columns at a time."""
    wide, narrow, step = _gradient_of_rows(n_rows, n_vectors), _gradient_of_rows(n_rows, 1), n_vectors * LANES

    @_compiled
    def all_columns(x, picked, work, d, n_blocks, out, at):
        n, width = len(picked), x.shape[1]
        done = width - width % step
        for j in range(0, done, step):
            for block in range(n_blocks):
                row = block * n_rows
                wide(x, picked, work, d + row * n, out, at + row * width, j)
        for column in range(done, width, LANES):
            j = min(column, width - LANES)  # the last block overlaps the previous one and writes the same values
            for block in range(n_blocks):
                row = block * n_rows
                narrow(x, picked, work, d + row * n, out, at + row * width, j)

    return all_columns


def clips_gradient_for(n_registers, n_lanes):
    """Make :func:`clips_gradient` for a processor with ``n_registers`` registers of ``n_lanes`` numbers."""
    one, two, three, four, five = (
        _all_columns_of(k, vectors_a_row(k, n_registers, n_lanes)) for k in range(1, ROWS + 1)
    )

    @_compiled
    def clips_gradient(x, picked, work, start, n_rows, out, at):
        """out[at + k m + j] = Σᵢ d[k, i] x[picked[i], j], where d [shape=(n_rows, n)] starts at ``work[start]``.

        The inner part of equations (49) and (64).
        """
        n, width = len(picked), x.shape[1]
        if width < LANES:
            for k in range(n_rows):
                for j in range(width):
                    out[at + k * width + j] = 0
                    for i in range(n):
                        out[at + k * width + j] += work[start + k * n + i] * x[picked[i], j]
            return
        left = n_rows % ROWS
        done = n_rows - left
        d, to = start + done * n, at + done * width
        if done > 0:
            five(x, picked, work, start, done // ROWS, out, at)
        if left == 4:
            four(x, picked, work, d, 1, out, to)
        elif left == 3:
            three(x, picked, work, d, 1, out, to)
        elif left == 2:
            two(x, picked, work, d, 1, out, to)
        elif left == 1:
            one(x, picked, work, d, 1, out, to)

    return clips_gradient


clips_gradient: Any = clips_gradient_for(*REGISTERS)


@_compiled
def clips_in_panels(x, picked, work, at):
    """Copy clips into panels of sixteen columns [shape=(n / 16, n_features, 16)] that start at ``work[at]``.

    In one matrix with rows of 64 clips, the rows of sixteen clips would use only a quarter of the cache's sets.
    """
    width = x.shape[1]
    for i in range(0, len(picked), _BLOCK):
        start = at + i // LANES * LANES * width + i % LANES
        if width < _BLOCK:
            for k in range(_BLOCK):
                for j in range(width):
                    work[start + LANES * j + k] = x[picked[i + k], j]
        else:
            for block in range(0, width, _BLOCK):
                j = min(block, width - _BLOCK)  # the last block overlaps the previous one and writes the same values
                _block_to_panel(x, picked, i, j, work, start + LANES * j)
