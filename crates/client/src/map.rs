//! Many tasks of one kind.

use crate::{Result, TaskFuture};
use std::future::{IntoFuture, Ready};
use taskloom_task::{TaskCall, TaskValue};

/// Tasks on their way, one per item: await it (it waits for room), or call `now`.
#[must_use = "nothing is submitted before `.await` or `.now()`"]
pub struct Map<I, F>(I, F);

impl<I, F, T> Map<I, F>
where
    I: Iterator,
    F: FnMut(I::Item) -> TaskCall<T>,
    T: TaskValue,
{
    /// Submits without waiting.
    pub fn now(self) -> Vec<TaskFuture<T>> {
        todo!()
    }
}

impl<I, F, T> IntoFuture for Map<I, F>
where
    I: Iterator,
    F: FnMut(I::Item) -> TaskCall<T>,
    T: TaskValue,
{
    type Output = Result<Vec<TaskFuture<T>>>;
    type IntoFuture = Ready<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        todo!()
    }
}
