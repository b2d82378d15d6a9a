//! Channels.

mod stream;
mod writer;

pub use stream::ChannelStream;

use super::item;
use super::names::Names;
use super::reader::{Readers, Registry};
use crate::nested::away;
use crate::{Client, ClientExtension, Pushes, Result, WeakClient};
use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;
use taskloom_extensions::channel::{
    Ask, Came, CameMessage, Close, Delete, List, Look, LookRequest, Open, OpenRequest, State, Stop,
};
use taskloom_task::{FutureHandle, Item, Packed};
use writer::Writer;

/// A named, ordered row of futures or small values that all clients of a scheduler share: whoever
/// opens it can append, and read from the first element that it still has. From [`Client::channel`].
///
/// ```no_run
/// # use taskloom_client::{Client, TaskFuture};
/// # use taskloom_task::TaskCall;
/// # async fn example(client: Client, call: TaskCall<i64>) -> taskloom_client::Result<()> {
/// let results = client.channel::<TaskFuture<i64>>("results").maxlen(100).open().await?;
/// results.append(client.submit(call)).await?;
/// results.flush().await?;
///
/// // in another process, now or later
/// let mut stream = results.stream();
/// while let Some(future) = stream.next().await {
///     println!("{}", future?.await?);
/// }
/// # Ok(()) }
/// ```
///
/// The scheduler puts all elements into one order, which every reader sees; elements of one writer
/// stay in the order in which it appended them. A channel with a `maxlen` keeps its last elements
/// only. Futures in a channel stay alive, whoever made them is gone or not, until they roll off or
/// the channel is deleted.
///
/// Clones, and channels that this client opens under the same name, are one and the same (and equal,
/// as `==` tells). A channel stays, with what is in it, when nobody has it open any more: until
/// [`Channel::delete`], or for as long as [`OpenChannel::keep_for`] said. One that nothing was ever
/// appended to goes with the last client that has it open.
pub struct Channel<T> {
    client: Client,
    shared: Arc<Shared>,
    /// It looks back no further than this.
    window: u64,
    marker: PhantomData<fn() -> T>,
}

/// Opens a channel: from [`Client::channel`].
#[must_use = "nothing is opened before `open`"]
pub struct OpenChannel<T> {
    client: Client,
    request: OpenRequest,
    marker: PhantomData<fn() -> T>,
}

/// What all handles of a channel in one session share.
struct Shared {
    name: String,
    channels: Arc<Channels>,
    writer: Arc<Writer>,
}

/// The channels that a session has open, and its readers.
struct Channels {
    client: WeakClient,
    readers: Readers<Packed>,
    names: Names<Shared>,
}

impl Client {
    /// The channel of this name, to be opened; `T` is what is in it: a type of small values, or
    /// `TaskFuture<U>`.
    pub fn channel<T: Item>(&self, name: impl Into<String>) -> OpenChannel<T> {
        OpenChannel {
            client: self.clone(),
            request: OpenRequest {
                name: name.into(),
                maxlen: None,
                keep: None,
            },
            marker: PhantomData,
        }
    }

    /// The names of all channels of the scheduler.
    ///
    /// # Errors
    /// If the session ends.
    pub async fn channels(&self) -> Result<Vec<String>> {
        Ok(away(self.call::<List>(()).into_future()).await?.message)
    }
}

impl<T: Item> OpenChannel<T> {
    /// How many elements the channel keeps: when there are more, the first ones roll off. It is said
    /// by whoever opens the channel first. For whoever opens it later it says how far this handle
    /// looks back: its readers begin with so many of the last elements, and its snapshot has no more.
    pub fn maxlen(mut self, maxlen: u64) -> Self {
        self.request.maxlen = Some(maxlen);
        self
    }

    /// How long the channel stays when no client has it open any more; for ever if nothing is said.
    /// It is said by whoever opens the channel first.
    pub fn keep_for(mut self, time: Duration) -> Self {
        self.request.keep = Some(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        self
    }

    /// Opens the channel, and makes it if there is none.
    ///
    /// # Errors
    /// If its name is empty or too long, the `maxlen` is zero, or the session ends.
    pub async fn open(self) -> Result<Channel<T>> {
        let Self {
            client, request, ..
        } = self;
        let (name, window) = (request.name.clone(), request.maxlen.unwrap_or(u64::MAX));
        let channels = client.extension::<Channels>();
        // Until this is dropped the channel is not closed by the end of an earlier handle.
        let opening = channels.names.opening(&name);
        let reply = away(client.call::<Open>(request).into_future()).await?;
        let shared = opening.opened(|| Shared {
            name: name.clone(),
            channels: channels.clone(),
            writer: Writer::new(&name, channels.client.clone()),
        });
        drop(opening);
        shared.writer.heard(reply.message);
        Ok(Channel {
            client,
            shared,
            window,
            marker: PhantomData,
        })
    }
}

impl<T: Item> Channel<T> {
    /// Appends an element, and returns when it is queued, which may mean to wait for room if much is
    /// queued already. It is in the channel a moment later; [`Channel::flush`] waits for that.
    ///
    /// A future that is appended stays alive from now on, whether or not its other handles are
    /// dropped.
    ///
    /// # Errors
    /// If the channel is stopped, a value cannot be encoded or is larger than 64 KiB (scatter it,
    /// and append the future), or the session ends.
    pub async fn append(&self, item: T) -> Result<()> {
        let packed = item::pack(&self.client, item)?;
        away(self.shared.writer.append(packed)).await
    }

    /// As [`Channel::append`].
    ///
    /// # Errors
    /// As there.
    pub async fn put(&self, item: T) -> Result<()> {
        self.append(item).await
    }

    /// Appends many elements, as [`Channel::append`] does each.
    ///
    /// # Errors
    /// As there; the elements before the one that failed are appended.
    pub async fn append_all(&self, items: impl IntoIterator<Item = T>) -> Result<()> {
        for item in items {
            self.append(item).await?;
        }
        Ok(())
    }

    /// Waits until everything that this client has appended is in the channel.
    ///
    /// # Errors
    /// If the scheduler refused some of it: because the channel was stopped or deleted in the
    /// meantime, is full, or the session ended. The error is given once.
    pub async fn flush(&self) -> Result<()> {
        away(self.shared.writer.flush()).await
    }

    /// Ends the channel, after what this client has appended: nothing can be appended any more, and
    /// every reader ends after the last element, also one that comes later.
    ///
    /// # Errors
    /// As [`Channel::flush`].
    pub async fn stop(&self) -> Result<()> {
        let flushed = self.flush().await;
        let name = self.shared.name.clone();
        let reply = away(self.client.call::<Stop>(name).into_future()).await?;
        self.shared.writer.heard(reply.message);
        flushed
    }

    /// Writes out what was appended, as [`Channel::flush`], and lets the channel go, as dropping its
    /// last handle does. What is in it stays.
    ///
    /// # Errors
    /// As [`Channel::flush`].
    pub async fn close(self) -> Result<()> {
        self.flush().await
    }

    /// Deletes the channel with all that is in it; its readers end with an error. Says whether there
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

    /// How many elements are in it.
    ///
    /// # Errors
    /// If it was deleted, or the session ends.
    pub async fn len(&self) -> Result<usize> {
        let len = self.ask().await?.len.min(self.window);
        Ok(usize::try_from(len).unwrap_or(usize::MAX))
    }

    /// Whether nothing is in it.
    ///
    /// # Errors
    /// As [`Channel::len`].
    pub async fn is_empty(&self) -> Result<bool> {
        Ok(self.len().await? == 0)
    }

    /// Whether it was stopped.
    ///
    /// # Errors
    /// As [`Channel::len`].
    pub async fn is_stopped(&self) -> Result<bool> {
        Ok(self.ask().await?.stopped)
    }

    async fn ask(&self) -> Result<State> {
        let name = self.shared.name.clone();
        let reply = away(self.client.call::<Ask>(name).into_future()).await?;
        self.shared.writer.heard(reply.message.clone());
        Ok(reply.message)
    }

    /// What is in it now, without waiting for more. What fits into a message (256 KiB of values, 4096
    /// elements) is as it was at one moment; of more than that, some may have rolled off meanwhile.
    ///
    /// # Errors
    /// If it was deleted, an element is not a `T`, or the session ends.
    pub async fn snapshot(&self) -> Result<Vec<T>> {
        let (mut elements, mut from, mut until) = (Vec::new(), 0, None);
        loop {
            let (first, packed, state) = self.look(from, self.window).await?;
            let until = *until.get_or_insert(state.appended);
            from = first + packed.len() as u64;
            if packed.is_empty() {
                return Ok(elements);
            }
            let room = usize::try_from(until.saturating_sub(first)).unwrap_or(usize::MAX);
            for packed in packed.into_iter().take(room) {
                elements.push(T::unpack(packed)?);
            }
            if from >= until {
                return Ok(elements);
            }
        }
    }

    /// The last element, if there is one, without waiting.
    ///
    /// # Errors
    /// As [`Channel::snapshot`].
    pub async fn last(&self) -> Result<Option<T>> {
        let (_, packed, _) = self.look(0, 1).await?;
        let last = packed.into_iter().next_back();
        Ok(last.map(T::unpack).transpose()?)
    }

    async fn look(&self, from: u64, window: u64) -> Result<(u64, Vec<Packed>, State)> {
        let name = self.shared.name.clone();
        let request = LookRequest { name, from, window };
        let reply = away(self.client.call::<Look>(request).into_future()).await?;
        let contents = reply.message;
        self.shared.writer.heard(contents.state.clone());
        let packed = item::join(contents.items, reply.futures).collect();
        Ok((contents.first, packed, contents.state))
    }

    /// A reader of its own: first what is there, then what comes, until the channel is stopped.
    ///
    /// Any number of readers of one channel see all elements in the same order. A reader that is not
    /// read holds up to 512 elements; what comes beyond them stays in the channel, and if it has
    /// rolled off there when the reader has room again, the reader has missed it: see
    /// [`ChannelStream::missed`]. Readers of a channel without `maxlen` miss nothing.
    pub fn stream(&self) -> ChannelStream<T> {
        ChannelStream::new(self)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// How many elements it keeps; all if it is nothing.
    pub fn maxlen(&self) -> Option<u64> {
        self.shared.writer.known().maxlen
    }
}

impl<T> Clone for Channel<T> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            shared: self.shared.clone(),
            window: self.window,
            marker: PhantomData,
        }
    }
}

/// Whether both are one channel of one client.
impl<T, U> PartialEq<Channel<U>> for Channel<T> {
    fn eq(&self, other: &Channel<U>) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl<T> Eq for Channel<T> {}

/// With the length when the scheduler last spoke of it.
impl<T> fmt::Debug for Channel<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.shared.writer.known();
        let (elements, s) = (known.len, if known.len == 1 { "" } else { "s" });
        let stopped = if known.stopped { ", stopped" } else { "" };
        write!(
            f,
            "Channel({}, {elements} element{s}{stopped})",
            self.shared.name
        )
    }
}

impl<T: Item> fmt::Debug for OpenChannel<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpenChannel({})", self.request.name)
    }
}

impl ClientExtension for Channels {
    fn new(client: WeakClient) -> Self {
        let close = |client: &Client, name| drop(client.call::<Close>(name).send());
        Self {
            readers: Readers::default(),
            names: Names::new(client.clone(), close),
            client,
        }
    }

    fn pushes() -> Pushes<Self> {
        Pushes::new().on::<Came>(Self::came)
    }

    fn closed(&self, why: &str) {
        self.readers.closed(why);
    }
}

impl Registry<Packed> for Channels {
    fn readers(&self) -> &Readers<Packed> {
        &self.readers
    }
}

impl Channels {
    fn came(&self, message: CameMessage, futures: Vec<Arc<dyn FutureHandle>>) {
        let CameMessage {
            reader,
            first,
            items,
            ended,
        } = message;
        let elements = item::join(items, futures);
        self.readers.came(reader, first, elements, ended);
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.writer.left();
        self.channels.names.left(&self.name);
    }
}
