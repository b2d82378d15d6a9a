//! Barriers.

use super::waiting::Waiting;
use crate::{Client, Result};
use std::future::{Future, IntoFuture};
use std::time::Duration;
use taskloom_extensions::barrier::{BarrierRequest, BarrierWait, BarrierWaiting};

/// A point that nobody passes before a number of parties have arrived there, shared by all clients
/// of a scheduler by its name. From [`Client::barrier`].
///
/// ```no_run
/// # async fn example(client: taskloom_client::Client) -> taskloom_client::Result<()> {
/// let arrival = client.barrier("step", 4).wait().await?;
/// if arrival.is_leader() {
///     println!("all four have arrived");
/// }
/// # Ok(()) }
/// ```
///
/// When all have arrived it can be used again. A party that stops waiting, or whose client is gone,
/// has not arrived.
#[derive(Clone, Debug)]
pub struct Barrier {
    client: Client,
    name: String,
    parties: usize,
    waiting: Waiting,
}

/// One of those who passed a barrier together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    index: usize,
}

impl Client {
    /// The barrier of this name, for this many parties. All who wait at it at a time have to name
    /// the same number.
    pub fn barrier(&self, name: impl Into<String>, parties: usize) -> Barrier {
        let name = name.into();
        Barrier {
            client: self.clone(),
            waiting: Waiting::new(format!("waiting at the barrier {name:?}")),
            name,
            parties,
        }
    }
}

impl Barrier {
    /// The longest that [`Barrier::wait`] waits; who gives up has not arrived.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.waiting.timeout(timeout);
        self
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Arrives, and waits until all parties have.
    ///
    /// # Errors
    /// If its name is empty or too long, it is for no parties or others wait for another number of
    /// them, the session ends, or with [`crate::Error::Timeout`] after the time that was given.
    pub fn wait(&self) -> impl Future<Output = Result<Arrival>> + Send + use<> {
        let Self {
            client,
            name,
            parties,
            waiting,
        } = self.clone();
        async move {
            let parties = parties as u64;
            let request = BarrierRequest { name, parties };
            let reply = client.call::<BarrierWait>(request).into_future();
            let reply = waiting.wait(&client, reply).await?;
            let index = reply.message as usize;
            Ok(Arrival { index })
        }
    }

    /// How many wait there now.
    ///
    /// # Errors
    /// If the session ends.
    pub async fn waiting(&self) -> Result<usize> {
        let reply = self
            .client
            .call::<BarrierWaiting>(self.name.clone())
            .await?;
        Ok(reply.message as usize)
    }
}

impl Arrival {
    /// As which of the parties this one arrived, from 0.
    pub fn index(&self) -> usize {
        self.index
    }

    /// Whether it is the one of all parties that does what is to be done once: the first one.
    pub fn is_leader(&self) -> bool {
        self.index == 0
    }
}
