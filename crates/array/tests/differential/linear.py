"""Products, factorizations and Fourier transforms."""

import numpy as np

from expression import BOOL, COMPLEX, ELEMENTS_MAX, FLOATS, INTEGERS, NUMBERS, Unfit

OPERATIONS = {}


def operation(name):
    def add(function):
        OPERATIONS[name] = function
        return function

    return add


SUITED = NUMBERS + BOOL


def inside(e, *shapes):
    dtypes = e.rng.choice([SUITED, FLOATS, FLOATS + COMPLEX])
    values = [e.fresh(dtypes, shape=shape, plain=True, cut=False) for shape in shapes]
    return values


def sizes(e, n):
    return [e.rng.choice([0, 1, 2, 3, 4, 5]) if e.rng.random() < 0.3 else e.rng.randint(1, 6)
            for _ in range(n)]  # fmt: skip


@operation("dot")
def _(e):
    a, b, c, d = sizes(e, 4)
    shapes = e.rng.choice([((a,), (a,)), ((a, b), (b,)), ((a,), (a, b)), ((a, b), (b, c)),
                           ((a, b, c), (c, d)), ((a, b), (c, b, d))])  # fmt: skip
    return e.step("dot", inside(e, *shapes), np.dot)


@operation("matmul")
def _(e):
    a, b, c, d = sizes(e, 4)
    shapes = e.rng.choice([((a,), (a,)), ((a, b), (b,)), ((a,), (a, b)), ((a, b), (b, c)),
                           ((d, a, b), (b, c)), ((d, a, b), (d, b, c)), ((a, b), (d, b, c))])  # fmt: skip
    return e.step("matmul", inside(e, *shapes), np.matmul)


@operation("matmul_unknown")
def _(e):
    x = e.any(FLOATS, ndim=2, cut=True)
    y = e.step("transpose", [x], np.transpose, axes=None)
    return e.step("matmul", e.rng.choice([[x, y], [y, x]]), np.matmul)


@operation("dot_refused")
def _(e):
    x, y = inside(e, (2, 3), (4, 2))
    return e.step("dot", [x, y], np.dot, may_fail=True)


@operation("tensordot")
def _(e):
    a, b, c, d = sizes(e, 4)
    shapes, axes = e.rng.choice([
        (((a, b), (b, c)), [[1], [0]]),
        (((a, b, c), (b, c, d)), [[1, 2], [0, 1]]),
        (((a, b, c), (c, b, d)), [[1, 2], [1, 0]]),
        (((a, b), (c, d)), [[], []]),
    ])  # fmt: skip
    return e.step("tensordot", inside(e, *shapes), lambda x, y: np.tensordot(x, y, axes), axes=axes)


@operation("einsum")
def _(e):
    a, b, c, d = sizes(e, 4)
    text, shapes = e.rng.choice([
        ("ij,jk->ik", [(a, b), (b, c)]), ("ij,jk", [(a, b), (b, c)]), ("ii->i", [(a, a)]),
        ("ii", [(a, a)]), ("ij->ji", [(a, b)]), ("ij->", [(a, b)]), ("ij->j", [(a, b)]),
        ("i,j->ij", [(a,), (b,)]), ("i,i", [(a,), (a,)]), ("bij,bjk->bik", [(d, a, b), (d, b, c)]),
        ("ij,jk,kl->il", [(a, b), (b, c), (c, d)]), ("ij,ij->i", [(a, b), (a, b)]),
        ("...ij,...jk->...ik", [(d, a, b), (d, b, c)]), ("i...->...", [(a, b)]),
    ])  # fmt: skip
    return e.step("einsum", inside(e, *shapes), lambda *x: np.einsum(text, *x), subscripts=text)


@operation("outer")
def _(e):
    a, b = sizes(e, 2)
    return e.step("outer", inside(e, (a,), (b,)), np.outer)


@operation("inner")
def _(e):
    a, b, c = sizes(e, 3)
    shapes = e.rng.choice([((a,), (a,)), ((a, b), (c, b)), ((a, b), (b,))])
    return e.step("inner", inside(e, *shapes), np.inner)


@operation("vdot")
def _(e):
    a, b = sizes(e, 2)
    shapes = e.rng.choice([((a,), (a,)), ((a, b), (a, b))])
    return e.step("vdot", inside(e, *shapes), np.vdot)


def matrix(e, rows, columns, dtypes=("float64",), well=True, cut=False):
    """A matrix; `cut`: nobody knows how many rows its blocks have, and its columns are one block."""
    array = e.data(e.rng.choice(list(dtypes)), (rows, columns), plain=True)
    if well and np.linalg.matrix_rank(array) < min(rows, columns):
        raise Unfit
    if well and np.linalg.cond(array) > 1e3:
        raise Unfit
    x = e.fresh(array=array, cut=False, whole=(1,) if cut else ())
    if cut:
        x.cut, e.inputs[-1]["unknown"] = True, [0]
    return x


MATRICES = ["float64", "float64", "float64", "complex128", "float32"]


@operation("qr")
def _(e):
    if e.rng.random() < 0.6:
        n = e.rng.randint(1, 4)
        x = matrix(e, n + e.rng.randint(0, 12), n, MATRICES, cut=e.rng.random() < 0.3)
    else:
        n = e.rng.randint(1, 6)
        x = matrix(e, n, n, MATRICES)
    return e.step("qr", [x], lambda a: [a, np.abs(np.linalg.qr(a)[1])])


@operation("svd")
def _(e):
    n = e.rng.randint(1, 4)
    shape = e.rng.choice([(n + e.rng.randint(0, 12), n), (n, n)])
    x = matrix(e, *shape, MATRICES, cut=e.rng.random() < 0.3)
    return e.step("svd", [x], lambda a: [a, np.linalg.svd(a, compute_uv=False)])


@operation("kron")
def _(e):
    left = [e.rng.randint(0 if e.rng.random() < 0.1 else 1, 4) for _ in range(e.rng.randint(0, 3))]
    right = [e.rng.randint(0 if e.rng.random() < 0.1 else 1, 4) for _ in range(e.rng.randint(0, 3))]
    if np.prod(left + right) > 4 * ELEMENTS_MAX:
        raise Unfit
    return e.step("kron", inside(e, tuple(left), tuple(right)), np.kron)


@operation("solve")
def _(e):
    n = e.rng.randint(1, 6)
    a = matrix(e, n, n, MATRICES)
    b = e.fresh([a.dtype], shape=e.rng.choice([(n,), (n, 3)]), plain=True, cut=False)
    return e.step("solve", [a, b], np.linalg.solve)


@operation("solve_singular")
def _(e):
    a = e.fresh(array=np.ones((3, 3)), cut=False)
    b = e.fresh(["float64"], shape=(3,), plain=True, cut=False)
    return e.step("solve", [a, b], np.linalg.solve, may_fail=True)


@operation("solve_triangular")
def _(e):
    n, lower = e.rng.randint(1, 6), e.rng.random() < 0.5
    array = e.data("float64", (n, n), plain=True)
    array = (np.tril if lower else np.triu)(array)
    array[np.diag_indices(n)] = [e.rng.choice([1.0, 2.0, -3.0]) for _ in range(n)]
    if np.linalg.cond(array) > 1e3:
        raise Unfit
    a = e.fresh(array=array, cut=False)
    b = e.fresh(["float64"], shape=e.rng.choice([(n,), (n, 2)]), plain=True, cut=False)
    return e.step("solve_triangular", [a, b], np.linalg.solve, lower=lower)


def positive(e):
    n = e.rng.randint(1, 6)
    root = e.data(e.rng.choice(MATRICES), (n, n), plain=True)
    array = root @ root.conj().T + np.eye(n, dtype=root.dtype)
    if np.linalg.cond(array) > 1e3:
        raise Unfit
    return e.fresh(array=array.astype(root.dtype), cut=False)


@operation("cholesky")
def _(e):
    return e.step("cholesky", [positive(e)], np.linalg.cholesky)


@operation("cholesky_refused")
def _(e):
    a = e.fresh(array=np.array([[1.0, 2.0], [2.0, 1.0]]), cut=False)
    return e.step("cholesky", [a], np.linalg.cholesky, may_fail=True)


@operation("lu")
def _(e):
    # L U without the rows of the matrix in the order of the pivots is nothing.
    n = e.rng.randint(1, 6)
    return e.step("lu", [matrix(e, n, n)], lambda a: np.zeros_like(a))


@operation("inv")
def _(e):
    n = e.rng.randint(1, 5)
    return e.step("inv", [matrix(e, n, n, MATRICES)], np.linalg.inv)


@operation("det")
def _(e):
    n = e.rng.randint(1, 4)
    return e.step("det", [matrix(e, n, n, MATRICES)], np.linalg.det)


@operation("lstsq")
def _(e):
    n = e.rng.randint(1, 4)
    a = matrix(e, n + e.rng.randint(0, 10), n)
    b = e.fresh(["float64"], shape=(a.shape[0],), plain=True, cut=False)
    return e.step("lstsq", [a, b], lambda a, b: np.linalg.lstsq(a, b)[0])


@operation("norm")
def _(e):
    x = e.any(FLOATS + COMPLEX, ndim=[1, 2], least=1)
    if not np.all(np.isfinite(x.array)):
        raise Unfit
    return e.step("norm", [x], np.linalg.norm, cut=False)


@operation("vector_norm")
def _(e):
    x = e.any(FLOATS + COMPLEX, ndim=[1, 2, 3], least=1)
    order = e.rng.choice([None, 1, 2, "inf", "-inf", 0, 3])
    if not np.all(np.isfinite(x.array)) or (order == 0 and not x.exact):
        raise Unfit
    axis = None if e.rng.random() < 0.3 else e.axis(x)
    given = {"inf": np.inf, "-inf": -np.inf, None: 2}.get(order, order)
    return e.step("vector_norm", [x], lambda a: np.linalg.vector_norm(a, axis=axis, ord=given),
                  order=order, axis=axis, cut=x.cut and axis is not None)  # fmt: skip


@operation("matrix_norm")
def _(e):
    x = e.fresh(["float64"], ndim=2, least=1, plain=True, cut=False)
    order = e.rng.choice(["fro", "nuc", 1, -1, 2, -2, "inf", "-inf"])
    given = {"inf": np.inf, "-inf": -np.inf}.get(order, order)
    return e.step("matrix_norm", [x], lambda a: np.linalg.norm(a, given), order=order)


@operation("svdvals")
def _(e):
    n = e.rng.randint(1, 4)
    x = matrix(e, n + e.rng.randint(0, 12), n, MATRICES, cut=e.rng.random() < 0.3)
    return e.step("svdvals", [x], lambda a: np.linalg.svd(a, compute_uv=False))


@operation("svd_compressed")
def _(e):
    # Of so low a rank that nothing is left out.
    rows, rank = e.rng.randint(8, 14), e.rng.randint(1, 2)
    left = matrix(e, rows, rank).array
    right = e.data("float64", (rank, e.rng.randint(4, 8)), plain=True)
    e.restore((0, 0, 0, 0.0, False, e.depth))
    x = e.fresh(array=left @ right, cut=False)
    if np.linalg.matrix_rank(x.array) < rank:
        raise Unfit
    return e.step("svd_compressed", [x],
                  lambda a: [a, np.linalg.svd(a, compute_uv=False)[:rank]], rank=rank)  # fmt: skip


@operation("slogdet")
def _(e):
    n = e.rng.randint(1, 4)
    return e.step("slogdet", [matrix(e, n, n)], lambda a: list(np.linalg.slogdet(a)))


@operation("eigh")
def _(e):
    # The values; vectors are known only up to a factor, so what is compared is V diag(w) V^H.
    return e.step("eigh", [positive(e)], lambda a: [np.linalg.eigh(a)[0], a])


for name in ["fft", "ifft", "rfft"]:

    def transform(e, name=name):
        shape = e.shape(e.rng.randint(1, 3), least=1)
        axis = e.rng.randrange(len(shape))
        dtypes = FLOATS + (COMPLEX if name != "rfft" else []) + ["int32"]
        x = e.fresh(dtypes, shape=shape, plain=True, cut=False, whole=(axis,))
        n = e.rng.choice([None, None, None, 4, 9])
        axis -= len(shape) if e.rng.random() < 0.3 else 0
        return e.step(name, [x], lambda a: getattr(np.fft, name)(a, n, axis), axis=axis, n=n)

    OPERATIONS[name] = transform


@operation("irfft")
def _(e):
    shape = e.shape(e.rng.randint(1, 2), least=2)
    axis = e.rng.randrange(len(shape))
    x = e.fresh(COMPLEX, shape=shape, plain=True, cut=False, whole=(axis,))
    n = 2 * (shape[axis] - 1) + e.rng.choice([0, 1])
    return e.step("irfft", [x], lambda a: np.fft.irfft(a, n, axis), axis=axis, n=n)


for name in ["fft2", "ifft2", "fftn", "ifftn"]:

    def several(e, name=name):
        shape = e.shape(e.rng.randint(2, 3), least=1)
        if name.endswith("2"):
            axes = [len(shape) - 2, len(shape) - 1]
        else:
            axes = e.rng.sample(range(len(shape)), e.rng.randint(1, len(shape)))
        x = e.fresh(FLOATS + COMPLEX, shape=shape, plain=True, cut=False, whole=tuple(axes))
        return e.step(name, [x], lambda a: getattr(np.fft, name)(a, axes=axes), axes=axes)

    OPERATIONS[name] = several


@operation("rfft2")
def _(e):
    shape = e.shape(e.rng.randint(2, 3), least=1)
    axes = (len(shape) - 2, len(shape) - 1)
    x = e.fresh(FLOATS + ["int32"], shape=shape, plain=True, cut=False, whole=axes)
    return e.step("rfft2", [x], np.fft.rfft2)


@operation("irfft2")
def _(e):
    shape = e.shape(e.rng.randint(2, 3), least=2)
    axes = (len(shape) - 2, len(shape) - 1)
    x = e.fresh(COMPLEX, shape=shape, plain=True, cut=False, whole=axes)
    return e.step("irfft2", [x], np.fft.irfft2)


@operation("rfftn")
def _(e):
    shape = e.shape(e.rng.randint(1, 3), least=1)
    axes = e.rng.sample(range(len(shape)), e.rng.randint(1, len(shape)))
    x = e.fresh(FLOATS + ["int32"], shape=shape, plain=True, cut=False, whole=tuple(axes))
    return e.step("rfftn", [x], lambda a: np.fft.rfftn(a, axes=axes), axes=axes)


@operation("irfftn")
def _(e):
    shape = e.shape(e.rng.randint(1, 3), least=2)
    axes = e.rng.sample(range(len(shape)), e.rng.randint(1, len(shape)))
    s = [shape[axis] + e.rng.choice([0, 0, 1, -1]) for axis in axes]
    s[-1] = 2 * (shape[axes[-1]] - 1) + e.rng.choice([0, 1])
    x = e.fresh(COMPLEX, shape=shape, plain=True, cut=False, whole=tuple(axes))
    return e.step("irfftn", [x], lambda a: np.fft.irfftn(a, s, axes), axes=axes, s=s)


for name in ["fftfreq", "rfftfreq"]:

    def frequencies(e, name=name):
        n, d = e.rng.randint(1, 12), e.rng.choice([1.0, 0.5, 2.0])
        length = n if name == "fftfreq" else n // 2 + 1
        return e.step(name, [], lambda: getattr(np.fft, name)(n, d), n=n, d=d, chunks=[e.cuts(length)])

    OPERATIONS[name] = frequencies


@operation("trace")
def _(e):
    x = e.any(BOOL + INTEGERS + FLOATS, ndim=2, exact=True)
    k = e.rng.randint(-2, 2)
    return e.step("trace", [x], lambda a: np.trace(a, k), cut=False, k=k)


for name in ["fftshift", "ifftshift"]:

    def shifted(e, name=name):
        x = e.any(ndim=[1, 2, 3])
        axes = e.rng.sample(range(x.ndim), e.rng.randint(1, x.ndim))
        return e.step(name, [x], lambda a: getattr(np.fft, name)(a, axes), axes=axes)

    OPERATIONS[name] = shifted
