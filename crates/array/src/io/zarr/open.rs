//! Opening an array of a store, once per process and version of its metadata.

use super::store::Folder;
use crate::error::Result;
use crate::identity::Identity;
use crate::io::location::Location;
use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use zarrs::array::{Array, ArrayMetadata, CodecOptions};

/// An open array.
pub(super) type Opened = Arc<Array<Folder>>;

/// Names of the files of metadata, of which an array has one.
pub(super) const METADATA: [&str; 2] = ["zarr.json", ".zarray"];

/// The most open arrays that are kept for the tasks that come.
const KEPT: usize = 64;

/// Open arrays, with url and stamp, the last used one last.
static OPEN: Mutex<VecDeque<(String, String, Opened)>> = Mutex::new(VecDeque::new());

/// What tells metadata from others.
pub(super) fn stamp_of(metadata: &[u8]) -> String {
    let mut identity = Identity::new("zarr metadata");
    identity.bytes(metadata);
    format!("{:?}", identity.node())
}

/// The metadata that a store has, if it is an array.
pub(super) fn metadata(location: &Location) -> Result<Option<Bytes>> {
    for name in METADATA {
        if let Some(bytes) = location.child(name)?.read()? {
            return Ok(Some(bytes));
        }
    }
    Ok(None)
}

/// Opens an array of this metadata.
///
/// # Errors
/// If the metadata is none, or asks for what is not supported.
pub(super) fn open(location: &Location, metadata: &[u8]) -> Result<Opened> {
    let parsed: ArrayMetadata = serde_json::from_slice(metadata)
        .map_err(|error| location.error(format!("has no metadata of a Zarr array: {error}")))?;
    let folder = Arc::new(Folder(location.clone()));
    let array = Array::new_with_metadata(folder, "/", parsed);
    let array = array.map_err(|error| location.error(error))?;
    // A task has one thread.
    let options = CodecOptions::default().with_concurrent_target(1);
    Ok(Arc::new(array.with_codec_options(options)))
}

/// The array whose metadata had this stamp, opened before or now.
///
/// # Errors
/// If the metadata is no longer the same.
pub(super) fn opened(location: &Location, stamp: &str) -> Result<Opened> {
    let lock = || OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    {
        let mut open = lock();
        let known = open
            .iter()
            .position(|(url, known, _)| url == location.url() && known == stamp);
        if let Some(known) = known.and_then(|at| open.remove(at)) {
            let array = known.2.clone();
            open.push_back(known);
            return Ok(array);
        }
    }
    let bytes = metadata(location)?.unwrap_or_default();
    if stamp_of(&bytes) != stamp {
        return Err(location.error("the metadata was changed after the array was made of it"));
    }
    let array = self::open(location, &bytes)?;
    let mut open = lock();
    open.push_back((location.url().to_owned(), stamp.to_owned(), array.clone()));
    while open.len() > KEPT {
        open.pop_front();
    }
    Ok(array)
}
