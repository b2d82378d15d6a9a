//! What `zarrs` reads from and writes to: a folder of an object store.
//!
//! The crate's own adapter wants another version of `object_store` than the one that everything else
//! here uses.

use crate::error::ArrayError;
use crate::io::location::Location;
use zarrs::storage::byte_range::ByteRangeIterator;
use zarrs::storage::{
    Bytes, ListableStorageTraits, MaybeBytes, MaybeBytesIterator, OffsetBytesIterator,
    ReadableStorageTraits, StorageError, StoreKey, StoreKeys, StoreKeysPrefixes, StorePrefix,
    WritableStorageTraits, store_set_partial_many,
};

/// A folder.
pub(super) struct Folder(pub(super) Location);

fn failed(error: ArrayError) -> StorageError {
    StorageError::Other(error.to_string())
}

impl Folder {
    fn file(&self, key: &StoreKey) -> Result<Location, StorageError> {
        self.0.child(key.as_str()).map_err(failed)
    }

    /// The keys below a prefix.
    fn keys(&self, prefix: &str) -> Result<StoreKeys, StorageError> {
        let names = self.0.list().map_err(failed)?;
        let names = names.into_iter().filter(|name| name.starts_with(prefix));
        let mut keys = names.map(StoreKey::new).collect::<Result<StoreKeys, _>>()?;
        keys.sort();
        Ok(keys)
    }
}

impl ReadableStorageTraits for Folder {
    fn get(&self, key: &StoreKey) -> Result<MaybeBytes, StorageError> {
        self.file(key)?.read().map_err(failed)
    }

    fn get_partial_many<'a>(
        &'a self,
        key: &StoreKey,
        byte_ranges: ByteRangeIterator<'a>,
    ) -> Result<MaybeBytesIterator<'a>, StorageError> {
        let file = self.file(key)?;
        let Some(size) = self.size_key(key)? else {
            return Ok(None);
        };
        let ranges = byte_ranges.map(|range| {
            // Before it is made a range: a store that says too little is an error, not an overflow.
            let fits = match range {
                zarrs::storage::byte_range::ByteRange::FromStart(start, len) => start
                    .checked_add(len.unwrap_or(0))
                    .is_some_and(|end| end <= size),
                zarrs::storage::byte_range::ByteRange::Suffix(len) => len <= size,
            };
            match fits {
                true => Ok(range.to_range(size)),
                false => Err(failed(
                    file.error(format!("is truncated: it has {size} bytes")),
                )),
            }
        });
        let parts = file
            .ranges(ranges.collect::<Result<_, _>>()?)
            .map_err(failed)?;
        Ok(Some(Box::new(parts.into_iter().map(Ok))))
    }

    fn size_key(&self, key: &StoreKey) -> Result<Option<u64>, StorageError> {
        let file = self.file(key)?;
        if !file.exists().map_err(failed)? {
            return Ok(None);
        }
        file.head().map(|(size, _)| Some(size)).map_err(failed)
    }

    fn supports_get_partial(&self) -> bool {
        true
    }
}

impl WritableStorageTraits for Folder {
    fn set(&self, key: &StoreKey, value: Bytes) -> Result<(), StorageError> {
        self.file(key)?.write(vec![value]).map_err(failed)
    }

    fn set_partial_many(
        &self,
        key: &StoreKey,
        offset_values: OffsetBytesIterator,
    ) -> Result<(), StorageError> {
        store_set_partial_many(self, key, offset_values)
    }

    fn erase(&self, key: &StoreKey) -> Result<(), StorageError> {
        self.file(key)?.delete().map_err(failed)
    }

    fn erase_prefix(&self, prefix: &StorePrefix) -> Result<(), StorageError> {
        self.keys(prefix.as_str())?
            .iter()
            .try_for_each(|key| self.erase(key))
    }

    fn supports_set_partial(&self) -> bool {
        false
    }
}

impl ListableStorageTraits for Folder {
    fn list(&self) -> Result<StoreKeys, StorageError> {
        self.keys("")
    }

    fn list_prefix(&self, prefix: &StorePrefix) -> Result<StoreKeys, StorageError> {
        self.keys(prefix.as_str())
    }

    fn list_dir(&self, prefix: &StorePrefix) -> Result<StoreKeysPrefixes, StorageError> {
        let (mut keys, mut prefixes) = (StoreKeys::new(), Vec::new());
        for key in self.keys(prefix.as_str())? {
            let below = key
                .as_str()
                .get(prefix.as_str().len()..)
                .unwrap_or_default();
            match below.split_once('/') {
                None => keys.push(key),
                Some((folder, _)) => {
                    prefixes.push(StorePrefix::new(format!("{}{folder}/", prefix.as_str()))?);
                }
            }
        }
        prefixes.sort();
        prefixes.dedup();
        Ok(StoreKeysPrefixes::new(keys, prefixes))
    }

    fn size_prefix(&self, prefix: &StorePrefix) -> Result<u64, StorageError> {
        let keys = self.keys(prefix.as_str())?;
        let sizes = keys.iter().map(|key| Ok(self.size_key(key)?.unwrap_or(0)));
        sizes.sum()
    }
}
