//! Events.

use super::waiting::Waiting;
use crate::{Client, Result};
use std::future::{Future, IntoFuture};
use std::time::Duration;
use taskloom_extensions::event::{EventClear, EventIsSet, EventSet, EventWait};

/// A flag that all clients of a scheduler share by its name: it is set or not, and can be waited for.
/// From [`Client::event`].
///
/// ```no_run
/// # async fn example(client: taskloom_client::Client) -> taskloom_client::Result<()> {
/// let loaded = client.event("loaded");
/// // here:
/// loaded.set().await?;
/// // and elsewhere, before or after:
/// loaded.wait().await?;
/// # Ok(()) }
/// ```
///
/// An event that nobody has set is not set. One that is set stays so until somebody clears it, also
/// when whoever set it is gone.
#[derive(Clone, Debug)]
pub struct Event {
    client: Client,
    name: String,
    waiting: Waiting,
}

impl Client {
    /// The event of this name.
    pub fn event(&self, name: impl Into<String>) -> Event {
        let name = name.into();
        Event {
            client: self.clone(),
            waiting: Waiting::new(format!("waiting for the event {name:?}")),
            name,
        }
    }
}

impl Event {
    /// The longest that [`Event::wait`] waits.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.waiting.timeout(timeout);
        self
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Sets it: all who wait for it go on, and nobody waits from then on.
    ///
    /// # Errors
    /// If its name is empty or too long, or the session ends.
    pub async fn set(&self) -> Result<()> {
        self.client.call::<EventSet>(self.name.clone()).await?;
        Ok(())
    }

    /// Clears it: who waits from then on waits until it is set again.
    ///
    /// # Errors
    /// As [`Event::set`].
    pub async fn clear(&self) -> Result<()> {
        self.client.call::<EventClear>(self.name.clone()).await?;
        Ok(())
    }

    /// Whether it is set.
    ///
    /// # Errors
    /// As [`Event::set`].
    pub async fn is_set(&self) -> Result<bool> {
        let reply = self.client.call::<EventIsSet>(self.name.clone()).await?;
        Ok(reply.message)
    }

    /// Waits until it is set; not at all if it is.
    ///
    /// # Errors
    /// As [`Event::set`], and [`crate::Error::Timeout`] after the time that was given.
    pub fn wait(&self) -> impl Future<Output = Result<()>> + Send + use<> {
        let Self {
            client,
            name,
            waiting,
        } = self.clone();
        async move {
            let reply = client.call::<EventWait>(name).into_future();
            waiting.wait(&client, reply).await?;
            Ok(())
        }
    }
}
