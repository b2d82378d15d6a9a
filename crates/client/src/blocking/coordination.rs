//! Locks, semaphores, events and barriers for threads that may block.

use super::{Client, Runtime};
use crate::{Arrival, LockState, Result, SemaphoreState};
use std::sync::Arc;
use std::time::Duration;

/// A lock, as [`crate::Lock`]: from [`Client::lock`].
#[derive(Clone, Debug)]
pub struct Lock {
    lock: crate::Lock,
    runtime: Arc<Runtime>,
}

/// Several locks, as [`crate::MultiLock`]: from [`Client::multi_lock`].
#[derive(Clone, Debug)]
pub struct MultiLock {
    locks: crate::MultiLock,
    runtime: Arc<Runtime>,
}

/// A lock that is held, or several, as [`crate::LockGuard`].
#[derive(Debug)]
pub struct LockGuard {
    guard: crate::LockGuard,
    runtime: Arc<Runtime>,
}

/// A semaphore, as [`crate::Semaphore`]: from [`Client::semaphore`].
#[derive(Clone, Debug)]
pub struct Semaphore {
    semaphore: crate::Semaphore,
    runtime: Arc<Runtime>,
}

/// Permits that are held, as [`crate::Permits`].
#[derive(Debug)]
pub struct Permits {
    permits: crate::Permits,
    runtime: Arc<Runtime>,
}

/// An event, as [`crate::Event`]: from [`Client::event`].
#[derive(Clone, Debug)]
pub struct Event {
    event: crate::Event,
    runtime: Arc<Runtime>,
}

/// A barrier, as [`crate::Barrier`]: from [`Client::barrier`].
#[derive(Clone, Debug)]
pub struct Barrier {
    barrier: crate::Barrier,
    runtime: Arc<Runtime>,
}

impl Client {
    /// As [`crate::Client::lock`].
    pub fn lock(&self, name: impl Into<String>) -> Lock {
        Lock {
            lock: self.client.lock(name),
            runtime: self.runtime.clone(),
        }
    }

    /// As [`crate::Client::multi_lock`].
    pub fn multi_lock<N: Into<String>>(&self, names: impl IntoIterator<Item = N>) -> MultiLock {
        MultiLock {
            locks: self.client.multi_lock(names),
            runtime: self.runtime.clone(),
        }
    }

    /// As [`crate::Client::semaphore`].
    pub fn semaphore(&self, name: impl Into<String>, limit: usize) -> Semaphore {
        Semaphore {
            semaphore: self.client.semaphore(name, limit),
            runtime: self.runtime.clone(),
        }
    }

    /// As [`crate::Client::event`].
    pub fn event(&self, name: impl Into<String>) -> Event {
        Event {
            event: self.client.event(name),
            runtime: self.runtime.clone(),
        }
    }

    /// As [`crate::Client::barrier`].
    pub fn barrier(&self, name: impl Into<String>, parties: usize) -> Barrier {
        Barrier {
            barrier: self.client.barrier(name, parties),
            runtime: self.runtime.clone(),
        }
    }
}

impl Lock {
    /// As [`crate::Lock::lease`].
    pub fn lease(self, lease: Duration) -> Self {
        let Self { lock, runtime } = self;
        let lock = lock.lease(lease);
        Self { lock, runtime }
    }

    /// As [`crate::Lock::timeout`].
    pub fn timeout(self, timeout: Duration) -> Self {
        let Self { lock, runtime } = self;
        let lock = lock.timeout(timeout);
        Self { lock, runtime }
    }

    /// As [`crate::Lock::acquire`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn acquire(&self) -> Result<LockGuard> {
        let guard = self.runtime.block_on(self.lock.acquire())??;
        Ok(LockGuard::new(guard, &self.runtime))
    }

    /// As [`crate::Lock::try_acquire`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn try_acquire(&self) -> Result<Option<LockGuard>> {
        let guard = self.runtime.block_on(self.lock.try_acquire())??;
        Ok(guard.map(|guard| LockGuard::new(guard, &self.runtime)))
    }

    /// As [`crate::Lock::status`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn status(&self) -> Result<LockState> {
        self.runtime.block_on(self.lock.status())?
    }
}

impl MultiLock {
    /// As [`crate::MultiLock::any`].
    pub fn any(self, count: usize) -> Self {
        let Self { locks, runtime } = self;
        let locks = locks.any(count);
        Self { locks, runtime }
    }

    /// As [`crate::MultiLock::lease`].
    pub fn lease(self, lease: Duration) -> Self {
        let Self { locks, runtime } = self;
        let locks = locks.lease(lease);
        Self { locks, runtime }
    }

    /// As [`crate::MultiLock::timeout`].
    pub fn timeout(self, timeout: Duration) -> Self {
        let Self { locks, runtime } = self;
        let locks = locks.timeout(timeout);
        Self { locks, runtime }
    }

    /// As [`crate::MultiLock::acquire`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn acquire(&self) -> Result<LockGuard> {
        let guard = self.runtime.block_on(self.locks.acquire())??;
        Ok(LockGuard::new(guard, &self.runtime))
    }

    /// As [`crate::MultiLock::try_acquire`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn try_acquire(&self) -> Result<Option<LockGuard>> {
        let guard = self.runtime.block_on(self.locks.try_acquire())??;
        Ok(guard.map(|guard| LockGuard::new(guard, &self.runtime)))
    }
}

impl LockGuard {
    fn new(guard: crate::LockGuard, runtime: &Arc<Runtime>) -> Self {
        let runtime = runtime.clone();
        Self { guard, runtime }
    }

    /// As [`crate::LockGuard::token`].
    pub fn token(&self) -> u64 {
        self.guard.token()
    }

    /// As [`crate::LockGuard::names`].
    pub fn names(&self) -> &[String] {
        self.guard.names()
    }

    /// As [`crate::LockGuard::is_held`].
    pub fn is_held(&self) -> bool {
        self.guard.is_held()
    }

    /// As [`crate::LockGuard::check`].
    ///
    /// # Errors
    /// As there.
    pub fn check(&self) -> Result<()> {
        self.guard.check()
    }

    /// As [`crate::LockGuard::release`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn release(self) -> Result<()> {
        let Self { guard, runtime } = self;
        runtime.block_on(guard.release())?
    }
}

impl Semaphore {
    /// As [`crate::Semaphore::lease`].
    pub fn lease(self, lease: Duration) -> Self {
        let Self { semaphore, runtime } = self;
        let semaphore = semaphore.lease(lease);
        Self { semaphore, runtime }
    }

    /// As [`crate::Semaphore::timeout`].
    pub fn timeout(self, timeout: Duration) -> Self {
        let Self { semaphore, runtime } = self;
        let semaphore = semaphore.timeout(timeout);
        Self { semaphore, runtime }
    }

    /// As [`crate::Semaphore::acquire`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn acquire(&self) -> Result<Permits> {
        self.acquire_many(1)
    }

    /// As [`crate::Semaphore::acquire_many`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn acquire_many(&self, permits: usize) -> Result<Permits> {
        let permits = self
            .runtime
            .block_on(self.semaphore.acquire_many(permits))??;
        Ok(Permits::new(permits, &self.runtime))
    }

    /// As [`crate::Semaphore::try_acquire`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn try_acquire(&self) -> Result<Option<Permits>> {
        self.try_acquire_many(1)
    }

    /// As [`crate::Semaphore::try_acquire_many`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn try_acquire_many(&self, permits: usize) -> Result<Option<Permits>> {
        let permits = self.semaphore.try_acquire_many(permits);
        let permits = self.runtime.block_on(permits)??;
        Ok(permits.map(|permits| Permits::new(permits, &self.runtime)))
    }

    /// As [`crate::Semaphore::status`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn status(&self) -> Result<SemaphoreState> {
        self.runtime.block_on(self.semaphore.status())?
    }
}

impl Permits {
    fn new(permits: crate::Permits, runtime: &Arc<Runtime>) -> Self {
        let runtime = runtime.clone();
        Self { permits, runtime }
    }

    /// As [`crate::Permits::count`].
    pub fn count(&self) -> usize {
        self.permits.count()
    }

    /// As [`crate::Permits::is_held`].
    pub fn is_held(&self) -> bool {
        self.permits.is_held()
    }

    /// As [`crate::Permits::check`].
    ///
    /// # Errors
    /// As there.
    pub fn check(&self) -> Result<()> {
        self.permits.check()
    }

    /// As [`crate::Permits::release`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn release(self) -> Result<()> {
        let Self { permits, runtime } = self;
        runtime.block_on(permits.release())?
    }
}

impl Event {
    /// As [`crate::Event::timeout`].
    pub fn timeout(self, timeout: Duration) -> Self {
        let Self { event, runtime } = self;
        let event = event.timeout(timeout);
        Self { event, runtime }
    }

    /// As [`crate::Event::set`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn set(&self) -> Result<()> {
        self.runtime.block_on(self.event.set())?
    }

    /// As [`crate::Event::clear`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn clear(&self) -> Result<()> {
        self.runtime.block_on(self.event.clear())?
    }

    /// As [`crate::Event::is_set`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn is_set(&self) -> Result<bool> {
        self.runtime.block_on(self.event.is_set())?
    }

    /// As [`crate::Event::wait`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn wait(&self) -> Result<()> {
        self.runtime.block_on(self.event.wait())?
    }
}

impl Barrier {
    /// As [`crate::Barrier::timeout`].
    pub fn timeout(self, timeout: Duration) -> Self {
        let Self { barrier, runtime } = self;
        let barrier = barrier.timeout(timeout);
        Self { barrier, runtime }
    }

    /// As [`crate::Barrier::wait`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn wait(&self) -> Result<Arrival> {
        self.runtime.block_on(self.barrier.wait())?
    }

    /// As [`crate::Barrier::waiting`].
    ///
    /// # Errors
    /// As there, or on a thread that runs async tasks.
    pub fn waiting(&self) -> Result<usize> {
        self.runtime.block_on(self.barrier.waiting())?
    }
}
