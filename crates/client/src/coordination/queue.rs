//! Queues.

use super::item;
use super::names::Names;
use crate::nested::away;
use crate::{Client, ClientExtension, Error, Pushes, Result, WeakClient};
use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;
use taskloom_extensions::queue::{
    Ask, Close, Delete, Get, GetRequest, List, Open, OpenRequest, Put, PutRequest, State,
};
use taskloom_extensions::{BATCH_BYTES, BATCH_ITEMS_MAX};
use taskloom_task::{Item, Packed};

/// A queue of futures or small values that all clients of a scheduler share by its name: each item
/// goes to one taker, first come, first served. From [`Client::queue`].
///
/// ```no_run
/// # use std::time::Duration;
/// # async fn example(client: taskloom_client::Client) -> taskloom_client::Result<()> {
/// let jobs = client.queue::<String>("jobs").maxsize(1000).open().await?;
/// jobs.put("a.csv".into()).await?; // waits while the queue is full
///
/// // in another process
/// let job = jobs.get().await?; // waits while it is empty
/// let more = jobs.get_batch(100).await?; // one at least
/// if let Some(job) = jobs.get_within(Duration::from_secs(1)).await? {
///     println!("{job}");
/// }
/// # Ok(()) }
/// ```
///
/// An item that a taker never came to have, because its wait was given up or its process died just
/// then, goes back to its place: nothing is lost. Futures in a queue stay alive, whoever made them is
/// gone or not.
///
/// A queue stays, with what is in it, when nobody has it open any more: until [`Queue::delete`], or
/// for as long as [`OpenQueue::keep_for`] said. An empty one goes with the last client that has it
/// open.
pub struct Queue<T> {
    client: Client,
    shared: Arc<Shared>,
    maxsize: Option<u64>,
    marker: PhantomData<fn() -> T>,
}

/// Opens a queue: from [`Client::queue`].
#[must_use = "nothing is opened before `open`"]
pub struct OpenQueue<T> {
    client: Client,
    request: OpenRequest,
    marker: PhantomData<fn() -> T>,
}

/// What all handles of a queue in one session share.
struct Shared {
    name: String,
    queues: Arc<Queues>,
}

/// The queues that a session has open.
struct Queues {
    names: Names<Shared>,
}

impl ClientExtension for Queues {
    fn new(client: WeakClient) -> Self {
        let close = |client: &Client, name| drop(client.call::<Close>(name).send());
        let names = Names::new(client, close);
        Self { names }
    }

    fn pushes() -> Pushes<Self> {
        Pushes::new()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.queues.names.left(&self.name);
    }
}

impl Client {
    /// The queue of this name, to be opened; `T` is what is in it: a type of small values, or
    /// `TaskFuture<U>`.
    pub fn queue<T: Item>(&self, name: impl Into<String>) -> OpenQueue<T> {
        OpenQueue {
            client: self.clone(),
            request: OpenRequest {
                name: name.into(),
                maxsize: None,
                keep: None,
            },
            marker: PhantomData,
        }
    }

    /// The names of all queues of the scheduler.
    ///
    /// # Errors
    /// If the session ends.
    pub async fn queues(&self) -> Result<Vec<String>> {
        Ok(away(self.call::<List>(()).into_future()).await?.message)
    }
}

impl<T: Item> OpenQueue<T> {
    /// How many items the queue takes before those who put have to wait. It is said by whoever opens
    /// the queue first.
    pub fn maxsize(mut self, maxsize: u64) -> Self {
        self.request.maxsize = Some(maxsize);
        self
    }

    /// How long the queue stays when no client has it open any more; for ever if nothing is said. It
    /// is said by whoever opens the queue first.
    pub fn keep_for(mut self, time: Duration) -> Self {
        self.request.keep = Some(millis(time));
        self
    }

    /// Opens the queue, and makes it if there is none.
    ///
    /// # Errors
    /// If its name is empty or too long, the `maxsize` is zero, or the session ends.
    pub async fn open(self) -> Result<Queue<T>> {
        let Self {
            client, request, ..
        } = self;
        let name = request.name.clone();
        let queues = client.extension::<Queues>();
        // Until this is dropped the queue is not closed by the end of an earlier handle.
        let opening = queues.names.opening(&name);
        let reply = away(client.call::<Open>(request).into_future()).await?;
        let shared = opening.opened(|| Shared {
            name,
            queues: queues.clone(),
        });
        drop(opening);
        Ok(Queue {
            client,
            shared,
            maxsize: reply.message.maxsize,
            marker: PhantomData,
        })
    }
}

fn millis(time: Duration) -> u64 {
    // Rounded up: a short time is not none.
    u64::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

impl<T: Item> Queue<T> {
    /// Puts an item in; waits while the queue is full. It is in when this returns. If this is dropped
    /// before, it may be in or not.
    ///
    /// # Errors
    /// If a value cannot be encoded or is larger than 64 KiB (scatter it, and put the future), the
    /// queue was deleted, or the session ends.
    pub async fn put(&self, item: T) -> Result<()> {
        self.send(vec![item::pack(&self.client, item)?], None)
            .await
            .map(drop)
    }

    /// Puts an item in if there is room; says whether it did.
    ///
    /// # Errors
    /// As [`Queue::put`].
    pub async fn try_put(&self, item: T) -> Result<bool> {
        self.put_within(item, Duration::ZERO).await
    }

    /// Puts an item in if there is room within this time; says whether it did. The scheduler
    /// measures the time, so an item that was not put does not come later.
    ///
    /// # Errors
    /// As [`Queue::put`].
    pub async fn put_within(&self, item: T, time: Duration) -> Result<bool> {
        self.send(vec![item::pack(&self.client, item)?], Some(time))
            .await
    }

    /// Puts many items in, in order; waits for room. They travel together as far as the queue takes
    /// them together.
    ///
    /// # Errors
    /// As [`Queue::put`]; then some of them may be in.
    pub async fn put_all(&self, items: impl IntoIterator<Item = T>) -> Result<()> {
        let most = self.maxsize.unwrap_or(u64::MAX);
        let most = usize::try_from(most)
            .unwrap_or(usize::MAX)
            .min(BATCH_ITEMS_MAX);
        let (mut batch, mut bytes) = (Vec::new(), 0);
        for item in items {
            let packed = item::pack(&self.client, item)?;
            if let Packed::Value(value) = &packed {
                bytes += value.len();
            }
            batch.push(packed);
            if batch.len() >= most || bytes >= BATCH_BYTES {
                self.send(std::mem::take(&mut batch), None).await?;
                bytes = 0;
            }
        }
        if !batch.is_empty() {
            self.send(batch, None).await?;
        }
        Ok(())
    }

    async fn send(&self, packed: Vec<Packed>, wait: Option<Duration>) -> Result<bool> {
        let (items, futures) = item::split(packed);
        let request = PutRequest {
            name: self.shared.name.clone(),
            items,
            wait: wait.map(millis),
        };
        // The futures live until the scheduler holds them.
        let call = item::with(self.client.call::<Put>(request), futures.iter().cloned());
        let reply = away(call.into_future()).await?;
        drop(futures);
        Ok(reply.message)
    }

    /// Takes the next item out; waits while there is none. If this is dropped before, nothing is
    /// taken.
    ///
    /// # Errors
    /// If the item is not a `T` (it is taken out all the same), the queue was deleted, or the session
    /// ends.
    pub async fn get(&self) -> Result<T> {
        let item = self.take(1, None).await?.next();
        item.unwrap_or_else(|| {
            Err(Error::Refused(
                "the scheduler did not wait for an item".into(),
            ))
        })
    }

    /// Takes the next item out if there is one.
    ///
    /// # Errors
    /// As [`Queue::get`].
    pub async fn try_get(&self) -> Result<Option<T>> {
        self.get_within(Duration::ZERO).await
    }

    /// Takes the next item out if there is one within this time.
    ///
    /// # Errors
    /// As [`Queue::get`].
    pub async fn get_within(&self, time: Duration) -> Result<Option<T>> {
        self.take(1, Some(time)).await?.next().transpose()
    }

    /// Takes out as many items as there are, `max` at most; waits for one if there is none.
    ///
    /// # Errors
    /// As [`Queue::get`]; then all of them are taken out.
    pub async fn get_batch(&self, max: usize) -> Result<Vec<T>> {
        self.take(max, None).await?.collect()
    }

    /// As [`Queue::get_batch`], and gives none if there is none within this time.
    ///
    /// # Errors
    /// As there.
    pub async fn get_batch_within(&self, max: usize, time: Duration) -> Result<Vec<T>> {
        self.take(max, Some(time)).await?.collect()
    }

    async fn take(
        &self,
        max: usize,
        wait: Option<Duration>,
    ) -> Result<impl Iterator<Item = Result<T>> + use<T>> {
        if max == 0 {
            return Err(Error::Refused("a batch is of one item at least".into()));
        }
        let request = GetRequest {
            name: self.shared.name.clone(),
            max: u32::try_from(max).unwrap_or(u32::MAX),
            wait: wait.map(millis),
        };
        let reply = away(self.client.call::<Get>(request).into_future()).await?;
        let items = item::join(reply.message, reply.futures);
        Ok(items.map(|packed| Ok(T::unpack(packed)?)))
    }

    /// How many items are in it.
    ///
    /// # Errors
    /// If it was deleted, or the session ends.
    pub async fn len(&self) -> Result<usize> {
        Ok(usize::try_from(self.state().await?.len).unwrap_or(usize::MAX))
    }

    /// Whether nothing is in it.
    ///
    /// # Errors
    /// As [`Queue::len`].
    pub async fn is_empty(&self) -> Result<bool> {
        Ok(self.len().await? == 0)
    }

    /// How many items are in it, and how many calls wait for one or for room.
    ///
    /// # Errors
    /// As [`Queue::len`].
    pub async fn state(&self) -> Result<State> {
        let name = self.shared.name.clone();
        Ok(away(self.client.call::<Ask>(name).into_future())
            .await?
            .message)
    }

    /// Deletes the queue with all that is in it; who waits for it gets an error. Says whether there
    /// was one.
    ///
    /// # Errors
    /// If the session ends.
    pub async fn delete(self) -> Result<bool> {
        let name = self.shared.name.clone();
        Ok(away(self.client.call::<Delete>(name).into_future())
            .await?
            .message)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// How many items it takes before those who put have to wait, if it is bounded.
    pub fn maxsize(&self) -> Option<u64> {
        self.maxsize
    }
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            shared: self.shared.clone(),
            maxsize: self.maxsize,
            marker: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Queue({})", self.shared.name)
    }
}

impl<T> fmt::Debug for OpenQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpenQueue({})", self.request.name)
    }
}
