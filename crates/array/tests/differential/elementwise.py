"""Operations element by element."""

import numpy as np

from expression import ALL, BOOL, COMPLEX, FLOATS, INTEGERS, NUMBERS, REAL, Unfit

OPERATIONS = {}


def operation(name):
    def add(function):
        OPERATIONS[name] = function
        return function

    return add


def unary(name, dtypes, exact=None, steep=True, only=None, run=None):
    """`steep`: a small error before it can be a large one after it. `only`: numbers it takes."""

    def make(e):
        x = e.any(dtypes, exact=steep)
        if only is not None and x.kind not in "c":
            with np.errstate(all="ignore"):
                if not np.all(only(x.array) | ~np.isfinite(x.array)):
                    raise Unfit
        return e.step(name, [x], run or getattr(np, name), exact=exact, may_fail=True)

    OPERATIONS[name] = make


for name in ["negative", "positive", "absolute", "square"]:
    unary(name, ALL, steep=False)
unary("sign", REAL)
for name in ["sqrt", "log", "log2", "log10"]:
    unary(name, REAL + COMPLEX)
for name in ["cbrt", "exp2"]:
    unary(name, REAL)
unary("log1p", REAL)
unary("expm1", REAL)
unary("reciprocal", FLOATS + COMPLEX, only=lambda x: np.abs(x) > 0)
unary("exp", NUMBERS, only=lambda x: np.abs(x) < 20)
for name in ["sin", "cos"]:
    unary(name, NUMBERS, only=lambda x: np.abs(x) < 100)
unary("tan", REAL, only=lambda x: np.abs(x) < 100)
for name in ["arcsin", "arccos"]:
    unary(name, FLOATS)
unary("arctan", REAL)
for name in ["sinh", "cosh", "tanh"]:
    unary(name, REAL, only=lambda x: np.abs(x) < 20)
unary("arcsinh", REAL)
unary("arccosh", FLOATS)
unary("arctanh", FLOATS, only=lambda x: np.abs(x) < 0.9)
for name in ["floor", "ceil", "trunc", "rint"]:
    unary(name, REAL)
for name in ["isnan", "isfinite", "isinf"]:
    unary(name, ALL, steep=False)
unary("signbit", REAL)
unary("logical_not", ALL)
unary("invert", BOOL + INTEGERS)
for name in ["conjugate", "real", "imag"]:
    unary(name, NUMBERS, steep=False)
unary("angle", REAL + COMPLEX)
for name in ["deg2rad", "rad2deg"]:
    unary(name, REAL, steep=False)


@operation("round")
def _(e):
    x = e.any(REAL, exact=True)
    decimals = e.rng.choice([0, 0, 1, 2] if x.kind == "f" else [0])
    return e.step("round", [x], lambda a: np.round(a, decimals), exact=False, decimals=decimals)


@operation("nan_to_num")
def _(e):
    x = e.any(FLOATS)
    values = {"nan": 0.5, "posinf": 100.0, "neginf": -100.0} if e.rng.random() < 0.7 else {}
    if not values and np.any(np.isinf(x.array)):
        raise Unfit
    return e.step("nan_to_num", [x], lambda a: np.nan_to_num(a, **values), **values)


SCALARS = [0, 1, 2, 3, -1, -2, 7, 0.5, -1.5, 2.0, 1.0, True, False]


# The operators; functions take their first operand as an array.
NUMBER_FIRST = {"add", "subtract", "multiply", "divide", "remainder"}


def operands(e, dtypes, scalars=SCALARS, steep=True, name=""):
    x = e.any(dtypes, exact=steep)
    pick = e.rng.random()
    if pick < 0.35:
        pair = [x, e.rng.choice(scalars)]
    elif pick < 0.45:
        pair = [x, x]
    else:
        pair = [x, e.beside(x, dtypes)]
    if e.rng.random() < 0.5 and (name in NUMBER_FIRST or hasattr(pair[1], "array")):
        pair.reverse()
    return pair


def raw(pair):
    return [getattr(a, "array", a) for a in pair]


def binary(name, dtypes, steep=False, scalars=SCALARS, check=None, run=None):
    def make(e):
        pair = operands(e, dtypes, scalars, steep, name)
        if check is not None:
            with np.errstate(all="ignore"):
                if not check(*[np.asarray(a) for a in raw(pair)]):
                    raise Unfit
        return e.step(name, pair, run or getattr(np, name), may_fail=True)

    OPERATIONS[name] = make


def modest(a, b):
    """Numbers whose quotient is well away from where it jumps are not asked for; infinities are out."""
    return all(np.all(np.isfinite(x)) for x in (a, b) if x.dtype.kind in "fc")


for name in ["add", "subtract", "multiply"]:
    binary(name, ALL)
binary("divide", NUMBERS, steep=True, check=lambda a, b: b.dtype.kind != "c" or np.all(b != 0))
binary("floor_divide", REAL, steep=True)
binary("remainder", REAL, steep=True)
binary("fmod", REAL, steep=True)


def powers(a, b):
    if not modest(a, b):
        return False
    kinds = a.dtype.kind, b.dtype.kind
    if "c" in kinds:
        return np.all(np.abs(a) > 0.1) and np.all(np.abs(b) < 4) and np.all(np.abs(a) < 10)
    if "f" in kinds:
        return np.all(np.abs(b.astype(float)) <= 6) and np.all(np.abs(a.astype(float)) < 30)
    return True


binary("power", NUMBERS, steep=True, check=powers)
binary("float_power", REAL, steep=True, check=lambda a, b: powers(a * 1.0, b))
for name in ["minimum", "maximum", "fmin", "fmax"]:
    binary(name, REAL + BOOL)
binary("arctan2", REAL, steep=True)
binary("hypot", REAL)
binary("logaddexp", FLOATS, scalars=[0.5, -1.5, 2.0])
binary("logaddexp2", FLOATS, scalars=[0.5, -1.5, 2.0])
# The sign of NaN is nobody's promise.
binary("copysign", REAL, steep=True, check=lambda a, b: not np.any(np.isnan(b)))
binary("nextafter", FLOATS, steep=True, scalars=[0.5, -1.5, 2.0])
for name in ["greater", "greater_equal", "less", "less_equal"]:
    binary(name, REAL + BOOL, steep=True)
for name in ["equal", "not_equal"]:
    binary(name, ALL, steep=True)
for name in ["logical_and", "logical_or", "logical_xor"]:
    binary(name, ALL, steep=True)
for name in ["bitwise_and", "bitwise_or", "bitwise_xor"]:
    binary(name, BOOL + INTEGERS, scalars=[0, 1, 2, 3, 7])


def shiftable(a, b):
    return np.all(b >= 0) and np.all(b < 8)


for name in ["left_shift", "right_shift"]:
    binary(name, INTEGERS, scalars=[0, 1, 2, 3, 7], check=shiftable)
for name in ["gcd", "lcm"]:
    binary(name, INTEGERS, scalars=[1, 2, 3, 7], check=lambda a, b: np.all(np.abs(a) < 100))


@operation("isclose")
def _(e):
    x, y = operands(e, FLOATS, [0.5, 1.0, -1.5], True)
    rtol, atol = e.rng.choice([(1e-5, 1e-8), (0.1, 0.0), (0.0, 0.51)])
    nan = e.rng.random() < 0.5
    return e.step("isclose", [x, y], lambda a, b: np.isclose(a, b, rtol, atol, nan),
                  rtol=rtol, atol=atol, equal_nan=nan)  # fmt: skip


@operation("divmod")
def _(e):
    pair = operands(e, REAL, steep=True)
    return e.step("divmod", pair, np.divmod)


@operation("where")
def _(e):
    condition = e.any(BOOL, exact=True)
    x = e.beside(condition) if e.rng.random() < 0.8 else e.rng.choice(SCALARS)
    y = e.beside(condition) if e.rng.random() < 0.6 else e.rng.choice(SCALARS)
    if not hasattr(x, "array") and not hasattr(y, "array"):
        raise Unfit
    # numpy wraps numbers that the dtype of the other does not have around; here they are an error.
    kinds = {a.kind for a in (x, y) if hasattr(a, "array")}
    if "u" in kinds and any(not hasattr(a, "array") and a < 0 for a in (x, y)):
        raise Unfit
    return e.step("where", [condition, x, y], np.where)


@operation("clip")
def _(e):
    x = e.any(REAL)
    low = e.rng.choice([-2, -1, 0]) if x.kind == "i" else 0 if x.kind == "u" else -1.5
    high = e.rng.choice([1, 3]) if x.kind in "iu" else 2.5
    return e.step("clip", [x, low, high], np.clip)


@operation("astype")
def _(e):
    x = e.any(ALL, exact=True)
    target = e.rng.choice(ALL)
    kind = np.dtype(target).kind
    if x.kind == "c" and kind != "c":
        raise Unfit
    if x.kind == "f" and kind in "iu":
        info = np.iinfo(target)
        inside = np.isfinite(x.array) & (x.array > info.min) & (x.array < info.max)
        if not np.all(inside) or (kind == "u" and np.any(x.array < 0)):
            raise Unfit
    return e.step("astype", [x], lambda a: a.astype(target), dtype=target)
