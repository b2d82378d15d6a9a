//! Futures in the order in which their tasks end.

use crate::{Client, Result, TaskFuture};
use futures::Stream;
use futures::stream::{FuturesUnordered, StreamExt};
use std::borrow::Borrow;
use std::future::{Future, IntoFuture, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use taskloom_task::{Await, TaskValue};

/// Results that are fetched ahead of whoever reads them: enough to keep the way to the workers
/// busy, and not so many that a slow reader has all of them in memory.
const RESULTS_AHEAD: usize = 64;

/// Futures with their results in the order in which the tasks end: from [`Client::as_completed`].
///
/// It is a [`Stream`], and has [`AsCompleted::next`] for those who need no more. More futures may be
/// added at any time, also after it has given its last one. It holds the futures that it has not
/// given yet.
#[must_use = "a stream does nothing unless it is read"]
pub struct AsCompleted<T> {
    ended: AsEnded<T>,
    fetching: FuturesUnordered<Fetching<T>>,
}

/// Futures in the order in which the tasks end, without results: from
/// [`AsCompleted::without_results`].
#[must_use = "a stream does nothing unless it is read"]
pub struct AsEnded<T> {
    waiting: FuturesUnordered<Ending<T>>,
}

/// Waits for the end of a task.
struct Ending<T>(Option<TaskFuture<T>>);

/// Waits for a result.
struct Fetching<T> {
    future: Option<TaskFuture<T>>,
    result: Await<T>,
}

impl Client {
    /// Gives futures with their results in the order in which the tasks end, and takes more of them
    /// meanwhile.
    ///
    /// ```no_run
    /// # use taskloom_client::{Client, TaskFuture};
    /// # async fn example(client: Client, futures: Vec<TaskFuture<i64>>) -> taskloom_client::Result<()> {
    /// let mut done = client.as_completed(&futures);
    /// while let Some((future, result)) = done.next().await {
    ///     println!("{}: {}", future.key(), result?);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn as_completed<T, I>(&self, futures: I) -> AsCompleted<T>
    where
        I: IntoIterator,
        I::Item: Borrow<TaskFuture<T>>,
    {
        let mut completed = AsCompleted::default();
        completed.extend(futures);
        completed
    }
}

impl<T> Default for AsCompleted<T> {
    fn default() -> Self {
        let ended = AsEnded {
            waiting: FuturesUnordered::new(),
        };
        Self {
            ended,
            fetching: FuturesUnordered::new(),
        }
    }
}

impl<T> AsCompleted<T> {
    /// Adds a future.
    pub fn push(&mut self, future: TaskFuture<T>) {
        self.ended.push(future);
    }

    /// Adds futures.
    pub fn extend<I>(&mut self, futures: I)
    where
        I: IntoIterator,
        I::Item: Borrow<TaskFuture<T>>,
    {
        self.ended.extend(futures);
    }

    /// How many futures it has not given yet.
    pub fn len(&self) -> usize {
        self.ended.len() + self.fetching.len()
    }

    /// Whether it has given all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The same without the results, which are not fetched then.
    pub fn without_results(self) -> AsEnded<T> {
        let Self {
            mut ended,
            fetching,
        } = self;
        ended.extend(fetching.into_iter().filter_map(|fetching| fetching.future));
        ended
    }
}

impl<T: TaskValue> AsCompleted<T> {
    /// The next future whose task has ended, and its result; `None` when there is none left. Safe to
    /// cancel.
    pub async fn next(&mut self) -> Option<(TaskFuture<T>, Result<T>)> {
        poll_fn(|cx| self.poll_next_unpin(cx)).await
    }
}

impl<T: TaskValue> Stream for AsCompleted<T> {
    type Item = (TaskFuture<T>, Result<T>);

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        while this.fetching.len() < RESULTS_AHEAD
            && let Poll::Ready(Some(future)) = this.ended.poll_next_unpin(cx)
        {
            this.fetching.push(Fetching {
                result: (&future).into_future(),
                future: Some(future),
            });
        }
        match ready!(this.fetching.poll_next_unpin(cx)) {
            Some(completed) => Poll::Ready(Some(completed)),
            None if this.ended.is_empty() => Poll::Ready(None),
            None => Poll::Pending,
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len(), Some(self.len()))
    }
}

impl<T> AsEnded<T> {
    /// Adds a future.
    pub fn push(&mut self, future: TaskFuture<T>) {
        self.waiting.push(Ending(Some(future)));
    }

    /// Adds futures.
    pub fn extend<I>(&mut self, futures: I)
    where
        I: IntoIterator,
        I::Item: Borrow<TaskFuture<T>>,
    {
        for future in futures {
            self.push(future.borrow().clone());
        }
    }

    /// How many futures it has not given yet.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether it has given all.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The next future whose task has ended; `None` when there is none left. Safe to cancel.
    pub async fn next(&mut self) -> Option<TaskFuture<T>> {
        poll_fn(|cx| self.poll_next_unpin(cx)).await
    }
}

impl<T> Stream for AsEnded<T> {
    type Item = TaskFuture<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.waiting.poll_next_unpin(cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len(), Some(self.len()))
    }
}

/// Nothing in it is pinned in place.
impl<T> Unpin for Ending<T> {}

impl<T> Future for Ending<T> {
    type Output = TaskFuture<T>;

    #[allow(clippy::expect_used)] // A future is not polled again after its end.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<TaskFuture<T>> {
        let future = self.0.as_ref().expect("it has not ended");
        ready!(future.handle().poll_done(cx));
        Poll::Ready(self.0.take().expect("it has not ended"))
    }
}

/// Nothing in it is pinned in place.
impl<T> Unpin for Fetching<T> {}

impl<T: TaskValue> Future for Fetching<T> {
    type Output = (TaskFuture<T>, Result<T>);

    #[allow(clippy::expect_used)] // A future is not polled again after its end.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let result = ready!(Pin::new(&mut self.result).poll(cx));
        let future = self.future.take().expect("it has not ended");
        Poll::Ready((future, result))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use futures::executor::block_on;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use taskloom_core::{Key, Ticket};
    use taskloom_task::{Error, FutureHandle, Status, Value};

    /// A task that has ended, and counts how often its result was asked for.
    struct Ended {
        number: u64,
        asked: Arc<AtomicUsize>,
    }

    impl FutureHandle for Ended {
        fn session(&self) -> u64 {
            1
        }

        fn ticket(&self) -> Ticket {
            Ticket(self.number)
        }

        fn key(&self) -> Key {
            Key::new(format!("ended-{}", self.number)).unwrap()
        }

        fn status(&self) -> Status {
            Status::Finished
        }

        fn error(&self) -> Option<Error> {
            None
        }

        fn poll_value(&self, _: &mut Context<'_>) -> Poll<Result<Value>> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            Poll::Ready(Ok(Value::live(self.number)))
        }

        fn poll_done(&self, _: &mut Context<'_>) -> Poll<()> {
            Poll::Ready(())
        }

        fn cancel(&self) {}
    }

    #[test]
    fn a_slow_reader_does_not_have_all_results_in_memory() {
        let asked = Arc::new(AtomicUsize::new(0));
        let many = 10 * RESULTS_AHEAD as u64;
        let mut completed = AsCompleted::<u64>::default();
        completed.extend((0..many).map(|number| {
            let asked = asked.clone();
            TaskFuture::new(Arc::new(Ended { number, asked }))
        }));
        let mut seen = Vec::new();
        while let Some((future, result)) = block_on(completed.next()) {
            assert_eq!(future.handle().ticket().0, *result.as_ref().unwrap());
            seen.push(result.unwrap());
            let ahead = asked.load(Ordering::Relaxed) - seen.len();
            assert!(ahead <= RESULTS_AHEAD, "{ahead}");
            assert_eq!(completed.len() as u64, many - seen.len() as u64);
        }
        seen.sort_unstable();
        assert_eq!(seen, (0..many).collect::<Vec<u64>>());
        assert!(completed.is_empty());
    }
}
