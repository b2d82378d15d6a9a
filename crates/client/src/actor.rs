//! Actors: making them, and the way of their calls.

use crate::session::Session;
use crate::{Client, blocking};
use std::sync::Arc;
use std::time::Duration;
use taskloom_core::actor::ActorTransport;
use taskloom_rpc::actor::{ActorPool, CallOptions};
use taskloom_task::{Actor, ActorType, TaskCall};

/// How long a worker has to answer before it is asked through the scheduler.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

impl Client {
    /// Makes an actor: a value that lives on one worker and answers calls of its methods there. Calls
    /// may be made at once; whatever is wrong with the constructor comes out of them. It lives as long
    /// as a clone of the handle, or its future, is held.
    ///
    /// ```no_run
    /// use taskloom_task::{Actor, actor};
    ///
    /// struct Counter {
    ///     total: i64,
    /// }
    ///
    /// #[actor(crate = taskloom_task)]
    /// impl Counter {
    ///     pub fn new(start: i64) -> Self {
    ///         Self { total: start }
    ///     }
    ///
    ///     pub fn add(&mut self, by: i64) -> i64 {
    ///         self.total += by;
    ///         self.total
    ///     }
    /// }
    ///
    /// # async fn example(client: taskloom_client::Client) -> taskloom_client::Result<()> {
    /// let counter = client.actor(Counter::new_actor(10));
    /// let (a, b) = (counter.add(1), counter.add(2));
    /// assert_eq!((a.await?, b.await?), (11, 13));
    /// # Ok(()) }
    /// ```
    pub fn actor<T: ActorType>(&self, constructor: TaskCall<Actor<T>>) -> Actor<T> {
        Actor::of(self.submit(constructor))
    }
}

impl blocking::Client {
    /// As [`Client::actor`](crate::Client::actor); wait for a reply with
    /// [`ActorReply::result`](taskloom_task::ActorReply::result).
    pub fn actor<T: ActorType>(&self, constructor: TaskCall<Actor<T>>) -> Actor<T> {
        self.as_async().actor(constructor)
    }
}

impl Session {
    /// The way of calls to actors.
    pub(crate) fn actors(&self) -> Arc<dyn ActorTransport> {
        let pool = self.actors.get_or_init(|| {
            let options = CallOptions {
                connect_timeout: CONNECT_TIMEOUT,
                relay: Some(self.address.clone()),
                relay_only: self.relay_only,
            };
            ActorPool::new(self.runtime.clone(), options)
        });
        Arc::new(pool.clone())
    }
}
