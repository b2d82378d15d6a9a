//! Connecting.

use crate::{Client, Result};
use std::time::Duration;

/// How to connect.
#[must_use = "nothing is connected before `connect` is awaited"]
pub struct ClientBuilder(());

impl ClientBuilder {
    /// How long to wait for the scheduler, 30 s by default.
    pub fn timeout(self, _timeout: Duration) -> Self {
        todo!()
    }

    /// The name by which people know this client.
    pub fn name(self, _name: impl Into<String>) -> Self {
        todo!()
    }

    /// Never to connect to workers: all values go through the scheduler.
    pub fn relay_only(self, _relay_only: bool) -> Self {
        todo!()
    }

    /// Connects.
    ///
    /// # Errors
    /// If no scheduler takes this client in in time.
    pub async fn connect(self) -> Result<Client> {
        todo!()
    }
}
