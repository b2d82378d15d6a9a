"""Reductions, running results, order and counting."""

import numpy as np

from expression import ALL, BOOL, FLOATS, INTEGERS, NUMBERS, REAL, UNSIGNED, Unfit

OPERATIONS = {}


def operation(name):
    def add(function):
        OPERATIONS[name] = function
        return function

    return add


def over(e, x, one=False):
    """Axes to reduce over: `None` is all of them, as numpy has it."""
    if x.ndim == 0 or e.rng.random() < 0.3:
        return None
    if one or e.rng.random() < 0.6:
        return [e.axis(x)]
    picked = e.rng.sample(range(x.ndim), e.rng.randint(1, x.ndim))
    return [a - x.ndim if e.rng.random() < 0.3 else a for a in picked]


def tuple_of(axes):
    return None if axes is None else axes[0] if len(axes) == 1 else tuple(axes)


def how(e, x, one=False):
    axes = over(e, x, one)
    keepdims = e.rng.random() < 0.3
    parameters = {"axis": axes, "keepdims": keepdims}
    if e.rng.random() < 0.3:
        parameters["split_every"] = e.rng.choice([2, 3, 5])
    return tuple_of(axes), keepdims, parameters


def reduction(name, dtypes, exact=False, ddof=False, dtype=False, one=False, check=None, may_fail=True):
    run = getattr(np, name)

    def make(e):
        x = e.any(dtypes, exact=exact)
        if check is not None and not check(x.array):
            raise Unfit
        axis, keepdims, parameters = how(e, x, one)
        more = {}
        if ddof and e.rng.random() < 0.4:
            more["ddof"] = 1
        if dtype and e.rng.random() < 0.2 and x.kind in "biu":
            more["dtype"] = e.rng.choice(["float64", "int64", "float32"])
        return e.step(name, [x], lambda a: run(a, axis=axis, keepdims=keepdims, **more),
                      may_fail=may_fail, cut=x.cut and axis is not None, **parameters, **more)  # fmt: skip

    OPERATIONS[name] = make


def small(a):
    return a.dtype.kind in "biu" or np.all(~np.isfinite(a) | (np.abs(a) <= 16))


reduction("sum", ALL, dtype=True)
reduction("prod", ALL, dtype=True, check=lambda a: small(a) and a.size < 40)
reduction("mean", ALL)
for name in ["var", "std"]:
    reduction(name, ALL, ddof=True, check=lambda a: np.all(np.isfinite(a)) or a.dtype.kind != "c")
for name in ["min", "max"]:
    reduction(name, REAL + BOOL)
reduction("ptp", REAL)
for name in ["any", "all"]:
    reduction(name, ALL, exact=True)
for name in ["argmin", "argmax"]:
    reduction(name, REAL + BOOL, exact=True, one=True)
for name in ["nansum", "nanmean"]:
    reduction(name, REAL)
reduction("nanprod", REAL, check=lambda a: small(a) and a.size < 40)
for name in ["nanvar", "nanstd"]:
    reduction(name, REAL, ddof=True)
for name in ["nanmin", "nanmax"]:
    reduction(name, REAL)
for name in ["nanargmin", "nanargmax"]:
    reduction(name, REAL, exact=True, one=True)
reduction("count_nonzero", ALL, exact=True)


@operation("average")
def _(e):
    x = e.any(FLOATS + INTEGERS, cut=False)
    axis = e.axis(x)
    weights = e.fresh(FLOATS, shape=(x.shape[axis],), plain=True, cut=False)
    if x.array.size == 0 or abs(float(weights.array.sum())) < 0.5:
        raise Unfit
    return e.step("average", [x, weights], lambda a, w: np.average(a, axis=axis, weights=w),
                  axis=axis)  # fmt: skip


@operation("moment")
def _(e):
    x = e.any(FLOATS, least=1)
    order = e.rng.choice([0, 1, 2, 3, 4])
    axis, keepdims, parameters = how(e, x)
    if not np.all(np.isfinite(x.array)):
        raise Unfit

    def run(a):
        centred = a - a.mean(axis=axis, keepdims=True)
        return (centred**order).mean(axis=axis, keepdims=keepdims)

    return e.step("moment", [x], run, order=order, cut=x.cut and axis is not None, **parameters)


for name in ["cumsum", "cumprod", "nancumsum", "nancumprod"]:

    def running(e, name=name):
        x = e.any(NUMBERS + BOOL if "nan" not in name else REAL)
        if "prod" in name and not (small(x.array) and x.array.size < 40):
            raise Unfit
        axis = e.axis(x)
        return e.step(name, [x], lambda a: getattr(np, name)(a, axis=axis), axis=axis)

    OPERATIONS[name] = running


for name in ["median", "nanmedian"]:

    def middle(e, name=name):
        x = e.any(REAL, least=1)
        axis = e.axis(x)
        keepdims = e.rng.random() < 0.3
        return e.step(name, [x], lambda a: getattr(np, name)(a, axis=axis, keepdims=keepdims),
                      axis=axis, keepdims=keepdims)  # fmt: skip

    OPERATIONS[name] = middle

for name in ["quantile", "nanquantile", "percentile", "nanpercentile"]:

    def share(e, name=name):
        x = e.any(REAL, least=1)
        axis = e.axis(x)
        several = e.rng.random() < 0.5
        q = [0.0, 0.1, 0.25, 0.5, 0.9, 1.0]
        q = e.rng.sample(q, 3) if several else e.rng.choice(q)
        if name.endswith("percentile"):
            q = [100 * one for one in q] if several else 100 * q

        def run(a):
            # Between narrow integers numpy's difference overflows.
            a = a.astype("float64") if a.dtype.kind in "iu" else a
            result = getattr(np, name)(a, q, axis=axis)
            # Of rows without a number numpy keeps float32, of others it does not.
            return result.astype("float64") if several else result

        return e.step(name, [x], run, axis=axis, q=q)

    OPERATIONS[name] = share


def finite(x):
    if x.kind == "f" and np.any(np.isnan(x.array)):
        raise Unfit
    return x


@operation("diff")
def _(e):
    x = e.any(BOOL + NUMBERS)
    axis, n = e.axis(x), e.rng.choice([0, 1, 1, 1, 2, 3])
    return e.step("diff", [x], lambda a: np.diff(a, n, axis), axis=axis, n=n)


@operation("gradient")
def _(e):
    x = e.any(NUMBERS, least=2)
    axis, spacing = e.axis(x), e.rng.choice([1.0, 1.0, 0.5, -1.5])
    return e.step("gradient", [x], lambda a: np.gradient(a, spacing, axis=axis), axis=axis,
                  spacing=spacing)  # fmt: skip


@operation("isin")
def _(e):
    x = e.any(ALL, exact=True)
    values = e.fresh([x.dtype, "int64", "float64"], ndim=[1, 2])
    return e.step("isin", [x, values], np.isin, cut=x.cut)


@operation("allclose")
def _(e):
    x = e.any(FLOATS, exact=True)
    y = e.beside(x, FLOATS) if e.rng.random() < 0.6 else x
    rtol, atol = e.rng.choice([(1e-5, 1e-8), (0.1, 0.0), (0.0, 100.0)])
    nan = e.rng.random() < 0.5
    return e.step("allclose", [x, y], lambda a, b: np.array(np.allclose(a, b, rtol, atol, nan)),
                  cut=False, rtol=rtol, atol=atol, equal_nan=nan)  # fmt: skip


@operation("topk")
def _(e):
    x = finite(e.any(REAL, least=1))
    axis = e.axis(x)
    k = e.rng.choice([1, 2, 3, -1, -2])

    def run(a):
        rows = np.sort(a, axis=axis)
        if k > 0:
            rows = np.flip(rows, axis)
        return np.take(rows, range(min(abs(k), a.shape[axis])), axis)

    return e.step("topk", [x], run, axis=axis, k=k)


@operation("argtopk")
def _(e):
    x = e.fresh(FLOATS + INTEGERS, ndim=[1, 2], least=1, plain=True)
    axis = e.axis(x)
    k = e.rng.choice([1, 2, 3, -1, -2])
    # Which of equal ones comes first is nobody's promise: there are none.
    a = np.arange(x.array.size).reshape(x.shape)
    e.restore((0, 0, 0, 0.0, False, e.depth))
    shuffled = np.array(e.rng.sample(a.ravel().tolist(), a.size)).reshape(a.shape)
    x = e.fresh(array=shuffled.astype(e.rng.choice(["int32", "int64", "float64", "float32"])))

    def run(a):
        rows = np.argsort(a, axis=axis)
        if k > 0:
            rows = np.flip(rows, axis)
        return np.take(rows, range(min(abs(k), a.shape[axis])), axis)

    return e.step("argtopk", [x], run, exact=True, axis=axis, k=k)


@operation("sort")
def _(e):
    x = e.any(REAL + BOOL)
    axis = e.axis(x)
    return e.step("sort", [x], lambda a: np.sort(a, axis=axis), axis=axis)


@operation("unique")
def _(e):
    x = e.any(REAL + BOOL, exact=True)
    return e.step("unique", [x], np.unique, cut=True)


@operation("unique_counts")
def _(e):
    x = e.any(REAL + BOOL, exact=True)
    return e.step("unique_counts", [x], lambda a: list(np.unique(a, return_counts=True)), cut=True)


@operation("unique_inverse")
def _(e):
    x = e.any(INTEGERS + BOOL, ndim=1, exact=True)
    return e.step("unique_inverse", [x], lambda a: list(np.unique(a, return_inverse=True)), cut=True)


@operation("bincount")
def _(e):
    x = e.any(UNSIGNED[:3] + ["int64", "int32"], ndim=1, exact=True)
    if x.array.size == 0 or np.any(x.array < 0) or np.any(x.array > 40):
        raise Unfit
    minlength = e.rng.choice([41, 45, 60])
    args = [x]
    if e.rng.random() < 0.5:
        args.append(e.same(x, ["float64"]))
    return e.step("bincount", args, lambda a, w=None: np.bincount(a, w, minlength),
                  cut=True, minlength=minlength)  # fmt: skip


@operation("histogram")
def _(e):
    x = e.any(FLOATS + SIGNED_ONLY, exact=True)
    if not np.all(np.isfinite(x.array)):
        raise Unfit
    if e.rng.random() < 0.5:
        bins = {"bins": e.rng.randint(1, 7), "range": e.rng.choice([[-4.0, 4.0], [0.0, 3.0]])}
    else:
        bins = {"bins": sorted(e.rng.sample([-4.0, -1.5, 0.0, 0.5, 2.0, 7.0], 4))}
    density = e.rng.random() < 0.2

    def run(a, w=None):
        return list(np.histogram(a, bins["bins"], bins.get("range"), density, w))

    args = [x]
    if e.rng.random() < 0.3:
        args.append(e.same(x, ["float64"]))
    counts, edges = e.step("histogram", args, run, cut=False, density=density, **bins)
    if np.any(np.isnan(counts.array)):
        raise Unfit
    return [counts, edges]


SIGNED_ONLY = ["int32", "int64"]


@operation("digitize")
def _(e):
    x = e.any(FLOATS + SIGNED_ONLY, exact=True)
    bins = sorted(e.rng.sample([-4.0, -1.5, 0.0, 0.5, 2.0, 7.0], 4), reverse=e.rng.random() < 0.2)
    right = e.rng.random() < 0.5
    return e.step("digitize", [x], lambda a: np.digitize(a, bins, right), bins=bins, right=right)


@operation("searchsorted")
def _(e):
    a = e.fresh(["float64", "int64", "int32"], ndim=1, plain=True, cut=False)
    array = np.sort(a.array)
    e.restore((0, 0, 0, 0.0, False, e.depth))
    a = e.fresh(array=array, cut=False)
    v = e.fresh([a.dtype], ndim=[1, 2], plain=True)
    side = e.rng.choice(["left", "right"])
    return e.step("searchsorted", [a, v], lambda a, v: np.searchsorted(a, v, side), side=side)


for name in ["cov", "corrcoef"]:

    def pairs(e, name=name):
        x = e.any(NUMBERS, ndim=[1, 2], exact=True)
        if x.kind in "fc" and not np.all(np.isfinite(x.array)):
            raise Unfit
        if np.any(np.abs(x.array.astype(complex)) > 1e6):
            raise Unfit
        rowvar = e.rng.random() < 0.6
        ddof = e.rng.choice([None, None, 0, 1, 2]) if name == "cov" else None
        options = {} if name == "corrcoef" else {"ddof": ddof}
        run = getattr(np, name)
        result = run(x.array, rowvar=rowvar, **options)
        deviations = x.array.astype(complex).std(axis=0 if x.ndim == 2 and not rowvar else -1)
        # What is nearly constant is divided by rounding errors.
        if name == "corrcoef" and np.any((deviations > 0) & (deviations < 1e-3)):
            raise Unfit
        # Without variables numpy forgets that numbers are complex.
        if x.kind == "c" and result.size == 0:
            raise Unfit
        # Whether there is one variable is to be known before it is computed.
        if x.cut and x.ndim == 2 and result.ndim == 0:
            raise Unfit
        return e.step(name, [x], lambda a: run(a, rowvar=rowvar, **options), rowvar=rowvar, ddof=ddof)

    OPERATIONS[name] = pairs
