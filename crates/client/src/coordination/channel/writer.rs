//! What a client appends to a channel, on its way to the scheduler.
//!
//! One call is under way at a time; what is appended meanwhile goes with the next one. So elements
//! stay in order, a single one travels at once, and many travel together.

use crate::coordination::item;
use crate::{Calling, Client, Error, Result, WeakClient};
use std::collections::VecDeque;
use std::future::IntoFuture;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use taskloom_extensions::channel::{Append, AppendRequest, Ask, State};
use taskloom_extensions::{BATCH_BYTES, BATCH_ITEMS_MAX};
use taskloom_task::Packed;
use tokio::sync::Notify;

/// How many elements may be queued before those who append wait.
const QUEUED_MAX: usize = 2 * BATCH_ITEMS_MAX;

/// How many bytes of values may be.
const QUEUED_BYTES_MAX: usize = 4 * BATCH_BYTES;

/// See the module.
pub(super) struct Writer {
    name: String,
    client: WeakClient,
    queue: Mutex<Queue>,
    /// Something has left the queue.
    moved: Notify,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Packed>,
    bytes: usize,
    /// A call is under way, or about to be.
    writing: bool,
    /// What was refused, and why the last of it.
    refused: Option<(usize, Error)>,
    /// How the channel was when the scheduler last spoke of it.
    known: State,
}

/// A call that was sent. What it carries lives at least until it has been taken in.
struct Sent {
    batch: Vec<Packed>,
    call: Calling<Append>,
}

/// Whether the reason why these were refused may lie with one of them.
fn is_divisible(batch: &[Packed]) -> bool {
    let is_future = |packed: &Packed| matches!(packed, Packed::Future(_));
    batch.len() > 1 && batch.iter().any(is_future)
}

fn nbytes(packed: &Packed) -> usize {
    match packed {
        Packed::Value(bytes) => bytes.len(),
        Packed::Future(_) => 0,
    }
}

impl Writer {
    pub(super) fn new(name: &str, client: WeakClient) -> Arc<Self> {
        Arc::new(Self {
            name: name.to_owned(),
            client,
            queue: Mutex::default(),
            moved: Notify::new(),
        })
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Nothing in there can panic half-way.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The scheduler spoke of the channel.
    pub(super) fn heard(&self, state: State) {
        self.queue().known = state;
    }

    /// How the channel was when the scheduler last spoke of it.
    pub(super) fn known(&self) -> State {
        self.queue().known.clone()
    }

    /// Queues an element when there is room.
    pub(super) async fn append(self: &Arc<Self>, packed: Packed) -> Result<()> {
        let mut packed = Some(packed);
        self.when(|queue| {
            if queue.known.stopped {
                let name = &self.name;
                let why = format!("channel {name:?} is stopped: nothing can be appended");
                return Some(Err(Error::Refused(why)));
            }
            if queue.waiting.len() >= QUEUED_MAX || queue.bytes >= QUEUED_BYTES_MAX {
                return None;
            }
            if let Some(packed) = packed.take() {
                queue.bytes += nbytes(&packed);
                queue.waiting.push_back(packed);
            }
            Some(Ok(!std::mem::replace(&mut queue.writing, true)))
        })
        .await
        .and_then(|begin| if begin { self.begin() } else { Ok(()) })
    }

    /// Waits until all has been taken in or refused.
    pub(super) async fn flush(&self) -> Result<()> {
        self.when(|queue| {
            if queue.writing {
                return None;
            }
            Some(match queue.refused.take() {
                None => Ok(()),
                Some((1, error)) => Err(error),
                Some((count, Error::Refused(why))) => {
                    Err(Error::Refused(format!("{count} elements: {why}")))
                }
                Some((_, error)) => Err(error),
            })
        })
        .await
    }

    /// Waits until `ready` gives something.
    async fn when<T>(&self, mut ready: impl FnMut(&mut Queue) -> Option<T>) -> T {
        loop {
            let moved = self.moved.notified();
            tokio::pin!(moved);
            // Before looking, so that nothing that happens after it is missed.
            moved.as_mut().enable();
            let looked = ready(&mut self.queue());
            if let Some(done) = looked {
                return done;
            }
            moved.await;
        }
    }

    /// Sends the first call here, so that it comes after what was submitted before, and the next
    /// ones wherever the session runs.
    fn begin(self: &Arc<Self>) -> Result<()> {
        let Some(client) = self.client.upgrade() else {
            let left = std::mem::take(&mut *self.queue());
            // It may be the last handle of a future: it is dropped without the lock.
            drop(left);
            self.moved.notify_waiters();
            return Err(Error::Closed("the client was dropped".into()));
        };
        let first = self.next(&client);
        let runtime = client.session().runtime.clone();
        let writer = self.clone();
        runtime.spawn(async move {
            let mut next = first;
            while let Some(sent) = next {
                writer.written(&client, sent).await;
                next = writer.next(&client);
            }
        });
        Ok(())
    }

    fn take_batch(&self) -> Vec<Packed> {
        let mut queue = self.queue();
        let mut bytes = 0;
        let fitting = queue
            .waiting
            .iter()
            .take(BATCH_ITEMS_MAX)
            .take_while(|packed| {
                let fits = bytes < BATCH_BYTES;
                bytes += nbytes(packed);
                fits
            });
        let count = fitting.count();
        let batch: Vec<Packed> = queue.waiting.drain(..count).collect();
        queue.bytes -= batch.iter().map(nbytes).sum::<usize>();
        queue.writing = !batch.is_empty();
        batch
    }

    /// The next call, sent; nothing if all have been written.
    fn next(&self, client: &Client) -> Option<Sent> {
        let batch = self.take_batch();
        self.moved.notify_waiters();
        (!batch.is_empty()).then(|| self.send(client, batch))
    }

    fn send(&self, client: &Client, batch: Vec<Packed>) -> Sent {
        let (items, futures) = item::split(batch.iter().cloned());
        let name = self.name.clone();
        let call = client.call::<Append>(AppendRequest { name, items });
        let call = item::with(call, futures).into_future();
        Sent { batch, call }
    }

    /// Waits until a batch has been taken in or refused. The scheduler refuses all of it for the sake
    /// of one future that it does not know: the others are sent again.
    async fn written(&self, client: &Client, sent: Sent) {
        let mut sent = sent;
        // What is still to be sent, the first of it last.
        let mut rest = Vec::new();
        loop {
            let Sent { mut batch, call } = sent;
            match call.await {
                Ok(reply) => self.heard(reply.message),
                Err(Error::Overloaded(_)) if client.ready().await.is_ok() => rest.push(batch),
                Err(Error::Refused(_)) if is_divisible(&batch) && self.goes_on(client).await => {
                    rest.push(batch.split_off(batch.len() / 2));
                    rest.push(batch);
                }
                Err(error) => self.refused(batch.len(), error),
            }
            let Some(batch) = rest.pop() else {
                return;
            };
            sent = self.send(client, batch);
        }
    }

    /// Whether the channel is there and not stopped.
    async fn goes_on(&self, client: &Client) -> bool {
        let Ok(reply) = client.call::<Ask>(self.name.clone()).await else {
            return false;
        };
        let stopped = reply.message.stopped;
        self.heard(reply.message);
        !stopped
    }

    fn refused(&self, count: usize, error: Error) {
        let mut queue = self.queue();
        let before = queue.refused.take().map_or(0, |(count, _)| count);
        queue.refused = Some((before + count, error));
    }

    /// Nobody will ask any more what became of it all.
    pub(super) fn left(&self) {
        if let Some((count, error)) = self.queue().refused.take() {
            let name = &self.name;
            tracing::warn!("{count} elements were not appended to the channel {name:?}: {error}");
        }
    }
}
