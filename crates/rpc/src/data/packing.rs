//! Packing: data made smaller for links that are slower than the processors.

use bytes::Bytes;
use taskloom_core::limits::BULK_FRAME_BYTES;

/// Less than this is not worth it.
const LEAST_BYTES: usize = 4 * 1024;

/// How data are packed on their way, if the reader asks for it.
///
/// ```
/// use taskloom_rpc::data::Packing;
///
/// assert_eq!(Packing::default(), Packing::None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Packing {
    /// Not at all: on a fast network it costs more than it saves.
    #[default]
    None,
    /// By LZ4, each frame by itself. What does not become smaller is sent as it is.
    Lz4,
}

impl Packing {
    /// The data of a piece, if they become smaller by it.
    pub(super) fn pack(self, chunks: &[Bytes], length: usize) -> Option<Bytes> {
        if self == Self::None || length < LEAST_BYTES {
            return None;
        }
        let packed = match chunks {
            [chunk] => lz4_flex::block::compress(chunk),
            chunks => lz4_flex::block::compress(&chunks.concat()),
        };
        (packed.len() < length - length / 16).then(|| packed.into())
    }
}

/// The data of a piece that was packed; `length` is what the sender says.
pub(super) fn unpack(packed: &[u8], length: u32, into: &mut Vec<u8>) -> Result<(), String> {
    let length = length as usize;
    if length > BULK_FRAME_BYTES {
        return Err(format!(
            "a packed piece has {length} bytes, more than {BULK_FRAME_BYTES}"
        ));
    }
    into.clear();
    into.resize(length, 0);
    match lz4_flex::block::decompress_into(packed, into) {
        Ok(unpacked) if unpacked == length => Ok(()),
        Ok(_) => Err("a packed piece has another length than announced".to_owned()),
        Err(error) => Err(format!("a piece cannot be unpacked: {error}")),
    }
}
