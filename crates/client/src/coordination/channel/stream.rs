//! Readers of channels.

use super::{Channel, Channels};
use crate::Result;
use crate::coordination::reader::{ROOM, Reader};
use crate::nested::away;
use futures::Stream;
use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use taskloom_extensions::channel::{Leave, More, Read, ReadRequest};
use taskloom_task::{Item, Packed};

/// The elements of a channel, those that are there and those that come: from
/// [`Channel::stream`]. It is a [`Stream`], and has [`ChannelStream::next`] for those who need no
/// more.
///
/// It ends when the channel was stopped and everything has been read. An element that is not a `T`
/// is an error, and the next one is read all the same; when the channel is deleted or the session
/// ends, that is the last thing it says.
#[must_use = "a stream does nothing unless it is read"]
pub struct ChannelStream<T> {
    reader: Reader<Packed>,
    // Keeps the channel open.
    _channel: Channel<T>,
    marker: PhantomData<fn() -> T>,
}

impl<T: Item> ChannelStream<T> {
    pub(super) fn new(channel: &Channel<T>) -> Self {
        let client = channel.client.clone();
        let channels = client.extension::<Channels>();
        let room = ROOM.min(u32::try_from(channel.window).unwrap_or(u32::MAX));
        let what = format!("channel {:?}", channel.name());
        let reader = Reader::new::<More, Leave>(client.clone(), channels, what, room.max(1));
        let request = ReadRequest {
            name: channel.name().to_owned(),
            reader: reader.number(),
            room: reader.room(),
            window: channel.window,
        };
        if let Err(error) = client.call::<Read>(request).send() {
            reader.fail(error);
        }
        Self {
            reader,
            _channel: channel.clone(),
            marker: PhantomData,
        }
    }

    /// The next element; waits for it. `None` after the last element of a channel that was stopped.
    /// Safe to cancel.
    pub async fn next(&mut self) -> Option<Result<T>> {
        away(poll_fn(|cx| Pin::new(&mut *self).poll_next(cx))).await
    }
}

impl<T> ChannelStream<T> {
    /// How many elements had rolled off before this reader had room for them.
    pub fn missed(&self) -> u64 {
        self.reader.missed()
    }
}

impl<T: Item> Stream for ChannelStream<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = ready!(self.reader.poll_next(cx));
        Poll::Ready(next.map(|packed| Ok(T::unpack(packed?)?)))
    }
}

/// Nothing in it is pinned in place.
impl<T> Unpin for ChannelStream<T> {}

impl<T> fmt::Debug for ChannelStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChannelStream(reader {})", self.reader.number())
    }
}
