//! Channels and topics for threads that may block.

use super::{Client, Runtime};
use crate::{ChannelStream, Result, Subscription, TopicEvent};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use taskloom_task::{Item, TaskValue};

/// A channel, as [`crate::Channel`]: from [`Client::channel`].
pub struct Channel<T> {
    // Dropped before its runtime.
    channel: crate::Channel<T>,
    runtime: Arc<Runtime>,
}

/// Opens a channel, as [`crate::OpenChannel`]: from [`Client::channel`].
#[must_use = "nothing is opened before `open`"]
pub struct OpenChannel<T> {
    opening: crate::OpenChannel<T>,
    runtime: Arc<Runtime>,
}

/// The elements of a channel, as [`ChannelStream`]: from [`Channel::iter`]. The iterator blocks until
/// the next element is there.
#[must_use = "an iterator does nothing unless it is read"]
pub struct ChannelIter<T> {
    stream: ChannelStream<T>,
    runtime: Arc<Runtime>,
}

/// A topic, as [`crate::Topic`]: from [`Client::topic`].
#[derive(Debug)]
pub struct Topic<T> {
    topic: crate::Topic<T>,
    runtime: Arc<Runtime>,
}

/// The events of a topic as they come, as [`Subscription`]: from [`Topic::subscribe`]. The iterator
/// blocks until the next event is there.
#[must_use = "an iterator does nothing unless it is read"]
pub struct Events<T> {
    subscription: Subscription<T>,
    runtime: Arc<Runtime>,
}

impl Client {
    /// As [`crate::Client::channel`].
    pub fn channel<T: Item>(&self, name: impl Into<String>) -> OpenChannel<T> {
        OpenChannel {
            opening: self.client.channel(name),
            runtime: self.runtime.clone(),
        }
    }

    /// As [`crate::Client::channels`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn channels(&self) -> Result<Vec<String>> {
        self.runtime.block_on(self.client.channels())?
    }

    /// As [`crate::Client::topic`].
    pub fn topic<T: TaskValue>(&self, name: impl Into<String>) -> Topic<T> {
        Topic {
            topic: self.client.topic(name),
            runtime: self.runtime.clone(),
        }
    }

    /// As [`crate::Client::topics`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn topics(&self) -> Result<Vec<String>> {
        self.runtime.block_on(self.client.topics())?
    }
}

impl<T: Item> OpenChannel<T> {
    /// As [`crate::OpenChannel::maxlen`].
    pub fn maxlen(self, maxlen: u64) -> Self {
        let Self { opening, runtime } = self;
        let opening = opening.maxlen(maxlen);
        Self { opening, runtime }
    }

    /// As [`crate::OpenChannel::keep_for`].
    pub fn keep_for(self, time: Duration) -> Self {
        let Self { opening, runtime } = self;
        let opening = opening.keep_for(time);
        Self { opening, runtime }
    }

    /// As [`crate::OpenChannel::open`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn open(self) -> Result<Channel<T>> {
        let Self { opening, runtime } = self;
        let channel = runtime.block_on(opening.open())??;
        Ok(Channel { channel, runtime })
    }
}

impl<T: Item> Channel<T> {
    /// As [`crate::Channel::append`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn append(&self, item: T) -> Result<()> {
        self.runtime.block_on(self.channel.append(item))?
    }

    /// As [`crate::Channel::put`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn put(&self, item: T) -> Result<()> {
        self.append(item)
    }

    /// As [`crate::Channel::append_all`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn append_all(&self, items: impl IntoIterator<Item = T>) -> Result<()> {
        self.runtime.block_on(self.channel.append_all(items))?
    }

    /// As [`crate::Channel::flush`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn flush(&self) -> Result<()> {
        self.runtime.block_on(self.channel.flush())?
    }

    /// As [`crate::Channel::stop`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn stop(&self) -> Result<()> {
        self.runtime.block_on(self.channel.stop())?
    }

    /// As [`crate::Channel::close`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn close(self) -> Result<()> {
        self.flush()
    }

    /// As [`crate::Channel::delete`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn delete(self) -> Result<bool> {
        self.runtime.block_on(self.channel.delete())?
    }

    /// As [`crate::Channel::len`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn len(&self) -> Result<usize> {
        self.runtime.block_on(self.channel.len())?
    }

    /// As [`crate::Channel::is_empty`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn is_empty(&self) -> Result<bool> {
        self.runtime.block_on(self.channel.is_empty())?
    }

    /// As [`crate::Channel::is_stopped`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn is_stopped(&self) -> Result<bool> {
        self.runtime.block_on(self.channel.is_stopped())?
    }

    /// As [`crate::Channel::snapshot`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn snapshot(&self) -> Result<Vec<T>> {
        self.runtime.block_on(self.channel.snapshot())?
    }

    /// As [`crate::Channel::last`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn last(&self) -> Result<Option<T>> {
        self.runtime.block_on(self.channel.last())?
    }

    /// A reader of its own, as [`crate::Channel::stream`]: first what is there, then what comes, until
    /// the channel is stopped.
    pub fn iter(&self) -> ChannelIter<T> {
        ChannelIter {
            stream: self.channel.stream(),
            runtime: self.runtime.clone(),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.channel.name()
    }
}

impl<T> ChannelIter<T> {
    /// As [`ChannelStream::missed`].
    pub fn missed(&self) -> u64 {
        self.stream.missed()
    }
}

/// On a thread that runs async tasks it gives an error that says so.
impl<T: Item> Iterator for ChannelIter<T> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Result<T>> {
        let next = self.runtime.block_on(self.stream.next());
        next.unwrap_or_else(|error| Some(Err(error)))
    }
}

impl<T: TaskValue> Topic<T> {
    /// As [`crate::Topic::log`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn log(&self, value: T) -> Result<()> {
        self.runtime.block_on(self.topic.log(value))?
    }

    /// As [`crate::Topic::log_all`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn log_all(&self, values: impl IntoIterator<Item = T>) -> Result<()> {
        self.runtime.block_on(self.topic.log_all(values))?
    }

    /// As [`crate::Topic::events`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn events(&self) -> Result<Vec<TopicEvent<T>>> {
        self.runtime.block_on(self.topic.events())?
    }

    /// As [`crate::Topic::keep`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn keep(&self, length: u64) -> Result<()> {
        self.runtime.block_on(self.topic.keep(length))?
    }

    /// As [`crate::Topic::delete`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn delete(&self) -> Result<bool> {
        self.runtime.block_on(self.topic.delete())?
    }

    /// The events from now on, as [`crate::Topic::subscribe`].
    pub fn subscribe(&self) -> Events<T> {
        Events {
            subscription: self.topic.subscribe(),
            runtime: self.runtime.clone(),
        }
    }

    /// The events that are kept, and those from now on, as [`crate::Topic::subscribe_with_past`].
    pub fn subscribe_with_past(&self) -> Events<T> {
        Events {
            subscription: self.topic.subscribe_with_past(),
            runtime: self.runtime.clone(),
        }
    }
}

impl<T> Events<T> {
    /// As [`Subscription::missed`].
    pub fn missed(&self) -> u64 {
        self.subscription.missed()
    }
}

/// On a thread that runs async tasks it gives an error that says so.
impl<T: TaskValue> Iterator for Events<T> {
    type Item = Result<TopicEvent<T>>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.runtime.block_on(self.subscription.next());
        next.unwrap_or_else(|error| Some(Err(error)))
    }
}

impl<T> Clone for Channel<T> {
    fn clone(&self) -> Self {
        Self {
            channel: self.channel.clone(),
            runtime: self.runtime.clone(),
        }
    }
}

impl<T> fmt::Debug for Channel<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.channel.fmt(f)
    }
}
