//! Data for workers.

use crate::{Result, TaskFuture};
use std::future::{IntoFuture, Ready};
use taskloom_task::TaskValue;

/// A value on its way: await it (until it lies on a worker), or call `now`.
#[must_use = "nothing is scattered before `.await` or `.now()`"]
pub struct Scatter<T>(T);

/// Values on their way, one future each.
#[must_use = "nothing is scattered before `.await` or `.now()`"]
pub struct ScatterAll<T>(Vec<T>);

macro_rules! builder {
    ($name:ident, $output:ty) => {
        impl<T: TaskValue> $name<T> {
            /// Only on these workers.
            pub fn workers<W: Into<String>>(self, _names: impl IntoIterator<Item = W>) -> Self {
                todo!()
            }

            /// A copy on each of the named workers, or on all.
            pub fn broadcast(self) -> Self {
                todo!()
            }

            /// Whether the key is a hash of the content (the default) or unique.
            pub fn hashed(self, _hashed: bool) -> Self {
                todo!()
            }

            /// Does not wait.
            pub fn now(self) -> $output {
                todo!()
            }
        }

        impl<T: TaskValue> IntoFuture for $name<T> {
            type Output = Result<$output>;
            type IntoFuture = Ready<Self::Output>;

            fn into_future(self) -> Self::IntoFuture {
                todo!()
            }
        }
    };
}

builder!(Scatter, TaskFuture<T>);
builder!(ScatterAll, Vec<TaskFuture<T>>);
