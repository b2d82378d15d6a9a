"""The same elements in another shape or order, and joined arrays."""

import math

import numpy as np

from expression import ALL, ELEMENTS_MAX, NUMBERS, Unfit

OPERATIONS = {}


def operation(name):
    def add(function):
        OPERATIONS[name] = function
        return function

    return add


@operation("transpose")
def _(e):
    x = e.any()
    if e.rng.random() < 0.4:
        return e.step("transpose", [x], np.transpose, axes=None)
    axes = e.rng.sample(range(x.ndim), x.ndim)
    axes = [a - x.ndim if e.rng.random() < 0.2 else a for a in axes]
    return e.step("transpose", [x], lambda a: np.transpose(a, axes), axes=axes)


@operation("moveaxis")
def _(e):
    x = e.any()
    source, target = e.axis(x), e.axis(x)
    return e.step("moveaxis", [x], lambda a: np.moveaxis(a, source, target),
                  source=source, target=target)  # fmt: skip


@operation("swapaxes")
def _(e):
    x = e.any()
    one, other = e.axis(x), e.axis(x)
    return e.step("swapaxes", [x], lambda a: np.swapaxes(a, one, other), one=one, other=other)


def factors(e, n):
    """A shape of `n` elements."""
    shape = []
    while n > 1 and len(shape) < 3 and e.rng.random() < 0.8:
        divisors = [d for d in range(1, n + 1) if n % d == 0]
        d = e.rng.choice(divisors)
        shape.append(d)
        n //= d
    shape.append(n)
    e.rng.shuffle(shape)
    return shape


@operation("reshape")
def _(e):
    x = e.any()
    if x.array.size == 0:
        shape = e.rng.choice([[0], [0, 3], [2, 0, 2]])
    else:
        shape = factors(e, x.array.size)
    if x.array.size and e.rng.random() < 0.3:
        shape[e.rng.randrange(len(shape))] = -1
    return e.step("reshape", [x], lambda a: a.reshape(shape), shape=shape)


@operation("ravel")
def _(e):
    return e.step("ravel", [e.any()], np.ravel)


@operation("flatten")
def _(e):
    return e.step("flatten", [e.any()], np.ravel)


def joined(e, x, axis, dtypes=ALL):
    """One more array that differs from `x` along `axis` only."""
    if x.cut:
        return x
    shape = list(x.shape)
    shape[axis] = e.rng.randint(0, 4)
    if math.prod(shape) > ELEMENTS_MAX:
        raise Unfit
    return e.fresh(dtypes, shape=tuple(shape), cut=False)


@operation("concatenate")
def _(e):
    x = e.any()
    axis = e.axis(x)
    args = [x] + [joined(e, x, axis) for _ in range(e.rng.randint(0, 2))]
    return e.step("concatenate", args, lambda *a: np.concatenate(a, axis), axis=axis)


@operation("stack")
def _(e):
    x = e.any()
    axis = e.rng.randint(-x.ndim - 1, x.ndim)
    args = [x] + [e.same(x) for _ in range(e.rng.randint(0, 2))]
    return e.step("stack", args, lambda *a: np.stack(a, axis), axis=axis)


for name, axis in [("vstack", 0), ("hstack", 1), ("dstack", 2)]:

    def stacked(e, name=name, axis=axis):
        x = e.any(ndim=[1, 2, 3])
        along = axis
        if x.ndim == 1:
            y = joined(e, x, 0) if axis == 1 else e.same(x)
        elif along >= x.ndim:
            y = e.same(x)
        else:
            y = joined(e, x, along)
        return e.step(name, [x, y], lambda *a: getattr(np, name)(a))

    OPERATIONS[name] = stacked


@operation("block")
def _(e):
    heights, widths = [e.rng.randint(1, 3) for _ in "ab"], [e.rng.randint(0, 3) for _ in "abc"]
    dtype = [e.rng.choice(ALL)]
    args = [e.fresh(dtype, shape=(h, w), cut=False) for h in heights for w in widths]

    def run(*a):
        return np.block([list(a[:3]), list(a[3:])])

    return e.step("block", args, run, rows=2)


@operation("pad")
def _(e):
    x = e.any(NUMBERS, ndim=[1, 2, 3], least=1)
    mode = e.rng.choice(["constant", "edge", "reflect", "symmetric", "wrap"])
    width = [[e.rng.randint(0, 2), e.rng.randint(0, 2)] for _ in x.shape]
    if mode == "reflect" and any(n <= max(w) for n, w in zip(x.shape, width)):
        raise Unfit
    if mode in ("symmetric", "wrap") and any(n < max(w) for n, w in zip(x.shape, width)):
        raise Unfit
    more = {"constant_values": e.rng.choice([0, 1, 7])} if mode == "constant" else {}
    return e.step("pad", [x], lambda a: np.pad(a, width, mode, **more), mode=mode, width=width, **more)


@operation("flip")
def _(e):
    x = e.any()
    axis = e.axis(x)
    return e.step("flip", [x], lambda a: np.flip(a, axis), axis=axis)


@operation("rot90")
def _(e):
    x = e.any(ndim=[2, 3])
    k = e.rng.choice([0, 1, 2, 3, -1])
    return e.step("rot90", [x], lambda a: np.rot90(a, k), k=k)


@operation("roll")
def _(e):
    x = e.any()
    axis, shift = e.axis(x), e.rng.randint(-9, 9)
    return e.step("roll", [x], lambda a: np.roll(a, shift, axis), axis=axis, shift=shift)


@operation("roll_flat")
def _(e):
    x = e.any()
    shift = e.rng.randint(-9, 9)
    return e.step("roll_flat", [x], lambda a: np.roll(a, shift), shift=shift)


@operation("repeat_each")
def _(e):
    x = e.any()
    axis = e.axis(x)
    times = [e.rng.randint(0, 3) for _ in range(x.shape[axis])]
    return e.step("repeat_each", [x], lambda a: np.repeat(a, times, axis), axis=axis, times=times)


@operation("repeat")
def _(e):
    x = e.any()
    axis, n = e.axis(x), e.rng.randint(0, 3)
    return e.step("repeat", [x], lambda a: np.repeat(a, n, axis), axis=axis, n=n)


@operation("tile")
def _(e):
    x = e.any()
    reps = [e.rng.choice([1, 2, 2, 3, 0 if e.rng.random() < 0.3 else 1]) for _ in range(e.rng.randint(1, x.ndim + 1))]
    return e.step("tile", [x], lambda a: np.tile(a, reps), reps=reps)


@operation("broadcast_to")
def _(e):
    x = e.any(cut=False)
    shape = [e.rng.randint(1, 3) if n == 1 else n for n in x.shape]
    if e.rng.random() < 0.5:
        shape = [e.rng.randint(1, 3), *shape]
    return e.step("broadcast_to", [x], lambda a: np.broadcast_to(a, shape), shape=shape)


@operation("expand_dims")
def _(e):
    x = e.any()
    axis = e.rng.randint(-x.ndim - 1, x.ndim)
    return e.step("expand_dims", [x], lambda a: np.expand_dims(a, axis), axis=axis)


@operation("squeeze")
def _(e):
    shape = [e.rng.choice([1, 1, 3, 4]) for _ in range(e.rng.randint(1, 3))]
    x = e.fresh(shape=tuple(shape), cut=False)
    if 1 in shape and e.rng.random() < 0.5:
        axis = e.rng.choice([a for a, n in enumerate(shape) if n == 1])
        return e.step("squeeze", [x], lambda a: np.squeeze(a, axis), axis=axis)
    return e.step("squeeze", [x], np.squeeze, axis=None)


for n in [1, 2, 3]:

    def at_least(e, n=n):
        x = e.any(ndim=[0, 1, 2, 3])
        return e.step(f"atleast_{n}d", [x], getattr(np, f"atleast_{n}d"))

    OPERATIONS[f"atleast_{n}d"] = at_least

for name in ["tril", "triu"]:

    def triangle(e, name=name):
        x = e.any(ndim=[2, 3])
        k = e.rng.randint(-2, 2)
        return e.step(name, [x], lambda a: getattr(np, name)(a, k), k=k)

    OPERATIONS[name] = triangle


@operation("diag")
def _(e):
    x = e.any(ndim=[1, 2])
    k = e.rng.randint(-2, 2)
    return e.step("diag", [x], lambda a: np.diag(a, k), k=k)


@operation("diagonal")
def _(e):
    x = e.any(ndim=[2, 3])
    k = e.rng.randint(-2, 2)
    return e.step("diagonal", [x], lambda a: np.diagonal(a, k), k=k)


@operation("rechunk")
def _(e):
    x = e.any()
    chunks = [e.cuts(n) for n in x.shape]
    return e.step("rechunk", [x], lambda a: a, chunks=chunks)
