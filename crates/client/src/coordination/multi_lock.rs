//! Several locks at once.

use super::lock::{Acquiring, LockGuard};
use crate::{Client, Result};
use std::future::Future;
use std::time::Duration;

/// Several locks that are acquired together: all of them, or any few. From [`Client::multi_lock`].
///
/// ```no_run
/// # async fn example(client: taskloom_client::Client) -> taskloom_client::Result<()> {
/// let both = client.multi_lock(["accounts", "orders"]).acquire().await?;
/// drop(both);
/// // One of three machines, whichever is free first.
/// let guard = client.multi_lock(["gpu-1", "gpu-2", "gpu-3"]).any(1).acquire().await?;
/// println!("{} is mine", guard.names()[0]);
/// # Ok(()) }
/// ```
///
/// They are the same locks as those of [`Client::lock`]. Two who acquire the same locks at once, in
/// whatever order they name them, never wait for each other for ever; and nobody who needs many is
/// overtaken for ever by those who need few.
#[derive(Clone, Debug)]
pub struct MultiLock {
    acquiring: Acquiring,
}

impl Client {
    /// The locks of these names.
    pub fn multi_lock<N: Into<String>>(&self, names: impl IntoIterator<Item = N>) -> MultiLock {
        let names = names.into_iter().map(Into::into).collect();
        let acquiring = Acquiring::new(self, names);
        MultiLock { acquiring }
    }
}

impl MultiLock {
    /// This many of them are enough, whichever are free first; the others are left alone.
    pub fn any(mut self, count: usize) -> Self {
        self.acquiring.need = Some(count);
        self
    }

    /// For how long they are lent between two renewals, as in [`crate::Lock::lease`].
    pub fn lease(mut self, lease: Duration) -> Self {
        self.acquiring.lease = lease;
        self
    }

    /// The longest that [`MultiLock::acquire`] waits.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.acquiring.waiting.timeout(timeout);
        self
    }

    /// Waits until enough of the locks can be had at once, and takes them.
    ///
    /// # Errors
    /// If one lock is named twice, none is named or needed, or more are needed than named; and as
    /// [`crate::Lock::acquire`].
    pub fn acquire(&self) -> impl Future<Output = Result<LockGuard>> + Send + use<> {
        self.acquiring.clone().acquired()
    }

    /// Takes the locks if enough of them are free.
    ///
    /// # Errors
    /// As [`MultiLock::acquire`].
    pub fn try_acquire(&self) -> impl Future<Output = Result<Option<LockGuard>>> + Send + use<> {
        self.acquiring.clone().acquire(false)
    }
}
