//! Waiting for the reply of a tool.

use crate::nested::away;
use crate::{Client, Error, Result};
use std::future::Future;
use std::time::Duration;

/// How a tool waits.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    /// What it waits for, such as "acquiring the lock db".
    what: String,
    timeout: Option<Duration>,
}

impl Waiting {
    /// Waits as long as it takes.
    pub(crate) fn new(what: String) -> Self {
        let timeout = None;
        Self { what, timeout }
    }

    /// Waits for this long at most.
    pub(crate) fn timeout(&mut self, timeout: Duration) {
        self.timeout = Some(timeout);
    }

    /// Waits. A task that does is away from its worker's threads meanwhile.
    pub(crate) async fn wait<T>(
        &self,
        client: &Client,
        reply: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let Some(after) = self.timeout else {
            return away(reply).await;
        };
        // The clock is that of the runtime that drives the session, wherever this runs.
        let timed = {
            let _inside = client.session().runtime.enter();
            tokio::time::timeout(after, reply)
        };
        away(timed).await.unwrap_or_else(|_| {
            let what = self.what.clone();
            Err(Error::Timeout { what, after })
        })
    }
}
