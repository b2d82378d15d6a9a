"""The cases of the benchmark on Dask: one `dask scheduler` and two `dask worker` processes with one
thread each, on loopback. One line of JSON per figure, as the benchmark itself prints them.

    python dask_bench.py CASE --tasks N --saturation default|inf [--reps N] [--budget S]
                         [--name GRAPH --graph FILE.txt.gz --weights FILE]

A file of weights has a line `seconds bytes` per task of the graph.

The time ends when the client knows that every task is done, as it does in the benchmark itself.
"""

import argparse
import contextlib
import gzip
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
DASK = os.path.join(os.path.dirname(sys.executable), "dask")
MIB = 1 << 20
now = time.perf_counter


# ---------------------------------------------------------------- what runs as tasks
def ident(x):
    return x


def inc(x):
    return x + 1


def add(a, b):
    return a + b


def noop(*inputs):
    return 0


def make(nbytes, seed):
    import numpy

    return numpy.random.default_rng(seed).integers(0, 255, nbytes, dtype=numpy.uint8)


def make_bytes(nbytes, seed):
    return make(nbytes, seed).tobytes()


def size(x):
    return len(x)


def total(xs):
    return sum(map(len, xs))


def replay(seconds, nbytes, *inputs):
    end = now() + seconds
    result = bytes(nbytes)
    while (left := end - now()) > 0:
        if left > 0.0002:
            time.sleep(left - 0.0001)
    return result


# ---------------------------------------------------------------- processes
def end(process):
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def child(args, folder):
    process = subprocess.Popen(
        args, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        end(process)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def scheduler_args(port):
    return [DASK, "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]


def worker_args(address, name, folder):
    return [DASK, "worker", address, "--host", "127.0.0.1", "--nthreads", "1", "--no-dashboard",
            "--no-nanny", "--name", name, "--local-directory", folder]  # fmt: skip


def until_answered(port, process):
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if process.poll() is not None:
                raise SystemExit("the dask scheduler ended at once")
            time.sleep(0.002)


@contextlib.contextmanager
def folder():
    path = tempfile.mkdtemp(prefix="taskloom-bench-")
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def cluster(workers=2):
    from distributed import Client

    with folder() as tmp, contextlib.ExitStack() as stack:
        port = free_port()
        scheduler = stack.enter_context(child(scheduler_args(port), tmp))
        until_answered(port, scheduler)
        address = f"tcp://127.0.0.1:{port}"
        for i in range(workers):
            stack.enter_context(child(worker_args(address, f"w{i}", tmp), tmp))
        client = stack.enter_context(Client(address))
        client.wait_for_workers(workers)
        yield client, scheduler.pid


def tasks_known(dask_scheduler):
    return len(dask_scheduler.tasks)


def drained(client, kept=0):
    while client.run_on_scheduler(tasks_known) > kept:
        time.sleep(0.02)


def cpu(pid):
    import psutil

    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def rss(pid):
    import psutil

    return psutil.Process(pid).memory_info().rss


# ---------------------------------------------------------------- graphs
def graph_of(kind, n):
    """A graph with fresh keys, and the keys that are wanted."""
    u = uuid.uuid4().hex[:8]
    if kind == "noop":
        graph = {f"x-{u}-{i}": (ident, i) for i in range(n)}
        return graph, list(graph)
    if kind == "chain":
        graph = {f"c-{u}-0": (ident, 0)}
        for i in range(1, n):
            graph[f"c-{u}-{i}"] = (inc, f"c-{u}-{i - 1}")
        return graph, f"c-{u}-{n - 1}"
    graph = {f"l-{u}-{i}": (ident, i) for i in range(n)}
    level, k = list(graph), 0
    while len(level) > 1:
        above = []
        for j in range(0, len(level) - 1, 2):
            graph[f"a-{u}-{k}"] = (add, level[j], level[j + 1])
            above.append(f"a-{u}-{k}")
            k += 1
        level = above + level[len(level) - len(level) % 2 :]
    return graph, level[0]


def graph_of_file(path, weights=None):
    u = uuid.uuid4().hex[:8]
    graph, used = {}, set()
    with gzip.open(path, "rt") as lines:
        for i, line in enumerate(lines):
            inputs = [int(d) for d in line.strip().partition(":")[2].split(",") if d]
            used.update(inputs)
            keys = [f"g-{u}-{d}" for d in inputs]
            head = (noop,) if weights is None else (replay, *weights(i))
            graph[f"g-{u}-{i}"] = (*head, *keys)
    return graph, [f"g-{u}-{i}" for i in range(len(graph)) if i not in used]


def run_graph(client, graph, wanted):
    from distributed import wait

    started = now()
    futures = client.get(graph, wanted, sync=False)
    wait(futures)
    took = now() - started
    del futures
    drained(client)
    return took


# ---------------------------------------------------------------- figures
class Bench:
    def __init__(self, options):
        self.options = options
        self.system = "dask" if options.saturation == "default" else "dask-inf"

    def repeat(self, run):
        started, out = now(), []
        for _ in range(self.options.reps):
            out.append(run())
            if now() - started > self.options.budget:
                break
        return out

    def figure(self, metric, n, unit, values, case=None):
        rounded = lambda v: float(f"{v:.4e}")
        line = dict(case=f"{self.system}.{case or self.options.case}", metric=metric, n=n,
                    value=rounded(statistics.median(values)), unit=unit,
                    min=rounded(min(values)), max=rounded(max(values)), reps=len(values))  # fmt: skip
        print(json.dumps(line), flush=True)

    def throughput(self, kind, n):
        with cluster() as (client, scheduler):
            run_graph(client, *graph_of(kind, min(n, 1000)))
            before = cpu(scheduler)
            tasks = 2 * n - 1 if kind == "tree" else n
            times = self.repeat(lambda: run_graph(client, *graph_of(kind, n)))
            used = cpu(scheduler) - before
        self.figure("throughput", tasks, "tasks/s", [tasks / t for t in times])
        self.figure("scheduler_cpu", tasks, "us/task", [used / tasks / len(times) * 1e6])

    def noop(self, n):
        self.throughput("noop", n)

    def chain(self, n):
        self.throughput("chain", n)

    def tree(self, n):
        self.throughput("tree", n)

    def latency(self, n):
        with cluster() as (client, _):
            def one(i):
                started = now()
                client.submit(ident, i, pure=False).result()
                return (now() - started) * 1e6

            for i in range(50):
                one(i)
            runs = self.repeat(lambda: sorted(one(i) for i in range(n)))
        at = lambda run, q: run[min(len(run) - 1, int(q * len(run)))]
        self.figure("p50", n, "us", [at(run, 0.50) for run in runs])
        self.figure("p99", n, "us", [at(run, 0.99) for run in runs])

    def transfer(self, n):
        from distributed import wait

        with cluster() as (client, _):
            a, b = sorted(client.scheduler_info()["workers"])[:2]
            seed = [0]

            def large(nbytes=512 * MIB):
                seed[0] += 1
                x = client.submit(make, nbytes, seed[0], workers=[a], pure=False)
                wait(x)
                started = now()
                y = client.submit(size, x, workers=[b], pure=False)
                assert y.result() == nbytes
                took = now() - started
                del x, y
                drained(client)
                return nbytes / took / 1e9

            def small():
                xs = client.map(make_bytes, [10240] * n, range(n), workers=[a], pure=False)
                wait(xs)
                started = now()
                assert client.submit(total, xs, workers=[b], pure=False).result() == n * 10240
                took = now() - started
                del xs
                drained(client)
                return n / took

            large(8 * MIB)
            large()
            self.figure("bandwidth", 512 * MIB, "GB/s", self.repeat(large))
            small()
            self.figure("throughput", n, "values/s", self.repeat(small))

    def graph(self, _n):
        path, name = self.options.graph, self.options.name
        with cluster() as (client, _):
            run_graph(client, *graph_of("noop", 1000))
            built = graph_of_file(path)
            tasks = len(built[0])
            times = self.repeat(lambda: run_graph(client, *graph_of_file(path)))
        self.figure("throughput", tasks, "tasks/s", [tasks / t for t in times], f"graph.{name}")
        if not self.options.weights:
            return
        with open(self.options.weights) as file:
            weights = [(float(s), int(b)) for s, b in (line.split() for line in file)]
        with cluster() as (client, _):
            run_graph(client, *graph_of("noop", 1000))
            times = self.repeat(lambda: run_graph(client, *graph_of_file(path, weights.__getitem__)))
        self.figure("makespan", tasks, "s", times, f"graph.{name}.literature")

    def scheduler_memory(self, n):
        from distributed import wait

        def once():
            with cluster() as (client, scheduler):
                wait(client.map(ident, range(1000)))
                time.sleep(0.5)
                before = rss(scheduler)
                futures = client.map(ident, range(n), resources={"NOBODY": 1}, pure=False)
                while client.run_on_scheduler(tasks_known) < n:
                    time.sleep(0.2)
                time.sleep(0.5)
                grown = (rss(scheduler) - before) / n
                futures.clear()
                return grown

        self.figure("bytes_per_task", n, "bytes/task", self.repeat(once))

    def startup(self, _n):
        from distributed import Client

        def once():
            with folder() as tmp:
                port, started = free_port(), now()
                with child(scheduler_args(port), tmp) as scheduler:
                    until_answered(port, scheduler)
                    listening = now() - started
                    address = f"tcp://127.0.0.1:{port}"
                    with Client(address) as client:
                        started = now()
                        with child(worker_args(address, "w0", tmp), tmp):
                            while not client.scheduler_info()["workers"]:
                                time.sleep(0.002)
                            return listening * 1e3, (now() - started) * 1e3

        once()
        runs = self.repeat(once)
        self.figure("listening", 1, "ms", [run[0] for run in runs])
        self.figure("registered", 1, "ms", [run[1] for run in runs])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("case")
    parser.add_argument("--name")
    parser.add_argument("--tasks", type=int, default=1)
    parser.add_argument("--saturation", choices=("default", "inf"), default="default")
    parser.add_argument("--graph")
    parser.add_argument("--weights")
    parser.add_argument("--reps", type=int, default=3)
    parser.add_argument("--budget", type=float, default=60)
    options = parser.parse_args()
    if options.saturation == "inf":
        # Before distributed is imported, here and in the processes that are started.
        os.environ["DASK_DISTRIBUTED__SCHEDULER__WORKER_SATURATION"] = "inf"
    # Tasks are sent by reference: the workers import this very file.
    os.environ["PYTHONPATH"] = HERE + os.pathsep + os.environ.get("PYTHONPATH", "")
    sys.path.insert(0, HERE)
    import dask_bench

    run = getattr(dask_bench.Bench(options), options.case.replace("-", "_"))
    run(options.tasks)


if __name__ == "__main__":
    main()
