//! Topics.

use super::reader::{ROOM, Reader, Readers, Registry};
use crate::nested::away;
use crate::{Client, ClientExtension, Pushes, Result, WeakClient};
use futures::Stream;
use std::fmt;
use std::future::{IntoFuture, poll_fn};
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use taskloom_extensions::topic::{
    Came, CameMessage, Delete, Event, Keep, KeepRequest, Leave, List, Log, LogRequest, Look,
    LookRequest, More, Subscribe, SubscribeRequest,
};
use taskloom_extensions::{BATCH_BYTES, BATCH_ITEMS_MAX, ITEM_BYTES_MAX};
use taskloom_task::{Packed, TaskValue};

/// Events under a name: small values that go to everybody who has subscribed, and of which the last
/// ones are kept. From [`Client::topic`].
///
/// ```no_run
/// # async fn example(client: taskloom_client::Client) -> taskloom_client::Result<()> {
/// let progress = client.topic::<(String, f64)>("progress");
/// progress.log(("fit".into(), 0.4)).await?;
///
/// // elsewhere
/// let mut events = progress.subscribe();
/// while let Some(event) = events.next().await {
///     let (what, share) = event?.value;
///     println!("{what}: {share}");
/// }
/// # Ok(()) }
/// ```
///
/// A topic needs no opening; it is there from the first event or subscriber on, and keeps its last
/// 1000 events (see [`Topic::keep`]), those of the last 16 MiB at most, until [`Topic::delete`]. All
/// subscribers get events in the same order. For futures, or elements that no reader may miss, use a
/// channel.
pub struct Topic<T> {
    client: Client,
    name: String,
    marker: PhantomData<fn() -> T>,
}

/// An event of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TopicEvent<T> {
    /// When it was logged, by the clock of whoever logged it.
    pub at: SystemTime,
    /// What was logged.
    pub value: T,
}

impl Client {
    /// The topic of this name; `T` is what its events are.
    pub fn topic<T: TaskValue>(&self, name: impl Into<String>) -> Topic<T> {
        Topic {
            client: self.clone(),
            name: name.into(),
            marker: PhantomData,
        }
    }

    /// The names of all topics of the scheduler.
    ///
    /// # Errors
    /// If the session ends.
    pub async fn topics(&self) -> Result<Vec<String>> {
        Ok(away(self.call::<List>(()).into_future()).await?.message)
    }
}

impl<T: TaskValue> Topic<T> {
    /// Logs an event.
    ///
    /// # Errors
    /// If the topic's name is empty or too long, the value cannot be encoded or is larger than
    /// 64 KiB, or the session ends.
    pub async fn log(&self, value: T) -> Result<()> {
        self.log_all([value]).await
    }

    /// Logs events in order, together.
    ///
    /// # Errors
    /// As [`Topic::log`]; then some of them may be logged.
    pub async fn log_all(&self, values: impl IntoIterator<Item = T>) -> Result<()> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let at = since.map_or(0, |time| {
            u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
        });
        let (mut events, mut bytes) = (Vec::new(), 0);
        for value in values {
            let value = match taskloom_task::Item::pack(value, ITEM_BYTES_MAX)? {
                Packed::Value(value) => value,
                // No value is a future.
                Packed::Future(_) => continue,
            };
            bytes += value.len();
            events.push(Event { at, value });
            if events.len() >= BATCH_ITEMS_MAX || bytes >= BATCH_BYTES {
                self.send(std::mem::take(&mut events)).await?;
                bytes = 0;
            }
        }
        match events.is_empty() {
            true => Ok(()),
            false => self.send(events).await,
        }
    }

    async fn send(&self, events: Vec<Event>) -> Result<()> {
        let name = self.name.clone();
        let call = self.client.call::<Log>(LogRequest { name, events });
        away(call.into_future()).await?;
        Ok(())
    }

    /// The events that are kept.
    ///
    /// # Errors
    /// If one of them is not a `T`, or the session ends.
    pub async fn events(&self) -> Result<Vec<TopicEvent<T>>> {
        let (mut events, mut from, mut until) = (Vec::new(), 0, None);
        loop {
            let name = self.name.clone();
            let call = self.client.call::<Look>(LookRequest { name, from });
            let kept = away(call.into_future()).await?.message;
            let until = *until.get_or_insert(kept.end);
            if kept.events.is_empty() {
                return Ok(events);
            }
            from = kept.first + kept.events.len() as u64;
            for event in kept.events {
                events.push(unpack(event)?);
            }
            if from >= until {
                return Ok(events);
            }
        }
    }

    /// The events from now on.
    pub fn subscribe(&self) -> Subscription<T> {
        Subscription::new(self, false)
    }

    /// The events that are kept, and those from now on.
    pub fn subscribe_with_past(&self) -> Subscription<T> {
        Subscription::new(self, true)
    }

    /// Says how many events the topic keeps, from 1 to 100,000.
    ///
    /// # Errors
    /// If it is another number, or the session ends.
    pub async fn keep(&self, length: u64) -> Result<()> {
        let name = self.name.clone();
        let call = self.client.call::<Keep>(KeepRequest { name, length });
        away(call.into_future()).await?;
        Ok(())
    }

    /// Deletes the topic with its events; its subscriptions end with an error. Says whether there was
    /// one.
    ///
    /// # Errors
    /// If the session ends.
    pub async fn delete(&self) -> Result<bool> {
        let name = self.name.clone();
        Ok(away(self.client.call::<Delete>(name).into_future())
            .await?
            .message)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

fn unpack<T: TaskValue>(event: Event) -> Result<TopicEvent<T>> {
    let at = UNIX_EPOCH + Duration::from_millis(event.at);
    let value = taskloom_task::Item::unpack(Packed::Value(event.value))?;
    Ok(TopicEvent { at, value })
}

/// The events of a topic as they come: from [`Topic::subscribe`]. It is a [`Stream`], and has
/// [`Subscription::next`] for those who need no more.
///
/// One that is not read holds up to 512 events; of those that come beyond, it gets what is still kept
/// when it has room again. It ends with the session or when the topic is deleted, with an error that
/// says so; an event that is not a `T` is an error too, and the next one is read all the same.
#[must_use = "a stream does nothing unless it is read"]
pub struct Subscription<T> {
    reader: Reader<Event>,
    marker: PhantomData<fn() -> T>,
}

/// The subscriptions of a session.
struct Topics {
    readers: Readers<Event>,
}

impl ClientExtension for Topics {
    fn new(_client: WeakClient) -> Self {
        let readers = Readers::default();
        Self { readers }
    }

    fn pushes() -> Pushes<Self> {
        Pushes::new().on::<Came>(|topics, message, _| {
            let CameMessage {
                reader,
                first,
                events,
                ended,
            } = message;
            let events = events.into_iter();
            topics.readers.came(reader, first, events, ended);
        })
    }

    fn closed(&self, why: &str) {
        self.readers.closed(why);
    }
}

impl Registry<Event> for Topics {
    fn readers(&self) -> &Readers<Event> {
        &self.readers
    }
}

impl<T: TaskValue> Subscription<T> {
    fn new(topic: &Topic<T>, past: bool) -> Self {
        let client = topic.client.clone();
        let topics = client.extension::<Topics>();
        let what = format!("topic {:?}", topic.name);
        let reader = Reader::new::<More, Leave>(client.clone(), topics, what, ROOM);
        let request = SubscribeRequest {
            name: topic.name.clone(),
            reader: reader.number(),
            room: reader.room(),
            past,
        };
        if let Err(error) = client.call::<Subscribe>(request).send() {
            reader.fail(error);
        }
        let marker = PhantomData;
        Self { reader, marker }
    }

    /// The next event; waits for it. Safe to cancel.
    pub async fn next(&mut self) -> Option<Result<TopicEvent<T>>> {
        away(poll_fn(|cx| Pin::new(&mut *self).poll_next(cx))).await
    }
}

impl<T> Subscription<T> {
    /// How many events were kept no more when this subscription had room for them.
    pub fn missed(&self) -> u64 {
        self.reader.missed()
    }
}

impl<T: TaskValue> Stream for Subscription<T> {
    type Item = Result<TopicEvent<T>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = ready!(self.reader.poll_next(cx));
        Poll::Ready(next.map(|event| unpack(event?)))
    }
}

/// Nothing in it is pinned in place.
impl<T> Unpin for Subscription<T> {}

impl<T> Clone for Topic<T> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            name: self.name.clone(),
            marker: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Topic<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Topic({})", self.name)
    }
}

impl<T> fmt::Debug for Subscription<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subscription(reader {})", self.reader.number())
    }
}
