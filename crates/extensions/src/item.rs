//! What lies in channels, queues and variables: small values and futures, and how they travel.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use taskloom_core::TaskId;

/// Largest value that can be put into a channel, a queue, a variable or a topic, in bytes. Larger
/// ones are to be scattered; their future is small.
pub const ITEM_BYTES_MAX: usize = 64 * 1024;

/// A message of these tools carries at most this many values and futures.
pub const BATCH_ITEMS_MAX: usize = 4096;

/// A message of these tools is closed when its values have this many bytes.
pub const BATCH_BYTES: usize = 256 * 1024;

/// Values and futures in a row, as they travel: the bytes of a value, or nothing for the next one of
/// the futures that travel beside the message.
///
/// ```
/// use taskloom_extensions::Items;
///
/// let items = Items(vec![Some("a value".into()), None, None]);
/// assert_eq!(items.futures(), 2);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Items(pub Vec<Option<Bytes>>);

impl Items {
    /// How many of them are futures.
    pub fn futures(&self) -> usize {
        self.0.iter().filter(|item| item.is_none()).count()
    }
}

/// A value or a future as it lies in a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Value(Bytes),
    Future(TaskId),
}

/// What a thing that lies somewhere takes up.
pub(crate) trait Weigh {
    /// Bytes of memory, about.
    fn weight(&self) -> usize;
}

impl Weigh for Entry {
    fn weight(&self) -> usize {
        let value = match self {
            Self::Value(bytes) => bytes.len(),
            Self::Future(_) => 0,
        };
        value + size_of::<Self>()
    }
}

impl Entry {
    /// The task, if it is a future.
    pub(crate) fn task(&self) -> Option<TaskId> {
        match self {
            Self::Value(_) => None,
            Self::Future(task) => Some(*task),
        }
    }
}

/// What has arrived as entries; the error says what is wrong with it.
pub(crate) fn entries(items: Items, futures: Vec<TaskId>) -> Result<Vec<Entry>, Cow<'static, str>> {
    if items.0.len() > BATCH_ITEMS_MAX {
        let count = items.0.len();
        return Err(format!(
            "{count} items are more than the {BATCH_ITEMS_MAX} that one message may carry"
        )
        .into());
    }
    if items.futures() != futures.len() {
        return Err("the message counts other futures than came with it".into());
    }
    let mut futures = futures.into_iter();
    let mut entries = Vec::with_capacity(items.0.len());
    for item in items.0 {
        match (item, &mut futures) {
            (Some(bytes), _) if bytes.len() > ITEM_BYTES_MAX => {
                return Err(too_large(bytes.len()).into());
            }
            (Some(bytes), _) => entries.push(Entry::Value(bytes)),
            (None, futures) => entries.extend(futures.next().map(Entry::Future)),
        }
    }
    Ok(entries)
}

/// What is said of a value that is too large.
pub fn too_large(nbytes: usize) -> String {
    format!(
        "a value of {nbytes} bytes is too large to be passed on by the scheduler, which takes at most \
         {ITEM_BYTES_MAX}; scatter it and pass on its future"
    )
}

/// Entries as they travel.
pub(crate) fn items(entries: impl IntoIterator<Item = Entry>) -> (Items, Vec<TaskId>) {
    let mut futures = Vec::new();
    let items = entries
        .into_iter()
        .map(|entry| match entry {
            Entry::Value(bytes) => Some(bytes),
            Entry::Future(task) => {
                futures.push(task);
                None
            }
        })
        .collect();
    (Items(items), futures)
}

/// How many of these fit into one message: at least one, if there is any.
pub(crate) fn batch<'a, E: Weigh + 'a>(entries: impl IntoIterator<Item = &'a E>) -> usize {
    let mut bytes = 0;
    entries
        .into_iter()
        .take(BATCH_ITEMS_MAX)
        .take_while(|entry| {
            let fits = bytes < BATCH_BYTES;
            bytes += entry.weight();
            fits
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::task;

    #[test]
    fn what_does_not_fit_together_is_refused() {
        let value = || Some(Bytes::from_static(b"x"));
        let good = entries(Items(vec![value(), None]), vec![task(1)]).unwrap();
        assert_eq!(good, [Entry::Value("x".into()), Entry::Future(task(1))]);
        assert!(entries(Items(vec![None]), Vec::new()).is_err());
        assert!(entries(Items(vec![value()]), vec![task(1)]).is_err());
        let many = Items(vec![value(); BATCH_ITEMS_MAX + 1]);
        assert!(entries(many, Vec::new()).is_err());
        let large = Items(vec![Some(vec![0; ITEM_BYTES_MAX + 1].into())]);
        let error = entries(large, Vec::new()).unwrap_err();
        assert!(error.contains("scatter"), "{error}");
    }

    #[test]
    fn a_batch_has_at_least_one_and_closes_at_its_limits() {
        let small = vec![Entry::Future(task(1)); BATCH_ITEMS_MAX + 1];
        assert_eq!(batch(&small), BATCH_ITEMS_MAX);
        let large = vec![Entry::Value(vec![0; BATCH_BYTES].into()); 2];
        assert_eq!(batch(&large), 1);
        assert_eq!(batch::<Entry>(&[]), 0);
    }
}
