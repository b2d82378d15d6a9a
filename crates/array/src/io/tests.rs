//! Tests of files.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! What is written is read, in all forms that others write, and what is broken is an error.

use super::location::Location;
use crate::array::Array;
use crate::chunks::Chunks;
use crate::{Compression, ZarrOptions, ZarrVersion};
use ndarray::array;
use taskloom_kernels::{Block, DType};

/// A small array of each dtype, with zero-length blocks among the others.
fn of_each_dtype() -> impl Iterator<Item = Array> {
    DType::ALL.into_iter().map(|dtype| {
        let values: Vec<u8> = (0..12 * dtype.itemsize()).map(|i| i as u8 % 2).collect();
        let block = Block::from_bytes(dtype, &[3, 4], values.into()).unwrap();
        let parts =
            [(0, 2), (2, 0), (2, 1)].map(|(start, len)| block.sliced(0, start, len, 1).unwrap());
        Array::from_blocks(parts.into(), &[3, 1]).unwrap()
    })
}

fn put(url: &str, parts: &[&[u8]]) {
    let parts = parts.iter().map(|part| part.to_vec().into()).collect();
    Location::parse(url).unwrap().write(parts).unwrap();
}

/// A `.npy` file of version 1.
fn npy(url: &str, header: &str, elements: &[u8]) {
    let len = (header.len() as u16).to_le_bytes();
    put(
        url,
        &[b"\x93NUMPY\x01\x00", &len, header.as_bytes(), elements],
    );
}

#[test]
fn npy_files_of_each_dtype_come_back() {
    let folder = tempfile::tempdir().unwrap();
    for x in of_each_dtype() {
        let path = folder.path().join(format!("{} #1 %.npy", x.dtype()));
        let path = path.to_str().unwrap();
        let bytes = x
            .to_npy(path)
            .unwrap()
            .compute_here()
            .unwrap()
            .item::<i64>()
            .unwrap();
        assert_eq!(std::fs::metadata(path).unwrap().len() as i64, bytes);
        let whole = x.compute_here().unwrap();
        for chunks in [
            Chunks::whole(),
            Chunks::of([2, 3]),
            Chunks::exact([vec![0, 3], vec![1, 3]]),
        ] {
            let y = Array::from_npy(path, chunks).unwrap();
            assert_eq!(y.compute_here().unwrap().to_bytes(), whole.to_bytes());
        }
    }
}

/// Parts that lie apart in the file are read by themselves, those near each other together.
#[test]
fn parts_of_large_rows() {
    let x = crate::Generator::new(1).random([40, 30_000], [40, 30_000]);
    x.to_npy("memory://io/rows.npy")
        .unwrap()
        .compute_here()
        .unwrap();
    let y = Array::from_npy("memory://io/rows.npy", [7, 9_001]).unwrap();
    assert_eq!(y.compute_here().unwrap(), x.compute_here().unwrap());
}

#[test]
fn other_byte_orders_and_fortran_order() {
    let header = "{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }\n";
    let elements: Vec<u8> = (0..6_i16).flat_map(i16::to_be_bytes).collect();
    npy("memory://io/fortran.npy", header, &elements);
    // numpy: np.arange(6, dtype='>i2').reshape(3, 2).T
    let expected = array![[0_i16, 2, 4], [1, 3, 5]].into_dyn();
    for chunks in [Chunks::whole(), Chunks::of([1, 2])] {
        let x = Array::from_npy("memory://io/fortran.npy", chunks).unwrap();
        assert_eq!(x.to_local_here::<i16>().unwrap(), expected);
    }
    let header = "{'descr': '>c8', 'fortran_order': False, 'shape': (), }\n";
    npy(
        "memory://io/complex.npy",
        header,
        &[0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0],
    );
    let z = Array::from_npy("memory://io/complex.npy", Chunks::whole()).unwrap();
    let z = z
        .compute_here()
        .unwrap()
        .item::<num_complex::Complex<f32>>()
        .unwrap();
    assert_eq!((z.re, z.im), (1.0, -2.0));
}

#[test]
fn broken_npy_files_are_errors_before_any_task_runs() {
    let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (4,), }\n";
    npy("memory://io/short.npy", header, &[0; 31]);
    put("memory://io/text.npy", &[b"hello"]);
    put("memory://io/empty.npy", &[]);
    for (name, word) in [
        ("short", "truncated"),
        ("text", "no .npy"),
        ("empty", "no .npy"),
        ("none", "no such file"),
    ] {
        let url = format!("memory://io/{name}.npy");
        let error = Array::from_npy(&url, [2]).unwrap_err().to_string();
        assert!(error.contains(word) && error.contains(&url), "{error}");
    }
    assert!(Array::from_npy("gopher://x", [2]).is_err());
    let header = "{'descr': '|b1', 'fortran_order': False, 'shape': (2,), }\n";
    npy("memory://io/bools.npy", header, &[1, 7]);
    let bools = Array::from_npy("memory://io/bools.npy", [2]).unwrap();
    assert!(
        bools
            .compute_here()
            .unwrap_err()
            .to_string()
            .contains("bool")
    );
}

#[test]
fn a_file_that_was_changed_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    let path = path.to_str().unwrap();
    Array::ones([4], DType::F64, [2])
        .to_npy(path)
        .unwrap()
        .compute_here()
        .unwrap();
    let x = Array::from_npy(path, [2]).unwrap();
    Array::ones([5], DType::F64, [2])
        .to_npy(path)
        .unwrap()
        .compute_here()
        .unwrap();
    assert!(
        x.compute_here()
            .unwrap_err()
            .to_string()
            .contains("changed")
    );
}

#[test]
fn stacks_of_each_dtype_come_back_also_of_unknown_lengths() {
    for x in of_each_dtype() {
        let url = format!("memory://io/stack-{}", x.dtype());
        x.forget_chunk_sizes()
            .to_npy_stack(&url)
            .unwrap()
            .compute_here()
            .unwrap();
        let y = Array::from_npy_stack(&url).unwrap();
        assert_eq!(y.chunks(), x.chunks());
        assert_eq!(
            y.compute_here().unwrap().to_bytes(),
            x.compute_here().unwrap().to_bytes()
        );
    }
    let x = Array::arange(0, 4, 1, [2]);
    let written = x.to_npy_stack("memory://io/broken").unwrap();
    assert_eq!(written.shape(), [Some(2)]);
    written.compute_here().unwrap();
    put("memory://io/broken/1.npy", &[b"junk"]);
    let y = Array::from_npy_stack("memory://io/broken").unwrap();
    assert!(y.compute_here().unwrap_err().to_string().contains("1.npy"));
    put(
        "memory://io/broken/info.json",
        &[b"{\"dtype\": \"float64\", \"lengths\": [[]]}"],
    );
    assert!(Array::from_npy_stack("memory://io/broken").is_err());
    assert!(Array::from_npy_stack("memory://io/nothing").is_err());
}

#[test]
fn zarr_of_each_dtype_version_and_compression() {
    let folder = tempfile::tempdir().unwrap();
    for version in [ZarrVersion::V2, ZarrVersion::V3] {
        for compression in [
            Compression::None,
            Compression::Zstd(3),
            Compression::Gzip(1),
        ] {
            for x in of_each_dtype() {
                let path = folder
                    .path()
                    .join(format!("{version:?}{compression:?}{}", x.dtype()));
                let path = path.to_str().unwrap();
                let options = ZarrOptions::new().version(version).compression(compression);
                x.to_zarr(path, &options).unwrap().compute_here().unwrap();
                let y = Array::from_zarr(path).unwrap();
                assert_eq!(y.chunks(), [vec![Some(2), Some(1)], vec![Some(4)]]);
                assert_eq!(
                    y.compute_here().unwrap().to_bytes(),
                    x.compute_here().unwrap().to_bytes()
                );
                let cut = Array::from_zarr_in(path, [3, 3]).unwrap();
                assert_eq!(
                    cut.compute_here().unwrap().to_bytes(),
                    x.compute_here().unwrap().to_bytes()
                );
            }
        }
    }
}

#[test]
fn zarr_chunks_within_blocks_and_no_elements() {
    let x = Array::arange(0, 10, 1, [4]);
    let options = ZarrOptions::new().chunks([2]);
    x.to_zarr("memory://io/small.zarr", &options)
        .unwrap()
        .compute_here()
        .unwrap();
    let y = Array::from_zarr("memory://io/small.zarr").unwrap();
    assert_eq!(y.numblocks(), [5]);
    assert_eq!(y.compute_here().unwrap(), x.compute_here().unwrap());
    let empty = Array::zeros([0, 3], DType::F32, Chunks::whole());
    empty
        .to_zarr("memory://io/empty.zarr", &ZarrOptions::new())
        .unwrap()
        .compute_here()
        .unwrap();
    let back = Array::from_zarr("memory://io/empty.zarr").unwrap();
    assert_eq!(back.compute_here().unwrap().shape(), [0, 3]);
    let scalar = Array::full([], DType::I64, 7, Chunks::whole());
    scalar
        .to_zarr("memory://io/scalar.zarr", &ZarrOptions::new())
        .unwrap()
        .compute_here()
        .unwrap();
    let back = Array::from_zarr("memory://io/scalar.zarr").unwrap();
    assert_eq!(back.compute_here().unwrap().item::<i64>().unwrap(), 7);
}

#[test]
fn zarr_is_not_replaced_unless_that_is_said() {
    let url = "memory://io/again.zarr";
    let one = Array::full([4], DType::I64, 1, [2]);
    one.to_zarr(url, &ZarrOptions::new())
        .unwrap()
        .compute_here()
        .unwrap();
    let two = Array::full([6], DType::F32, 2, [3]);
    let error = two.to_zarr(url, &ZarrOptions::new()).unwrap_err();
    assert!(error.to_string().contains("already"), "{error}");
    let options = ZarrOptions::new().version(ZarrVersion::V2).overwrite(true);
    two.to_zarr(url, &options).unwrap().compute_here().unwrap();
    let back = Array::from_zarr(url).unwrap();
    assert_eq!(back.compute_here().unwrap(), two.compute_here().unwrap());
    // Elements that are all the fill value take the place of others too.
    let zeros = Array::zeros([6], DType::F32, [3]);
    zeros
        .to_zarr(url, &options)
        .unwrap()
        .compute_here()
        .unwrap();
    let back = Array::from_zarr(url).unwrap();
    assert_eq!(back.compute_here().unwrap(), zeros.compute_here().unwrap());
}

#[test]
fn what_zarr_cannot_hold_is_an_error_before_any_task_runs() {
    let uneven = Array::arange(0, 6, 1, Chunks::exact([vec![1, 3, 2]]));
    let options = ZarrOptions::new();
    let error = uneven
        .to_zarr("memory://io/uneven", &options)
        .unwrap_err()
        .to_string();
    assert!(error.contains("rechunk"), "{error}");
    let unknown = uneven.forget_chunk_sizes();
    let error = unknown
        .to_zarr("memory://io/unknown", &options)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("chunk") && error.contains("unknown"),
        "{error}"
    );
    for chunks in [vec![0], vec![2, 2]] {
        assert!(
            uneven
                .to_zarr("memory://io/chunks", &ZarrOptions::new().chunks(chunks))
                .is_err()
        );
    }
    let level = ZarrOptions::new().compression(Compression::Gzip(77));
    assert!(
        uneven
            .to_zarr("memory://io/level", &level.chunks([1]))
            .is_err()
    );
}

#[test]
fn broken_zarr_stores_are_errors() {
    let error = |name: &str| {
        Array::from_zarr(&format!("memory://io/{name}"))
            .unwrap_err()
            .to_string()
    };
    assert!(error("missing.zarr").contains("no Zarr array"));
    put("memory://io/junk.zarr/zarr.json", &[b"{\"zarr_format\": 3"]);
    assert!(error("junk.zarr").contains("metadata"));
    put(
        "memory://io/group.zarr/zarr.json",
        &[b"{\"zarr_format\": 3, \"node_type\": \"group\"}"],
    );
    error("group.zarr");
    let metadata = |shape: &str, dtype: &str| {
        format!(
            "{{\"zarr_format\":2,\"shape\":[{shape}],\"chunks\":[1],\"dtype\":\"{dtype}\",\
             \"compressor\":null,\"fill_value\":0,\"order\":\"C\",\"filters\":null}}"
        )
    };
    put(
        "memory://io/huge.zarr/.zarray",
        &[metadata("1000000000000000", "<f8").as_bytes()],
    );
    assert!(error("huge.zarr").contains("too many"));
    put(
        "memory://io/half.zarr/.zarray",
        &[metadata("3", "<f2").as_bytes()],
    );
    assert!(error("half.zarr").contains("not supported"));

    let x = Array::arange(1, 5, 1, [2]);
    let options = ZarrOptions::new().compression(Compression::None);
    x.to_zarr("memory://io/cut.zarr", &options)
        .unwrap()
        .compute_here()
        .unwrap();
    put("memory://io/cut.zarr/c/1", &[&[0; 9]]);
    let y = Array::from_zarr("memory://io/cut.zarr").unwrap();
    let error = y.compute_here().unwrap_err().to_string();
    assert!(error.contains("cut.zarr"), "{error}");
}
