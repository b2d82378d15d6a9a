//! Semaphores.

use super::lease::{Borrowed, Lender};
use super::waiting::Waiting;
use crate::{Client, Error, Result};
use std::future::{Future, IntoFuture};
use std::time::{Duration, Instant};
use taskloom_extensions::lease::LEASE;
use taskloom_extensions::semaphore::{
    SemaphoreAcquire, SemaphoreLost, SemaphoreRelease, SemaphoreRenew, SemaphoreRequest,
    SemaphoreState, SemaphoreStatus,
};

/// A number of permits that all clients of a scheduler share by the semaphore's name. From
/// [`Client::semaphore`].
///
/// ```no_run
/// # async fn fetch() -> taskloom_client::Result<()> { Ok(()) }
/// # async fn example(client: taskloom_client::Client) -> taskloom_client::Result<()> {
/// let api = client.semaphore("api", 10);
/// let permit = api.acquire().await?; // at most ten at a time
/// fetch().await?;
/// drop(permit);
/// let three = api.acquire_many(3).await?;
/// # Ok(()) }
/// ```
///
/// Who waits is served in the order of arrival, so a request for many permits is not overtaken by
/// later ones for few. Permits are lent as locks are (see [`crate::Lock`]): renewed in the background,
/// given back when they are dropped, and at once when the session of their holder ends.
#[derive(Clone, Debug)]
pub struct Semaphore {
    client: Client,
    name: String,
    limit: usize,
    lease: Duration,
    waiting: Waiting,
}

/// Permits, lent by the scheduler.
#[derive(Debug)]
enum Semaphores {}

impl Lender for Semaphores {
    type Renew = SemaphoreRenew;
    type Release = SemaphoreRelease;
    type Lost = SemaphoreLost;
}

impl Client {
    /// The semaphore of this name, with this many permits in all. All who use it at a time have to
    /// name the same number; when nobody uses it, it can have another one.
    pub fn semaphore(&self, name: impl Into<String>, limit: usize) -> Semaphore {
        let name = name.into();
        Semaphore {
            client: self.clone(),
            waiting: Waiting::new(format!("acquiring permits of the semaphore {name:?}")),
            name,
            limit,
            lease: LEASE,
        }
    }
}

impl Semaphore {
    /// For how long permits are lent between two renewals, as in [`crate::Lock::lease`].
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// The longest that [`Semaphore::acquire`] waits.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.waiting.timeout(timeout);
        self
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Waits for a permit, and takes it.
    ///
    /// # Errors
    /// If the name is empty or too long, the limit is zero or others use another one, the lease is
    /// not possible, the session ends, or with [`Error::Timeout`] after the time that was given.
    pub fn acquire(&self) -> impl Future<Output = Result<Permits>> + Send + use<> {
        self.acquire_many(1)
    }

    /// Waits until this many permits can be had at once, and takes them.
    ///
    /// # Errors
    /// As [`Semaphore::acquire`]; also for no permits at all, or more than there are.
    pub fn acquire_many(
        &self,
        permits: usize,
    ) -> impl Future<Output = Result<Permits>> + Send + use<> {
        let semaphore = self.clone();
        async move {
            let lent = semaphore.lend(permits, true).await?;
            lent.ok_or_else(|| Error::Refused("the scheduler did not wait for permits".into()))
        }
    }

    /// Takes a permit if one is free and nobody waits.
    ///
    /// # Errors
    /// As [`Semaphore::acquire`].
    pub fn try_acquire(&self) -> impl Future<Output = Result<Option<Permits>>> + Send + use<> {
        self.try_acquire_many(1)
    }

    /// Takes this many permits if they are free and nobody waits.
    ///
    /// # Errors
    /// As [`Semaphore::acquire_many`].
    pub fn try_acquire_many(
        &self,
        permits: usize,
    ) -> impl Future<Output = Result<Option<Permits>>> + Send + use<> {
        self.clone().lend(permits, false)
    }

    /// How many permits are lent, and how many requests wait.
    ///
    /// # Errors
    /// If the session ends.
    pub async fn status(&self) -> Result<SemaphoreState> {
        let reply = self
            .client
            .call::<SemaphoreStatus>(self.name.clone())
            .await?;
        Ok(reply.message)
    }

    async fn lend(self, permits: usize, wait: bool) -> Result<Option<Permits>> {
        let acquire = async {
            loop {
                let request = SemaphoreRequest {
                    name: self.name.clone(),
                    limit: self.limit as u64,
                    permits: permits as u64,
                    lease_ms: u64::try_from(self.lease.as_millis()).unwrap_or(u64::MAX),
                    wait,
                };
                let sent = Instant::now();
                let reply = self.client.call::<SemaphoreAcquire>(request).into_future();
                let Some(granted) = reply.await?.message else {
                    return Ok(None);
                };
                let what = format!("the permit of the semaphore {:?}", self.name);
                let token = granted.token;
                let borrowed = Borrowed::new(&self.client, what, token, self.lease, sent);
                if borrowed.begin().await? {
                    return Ok(Some(Permits { borrowed, permits }));
                }
                // They were lost before they arrived: once more.
            }
        };
        self.waiting.wait(&self.client, acquire).await
    }
}

/// Permits of a semaphore that are held. They are renewed until they are given back, which dropping
/// this does too.
#[derive(Debug)]
pub struct Permits {
    borrowed: Borrowed<Semaphores>,
    permits: usize,
}

impl Permits {
    /// How many.
    pub fn count(&self) -> usize {
        self.permits
    }

    /// Whether they are held still.
    pub fn is_held(&self) -> bool {
        self.check().is_ok()
    }

    /// As [`Permits::is_held`], with an error that says what happened.
    ///
    /// # Errors
    /// [`Error::LeaseLost`] if they are lost.
    pub fn check(&self) -> Result<()> {
        self.borrowed.check()
    }

    /// Waits until they are lost, and gives the error that says why; for as long as this lives if
    /// they are not.
    pub async fn lost(&self) -> Error {
        self.borrowed.lost().await
    }

    /// Gives them back, and waits until the scheduler has taken them. Dropping this gives them back
    /// too, and does not wait.
    ///
    /// # Errors
    /// If they were not held any more, or the session ends.
    pub async fn release(self) -> Result<()> {
        self.borrowed.release().await
    }
}
