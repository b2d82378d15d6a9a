//! Queues and variables for threads that may block.

use super::{Client, Runtime};
use crate::{QueueState, Result};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use taskloom_task::Item;

/// A queue, as [`crate::Queue`]: from [`Client::queue`].
pub struct Queue<T> {
    // Dropped before its runtime.
    queue: crate::Queue<T>,
    runtime: Arc<Runtime>,
}

/// Opens a queue, as [`crate::OpenQueue`]: from [`Client::queue`].
#[must_use = "nothing is opened before `open`"]
pub struct OpenQueue<T> {
    opening: crate::OpenQueue<T>,
    runtime: Arc<Runtime>,
}

/// A variable, as [`crate::Variable`]: from [`Client::variable`].
#[derive(Debug)]
pub struct Variable<T> {
    variable: crate::Variable<T>,
    runtime: Arc<Runtime>,
}

impl Client {
    /// As [`crate::Client::queue`].
    pub fn queue<T: Item>(&self, name: impl Into<String>) -> OpenQueue<T> {
        OpenQueue {
            opening: self.client.queue(name),
            runtime: self.runtime.clone(),
        }
    }

    /// As [`crate::Client::queues`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn queues(&self) -> Result<Vec<String>> {
        self.runtime.block_on(self.client.queues())?
    }

    /// As [`crate::Client::variable`].
    pub fn variable<T: Item>(&self, name: impl Into<String>) -> Variable<T> {
        Variable {
            variable: self.client.variable(name),
            runtime: self.runtime.clone(),
        }
    }

    /// As [`crate::Client::variables`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn variables(&self) -> Result<Vec<String>> {
        self.runtime.block_on(self.client.variables())?
    }
}

impl<T: Item> OpenQueue<T> {
    /// As [`crate::OpenQueue::maxsize`].
    pub fn maxsize(self, maxsize: u64) -> Self {
        let Self { opening, runtime } = self;
        let opening = opening.maxsize(maxsize);
        Self { opening, runtime }
    }

    /// As [`crate::OpenQueue::keep_for`].
    pub fn keep_for(self, time: Duration) -> Self {
        let Self { opening, runtime } = self;
        let opening = opening.keep_for(time);
        Self { opening, runtime }
    }

    /// As [`crate::OpenQueue::open`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn open(self) -> Result<Queue<T>> {
        let Self { opening, runtime } = self;
        let queue = runtime.block_on(opening.open())??;
        Ok(Queue { queue, runtime })
    }
}

impl<T: Item> Queue<T> {
    /// As [`crate::Queue::put`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn put(&self, item: T) -> Result<()> {
        self.runtime.block_on(self.queue.put(item))?
    }

    /// As [`crate::Queue::try_put`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn try_put(&self, item: T) -> Result<bool> {
        self.runtime.block_on(self.queue.try_put(item))?
    }

    /// As [`crate::Queue::put_within`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn put_within(&self, item: T, time: Duration) -> Result<bool> {
        self.runtime.block_on(self.queue.put_within(item, time))?
    }

    /// As [`crate::Queue::put_all`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn put_all(&self, items: impl IntoIterator<Item = T>) -> Result<()> {
        self.runtime.block_on(self.queue.put_all(items))?
    }

    /// As [`crate::Queue::get`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn get(&self) -> Result<T> {
        self.runtime.block_on(self.queue.get())?
    }

    /// As [`crate::Queue::try_get`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn try_get(&self) -> Result<Option<T>> {
        self.runtime.block_on(self.queue.try_get())?
    }

    /// As [`crate::Queue::get_within`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn get_within(&self, time: Duration) -> Result<Option<T>> {
        self.runtime.block_on(self.queue.get_within(time))?
    }

    /// As [`crate::Queue::get_batch`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn get_batch(&self, max: usize) -> Result<Vec<T>> {
        self.runtime.block_on(self.queue.get_batch(max))?
    }

    /// As [`crate::Queue::get_batch_within`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn get_batch_within(&self, max: usize, time: Duration) -> Result<Vec<T>> {
        self.runtime
            .block_on(self.queue.get_batch_within(max, time))?
    }

    /// As [`crate::Queue::len`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn len(&self) -> Result<usize> {
        self.runtime.block_on(self.queue.len())?
    }

    /// As [`crate::Queue::is_empty`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn is_empty(&self) -> Result<bool> {
        self.runtime.block_on(self.queue.is_empty())?
    }

    /// As [`crate::Queue::state`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn state(&self) -> Result<QueueState> {
        self.runtime.block_on(self.queue.state())?
    }

    /// As [`crate::Queue::delete`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn delete(self) -> Result<bool> {
        self.runtime.block_on(self.queue.delete())?
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.queue.name()
    }
}

impl<T: Item> Variable<T> {
    /// As [`crate::Variable::timeout`].
    pub fn timeout(self, timeout: Duration) -> Self {
        let Self { variable, runtime } = self;
        let variable = variable.timeout(timeout);
        Self { variable, runtime }
    }

    /// As [`crate::Variable::set`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn set(&self, item: T) -> Result<()> {
        self.runtime.block_on(self.variable.set(item))?
    }

    /// As [`crate::Variable::get`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn get(&self) -> Result<T> {
        self.runtime.block_on(self.variable.get())?
    }

    /// As [`crate::Variable::try_get`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn try_get(&self) -> Result<Option<T>> {
        self.runtime.block_on(self.variable.try_get())?
    }

    /// As [`crate::Variable::changed`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn changed(&self) -> Result<T> {
        self.runtime.block_on(self.variable.changed())?
    }

    /// As [`crate::Variable::delete`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn delete(&self) -> Result<bool> {
        self.runtime.block_on(self.variable.delete())?
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.variable.name()
    }
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        Self {
            queue: self.queue.clone(),
            runtime: self.runtime.clone(),
        }
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.queue.fmt(f)
    }
}

impl<T> Clone for Variable<T> {
    fn clone(&self) -> Self {
        Self {
            variable: self.variable.clone(),
            runtime: self.runtime.clone(),
        }
    }
}
