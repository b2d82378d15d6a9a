"""Places, masks and assignment."""

import numpy as np

from expression import ALL, BOOL, INTEGERS, REAL, SIGNED, Unfit

OPERATIONS = {}


def operation(name):
    def add(function):
        OPERATIONS[name] = function
        return function

    return add


def bounded(e, n):
    """A slice as three numbers or nothing."""
    rng = e.rng

    def bound():
        return None if rng.random() < 0.35 else rng.randint(-n - 2, n + 2)

    step = rng.choice([None, None, None, 1, 2, 3, -1, -1, -2])
    return [bound(), bound(), step]


def selectors(e, shape, lists=True):
    """One selector per axis, with new axes and an ellipsis among them; at most one list."""
    rng, out, listed = e.rng, [], not lists
    for n in shape:
        pick = rng.random()
        if pick < 0.15 and n > 0:
            out.append({"int": rng.randint(-n, n - 1)})
        elif pick < 0.3 and not listed and n > 0:
            listed = True
            if rng.random() < 0.5:
                out.append({"list": [rng.randint(-n, n - 1) for _ in range(rng.randint(0, n + 2))]})
            else:
                out.append({"bools": [rng.random() < 0.5 for _ in range(n)]})
        elif pick < 0.45:
            out.append({"slice": [None, None, None]})
        else:
            out.append({"slice": bounded(e, n)})
    if out and rng.random() < 0.2:
        at = rng.randint(0, len(out))
        removed = rng.randint(0, len(out) - at)
        out[at : at + removed] = [{"ellipsis": True}]
    # A list and a number beside it is another kind of indexing, where new axes come first.
    advanced = any("list" in s or "bools" in s for s in out)
    if advanced:
        out = [{"slice": [None, None, None]} if "int" in s else s for s in out]
    while rng.random() < 0.15:
        out.insert(rng.randint(0, len(out)), {"newaxis": True})
    return out


def key(selectors):
    def one(s):
        if "int" in s:
            return s["int"]
        if "slice" in s:
            return slice(*s["slice"])
        if "list" in s:
            return np.array(s["list"], dtype=np.int64)
        if "bools" in s:
            return np.array(s["bools"], dtype=bool)
        return None if "newaxis" in s else Ellipsis

    return tuple(map(one, selectors))


@operation("slice")
def _(e):
    x = e.any()
    chosen = selectors(e, x.shape)
    return e.step("slice", [x], lambda a: a[key(chosen)], selectors=chosen)


@operation("slice_outside")
def _(e):
    x = e.fresh(ndim=[1, 2], cut=False)
    n = x.shape[0]
    chosen = [{"int": e.rng.choice([n, n + 3, -n - 1])}]
    return e.step("slice", [x], lambda a: a[key(chosen)], selectors=chosen, may_fail=True)


@operation("take")
def _(e):
    x = e.any(least=1)
    axis = e.axis(x)
    n = x.shape[axis]
    places = [e.rng.randint(-n, n - 1) for _ in range(e.rng.randint(0, n + 3))]
    places = np.array(places, dtype=np.int64)
    return e.step("take", [x], lambda a: np.take(a, places, axis), axis=axis, indices=places.tolist())


@operation("take_array")
def _(e):
    x = e.any(ndim=[1, 2], least=1)
    axis = e.axis(x)
    n = x.shape[axis]
    count = e.rng.randint(0, n + 3)
    dtype = e.rng.choice(SIGNED)
    places = np.array([e.rng.randint(-n, n - 1) for _ in range(count)], dtype=dtype)
    index = e.fresh(array=places)
    return e.step("take_array", [x, index], lambda a, i: np.take(a, i, axis), axis=axis, exact=True)


@operation("points")
def _(e):
    x = e.any(ndim=[2, 3], least=1)
    count = e.rng.randint(0, 6)
    places = [[e.rng.randint(-n, n - 1) for _ in range(count)] for n in x.shape]
    where = tuple(np.array(p, dtype=np.int64) for p in places)
    return e.step("points", [x], lambda a: a[where], indices=places)


@operation("mask")
def _(e):
    x = e.any()
    if x.ndim == 0:
        raise Unfit
    if e.rng.random() < 0.6:
        mask = mask_of(e, x)
        return e.step("mask", [x, mask], lambda a, m: a[m], exact=True, cut=True)
    if x.cut:
        raise Unfit
    axis = e.rng.randrange(x.ndim)
    mask = e.fresh(BOOL, shape=(x.shape[axis],), cut=False)
    return e.step("mask_axis", [x, mask], lambda a, m: np.compress(m, a, axis), exact=True, cut=True,
                  axis=axis)  # fmt: skip


def mask_of(e, x):
    """A mask of the shape of `x`: made of it, or a new one."""
    if x.exact and x.kind in "biuf" and (x.cut or e.rng.random() < 0.6):
        return e.step("greater", [x, e.rng.choice([0, 1, 2])], np.greater)
    if x.cut:
        raise Unfit
    return e.fresh(BOOL, shape=x.shape, cut=False)


@operation("mask_wrong")
def _(e):
    x = e.fresh(ndim=1, cut=False)
    mask = e.fresh(BOOL, shape=(x.shape[0] + 1,), cut=False)
    return e.step("mask", [x, mask], lambda a, m: a[m], may_fail=True)


@operation("compress")
def _(e):
    x = e.any(ndim=[1, 2], cut=False)
    axis = e.axis(x)
    truths = [e.rng.random() < 0.5 for _ in range(x.shape[axis])]
    return e.step("compress", [x], lambda a: np.compress(truths, a, axis), axis=axis, condition=truths)


@operation("mask_sum")
def _(e):
    x = e.any(REAL)
    if x.ndim == 0:
        raise Unfit
    mask = mask_of(e, x)
    return e.step("mask_sum", [x, mask], lambda a, m: a[m].sum(), cut=False)


@operation("blocks_first")
def _(e):
    x = e.fresh(ndim=[1, 2], cut=False)
    first = e.inputs[-1]["chunks"][0][0]
    return e.step("blocks_first", [x], lambda a: a[:first])


@operation("points_array")
def _(e):
    x = e.fresh(ndim=2, least=1, cut=False)
    count = e.rng.randint(0, 6)
    places = [e.fresh(array=np.array([e.rng.randint(-n, n - 1) for _ in range(count)], dtype="int64"),
                      cut=False) for n in x.shape]  # fmt: skip
    return e.step("points_array", [x, *places], lambda a, i, j: a[i, j], exact=True)


@operation("extract")
def _(e):
    x = e.any(ndim=[1, 2])
    mask = mask_of(e, x)
    return e.step("extract", [x, mask], lambda a, m: np.extract(m, a), exact=True, cut=True)


for name in ["nonzero", "argwhere", "flatnonzero"]:

    def places(e, name=name):
        x = e.any(ALL, ndim=[1, 2, 3], exact=True)
        run = getattr(np, name)
        if name == "nonzero":
            return e.step(name, [x], lambda a: list(np.nonzero(a)), cut=True)
        return e.step(name, [x], run, cut=True)

    OPERATIONS[name] = places


@operation("set_mask")
def _(e):
    x = e.any(REAL + BOOL)
    if x.ndim == 0:
        raise Unfit
    mask = mask_of(e, x)
    pick = e.rng.random()
    if pick < 0.5:
        value = e.rng.choice([0, 1, 3, 2.75, True] if x.kind != "b" else [True, False])
    elif pick < 0.75 or x.cut:
        value = e.step("multiply", [x, 2], np.multiply) if x.kind in "iuf" else x
        if value.dtype != x.dtype:
            raise Unfit
    else:
        value = e.fresh([x.dtype], shape=(int(mask.array.sum()),), cut=False)

    def run(a, m, v):
        a = a.copy()
        if np.shape(v) == a.shape:
            a[m] = v[m]
        else:
            a[m] = v
        return a

    return e.step("set_mask", [x, mask, value], run, exact=True)


@operation("set_slice")
def _(e):
    x = e.any(REAL + BOOL, ndim=[1, 2, 3], cut=False)
    chosen = selectors(e, x.shape, lists=False)
    chosen = [s for s in chosen if "newaxis" not in s]
    part = x.array[key(chosen)]
    if e.rng.random() < 0.5 or part.ndim == 0:
        value = e.rng.choice([0, 1, 3, 2.75]) if x.kind != "b" else True
    else:
        value = e.fresh([x.dtype], shape=part.shape, cut=False)

    def run(a, v):
        a = a.copy()
        a[key(chosen)] = v
        return a

    return e.step("set_slice", [x, value], run, exact=True, selectors=chosen)


@operation("set_list")
def _(e):
    x = e.any(REAL, ndim=[1, 2], least=1, cut=False)
    n = x.shape[0]
    places = e.rng.sample(range(n), e.rng.randint(0, n))
    places = [p - n if e.rng.random() < 0.3 else p for p in places]
    value = e.rng.choice([0, 1, 3])
    chosen = [{"list": places}]

    def run(a, v):
        a = a.copy()
        a[np.array(places, dtype=np.int64)] = v
        return a

    return e.step("set_slice", [x, value], run, exact=True, selectors=chosen)


@operation("set_refused")
def _(e):
    x = e.fresh(INTEGERS, ndim=1, least=2, cut=False)
    mask = e.fresh(array=np.ones(x.shape, dtype=bool), cut=False)
    value = e.rng.choice([float("nan"), float("inf")])
    if x.dtype[-2:] != "64" and e.rng.random() < 0.5:
        value = int(np.iinfo(x.dtype).max) + 1

    def run(a, m, v):
        raise ValueError("numpy warns for some of them; here all of them are errors")

    return e.step("set_mask", [x, mask, value], run, may_fail=True)
