//! Locks.

use super::lease::{Borrowed, Lender};
use super::waiting::Waiting;
use crate::{Client, Error, Result};
use std::future::{Future, IntoFuture};
use std::time::{Duration, Instant};
use taskloom_extensions::lease::LEASE;
use taskloom_extensions::lock::{
    LockAcquire, LockLost, LockRelease, LockRenew, LockRequest, LockState, LockStatus,
};

/// A lock that all clients of a scheduler share by its name. From [`Client::lock`].
///
/// ```no_run
/// # use std::time::Duration;
/// # async fn write(token: u64) -> taskloom_client::Result<()> { Ok(()) }
/// # async fn example(client: taskloom_client::Client) -> taskloom_client::Result<()> {
/// let guard = client.lock("db").lease(Duration::from_secs(30)).acquire().await?;
/// tokio::select! {
///     done = write(guard.token()) => done?,
///     error = guard.lost() => return Err(error),
/// }
/// guard.release().await?; // or by dropping it
/// # Ok(()) }
/// ```
///
/// Who waits is served in the order of arrival. A lock is not re-entrant: whoever holds it and
/// acquires it again waits, for ever or for its [`Lock::timeout`]. For several locks at a time use
/// [`Client::multi_lock`], which cannot end in two that wait for each other.
///
/// The lock is lent for a time (30 s by default), which the library extends in the background as long
/// as the guard lives. When the holder's session ends the lock passes on at once; when its process or
/// the network hangs, at the end of the lease. The guard then says that it is lost
/// ([`LockGuard::lost`], [`LockGuard::check`]), and always does so before another holds the lock.
#[derive(Clone, Debug)]
pub struct Lock {
    acquiring: Acquiring,
}

/// How locks are acquired; for one lock and for several.
#[derive(Clone, Debug)]
pub(super) struct Acquiring {
    pub(super) client: Client,
    pub(super) names: Vec<String>,
    /// How many of them are needed; all, if nothing is said.
    pub(super) need: Option<usize>,
    pub(super) lease: Duration,
    pub(super) waiting: Waiting,
}

/// Locks, lent by the scheduler.
#[derive(Debug)]
pub(super) enum Locks {}

impl Lender for Locks {
    type Renew = LockRenew;
    type Release = LockRelease;
    type Lost = LockLost;
}

impl Client {
    /// The lock of this name.
    pub fn lock(&self, name: impl Into<String>) -> Lock {
        let acquiring = Acquiring::new(self, vec![name.into()]);
        Lock { acquiring }
    }
}

/// Several names, in words.
fn listed(names: &[String]) -> String {
    match names {
        [name] => format!("the lock {name:?}"),
        names if names.len() > 5 => {
            format!("the locks {:?} and {} more", &names[..5], names.len() - 5)
        }
        names => format!("the locks {names:?}"),
    }
}

impl Acquiring {
    pub(super) fn new(client: &Client, names: Vec<String>) -> Self {
        Self {
            client: client.clone(),
            waiting: Waiting::new(format!("acquiring {}", listed(&names))),
            names,
            need: None,
            lease: LEASE,
        }
    }

    /// Acquires them; nothing if it should not wait and would have to.
    pub(super) async fn acquire(self, wait: bool) -> Result<Option<LockGuard>> {
        let acquire = async {
            loop {
                let request = LockRequest {
                    names: self.names.clone(),
                    need: self.need.unwrap_or(self.names.len()) as u64,
                    lease_ms: u64::try_from(self.lease.as_millis()).unwrap_or(u64::MAX),
                    wait,
                };
                let sent = Instant::now();
                let reply = self.client.call::<LockAcquire>(request).into_future();
                let Some(granted) = reply.await?.message else {
                    return Ok(None);
                };
                let what = listed(&granted.names);
                let token = granted.token;
                let borrowed = Borrowed::new(&self.client, what, token, self.lease, sent);
                if borrowed.begin().await? {
                    let names = granted.names;
                    return Ok(Some(LockGuard { borrowed, names }));
                }
                // It was lost before it arrived: once more.
            }
        };
        self.waiting.wait(&self.client, acquire).await
    }
}

impl Lock {
    /// For how long it is lent between two renewals: from 100 ms to a day. The longer it is, the
    /// later a lock passes on whose holder hangs; the shorter, the sooner a holder loses it that only
    /// was busy.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.acquiring.lease = lease;
        self
    }

    /// The longest that [`Lock::acquire`] waits.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.acquiring.waiting.timeout(timeout);
        self
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.acquiring.names.first().map_or("", String::as_str)
    }

    /// Waits until the lock is free and all who came before have had it, and takes it.
    ///
    /// # Errors
    /// If its name is empty or too long, the lease is not possible, the session ends, or with
    /// [`Error::Timeout`] after the time that was given.
    pub fn acquire(&self) -> impl Future<Output = Result<LockGuard>> + Send + use<> {
        self.acquiring.clone().acquired()
    }

    /// Takes the lock if it is free.
    ///
    /// # Errors
    /// As [`Lock::acquire`].
    pub fn try_acquire(&self) -> impl Future<Output = Result<Option<LockGuard>>> + Send + use<> {
        self.acquiring.clone().acquire(false)
    }

    /// Who has it, and how many wait.
    ///
    /// # Errors
    /// If the session ends.
    pub async fn status(&self) -> Result<LockState> {
        let name = self.name().to_owned();
        let reply = self.acquiring.client.call::<LockStatus>(name).await?;
        Ok(reply.message)
    }
}

impl Acquiring {
    pub(super) async fn acquired(self) -> Result<LockGuard> {
        let guard = self.acquire(true).await?;
        guard.ok_or_else(|| Error::Refused("the scheduler did not wait for the lock".into()))
    }
}

/// A lock that is held, or several. It is renewed until it is released, which dropping it does too.
#[derive(Debug)]
pub struct LockGuard {
    borrowed: Borrowed<Locks>,
    names: Vec<String>,
}

impl LockGuard {
    /// The fencing token: greater than that of everybody who held the lock before, as long as the
    /// scheduler lives. Hand it to whatever the lock protects, and let that refuse tokens smaller
    /// than the greatest it has seen: then not even a holder that hung, lost the lock without knowing
    /// and goes on can do harm.
    pub fn token(&self) -> u64 {
        self.borrowed.token()
    }

    /// Which locks are held.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether the lock is held still.
    pub fn is_held(&self) -> bool {
        self.check().is_ok()
    }

    /// As [`LockGuard::is_held`], with an error that says what happened.
    ///
    /// # Errors
    /// [`Error::LeaseLost`] if the lock is lost.
    pub fn check(&self) -> Result<()> {
        self.borrowed.check()
    }

    /// Waits until the lock is lost, and gives the error that says why; for as long as the guard
    /// lives if it is not.
    pub async fn lost(&self) -> Error {
        self.borrowed.lost().await
    }

    /// Releases the lock, and waits until the scheduler has done so. Dropping the guard releases it
    /// too, and does not wait.
    ///
    /// # Errors
    /// If it was not held any more, which means that what it protected may have been touched by
    /// others; or if the session ends.
    pub async fn release(self) -> Result<()> {
        self.borrowed.release().await
    }
}
