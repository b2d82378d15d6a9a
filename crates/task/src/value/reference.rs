//! Borrowed values.

use super::TaskValue;
use super::live::{Live, Object};
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// A `T` borrowed from a [`Value`](super::Value): it keeps the value alive and derefs to the `T`.
pub struct ValueRef<T>(Source<T>);

enum Source<T> {
    Whole(Arc<Live<T>>),
    Part(Arc<dyn Object>, u32),
}

impl<T: TaskValue> ValueRef<T> {
    pub(super) fn whole(live: Arc<Live<T>>) -> Self {
        Self(Source::Whole(live))
    }

    /// A `T` that belongs to nobody else.
    pub fn owned(value: T) -> Self {
        Self(Source::Whole(Arc::new(Live::new(value, None))))
    }

    /// The element of a live value, if it has one there and it is a `T`.
    pub(super) fn part(whole: &Arc<dyn Object>, index: u32) -> Option<Self> {
        whole
            .part(index)?
            .as_any()
            .is::<T>()
            .then(|| Self(Source::Part(whole.clone(), index)))
    }
}

impl<T: TaskValue> Deref for ValueRef<T> {
    type Target = T;

    #[allow(clippy::panic)] // A shared value does not change, and `part` looked before.
    fn deref(&self) -> &T {
        match &self.0 {
            Source::Whole(live) => live.value(),
            Source::Part(whole, index) => {
                match whole
                    .part(*index)
                    .and_then(|part| part.as_any().downcast_ref())
                {
                    Some(part) => part,
                    None => panic!("element {index} of a shared value is gone"),
                }
            }
        }
    }
}

impl<T: TaskValue + fmt::Debug> fmt::Debug for ValueRef<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
