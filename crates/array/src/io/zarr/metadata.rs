//! The metadata of Zarr arrays that are written, and which dtypes of Zarr are ours.

use serde_json::{Value, json};
use taskloom_kernels::DType;
use zarrs::array::{DataType, data_type};

/// Versions of the Zarr format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ZarrVersion {
    /// Version 2.
    V2,
    /// Version 3.
    #[default]
    V3,
}

/// How the chunks of a Zarr array are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// Not at all.
    None,
    /// zstd with a level, from 1 to 22.
    Zstd(u8),
    /// gzip with a level, from 0 to 9.
    Gzip(u8),
}

/// How [`Array::to_zarr`](crate::Array::to_zarr) writes.
///
/// ```
/// use taskloom_array::{Compression, ZarrOptions, ZarrVersion};
///
/// let options = ZarrOptions::new().version(ZarrVersion::V2).compression(Compression::None);
/// # let _ = options;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZarrOptions {
    pub(super) version: ZarrVersion,
    pub(super) compression: Compression,
    pub(super) chunks: Option<Vec<usize>>,
    pub(super) overwrite: bool,
}

impl Default for ZarrOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl ZarrOptions {
    /// Version 3, zstd, a chunk per block, and an error if there is an array already.
    pub fn new() -> Self {
        Self {
            version: ZarrVersion::default(),
            compression: Compression::Zstd(1),
            chunks: None,
            overwrite: false,
        }
    }

    /// The version of the format.
    #[must_use]
    pub fn version(self, version: ZarrVersion) -> Self {
        Self { version, ..self }
    }

    /// How chunks are compressed.
    #[must_use]
    pub fn compression(self, compression: Compression) -> Self {
        Self {
            compression,
            ..self
        }
    }

    /// The lengths of the chunks of the store, along each axis. Each block must be whole chunks, so
    /// that no two tasks write the same one; without this, a chunk is a block.
    #[must_use]
    pub fn chunks(self, chunks: impl IntoIterator<Item = usize>) -> Self {
        Self {
            chunks: Some(chunks.into_iter().collect()),
            ..self
        }
    }

    /// Whether an array that is there already is replaced. Files of chunks that the new array does not
    /// have stay; nobody reads them.
    #[must_use]
    pub fn overwrite(self, overwrite: bool) -> Self {
        Self { overwrite, ..self }
    }

    /// The text of the metadata, and the name of its file.
    pub(super) fn metadata(
        &self,
        dtype: DType,
        shape: &[usize],
        chunks: &[usize],
    ) -> (&'static str, String) {
        let zero = match dtype {
            DType::Bool => json!(false),
            DType::C64 | DType::C128 => json!([0.0, 0.0]),
            dtype if dtype.is_float() => json!(0.0),
            _ => json!(0),
        };
        let (name, metadata) = match self.version {
            ZarrVersion::V2 => {
                let compressor = match self.compression {
                    Compression::None => Value::Null,
                    Compression::Zstd(level) => json!({"id": "zstd", "level": level}),
                    Compression::Gzip(level) => json!({"id": "gzip", "level": level}),
                };
                let metadata = json!({
                    "zarr_format": 2,
                    "shape": shape,
                    "chunks": chunks,
                    "dtype": v2_name(dtype),
                    "compressor": compressor,
                    "fill_value": zero,
                    "order": "C",
                    "filters": null,
                    "dimension_separator": ".",
                });
                (".zarray", metadata)
            }
            ZarrVersion::V3 => {
                let bytes = match dtype.itemsize() {
                    1 => json!({"name": "bytes"}),
                    _ => json!({"name": "bytes", "configuration": {"endian": "little"}}),
                };
                let mut codecs = vec![bytes];
                match self.compression {
                    Compression::None => {}
                    Compression::Zstd(level) => codecs.push(json!({
                        "name": "zstd",
                        "configuration": {"level": level, "checksum": false},
                    })),
                    Compression::Gzip(level) => codecs.push(json!({
                        "name": "gzip",
                        "configuration": {"level": level},
                    })),
                }
                let metadata = json!({
                    "zarr_format": 3,
                    "node_type": "array",
                    "shape": shape,
                    "data_type": dtype.name(),
                    "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunks}},
                    "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
                    "fill_value": zero,
                    "codecs": codecs,
                    "attributes": {},
                });
                ("zarr.json", metadata)
            }
        };
        (name, metadata.to_string())
    }
}

/// numpy's short text for a dtype, as version 2 has it.
fn v2_name(dtype: DType) -> &'static str {
    match dtype {
        DType::Bool => "|b1",
        DType::I8 => "|i1",
        DType::U8 => "|u1",
        DType::I16 => "<i2",
        DType::U16 => "<u2",
        DType::I32 => "<i4",
        DType::U32 => "<u4",
        DType::I64 => "<i8",
        DType::U64 => "<u8",
        DType::F32 => "<f4",
        DType::F64 => "<f8",
        DType::C64 => "<c8",
        DType::C128 => "<c16",
    }
}

/// The dtype that Zarr's is here, if there is one.
pub(super) fn dtype_of(zarr: &DataType) -> Option<DType> {
    DType::ALL.into_iter().find(|dtype| {
        *zarr
            == match dtype {
                DType::Bool => data_type::bool(),
                DType::I8 => data_type::int8(),
                DType::I16 => data_type::int16(),
                DType::I32 => data_type::int32(),
                DType::I64 => data_type::int64(),
                DType::U8 => data_type::uint8(),
                DType::U16 => data_type::uint16(),
                DType::U32 => data_type::uint32(),
                DType::U64 => data_type::uint64(),
                DType::F32 => data_type::float32(),
                DType::F64 => data_type::float64(),
                DType::C64 => data_type::complex64(),
                DType::C128 => data_type::complex128(),
            }
    })
}
