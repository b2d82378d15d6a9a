//! Connections to peers and the calls on them.

use super::assembly::Assembly;
use super::buffers::{BufferPool, Section};
use super::call::{self, CallError, FetchJob};
use super::connections::{Connections, Lease, NoConnection, PoolOptions};
use super::meters::FetchMeters;
use super::ranges::RangeJob;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};
use taskloom_core::arguments::Part;
use taskloom_core::{Encoded, TaskId, WorkerId};
use taskloom_telemetry::Metrics;

/// One value to fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchItem {
    /// Which.
    pub task: TaskId,
    /// The whole or an element.
    pub part: Part,
    /// For the scheduler's relay: take it from this worker.
    pub holder: Option<WorkerId>,
    /// How many bytes it is likely to have; 0 if that is not known.
    pub expected: u64,
}

impl FetchItem {
    /// A part of a value of the peer itself.
    pub fn new(task: TaskId, part: Part) -> Self {
        Self {
            task,
            part,
            holder: None,
            expected: 0,
        }
    }

    /// A value of which the size is known: a very large one comes in several streams.
    pub fn expecting(self, nbytes: u64) -> Self {
        Self {
            expected: nbytes,
            ..self
        }
    }
}

/// Why a value could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The peer cannot be reached, or went away in the middle.
    #[error("cannot reach {address}: {reason}")]
    Unreachable {
        /// Where.
        address: String,
        /// What happened.
        reason: String,
    },
    /// The peer served too many calls, for longer than we wait.
    #[error("{address} is busy")]
    Busy {
        /// Who.
        address: String,
    },
    /// The peer does not hold it.
    #[error("the peer does not hold the value")]
    Missing,
    /// The value cannot be encoded, has no such part, or was refused.
    #[error("{0}")]
    Failed(String),
    /// The peer broke the protocol.
    #[error("{address} broke the protocol: {reason}")]
    Protocol {
        /// Who.
        address: String,
        /// How.
        reason: String,
    },
}

/// Connections to peers, opened when needed and used again. Cheap to clone; all clones are one pool.
#[derive(Clone)]
pub struct PeerPool {
    connections: Arc<Connections>,
    buffers: BufferPool,
}

/// The first pause after a busy reply. It doubles with each.
const BUSY_PAUSE: Duration = Duration::from_millis(4);

/// The longest pause after a busy reply.
const BUSY_PAUSE_MAX: Duration = Duration::from_millis(256);

/// A call that got nowhere is tried so often.
const TRIES: u32 = 2;

impl PeerPool {
    /// A pool with these limits that receives into these buffers.
    pub fn new(options: PoolOptions, buffers: BufferPool) -> Self {
        Self::with_metrics(options, buffers, &Metrics::new("pool"))
    }

    /// A pool that counts and times what it does in these metrics.
    pub fn with_metrics(options: PoolOptions, buffers: BufferPool, metrics: &Metrics) -> Self {
        Self {
            connections: Connections::new(options, FetchMeters::new(metrics)),
            buffers,
        }
    }

    /// The buffers that it receives into.
    pub fn buffers(&self) -> &BufferPool {
        &self.buffers
    }

    /// How many connections are open.
    pub fn connections(&self) -> usize {
        self.connections.count()
    }

    /// Fetches values of one peer in one call: one result per item, in their order. A call that
    /// breaks in the middle is resumed; busy replies are met with another try after a pause.
    ///
    /// # Errors
    /// If nothing could be had of the peer at all.
    pub async fn fetch(
        &self,
        address: &str,
        items: Vec<FetchItem>,
    ) -> Result<Vec<Result<Encoded, FetchError>>, FetchError> {
        if items.is_empty() {
            return Ok(Vec::new());
        }
        let options = self.connections.options();
        let begun = Instant::now();
        let mut job = FetchJob::new(items, self.buffers.clone(), options);
        let mut patience = self.patience();
        let error = loop {
            let before = job.progress();
            let lease = match self.connections.lease(address).await {
                Ok(lease) => lease,
                Err(none) => break none.into_error(address),
            };
            let error = match job.call(&lease).await {
                Ok(()) => {
                    drop(lease);
                    self.split(address, &mut job).await;
                    if job.is_done() {
                        break FetchError::Missing;
                    }
                    continue;
                }
                Err(error) => error,
            };
            let progress = job.progress() > before;
            if let Err(error) = patience.after(&error, lease, progress, address).await {
                break error;
            }
        };
        // When the last call went well everything is answered, and the error is not used.
        if job.has_answers() {
            self.connections.meters.mapped.add(job.mapped());
            let answers = job.finish(&error);
            let here = answers.iter().flatten();
            let bytes = here.map(Encoded::nbytes).sum();
            let meters = &self.connections.meters;
            meters.fetched(answers.len(), bytes, begun.elapsed());
            Ok(answers)
        } else {
            Err(error)
        }
    }

    /// Brings what is left of very large values in several streams.
    async fn split(&self, address: &str, job: &mut FetchJob) {
        while let Some((at, item, value)) = job.next_to_split() {
            let joined = self.split_one(address, item, value).await;
            job.joined(at, joined);
        }
    }

    async fn split_one(
        &self,
        address: &str,
        item: FetchItem,
        value: &mut Assembly,
    ) -> Result<(), FetchError> {
        let options = self.connections.options();
        let ranges = RangeJob::split(item, value, options.streams, options.packing);
        let ranges = ranges.map_err(FetchError::Failed)?.into_iter();
        let ranges = ranges.map(|range| self.range(address, range));
        let sections = futures::future::try_join_all(ranges).await?;
        value.join(sections).map_err(FetchError::Failed)
    }

    /// One of several streams.
    async fn range(&self, address: &str, mut range: RangeJob) -> Result<Section, FetchError> {
        let mut patience = self.patience();
        loop {
            let before = range.left();
            let lease = self.connections.lease(address).await;
            let lease = lease.map_err(|none| none.into_error(address))?;
            match range.call(&lease).await {
                Ok(()) => return Ok(range.into_section()),
                Err(_) if range.is_gone() => return Err(FetchError::Missing),
                Err(error) => {
                    let progress = range.left() < before;
                    patience.after(&error, lease, progress, address).await?;
                }
            }
        }
    }

    /// Brings a value to a peer and returns the bytes that it counts.
    ///
    /// # Errors
    /// If the peer cannot be reached or refuses.
    pub async fn put(
        &self,
        address: &str,
        task: TaskId,
        value: &Encoded,
        target: Option<WorkerId>,
    ) -> Result<u64, FetchError> {
        let mut patience = self.patience();
        loop {
            let lease = self.connections.lease(address).await;
            let lease = lease.map_err(|none| none.into_error(address))?;
            let error = match call::put(&lease, task, value.clone(), target).await {
                Ok(nbytes) => {
                    self.connections.meters.brought.add(value.nbytes());
                    return Ok(nbytes);
                }
                Err(error) => error,
            };
            patience.after(&error, lease, false, address).await?;
        }
    }

    fn patience(&self) -> Patience {
        let busy_until = Instant::now() + self.connections.options().busy_patience;
        Patience {
            busy_until,
            pause: BUSY_PAUSE,
            tries: 0,
        }
    }
}

/// How long one goes on trying.
struct Patience {
    busy_until: Instant,
    pause: Duration,
    tries: u32,
}

impl Patience {
    /// After a call that did not go well: pauses if need be, and says whether to try again.
    async fn after(
        &mut self,
        error: &CallError,
        lease: Lease,
        progress: bool,
        address: &str,
    ) -> Result<(), FetchError> {
        let address = || address.to_owned();
        match error {
            CallError::Busy => {
                drop(lease);
                if Instant::now() + self.pause > self.busy_until {
                    return Err(FetchError::Busy { address: address() });
                }
                // Parties that were refused together shall not come back together.
                let spread = u64::from(RandomState::new().hash_one(self.tries) as u8);
                let pause = self.pause.mul_f64(0.5 + spread as f64 / 256.0);
                self.pause = (self.pause * 2).min(BUSY_PAUSE_MAX);
                tokio::time::sleep(pause).await;
                Ok(())
            }
            CallError::Broken(reason) => {
                lease.broke();
                if progress {
                    self.tries = 0;
                }
                self.tries += 1;
                // An old connection may have been closed by the other side: that counts half.
                let tries = if lease.reused { TRIES + 1 } else { TRIES };
                if self.tries >= tries {
                    let reason = reason.clone();
                    return Err(FetchError::Unreachable {
                        address: address(),
                        reason,
                    });
                }
                Ok(())
            }
            // The next call does not ask for it.
            CallError::Unshared => Ok(()),
            CallError::Refused(words) => Err(FetchError::Failed(words.clone())),
            CallError::Protocol(reason) => {
                lease.broke();
                Err(FetchError::Protocol {
                    address: address(),
                    reason: reason.clone(),
                })
            }
        }
    }
}

impl NoConnection {
    fn into_error(self, address: &str) -> FetchError {
        let address = address.to_owned();
        match self {
            Self::Unreachable(reason) => FetchError::Unreachable { address, reason },
            Self::Full => FetchError::Busy { address },
        }
    }
}
