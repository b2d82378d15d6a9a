//! Files of numpy and zarr-python are read, and ours are written for them to read.
//!
//! `stores.py` writes theirs; `recorded.jsonl.gz` holds such files, so that they are read without
//! Python in every test run. `cargo xtask test --peers` has them written anew, and ours read.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use flate2::read::GzDecoder;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use taskloom_array::{Array, Compression, DType, ZarrOptions, ZarrVersion};
use taskloom_kernels::Block;

/// The variable that names a folder with theirs in `theirs`, where ours are to be written to `ours`.
const FOLDER: &str = "TASKLOOM_STORES";

/// A folder that goes when it is dropped, or that of the variable.
enum Folder {
    Given(PathBuf),
    Made(tempfile::TempDir),
}

impl Folder {
    fn path(&self) -> &Path {
        match self {
            Self::Given(path) => path,
            Self::Made(folder) => folder.path(),
        }
    }
}

/// The folder with their files.
fn folder() -> Folder {
    if let Some(given) = std::env::var_os(FOLDER) {
        return Folder::Given(given.into());
    }
    let folder = tempfile::tempdir().unwrap();
    let recorded = GzDecoder::new(include_bytes!("recorded.jsonl.gz").as_slice());
    for line in BufReader::new(recorded).lines() {
        let (path, hex): (String, String) = serde_json::from_str(&line.unwrap()).unwrap();
        let path = folder.path().join("theirs").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let bytes = (0..hex.len()).step_by(2);
        let bytes = bytes.map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap());
        fs::write(path, bytes.collect::<Vec<u8>>()).unwrap();
    }
    Folder::Made(folder)
}

/// 0 to 34 in C order, in the dtype's own way: what all files hold.
fn numbers(dtype: DType) -> Block {
    let count = Array::from_block(Block::vector((0..35_i64).collect()));
    let count = count.reshape([7, 5]).unwrap();
    let values = match dtype {
        DType::Bool => (count % 2).eq(1),
        DType::C64 | DType::C128 => count * num_complex::Complex::new(1.0, -1.0),
        _ => count,
    };
    values.astype(dtype).compute_here().unwrap()
}

fn dtype_of(name: &str) -> DType {
    DType::ALL
        .into_iter()
        .find(|dtype| dtype.to_string() == name)
        .unwrap_or_else(|| panic!("no dtype {name}"))
}

#[test]
fn files_of_numpy_and_zarr_are_read() {
    let folder = folder();
    let mut read = 0;
    for entry in fs::read_dir(folder.path().join("theirs")).unwrap() {
        let path = entry.unwrap().path();
        let url = path.to_str().unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let parts: Vec<&str> = name.split('-').collect();
        let dtype = dtype_of(parts[1]);
        let array = match path.extension().unwrap().to_str().unwrap() {
            "npy" => Array::from_npy(url, [4, 3]).unwrap(),
            _ => Array::from_zarr(url).unwrap(),
        };
        assert_eq!((array.dtype(), array.ndim()), (dtype, 2), "{name}");
        let wanted = numbers(dtype);
        let found = array.compute_here().unwrap();
        if parts[2] == "gaps" {
            let rows = |block: &Block, start, len| block.sliced(0, start, len, 1).unwrap();
            assert_eq!(rows(&found, 0, 3), rows(&wanted, 0, 3), "{name}");
            let rest = rows(&found, 3, 4).contiguous();
            assert_eq!(rest.as_slice::<f64>().unwrap().unwrap(), [42.0; 20]);
        } else {
            assert_eq!(found, wanted, "{name}");
        }
        read += 1;
    }
    assert!(read >= 50, "{read} files are too few");
}

#[test]
fn files_are_written_as_theirs_are_named() {
    let folder = folder();
    let ours = folder.path().join("ours");
    fs::create_dir_all(&ours).unwrap();
    let url = |name: String| ours.join(name).to_str().unwrap().to_owned();
    for dtype in DType::ALL {
        let array = Array::from_block(numbers(dtype)).rechunk([3, 2]).unwrap();
        let npy = url(format!("npy-{dtype}-rows.npy"));
        array.to_npy(&npy).unwrap().compute_here().unwrap();
        assert_eq!(
            Array::from_npy(&npy, [7, 5])
                .unwrap()
                .compute_here()
                .unwrap(),
            numbers(dtype)
        );
        for version in [ZarrVersion::V2, ZarrVersion::V3] {
            for (name, compression) in [
                ("plain", Compression::None),
                ("zstd", Compression::Zstd(3)),
                ("gzip", Compression::Gzip(5)),
            ] {
                let store = url(format!("{version:?}-{dtype}-{name}.zarr").to_lowercase());
                let options = ZarrOptions::new().version(version).compression(compression);
                let written = array.to_zarr(&store, &options).unwrap();
                written.compute_here().unwrap();
                let back = Array::from_zarr(&store).unwrap().compute_here().unwrap();
                assert_eq!(back, numbers(dtype), "{store}");
            }
        }
    }
}
