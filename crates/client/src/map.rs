//! Many tasks of one kind.

use crate::futures::Refused;
use crate::held_key::HeldKey;
use crate::session::{Room, Session};
use crate::{Client, Error, Result, TaskFuture};
use std::future::{Future, IntoFuture};
use std::iter::Zip;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use taskloom_client_core::Tasks;
use taskloom_task::{CallParts, Dependency, FutureHandle, TaskCall, TaskValue};

/// Tasks of the first batch of a map. Each further batch has four times as many, so that workers
/// begin early and most tasks travel in large chunks.
const FIRST_BATCH: u64 = 1024;

/// Most tasks of a batch.
const LARGEST_BATCH: u64 = taskloom_core::limits::GRAPH_CHUNK_TASKS as u64;

/// Tasks on their way, one per item: from [`crate::Client::map`].
///
/// Awaiting submits them, waits for room when very much is queued, and gives one future per item,
/// in order. [`Map::now`] does not wait. A call that is not valid makes its own future end in an
/// error, and no other.
#[must_use = "nothing is submitted before `.await` or `.now()`"]
pub struct Map<I, F> {
    session: Arc<Session>,
    items: I,
    call: F,
    /// Tasks of the first batch, and of each batch at most.
    batches: (u64, u64),
}

impl Client {
    /// As [`Client::map`] over two iterators at once, until the shorter one ends:
    /// `client.map2(xs, ys, add::task).await?`.
    #[allow(clippy::type_complexity)] // A closure has no name that an alias could have.
    pub fn map2<I, J, F, T>(
        &self,
        first: I,
        second: J,
        mut call: F,
    ) -> Map<
        Zip<I::IntoIter, J::IntoIter>,
        impl FnMut((I::Item, J::Item)) -> TaskCall<T> + use<I, J, F, T>,
    >
    where
        I: IntoIterator,
        J: IntoIterator,
        F: FnMut(I::Item, J::Item) -> TaskCall<T>,
        T: TaskValue,
    {
        self.map(first.into_iter().zip(second), move |(a, b)| call(a, b))
    }

    /// As [`Client::map2`] over three iterators.
    #[allow(clippy::type_complexity)] // As above.
    pub fn map3<I, J, K, F, T>(
        &self,
        first: I,
        second: J,
        third: K,
        mut call: F,
    ) -> Map<
        Zip<Zip<I::IntoIter, J::IntoIter>, K::IntoIter>,
        impl FnMut(((I::Item, J::Item), K::Item)) -> TaskCall<T> + use<I, J, K, F, T>,
    >
    where
        I: IntoIterator,
        J: IntoIterator,
        K: IntoIterator,
        F: FnMut(I::Item, J::Item, K::Item) -> TaskCall<T>,
        T: TaskValue,
    {
        let items = first.into_iter().zip(second).zip(third);
        self.map(items, move |((a, b), c)| call(a, b, c))
    }
}

/// What dependencies are kept alive by until their batch has been queued.
type Kept = Vec<Dependency>;

/// A batch in the making.
#[derive(Default)]
struct Batch {
    tasks: Tasks,
    keys: Vec<Result<HeldKey>>,
    kept: Kept,
}

impl Batch {
    fn add(&mut self, session: &Session, parts: Result<CallParts>) {
        let key = parts.and_then(|parts| {
            self.kept.extend(parts.dependencies.iter().cloned());
            session.add_call(&mut self.tasks, parts)
        });
        self.keys.push(key);
    }

    fn submit<T>(self, session: &Arc<Session>, futures: &mut Vec<TaskFuture<T>>) {
        let Self { tasks, keys, kept } = self;
        let wanted = 0..tasks.len();
        let first = if tasks.is_empty() {
            Err(Error::Graph("no task of the batch is valid".into()))
        } else {
            session.submit_tasks(tasks, wanted)
        };
        let mut place = 0;
        futures.extend(keys.into_iter().map(|key| {
            let handle: Arc<dyn FutureHandle> = match (key, &first) {
                (Ok(key), Ok(first)) => {
                    place += 1;
                    session.handle_of(first.offset(place - 1), key)
                }
                (Ok(key), Err(error)) => Refused::handle(Some(key.key()), error.clone()),
                (Err(error), _) => Refused::handle(None, error),
            };
            TaskFuture::new(handle)
        }));
        drop(kept);
    }
}

impl<I, F, T> Map<I, F>
where
    I: Iterator,
    F: FnMut(I::Item) -> TaskCall<T>,
    T: TaskValue,
{
    pub(crate) fn new(session: Arc<Session>, items: I, call: F) -> Self {
        Self {
            session,
            items,
            call,
            batches: (FIRST_BATCH, LARGEST_BATCH),
        }
    }

    /// Sends so many tasks at a time. Without it batches begin small, so that workers begin soon,
    /// and grow. Small ones help where the items themselves come slowly.
    pub fn batches(mut self, tasks: usize) -> Self {
        let tasks = (tasks as u64).clamp(1, LARGEST_BATCH);
        self.batches = (tasks, tasks);
        self
    }

    /// Submits all tasks without waiting. Beyond the hard limit of what may be queued, futures end
    /// in [`Error::Overloaded`].
    pub fn now(mut self) -> Vec<TaskFuture<T>> {
        let mut futures = Vec::with_capacity(self.items.size_hint().0);
        let mut size = self.batches.0;
        while let Some(batch) = self.next_batch(&mut size) {
            batch.submit(&self.session, &mut futures);
        }
        futures
    }

    /// The next tasks; `None` when there are no more items.
    fn next_batch(&mut self, size: &mut u64) -> Option<Batch> {
        let mut batch = Batch::default();
        for item in self.items.by_ref() {
            batch.add(&self.session, (self.call)(item).into_parts());
            if batch.keys.len() as u64 >= *size || batch.tasks.chunks() > 1 {
                break;
            }
        }
        *size = (*size * 4).min(self.batches.1);
        (!batch.keys.is_empty()).then_some(batch)
    }
}

impl<I, F, T> IntoFuture for Map<I, F>
where
    I: Iterator,
    F: FnMut(I::Item) -> TaskCall<T>,
    T: TaskValue,
{
    type Output = Result<Vec<TaskFuture<T>>>;
    type IntoFuture = Mapping<I, F, T>;

    fn into_future(self) -> Mapping<I, F, T> {
        let futures = Vec::with_capacity(self.items.size_hint().0);
        Mapping {
            size: self.batches.0,
            map: self,
            futures,
            batch: None,
            room: None,
        }
    }
}

/// What awaiting a [`Map`] waits on.
#[must_use = "futures do nothing unless awaited"]
pub struct Mapping<I, F, T> {
    map: Map<I, F>,
    futures: Vec<TaskFuture<T>>,
    size: u64,
    /// The batch that waits for room.
    batch: Option<Batch>,
    room: Option<Room>,
}

/// Nothing in it is pinned in place.
impl<I, F, T> Unpin for Mapping<I, F, T> {}

impl<I, F, T> Future for Mapping<I, F, T>
where
    I: Iterator,
    F: FnMut(I::Item) -> TaskCall<T>,
    T: TaskValue,
{
    type Output = Result<Vec<TaskFuture<T>>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if this.batch.is_none() {
            this.batch = this.map.next_batch(&mut this.size);
        }
        let room = this
            .room
            .get_or_insert_with(|| this.map.session.wait_for_room());
        let room = ready!(room.as_mut().poll(cx));
        this.room = None;
        room?;
        let Some(batch) = this.batch.take() else {
            return Poll::Ready(Ok(std::mem::take(&mut this.futures)));
        };
        batch.submit(&this.map.session, &mut this.futures);
        // The transport may be driven by this very thread: let it send between two batches.
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
