"""Arrays that are made of nothing."""

import numpy as np

from expression import ALL, FLOATS, NUMBERS

OPERATIONS = {}


def operation(name):
    def add(function):
        OPERATIONS[name] = function
        return function

    return add


def place(e, ndim=None, **options):
    shape = e.shape(ndim or e.rng.randint(1, 3))
    return shape, [e.cuts(n) for n in shape]


for name in ["zeros", "ones", "full"]:

    def filled(e, name=name):
        shape, chunks = place(e)
        dtype = e.rng.choice(ALL)
        if name == "full":
            value = True if dtype == "bool" else e.rng.choice([0, 3, 7])
            return e.step("full", [value], lambda v: np.full(shape, v, dtype),
                          shape=list(shape), chunks=chunks, dtype=dtype)  # fmt: skip
        return e.step(name, [], lambda: getattr(np, name)(shape, dtype), shape=list(shape),
                      chunks=chunks, dtype=dtype)  # fmt: skip

    OPERATIONS[name] = filled

for name in ["zeros_like", "ones_like"]:

    def like(e, name=name):
        return e.step(name, [e.any()], getattr(np, name))

    OPERATIONS[name] = like


@operation("full_like")
def _(e):
    x = e.any(NUMBERS)
    return e.step("full_like", [x, e.rng.choice([0, 2, 5])], np.full_like)


@operation("eye")
def _(e):
    n, m = e.rng.randint(0, 8), e.rng.randint(0, 8)
    k, dtype = e.rng.randint(-3, 3), e.rng.choice(ALL)
    return e.step("eye", [], lambda: np.eye(n, m, k, dtype), n=n, m=m, k=k, dtype=dtype,
                  chunks=[e.cuts(n), e.cuts(m)])  # fmt: skip


@operation("tri")
def _(e):
    n, m = e.rng.randint(0, 8), e.rng.randint(0, 8)
    k, dtype = e.rng.randint(-3, 3), e.rng.choice(ALL)
    return e.step("tri", [], lambda: np.tri(n, m, k, dtype), n=n, m=m, k=k, dtype=dtype,
                  chunks=[e.cuts(n), e.cuts(m)])  # fmt: skip


@operation("identity")
def _(e):
    n, dtype = e.rng.randint(0, 8), e.rng.choice(ALL)
    cuts = e.cuts(n)
    return e.step("identity", [], lambda: np.identity(n, dtype), n=n, dtype=dtype, chunks=[cuts, cuts])


@operation("arange")
def _(e):
    start, step = e.rng.choice([(0, 1), (3, 2), (10, -3), (-4, 1), (0.5, 0.25), (0.0, 1.0)])
    stop = start + step * e.rng.randint(0, 12)
    n = len(np.arange(start, stop, step))
    return e.step("arange", [start, stop, step], np.arange, chunks=[e.cuts(n)])


@operation("linspace")
def _(e):
    start, stop = e.rng.choice([(0.0, 1.0), (-3.0, 5.0), (2.0, -2.0)])
    n, endpoint = e.rng.randint(0, 12), e.rng.random() < 0.7
    return e.step("linspace", [start, stop], lambda a, b: np.linspace(a, b, n, endpoint=endpoint), n=n,
                  endpoint=endpoint, chunks=[e.cuts(n)])  # fmt: skip


@operation("indices")
def _(e):
    shape, chunks = place(e, e.rng.randint(1, 3))
    return e.step("indices", [], lambda: np.indices(shape), shape=list(shape), chunks=chunks)


@operation("meshgrid")
def _(e):
    values = [e.fresh(FLOATS + ["int64"], ndim=1, cut=False) for _ in range(e.rng.randint(1, 3))]
    indexing = e.rng.choice(["ij", "xy"])
    return e.step("meshgrid", values, lambda *a: list(np.meshgrid(*a, indexing=indexing)),
                  indexing=indexing)  # fmt: skip
