"""Products of a batch with a few rows of Vᵀ, reading the clips where they lie in the training set.

At rank 3, BLAS spends more time on packing and calling than on multiplying, and the copy of a batch costs as much as a
product. Here up to four rows of Vᵀ are multiplied at once, in registers, and no copy is made. The inner loops are
written as vector instructions because the compiler finds neither the blocks nor the cheap sum across a register.
"""

from __future__ import annotations

from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

__all__ = ["LEAST_FEATURES", "narrow_gradient", "narrow_product"]

LEAST_FEATURES = 16
"""Clips with fewer features do not fill a vector register."""

_compiled = njit(nogil=True, error_model="numpy")

_LANES = 16
_ROWS = 4  # clips, rows of Vᵀ, or registers of a clip that are handled at once
_FLOAT, _INT32 = ir.FloatType(), ir.IntType(32)
_VECTOR = ir.VectorType(_FLOAT, _LANES)
_MAY_FUSE = ("contract",)


def _load(builder, pointer):
    return builder.load(builder.bitcast(pointer, _VECTOR.as_pointer()), align=4)


def _store(builder, value, pointer):
    builder.store(value, builder.bitcast(pointer, value.type.as_pointer()), align=4)


def _everywhere(builder, number):
    """Return a vector that holds one number in all lanes."""
    single = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), number, ir.Constant(_INT32, 0))
    lanes = ir.Constant(ir.VectorType(_INT32, _LANES), [0] * _LANES)
    return builder.shuffle_vector(single, ir.Constant(_VECTOR, ir.Undefined), lanes)


def _add_product(builder, place, a, b):
    product = builder.fmul(a, b, flags=_MAY_FUSE)
    builder.store(builder.fadd(builder.load(place), product, flags=_MAY_FUSE), place)


def _pick(builder, a, b, lanes):
    return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(_INT32, len(lanes)), list(lanes)))


def _four_sums(builder, vectors):
    """Return the sums of four vectors as one vector of four: interleave and add twice, then fold twice."""
    n = _LANES
    pairs = []
    for a, b in (vectors[0:2], vectors[2:4]):
        even = _pick(builder, a, b, [k - 1 + n if k % 2 else k for k in range(n)])
        odd = _pick(builder, a, b, [k + n if k % 2 else k + 1 for k in range(n)])
        pairs.append(builder.fadd(even, odd))  # lanes a b a b …
    low = _pick(builder, pairs[0], pairs[1], [k - 2 + n if k % 4 > 1 else k for k in range(n)])
    high = _pick(builder, pairs[0], pairs[1], [k + n if k % 4 > 1 else k + 2 for k in range(n)])
    total = builder.fadd(low, high)  # lanes a b c d a b c d …
    while n > _ROWS:
        n //= 2
        total = builder.fadd(_pick(builder, total, total, range(n)), _pick(builder, total, total, range(n, 2 * n)))
    return total


def _products_of_four(n_rows):
    """Make the intrinsic out[k, i : i + 4] = Σⱼ v[start + k m + j] x[clip, j] for four clips and ``n_rows`` of k."""

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
            zero = ir.Constant(_VECTOR, [0.0] * _LANES)
            sums = [[cgutils.alloca_once_value(builder, zero) for _ in rows] for _ in weights]
            for slots in sums:
                for slot in slots:
                    builder.store(zero, slot)
            rest = builder.and_(width, width.type(_LANES - 1))
            whole = builder.sub(width, rest)

            def add(column, keep):
                inputs = [_load(builder, builder.gep(row, [column])) for row in rows]
                for weight, slots in zip(weights, sums, strict=True):
                    factor = keep(_load(builder, builder.gep(weight, [column])))
                    for values, slot in zip(inputs, slots, strict=True):
                        _add_product(builder, slot, values, factor)

            step = width.type(_LANES)
            with cgutils.for_range_slice(builder, width.type(0), whole, step, inc=True) as (column, _):
                add(column, lambda value: value)
            with builder.if_then(builder.icmp_signed(">", rest, width.type(0))):
                # The last register overlaps the one before: what that one has counted is multiplied by 0.
                lanes = ir.Constant(ir.VectorType(width.type, _LANES), list(range(_LANES)))
                counted = builder.sub(step, rest)
                spread = builder.insert_element(ir.Constant(lanes.type, ir.Undefined), counted, ir.Constant(_INT32, 0))
                spread = builder.shuffle_vector(
                    spread, spread, ir.Constant(ir.VectorType(_INT32, _LANES), [0] * _LANES)
                )
                new = builder.icmp_signed(">=", lanes, spread)
                add(builder.sub(width, step), lambda value: builder.select(new, value, zero))
            for k, slots in enumerate(sums):
                place = builder.add(builder.mul(n_all, n_all.type(k)), arguments[8])
                result = _four_sums(builder, [builder.load(slot) for slot in slots])
                _store(builder, result, builder.gep(target.data, [place]))
            return context.get_dummy_value()

        index = types.intp
        return types.void(x, index, index, index, index, v, index, out, index), build

    return intrinsic(typed)


def _gradient_of_block(n_rows, n_vectors):
    """Make the intrinsic out[at + k m + j] = Σᵢ back[k, i] x[order[start + i], j], for a few j from ``column``."""

    def typed(_context, x, order, start, back, out, at, column):
        def build(context, builder, signature, arguments):
            clips, clip_at, factors, target = (
                make_array(signature.args[k])(context, builder, arguments[k]) for k in (0, 1, 3, 4)
            )
            width = builder.extract_value(clips.shape, 1)
            n = builder.extract_value(factors.shape, 1)
            zero = ir.Constant(_VECTOR, [0.0] * _LANES)
            sums = [[cgutils.alloca_once_value(builder, zero) for _ in range(n_vectors)] for _ in range(n_rows)]
            for slots in sums:
                for slot in slots:
                    builder.store(zero, slot)
            with cgutils.for_range(builder, n) as loop:
                clip = builder.load(builder.gep(clip_at.data, [builder.add(arguments[2], loop.index)]))
                begin = builder.add(builder.mul(clip, width), arguments[6])
                inputs = [
                    _load(builder, builder.gep(clips.data, [builder.add(begin, width.type(_LANES * k))]))
                    for k in range(n_vectors)
                ]
                for k, slots in enumerate(sums):
                    place = builder.add(builder.mul(n, n.type(k)), loop.index)
                    factor = _everywhere(builder, builder.load(builder.gep(factors.data, [place])))
                    for values, slot in zip(inputs, slots, strict=True):
                        _add_product(builder, slot, values, factor)
            for k, slots in enumerate(sums):
                begin = builder.add(builder.add(arguments[5], builder.mul(width, width.type(k))), arguments[6])
                for number, slot in enumerate(slots):
                    place = builder.gep(target.data, [builder.add(begin, width.type(_LANES * number))])
                    _store(builder, builder.load(slot), place)
            return context.get_dummy_value()

        index = types.intp
        return types.void(x, order, index, back, out, index, index), build

    return intrinsic(typed)


_one, _two, _three, _four = (_products_of_four(k) for k in (1, 2, 3, 4))
_narrow_one, _narrow_two, _narrow_three, _narrow_four = (_gradient_of_block(k, 1) for k in (1, 2, 3, 4))
_wide_one, _wide_two, _wide_three, _wide_four = (_gradient_of_block(k, _ROWS) for k in (1, 2, 3, 4))


@_compiled
def narrow_product(x, order, start, v, right, out):
    """out[k, i] = Σⱼ V[j, k] x[order[start + i], j], where Vᵀ begins at ``right`` of the vector ``v``."""
    rank, n = out.shape
    if n < 4:
        for k in range(rank):
            for i in range(n):
                out[k, i] = 0
                for j in range(x.shape[1]):
                    out[k, i] += v[right + k * x.shape[1] + j] * x[order[start + i], j]
        return
    for block in range(0, n, 4):
        i = min(block, n - 4)
        a, b, c, d = order[start + i], order[start + i + 1], order[start + i + 2], order[start + i + 3]
        if rank == 1:
            _one(x, a, b, c, d, v, right, out, i)
        elif rank == 2:
            _two(x, a, b, c, d, v, right, out, i)
        elif rank == 3:
            _three(x, a, b, c, d, v, right, out, i)
        else:
            _four(x, a, b, c, d, v, right, out, i)


@_compiled
def narrow_gradient(x, order, start, back, out, right):
    """The gradient of Vᵀ, equation (64), written from ``right`` on: Σᵢ back[k, i] x[order[start + i], j]."""
    rank, width = back.shape[0], x.shape[1]
    column = 0
    while column < width:
        left = width - column
        if left >= 64:
            if rank == 1:
                _wide_one(x, order, start, back, out, right, column)
            elif rank == 2:
                _wide_two(x, order, start, back, out, right, column)
            elif rank == 3:
                _wide_three(x, order, start, back, out, right, column)
            else:
                _wide_four(x, order, start, back, out, right, column)
            column += 64
            continue
        at = min(column, width - 16)  # the last one overlaps the one before and writes the same again
        if rank == 1:
            _narrow_one(x, order, start, back, out, right, at)
        elif rank == 2:
            _narrow_two(x, order, start, back, out, right, at)
        elif rank == 3:
            _narrow_three(x, order, start, back, out, right, at)
        else:
            _narrow_four(x, order, start, back, out, right, at)
        column += 16
