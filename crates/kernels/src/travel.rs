//! How blocks travel: the bytes beside the structure, so that they are not copied on the way.

use crate::block::{Block, Extent};
use crate::dtype::DType;
use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize, Serializer};
use taskloom_task::Buffer;

/// A block on its way.
#[derive(Serialize, Deserialize)]
struct Travelling {
    dtype: DType,
    shape: Extent,
    bytes: Buffer,
}

impl Serialize for Block {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let travelling = Travelling {
            dtype: self.dtype(),
            shape: self.shape().into(),
            bytes: Buffer::from(self.to_bytes()),
        };
        travelling.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Block {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Travelling {
            dtype,
            shape,
            bytes,
        } = Travelling::deserialize(deserializer)?;
        Self::from_bytes(dtype, &shape, bytes.into_bytes()).map_err(de::Error::custom)
    }
}
