"""Writes random expressions with numpy's results, for the test in this folder.

    python generate.py FILE [--seed N] [--each N] [--only OPERATION]

The file is gzipped; its first line says what made it, then comes one expression per line. With one seed
and one version of numpy it is always the same.
"""

import argparse
import gzip
import json
import random
import sys
import warnings

import numpy as np

import arrangement
import elementwise
import indexing
import linear
import making
import reductions
from expression import Expression, Fails, Unfit

FAMILIES = [elementwise, reductions, indexing, arrangement, linear, making]
OPERATIONS = {name: make for family in FAMILIES for name, make in family.OPERATIONS.items()}
# What may stand inside of an expression: it has one result that further steps can use.
NOT_INSIDE = {"argtopk", "searchsorted", "block", "histogram", "qr", "svd", "meshgrid", "eigh", "blocks_first",
              "diff", "gradient", "isin", "allclose"}
NOT_INSIDE |= {name for name in linear.OPERATIONS} | {"indices"}
INSIDE = [make for name, make in OPERATIONS.items() if name not in NOT_INSIDE]
ATTEMPTS = 400


def draw(name, number, seed):
    for attempt in range(ATTEMPTS):
        rng = random.Random(f"{seed} {name} {number} {attempt}")
        e = Expression(rng, INSIDE, rng.choice([0, 1, 1, 2, 2, 3]))
        try:
            made = OPERATIONS[name](e)
            outputs = made if isinstance(made, list) else [made]
        except Fails:
            outputs = []
        except Unfit:
            continue
        return e, outputs
    raise SystemExit(f"no expression for {name} in {ATTEMPTS} attempts")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--each", type=int, default=28)
    parser.add_argument("--only")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    names = [options.only] if options.only else list(OPERATIONS)
    lines = [{"numpy": np.__version__, "seed": options.seed, "each": options.each}]
    for name in names:
        for number in range(options.each):
            e, outputs = draw(name, number, options.seed)
            lines.append(e.record(f"{name}-{number}", outputs))
    text = "".join(json.dumps(line, separators=(",", ":"), allow_nan=False) + "\n" for line in lines)
    with open(options.file, "wb") as raw:
        with gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, compresslevel=9, filename="") as packed:
            packed.write(text.encode())
    print(f"{len(lines) - 1} expressions over {len(names)} operations", file=sys.stderr)


if __name__ == "__main__":
    main()
