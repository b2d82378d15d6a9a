"""Files of numpy and zarr-python, for the comparison with ours.

    python stores.py write FOLDER     writes `FOLDER/<name>.npy` and `FOLDER/<name>.zarr`
    python stores.py check FOLDER     reads what the test wrote there under the same names
    python stores.py record FOLDER    puts the files of the folder into `recorded.jsonl.gz`

The name says what is in it: `<format>-<dtype>-<detail>`. Every array has the shape (7, 5) and holds
the numbers 0 to 34 in C order, as truth values whether they are odd, as complex numbers times 1 - 1j.
"""

import gzip
import json
import pathlib
import sys

import numpy
import zarr
from zarr.codecs import BloscCodec, GzipCodec, ShardingCodec, TransposeCodec, ZstdCodec

SHAPE, CHUNKS = (7, 5), (3, 2)
DTYPES = [
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float32", "float64", "complex64", "complex128"),
]


def numbers(dtype):
    """What an array of a dtype holds."""
    values = numpy.arange(35).reshape(SHAPE)
    if dtype == "bool":
        return values % 2 == 1
    if dtype.startswith("complex"):
        return (values * (1 - 1j)).astype(dtype)
    return values.astype(dtype)


def write(folder):
    for dtype in DTYPES:
        values = numbers(dtype)
        numpy.save(folder / f"npy-{dtype}-rows.npy", values)
        for version in (2, 3):
            store(folder, f"v{version}-{dtype}-plain", values, version, compressors=None)
    values = numbers("float64")
    numpy.save(folder / "npy-float64-columns.npy", numpy.asfortranarray(values))
    numpy.save(folder / "npy-float64-big.npy", values.astype(">f8"))
    for name, options in {
        "gzip": {"compressors": GzipCodec()},
        "zstd": {"compressors": ZstdCodec()},
        "blosc": {"compressors": BloscCodec()},
        "sharded": {"shards": (6, 4)},
        "turned": {"filters": [TransposeCodec(order=(1, 0))], "compressors": None},
    }.items():
        store(folder, f"v3-float64-{name}", values, 3, **options)
    store(folder, "v2-float64-columns", values, 2, compressors=None, order="F")
    store(folder, "v2-float64-default", values, 2)
    # Chunks that were never written hold the fill value.
    for version in (2, 3):
        array = store(folder, f"v{version}-float64-gaps", None, version, fill_value=42.0)
        array[:3] = values[:3]


def store(folder, name, values, version, **options):
    array = zarr.create_array(
        folder / f"{name}.zarr",
        shape=SHAPE,
        chunks=CHUNKS,
        dtype="float64" if values is None else values.dtype,
        zarr_format=version,
        **options,
    )
    if values is not None:
        array[:] = values
    return array


def check(folder):
    found = sorted(folder.iterdir())
    for path in found:
        kind, dtype, _ = path.stem.split("-")
        array = numpy.load(path) if kind == "npy" else zarr.open_array(path, mode="r")
        values = numpy.asarray(array[:])
        assert values.dtype == dtype, f"{path.name}: {values.dtype}"
        assert numpy.array_equal(values, numbers(dtype)), f"{path.name}: {values}"
        if kind != "npy":
            assert array.metadata.zarr_format == int(kind[1]), path.name
    print(f"{len(found)} files read")


def record(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [[path.relative_to(folder).as_posix(), path.read_bytes().hex()] for path in files]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    recorded = pathlib.Path(__file__).with_name("recorded.jsonl.gz")
    recorded.write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    {"write": write, "check": check, "record": record}[sys.argv[1]](pathlib.Path(sys.argv[2]))
