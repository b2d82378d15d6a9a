"""Random expressions over arrays, with what numpy makes of them.

An expression is a few inputs and a few steps; each step names an operation, the values that it takes
and its parameters. The Rust side reads the same steps and asks Taskloom.
"""

import math
import random

import numpy as np

BOOL = ["bool"]
SIGNED = ["int8", "int16", "int32", "int64"]
UNSIGNED = ["uint8", "uint16", "uint32", "uint64"]
INTEGERS = SIGNED + UNSIGNED
FLOATS = ["float32", "float64"]
COMPLEX = ["complex64", "complex128"]
REAL = INTEGERS + FLOATS
NUMBERS = REAL + COMPLEX
ALL = BOOL + NUMBERS
ELEMENTS_MAX = 150
GRID = 64.0
GRID_MAX = 4096.0
SCALE_MAX = 1e10


class Unfit(Exception):
    """What was drawn does not go together: another draw is made."""


class Fails(Exception):
    """numpy refuses the step: the expression ends with it."""


class Value:
    """A value of an expression: where it stands, what it is in numpy, and what is known of it.

    `exact`: no rounding has happened, so that steps that jump (floor, comparisons) are the same.
    `cut`: some axis has blocks of unknown lengths.
    """

    def __init__(self, place, array, exact, cut):
        self.place, self.array, self.exact, self.cut = place, np.asarray(array), exact, cut

    @property
    def dtype(self):
        return self.array.dtype.name

    @property
    def kind(self):
        return self.array.dtype.kind

    @property
    def ndim(self):
        return self.array.ndim

    @property
    def shape(self):
        return self.array.shape


def on_grid(array):
    """Whether all numbers are so round and small that sums and products of some are exact."""
    if array.dtype.kind in "biu":
        return True
    parts = [array.real, array.imag] if array.dtype.kind == "c" else [array]
    for part in parts:
        part = part[np.isfinite(part)].astype(np.float64) * GRID
        if not np.all((part == np.floor(part)) & (np.abs(part) <= GRID_MAX * GRID)):
            return False
    return True


class Expression:
    """An expression that grows. `operations` are the functions that may make its inner values."""

    def __init__(self, rng: random.Random, inner, depth):
        self.rng, self.inner, self.depth = rng, inner, depth
        self.inputs, self.steps, self.count = [], [], 0
        self.failed, self.scale, self.single = False, 0.0, False
        self.outputs = []

    # ------------------------------------------------------------ inputs
    def data(self, dtype, shape, plain=False):
        """Random numbers: round ones, some special ones, many equal ones."""
        rng, n = self.rng, math.prod(shape)
        kind = np.dtype(dtype).kind
        style = rng.randrange(4)
        if kind == "b":
            share = rng.choice([0.0, 0.1, 0.5, 0.5, 0.9, 1.0])
            flat = [rng.random() < share for _ in range(n)]
        elif kind in "iu":
            info = np.iinfo(dtype)
            if style == 0 and not plain:
                bounds = max(info.min, -(2**40)), min(info.max, 2**40)
            else:
                bounds = (max(info.min, -9), 9)
            flat = [rng.randint(*bounds) for _ in range(n)]
        else:
            width = 2 if style == 1 else 16 if style == 2 else 8
            step = 1.0 if style == 1 else 8.0

            def number():
                return rng.randint(int(-width * step), int(width * step)) / step

            def complex_number():
                # Off the axes, where functions have their cuts.
                return complex(number(), rng.choice([-1, 1]) * rng.randint(1, 16) / 8)

            flat = [number() if kind == "f" else complex_number() for _ in range(n)]
            if style == 3 and not plain and kind == "f":
                special = [math.nan, math.nan, math.inf, -math.inf, -0.0]
                flat = [rng.choice(special) if rng.random() < 0.1 else x for x in flat]
        return np.array(flat, dtype=dtype).reshape(shape)

    def shape(self, ndim, least=0, most=7):
        while True:
            sizes = []
            for _ in range(ndim):
                length = self.rng.randint(max(least, 1), most)
                if least == 0 and self.rng.random() < 0.05:
                    length = 0
                sizes.append(length)
            if math.prod(sizes) <= ELEMENTS_MAX:
                return tuple(sizes)

    def cuts(self, length):
        """Lengths of blocks, zeros among them."""
        rng = self.rng
        blocks = rng.choice([1, 1, 2, 2, 3, 4])
        if length == 0 and rng.random() < 0.7:
            blocks = 1
        marks = sorted(rng.randint(0, length) for _ in range(blocks - 1))
        if rng.random() < 0.5:
            marks = sorted(set(marks) - {0, length})
        edges = [0, *marks, length]
        return [b - a for a, b in zip(edges, edges[1:])]

    def fresh(self, dtypes=ALL, ndim=None, shape=None, least=0, plain=False, cut=None, array=None,
              whole=()):
        """A new input. `whole`: axes of one block. `cut`: whether some lengths are unknown."""
        rng = self.rng
        if array is None:
            dtype = rng.choice(list(dtypes))
            if shape is None:
                if ndim is None:
                    ndim = rng.choice([1, 1, 1, 2, 2, 3])
                elif not isinstance(ndim, int):
                    ndim = rng.choice(list(ndim))
                shape = self.shape(ndim, least)
            array = self.data(dtype, shape, plain)
        chunks = [[n] if axis in whole else self.cuts(n) for axis, n in enumerate(array.shape)]
        if cut is None:
            cut = rng.random() < 0.12
        unknown = []
        if cut and array.ndim:
            unknown = [axis for axis in range(array.ndim) if rng.random() < 0.7]
        self.inputs.append({"place": self.count, "array": encode(array), "chunks": chunks,
                            "unknown": unknown})  # fmt: skip
        self.note(array)
        value = Value(self.count, array, on_grid(array), bool(unknown))
        self.count += 1
        return value

    def any(self, dtypes=ALL, ndim=None, least=0, exact=False, plain=False, cut=None, whole=()):
        """A value that fits: a new input, or what some steps made."""
        allowed = None if ndim is None else ([ndim] if isinstance(ndim, int) else list(ndim))
        if self.depth > 0 and not plain and not whole and self.rng.random() < 0.6:
            saved = self.save()
            self.depth -= 1
            for _ in range(4):
                try:
                    value = self.rng.choice(self.inner)(self)
                    value = value[0] if isinstance(value, list) else value
                    fits = (
                        value.dtype in dtypes
                        and (allowed is None or value.ndim in allowed)
                        and all(n >= least for n in value.shape)
                        and value.array.size <= ELEMENTS_MAX
                        and (value.exact or not exact)
                        and (cut is not False or not value.cut)
                        and tame(value.array)
                    )
                    if fits:
                        return value
                except (Unfit, Fails):
                    pass
                self.restore(saved)
        value = self.fresh(dtypes, ndim=allowed, least=least, plain=plain, cut=cut, whole=whole)
        if exact and not value.exact:
            raise Unfit
        return value

    def same(self, x, dtypes=ALL):
        """Another value with the lengths of `x` that is known to be aligned with it."""
        if x.cut:
            if x.dtype not in dtypes:
                raise Unfit
            return x
        return self.fresh(dtypes, shape=x.shape, cut=False)

    def beside(self, x, dtypes=ALL):
        """A value that broadcasts with `x`."""
        if x.cut:
            return self.same(x, dtypes)
        rng = self.rng
        shape = [1 if rng.random() < 0.15 else n for n in x.shape]
        if rng.random() < 0.2:
            shape = shape[rng.randint(0, len(shape)) :]
        elif rng.random() < 0.1:
            shape = [rng.randint(1, 3), *shape]
        if math.prod(shape) > ELEMENTS_MAX:
            raise Unfit
        return self.fresh(dtypes, shape=tuple(shape), cut=False)

    # ------------------------------------------------------------ steps
    def save(self):
        return len(self.inputs), len(self.steps), self.count, self.scale, self.single, self.depth

    def restore(self, saved):
        inputs, steps, self.count, self.scale, self.single, self.depth = saved
        del self.inputs[inputs:]
        del self.steps[steps:]
        self.failed = False

    def note(self, array):
        if array.dtype.kind in "fc":
            finite = np.abs(array[np.isfinite(array)].astype(np.complex128))
            self.scale = max(self.scale, float(finite.sum()))
            if self.scale > SCALE_MAX:
                # The tolerance would say nothing about the others.
                raise Unfit
            self.single |= array.dtype.name in ("float32", "complex64")

    def step(self, operation, args, run, exact=None, cut=None, may_fail=False, **parameters):
        """A step: `args` are values or numbers. Several results are several values."""
        raw = [a.array if isinstance(a, Value) else a for a in args]
        with np.errstate(all="ignore"):
            try:
                result = run(*raw)
            except (ValueError, TypeError, IndexError, OverflowError, ZeroDivisionError,
                    np.linalg.LinAlgError, NotImplementedError):  # fmt: skip
                if not may_fail:
                    raise Unfit from None
                result = None
        coded = [{"v": a.place} if isinstance(a, Value) else scalar(a) for a in args]
        made = {"op": operation, "place": self.count, "results": 1, "args": coded, **parameters}
        self.steps.append(made)
        if result is None:
            self.failed = True
            raise Fails
        values = []
        made["results"] = len(result) if isinstance(result, (list, tuple)) else 1
        inputs_exact = all(a.exact for a in args if isinstance(a, Value))
        inputs_cut = any(a.cut for a in args if isinstance(a, Value))
        results = list(result) if isinstance(result, (list, tuple)) else [result]
        results = [np.asarray(one) for one in results]
        if any(array.dtype.kind in "fc" for array in results):
            # What is inexact is as exact as the integers that it is made of are large.
            for array in raw:
                if isinstance(array, np.ndarray) and array.dtype.kind in "iu":
                    self.note(array.astype("float64"))
        for array in results:
            if array.dtype.name not in ALL or array.size > 4 * ELEMENTS_MAX:
                raise Unfit
            self.note(array)
            is_exact = inputs_exact and on_grid(array) if exact is None else exact and inputs_exact
            is_cut = inputs_cut if cut is None else cut
            values.append(Value(self.count, array, is_exact, is_cut and array.ndim > 0))
            self.count += 1
        return values if isinstance(result, (list, tuple)) else values[0]

    def axis(self, x):
        """One axis of `x`, at times counted from the last."""
        if x.ndim == 0:
            raise Unfit
        axis = self.rng.randrange(x.ndim)
        return axis - x.ndim if self.rng.random() < 0.3 else axis

    def record(self, number, outputs):
        """The expression as it is written to the file."""
        return {
            "id": number,
            "inputs": self.inputs,
            "steps": self.steps,
            "outputs": [{"v": v.place, **encode(v.array)} for v in outputs],
            "scale": float(f"{self.scale:.6g}"),
            "single": self.single,
            "fails": self.failed,
        }


def tame(array):
    """Whether the numbers are such that further steps say something."""
    if array.dtype.kind in "fc":
        finite = array[np.isfinite(array)]
        return finite.size == 0 or float(np.abs(finite).max()) < 1e6
    return True


def encode(array):
    """An array as its dtype, shape and numbers."""
    return {"d": array.dtype.name, "s": list(array.shape),
            "x": [number(x) for x in array.ravel().tolist()]}  # fmt: skip


def number(x):
    if isinstance(x, bool):
        return int(x)
    if isinstance(x, complex):
        return [number(x.real), number(x.imag)]
    if isinstance(x, float):
        if math.isnan(x):
            return "nan"
        if math.isinf(x):
            return "inf" if x > 0 else "-inf"
    return x


def scalar(x):
    """A number of Python, which is weak."""
    if isinstance(x, bool):
        return {"bool": x}
    if isinstance(x, int):
        return {"int": x}
    if isinstance(x, float):
        return {"float": number(x)}
    return {"complex": number(complex(x))}
