//! Data for workers.

use crate::futures::Refused;
use crate::session::Session;
use crate::{Result, TaskFuture};
use std::future::{Future, IntoFuture};
use std::hash::{BuildHasher, RandomState};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use taskloom_client_core::{Event, ScatterData};
use taskloom_core::{Encoded, Key};
use taskloom_task::{Error, FutureHandle, TaskValue, Value};

/// Larger values are hashed on a thread for blocking work.
const HASHED_IN_PLACE: u64 = 1024 * 1024;

/// Where data shall lie, and under which kind of key.
struct Placing {
    session: Arc<Session>,
    workers: Vec<String>,
    broadcast: bool,
    hashed: bool,
}

/// A value on its way to workers: from [`crate::Client::scatter`].
///
/// Awaiting gives its future once the value lies on a worker. [`Scatter::now`] gives it at once.
#[must_use = "nothing is scattered before `.await` or `.now()`"]
pub struct Scatter<T> {
    placing: Placing,
    value: Result<Encoded>,
    marker: PhantomData<fn() -> T>,
}

/// Values on their way to workers, one future each: from [`crate::Client::scatter_all`].
#[must_use = "nothing is scattered before `.await` or `.now()`"]
pub struct ScatterAll<T> {
    placing: Placing,
    values: Vec<Result<Encoded>>,
    marker: PhantomData<fn() -> T>,
}

fn encode<T: TaskValue>(value: T) -> Result<Encoded> {
    Value::live(value).encode().map_err(Into::into)
}

impl Placing {
    fn new(session: Arc<Session>) -> Self {
        Self {
            session,
            workers: Vec::new(),
            broadcast: false,
            hashed: true,
        }
    }

    /// Announces a value. Whatever is wrong comes out of its future.
    fn scatter<T>(&self, value: Result<Encoded>, key: Option<Key>) -> TaskFuture<T> {
        let handle: Arc<dyn FutureHandle> = match value {
            Ok(value) => {
                let key = key.unwrap_or_else(|| self.key(&value));
                self.announce(value, key)
            }
            Err(error) => Refused::handle(None, error),
        };
        TaskFuture::new(handle)
    }

    fn announce(&self, value: Encoded, key: Key) -> Arc<dyn FutureHandle> {
        let mut locked = self.session.lock();
        if let Some(error) = locked.refuses() {
            return Refused::handle(Some(key), error);
        }
        let ticket = locked.next_ticket();
        locked.insert(ticket);
        let data = ScatterData {
            key: key.clone(),
            value,
            workers: self.targets(),
            broadcast: self.broadcast,
        };
        locked.handle(Event::Scatter(data));
        drop(locked);
        self.session.handle_of(ticket, key)
    }

    /// The workers that were named. What a task scatters stays on its worker if none were.
    fn targets(&self) -> Vec<String> {
        match &self.session.host {
            Some(host) if self.workers.is_empty() && !self.broadcast => vec![host.name.clone()],
            _ => self.workers.clone(),
        }
    }

    fn key(&self, value: &Encoded) -> Key {
        if self.hashed {
            key_of_content(value)
        } else {
            unique_key()
        }
    }

    /// As [`Placing::scatter`], but large values are not hashed on this thread, and what was
    /// announced is waited for.
    async fn scatter_and_wait<T>(
        &self,
        values: Vec<Result<Encoded>>,
    ) -> Result<Vec<TaskFuture<T>>> {
        let mut futures = Vec::with_capacity(values.len());
        for value in values {
            self.session.room().await?;
            let key = match &value {
                Ok(value) if self.hashed && value.nbytes() > HASHED_IN_PLACE => {
                    let value = value.clone();
                    let hash = move || key_of_content(&value);
                    // It ends early only if the runtime does, and then nobody waits.
                    tokio::task::spawn_blocking(hash).await.ok()
                }
                _ => None,
            };
            futures.push(self.scatter::<T>(value, key));
        }
        for future in &futures {
            future.done().await;
            if let Some(error) = future.exception() {
                return Err(error);
            }
        }
        Ok(futures)
    }
}

/// The key of data by what they are.
fn key_of_content(value: &Encoded) -> Key {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&value.codec.number().to_le_bytes());
    hasher.update(&(value.header.len() as u64).to_le_bytes());
    hasher.update(&value.header);
    for buffer in &value.buffers {
        hasher.update(&(buffer.len() as u64).to_le_bytes());
        hasher.update(buffer);
    }
    data_key(&hasher.finalize().to_hex()[..32])
}

/// A key that no other data have.
fn unique_key() -> Key {
    // The standard library seeds a hasher from the system's random source.
    let random = || RandomState::new().hash_one(std::process::id());
    data_key(&format!("{:016x}{:016x}", random(), random()))
}

fn data_key(digits: &str) -> Key {
    Key::new(format!("data-{digits}")).unwrap_or_else(|_| crate::futures::unnamed())
}

impl<T: TaskValue> Scatter<T> {
    pub(crate) fn new(session: Arc<Session>, value: T) -> Self {
        Self {
            placing: Placing::new(session),
            value: encode(value),
            marker: PhantomData,
        }
    }

    /// Places the value without waiting until it lies anywhere.
    pub fn now(self) -> TaskFuture<T> {
        self.placing.scatter(self.value, None)
    }

    pub(crate) async fn scatter(self) -> Result<TaskFuture<T>> {
        let mut futures = self.placing.scatter_and_wait(vec![self.value]).await?;
        futures
            .pop()
            .ok_or_else(|| Error::Setup("one value makes one future".into()))
    }
}

impl<T: TaskValue> ScatterAll<T> {
    pub(crate) fn new(session: Arc<Session>, values: Vec<T>) -> Self {
        let values = values.into_iter().map(encode).collect();
        Self {
            placing: Placing::new(session),
            values,
            marker: PhantomData,
        }
    }

    /// Places the values without waiting until they lie anywhere.
    pub fn now(self) -> Vec<TaskFuture<T>> {
        let Self {
            placing, values, ..
        } = self;
        values
            .into_iter()
            .map(|value| placing.scatter(value, None))
            .collect()
    }

    pub(crate) async fn scatter(self) -> Result<Vec<TaskFuture<T>>> {
        self.placing.scatter_and_wait(self.values).await
    }
}

macro_rules! builder {
    ($name:ident, $output:ty) => {
        impl<T> $name<T> {
            /// Only on workers of these names or addresses.
            pub fn workers<W: Into<String>>(mut self, names: impl IntoIterator<Item = W>) -> Self {
                self.placing.workers = names.into_iter().map(Into::into).collect();
                self
            }

            /// A copy on each of the named workers, or on all workers if none are named.
            pub fn broadcast(mut self) -> Self {
                self.placing.broadcast = true;
                self
            }

            /// Whether the key is a hash of the content, so that equal data are placed once (the
            /// default), or unique, which saves the hashing.
            pub fn hashed(mut self, hashed: bool) -> Self {
                self.placing.hashed = hashed;
                self
            }
        }

        impl<T: TaskValue> IntoFuture for $name<T> {
            type Output = Result<$output>;
            type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

            fn into_future(self) -> Self::IntoFuture {
                Box::pin(self.scatter())
            }
        }
    };
}

builder!(Scatter, TaskFuture<T>);
builder!(ScatterAll, Vec<TaskFuture<T>>);
