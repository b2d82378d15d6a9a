//! The keys of a chunk. Those that end in a hash travel as the number of their name and the 16 bytes of
//! the hash, in less than half of the room.

use crate::error::WireError;
use crate::{field, proto};
use bytes::Bytes;
use taskloom_core::limits::GRAPH_CHUNK_TASKS_MAX;
use taskloom_core::{HashedKeys, Keys, Packed};

/// The columns in which keys travel.
#[derive(Default)]
pub(crate) struct Columns {
    pub(crate) keys: Option<proto::Packed>,
    pub(crate) names: Vec<Bytes>,
    pub(crate) name_of: Vec<u32>,
    pub(crate) digests: Bytes,
}

/// Keys as columns.
pub(crate) fn into_columns(keys: Keys) -> Columns {
    match keys {
        Keys::Text(Packed { blob, ends }) => Columns {
            keys: Some(proto::Packed { blob, ends }),
            ..Columns::default()
        },
        Keys::Hashed(HashedKeys {
            names,
            name_of,
            digests,
        }) => Columns {
            keys: None,
            names,
            name_of,
            digests,
        },
    }
}

/// Keys out of columns. That the columns fit each other is for `GraphChunk::validate` to say.
pub(crate) fn from_columns(columns: Columns) -> Result<Keys, WireError> {
    let Columns {
        keys,
        names,
        name_of,
        digests,
    } = columns;
    if digests.is_empty() {
        let keys = keys.ok_or_else(|| WireError::missing("GraphChunk", "keys"))?;
        field::count("GraphChunk", "keys", keys.ends.len(), GRAPH_CHUNK_TASKS_MAX)?;
        return Ok(Keys::Text(Packed {
            blob: keys.blob,
            ends: keys.ends,
        }));
    }
    if keys.is_some() {
        let reason = "stand beside other keys";
        return Err(WireError::new("GraphChunk", "key_digests", reason));
    }
    let keys = Keys::Hashed(HashedKeys {
        names,
        name_of,
        digests,
    });
    field::count(
        "GraphChunk",
        "key_digests",
        keys.len(),
        GRAPH_CHUNK_TASKS_MAX,
    )?;
    Ok(keys)
}
