"""The case `array` of the benchmark on numpy and on dask.array: one line of JSON per figure.

    python array_bench.py NAME --system numpy|dask --side N [--reps N] [--budget S]

numpy is one process with its BLAS as it comes (it takes all processors for products, one for
everything else); dask.array is a scheduler and two workers of one thread each, the array in their memory.
The numbers are uniform ones from 0 to 1, as the benchmark's own are.
"""

import argparse
import os
import sys

# Two workers of one thread each use two processors, not two each.
WORKERS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
BLOCKS = 10
TALL_COLUMNS = 50
CHAIN = 5
# Its graphs take a millisecond per block.
GRAPH_MAX = 10_000


def tall_rows(side):
    return side * side // TALL_COLUMNS // BLOCKS * BLOCKS


# ---------------------------------------------------------------- what is computed, for both
def chain(m, x):
    for _ in range(CHAIN):
        x = m.sqrt(x * 1.5 + 0.25)
    return (x - 0.5).sum()


def stencil(x):
    """The mean of the four neighbours, with a border of nothing."""
    import numpy

    y = numpy.zeros_like(x)
    y[1:-1, 1:-1] = (x[:-2, 1:-1] + x[2:, 1:-1] + x[1:-1, :-2] + x[1:-1, 2:]) * 0.25
    return y


class Numpy:
    system = "numpy"

    def __init__(self, side):
        import numpy

        self.np, self.side = numpy, side
        self.rng = numpy.random.default_rng(7)

    def square(self):
        return self.rng.random((self.side, self.side))

    def tall(self):
        return self.rng.random((tall_rows(self.side), TALL_COLUMNS))

    def cases(self):
        np, side = self.np, self.side
        return {
            "mirror": (self.square, lambda x: (x + x.T).mean()),
            "mirror-generated": (None, lambda: (lambda x: (x + x.T).mean())(self.square())),
            "mask": (self.square, lambda x: x[x > 0.5].sum()),
            "product": (self.square, lambda x: (x @ x[:, : side // BLOCKS]).sum()),
            "chain": (self.square, lambda x: chain(np, x)),
            "std": (self.square, lambda x: x.std(axis=0).sum()),
            "rechunk": (self.square, lambda x: np.asfortranarray(x)[0, 0]),
            "stencil": (self.square, lambda x: stencil(np.pad(x, 1)).sum()),
            "qr": (self.tall, lambda x: np.abs(np.linalg.qr(x, "r")).sum()),
            "svd": (self.tall, lambda x: np.linalg.svd(x, full_matrices=False)[1].sum()),
            "random": (None, lambda: self.square().sum()),
            "normal": (None, lambda: self.rng.standard_normal((side, side)).sum()),
        }

    def measure(self, bench, name):
        make, run = self.cases()[name]
        x = None if make is None else make()
        call = run if make is None else lambda: run(x)
        call()
        bench.times(name, call)


class Dask:
    system = "dask"

    def __init__(self, side):
        import dask.array

        self.da, self.side = dask.array, side

    def square(self):
        step = self.side // BLOCKS
        return self.da.random.default_rng().random((self.side, self.side), chunks=(step, step))

    def tall(self):
        rows = tall_rows(self.side)
        return self.da.random.default_rng().random((rows, TALL_COLUMNS), chunks=(rows // BLOCKS, -1))

    def cases(self):
        da, side = self.da, self.side
        step = side // BLOCKS

        def overlap(x):
            return x.map_overlap(stencil, depth=1, boundary=0.0, dtype=x.dtype).sum()

        def normal():
            return da.random.default_rng().standard_normal((side, side), chunks=(step, step)).sum()

        return {
            "mirror": (self.square, lambda x: (x + x.T).mean()),
            "mirror-generated": (None, lambda: (lambda x: (x + x.T).mean())(self.square())),
            "mask": (self.square, lambda x: x[x > 0.5].sum()),
            "product": (self.square, lambda x: (x @ x[:, :step]).sum()),
            "chain": (self.square, lambda x: chain(da, x)),
            "std": (self.square, lambda x: x.std(axis=0).sum()),
            "rechunk": (self.square, lambda x: x.rechunk((side, step // BLOCKS))),
            "stencil": (self.square, overlap),
            "qr": (self.tall, lambda x: da.fabs(da.linalg.qr(x)[1]).sum()),
            "svd": (self.tall, lambda x: da.linalg.svd(x)[1].sum()),
            "random": (None, lambda: self.square().sum()),
            "normal": (None, normal),
        }

    def measure(self, bench, name):
        from distributed import wait

        import dask_bench

        with dask_bench.cluster() as (client, _):
            if name == "graph":
                return self.graph(bench, client)
            make, run = self.cases()[name]
            x = None
            if make is not None:
                x = make().persist()
                wait(x)

            def call():
                y = run() if x is None else run(x)
                if y.ndim:
                    y = y.persist()
                    wait(y)
                else:
                    y.compute()

            # The same expression is the same tasks: what the scheduler has not forgotten yet, the
            # next repetition would be given.
            kept = client.run_on_scheduler(dask_bench.tasks_known)
            call()
            dask_bench.drained(client, kept)
            bench.times(name, call, after=lambda: dask_bench.drained(client, kept))

    def graph(self, bench, client):
        """Until the scheduler knows the tasks, none of which can run."""
        import dask
        import dask_bench

        n = bench.options.tasks = min(bench.options.tasks, GRAPH_MAX)

        def call(fused):
            x = self.da.zeros(n, chunks=1)
            for _ in range(5):
                x = x + 1.0
            with dask.config.set({"optimization.fuse.active": fused}):
                futures = client.compute(list(x.to_delayed(optimize_graph=fused)),
                                         resources={"NOBODY": 1}, optimize_graph=fused)  # fmt: skip
            while client.run_on_scheduler(dask_bench.tasks_known) < n:
                pass
            return futures

        bench.times("graph-fused", lambda: call(True), after=lambda: dask_bench.drained(client))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("--system", choices=("numpy", "dask"), required=True)
    parser.add_argument("--side", type=int, default=10_000)
    parser.add_argument("--tasks", type=int, default=100_000)
    parser.add_argument("--reps", type=int, default=3)
    parser.add_argument("--budget", type=float, default=60)
    options = parser.parse_args()
    here = os.path.dirname(os.path.abspath(__file__))
    os.environ["PYTHONPATH"] = here + os.pathsep + os.environ.get("PYTHONPATH", "")
    sys.path.insert(0, here)
    if options.system == "dask":
        os.environ.update(WORKERS)
    # Tasks are sent by reference: the workers import this very file.
    import array_bench
    import dask_bench

    options.saturation, options.case = "default", f"array.{options.name}"

    class Times(dask_bench.Bench):
        def times(self, name, call, after=None):
            def one():
                started = dask_bench.now()
                kept = call()
                took = dask_bench.now() - started
                del kept
                if after is not None:
                    after()
                return took

            n = options.tasks if name.startswith("graph") else options.side**2
            self.figure("time", n, "s", self.repeat(one), f"array.{name}")

    system = array_bench.Numpy if options.system == "numpy" else array_bench.Dask
    bench = Times(options)
    bench.system = options.system
    system(options.side).measure(bench, options.name)


if __name__ == "__main__":
    main()
