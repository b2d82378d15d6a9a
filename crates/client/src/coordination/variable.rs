//! Variables.

use super::item;
use super::waiting::Waiting;
use crate::nested::away;
use crate::{Client, Result};
use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use taskloom_extensions::variable::{Current, Delete, Get, GetRequest, List, Set, SetRequest};
use taskloom_task::Item;

/// One value or future that all clients of a scheduler share by its name. From [`Client::variable`].
///
/// ```no_run
/// # use taskloom_client::TaskFuture;
/// # async fn example(
/// #     client: taskloom_client::Client,
/// #     model: TaskFuture<Vec<f64>>,
/// # ) -> taskloom_client::Result<()> {
/// let best = client.variable::<TaskFuture<Vec<f64>>>("best");
/// best.set(model).await?;
///
/// // in another process
/// let model = best.get().await?; // waits until it is set
/// let next = best.changed().await?; // waits until it is set anew
/// # Ok(()) }
/// ```
///
/// A future in a variable stays alive until the variable is set anew or deleted, whoever made it is
/// gone or not; whoever got it keeps it for longer.
pub struct Variable<T> {
    client: Client,
    name: String,
    waiting: Waiting,
    /// The number of what was got last.
    seen: Arc<AtomicU64>,
    marker: PhantomData<fn() -> T>,
}

impl Client {
    /// The variable of this name; `T` is what it is set to: a type of small values, or
    /// `TaskFuture<U>`.
    pub fn variable<T: Item>(&self, name: impl Into<String>) -> Variable<T> {
        let name = name.into();
        Variable {
            client: self.clone(),
            waiting: Waiting::new(format!("waiting for the variable {name:?}")),
            name,
            seen: Arc::default(),
            marker: PhantomData,
        }
    }

    /// The names of all variables of the scheduler that are set.
    ///
    /// # Errors
    /// If the session ends.
    pub async fn variables(&self) -> Result<Vec<String>> {
        Ok(away(self.call::<List>(()).into_future()).await?.message)
    }
}

impl<T: Item> Variable<T> {
    /// The longest that [`Variable::get`] and [`Variable::changed`] wait.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.waiting.timeout(timeout);
        self
    }

    /// Sets it. What it was set to before is forgotten.
    ///
    /// # Errors
    /// If the variable's name is empty or too long, a value cannot be encoded or is larger than
    /// 64 KiB (scatter it, and set the future), or the session ends.
    pub async fn set(&self, item: T) -> Result<()> {
        let (items, futures) = item::split([item::pack(&self.client, item)?]);
        let name = self.name.clone();
        let call = self.client.call::<Set>(SetRequest { name, items });
        // The future lives until the scheduler holds it.
        let call = item::with(call, futures.iter().cloned());
        away(call.into_future()).await?;
        drop(futures);
        Ok(())
    }

    /// What it is set to; waits until it is.
    ///
    /// # Errors
    /// If that is not a `T`, the name is empty or too long, the session ends, or with
    /// [`crate::Error::Timeout`] after the time that was given.
    pub async fn get(&self) -> Result<T> {
        loop {
            if let Some(item) = self.current(0, true).await? {
                return Ok(item);
            }
        }
    }

    /// What it is set to, if it is.
    ///
    /// # Errors
    /// As [`Variable::get`].
    pub async fn try_get(&self) -> Result<Option<T>> {
        self.current(0, false).await
    }

    /// What it is set to next, after what this handle or a clone of it got last; waits until that
    /// happens. Of several changes in between it gives the last. A handle that has got nothing yet
    /// takes what is there.
    ///
    /// # Errors
    /// As [`Variable::get`].
    pub async fn changed(&self) -> Result<T> {
        loop {
            let seen = self.seen.load(Ordering::Relaxed);
            if let Some(item) = self.current(seen, true).await? {
                return Ok(item);
            }
        }
    }

    async fn current(&self, after: u64, wait: bool) -> Result<Option<T>> {
        let name = self.name.clone();
        let request = GetRequest { name, after, wait };
        let reply = self.client.call::<Get>(request).into_future();
        let reply = self.waiting.wait(&self.client, reply).await?;
        let Current { number, items } = reply.message;
        self.seen.fetch_max(number, Ordering::Relaxed);
        let item = item::join(items, reply.futures).next();
        Ok(item.map(T::unpack).transpose()?)
    }

    /// Forgets what it is set to. Says whether it was set. Who waits for it waits on.
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

impl<T> Clone for Variable<T> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            name: self.name.clone(),
            waiting: self.waiting.clone(),
            seen: self.seen.clone(),
            marker: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Variable<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Variable({})", self.name)
    }
}
