//! The relay: the same calls that workers serve, forwarded to a worker, for clients that cannot
//! reach the workers themselves.

use crate::input::{CoreHandle, Input, Reach, Whereabouts};
use bytes::Bytes;
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use taskloom_core::arguments::Part;
use taskloom_core::{Encoded, TaskId, WorkerId};
use taskloom_rpc::actor::FindWorker;
use taskloom_rpc::data::{FetchError, FetchItem, PeerPool, Unavailable, ValueSink, ValueSource};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Permits of the budget are counted in this many bytes, so that they fit into a semaphore.
const UNIT_BYTES: u64 = 4096;

/// How long a value waits for room in the budget. Whoever holds it may never read on.
const ROOM_PATIENCE: Duration = Duration::from_secs(30);

/// For how many workers is remembered that their first address does not answer.
const ANSWERED_MAX: usize = 4096;

/// Values that pass through, within a budget of bytes. Whatever the relay holds counts until it was
/// sent on; who would exceed the budget waits.
pub(crate) struct Relay {
    core: CoreHandle,
    peers: PeerPool,
    budget: Arc<Semaphore>,
    units: u32,
    /// The workers that answered on another address than their first: which one.
    answered: Mutex<FxHashMap<WorkerId, usize>>,
}

impl Relay {
    pub(crate) fn new(core: CoreHandle, peers: PeerPool, budget_bytes: u64) -> Self {
        let units = u32::try_from(budget_bytes / UNIT_BYTES)
            .unwrap_or(u32::MAX)
            .max(1);
        Self {
            core,
            peers,
            budget: Arc::new(Semaphore::new(units as usize)),
            units,
            answered: Mutex::default(),
        }
    }

    /// The addresses of a worker, the one that answered last before the others: each that does not
    /// answer costs a time-out.
    fn addresses<'a>(&self, reach: &'a Reach) -> impl Iterator<Item = (usize, &'a str)> {
        let answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        let best = answered.get(&reach.worker).copied().unwrap_or(0);
        let mut order: Vec<_> = reach
            .addresses
            .iter()
            .map(String::as_str)
            .enumerate()
            .collect();
        order.sort_by_key(|&(at, _)| at != best);
        order.into_iter()
    }

    fn has_answered(&self, worker: WorkerId, at: usize) {
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        if at == 0 {
            answered.remove(&worker);
        } else {
            // Workers that are gone leave an entry behind; losing all of them costs a time-out each.
            if answered.len() >= ANSWERED_MAX {
                answered.clear();
            }
            answered.insert(worker, at);
        }
    }

    /// Room for this many bytes. A value larger than the whole budget passes alone.
    async fn room(&self, nbytes: u64) -> Result<OwnedSemaphorePermit, String> {
        let units = u32::try_from(nbytes.div_ceil(UNIT_BYTES)).unwrap_or(u32::MAX);
        let units = units.clamp(1, self.units);
        let room = Arc::clone(&self.budget).acquire_many_owned(units);
        match tokio::time::timeout(ROOM_PATIENCE, room).await {
            Ok(Ok(room)) => Ok(room),
            Ok(Err(_)) => Err("the scheduler's relay is closed".into()),
            Err(_) => Err(format!(
                "the scheduler's relay had no room for {nbytes} bytes within {ROOM_PATIENCE:?}: \
                 other clients do not read what they asked for"
            )),
        }
    }

    async fn forward(
        &self,
        task: TaskId,
        part: Part,
        holder: Option<WorkerId>,
    ) -> Result<Encoded, Unavailable> {
        let located = self.core.ask(|answer| Input::Locate { task, answer }).await;
        let located = located.map_err(|ended| Unavailable::Failed(ended.to_string()))?;
        let Some(Whereabouts {
            nbytes,
            mut holders,
        }) = located
        else {
            return Err(Unavailable::Missing);
        };
        if let Some(worker) = holder {
            holders.retain(|reach| reach.worker == worker);
        }
        let room = Arc::new(self.room(nbytes).await.map_err(Unavailable::Failed)?);
        let mut last = None;
        for reach in &holders {
            for (at, address) in self.addresses(reach) {
                let items = vec![FetchItem::new(task, part)];
                let fetched = self.peers.fetch(address, items).await;
                let value =
                    fetched.and_then(|mut values| values.pop().unwrap_or(Err(FetchError::Missing)));
                match value {
                    Ok(value) => {
                        self.has_answered(reach.worker, at);
                        return Ok(charged(value, &room));
                    }
                    // It was dropped since the core was asked; another holder may have it.
                    Err(FetchError::Missing) => break,
                    Err(FetchError::Failed(reason)) => return Err(Unavailable::Failed(reason)),
                    Err(error) => {
                        let name = &reach.name;
                        tracing::debug!(worker = name, %task, %error, "relay cannot fetch");
                        last = Some(format!("worker {name}: {error}"));
                    }
                }
            }
        }
        Err(last.map_or(Unavailable::Missing, Unavailable::Unreachable))
    }

    async fn bring(&self, worker: WorkerId, task: TaskId, value: &Encoded) -> Result<u64, String> {
        let asked = self
            .core
            .ask(|answer| Input::Reach { worker, answer })
            .await;
        let reach = asked.map_err(|ended| ended.to_string())?;
        let reach = reach.ok_or_else(|| format!("worker {worker} is gone"))?;
        // The value is here in whole already; the budget bounds how many go on at a time.
        let _room = self.room(value.nbytes()).await?;
        let mut last = String::new();
        for (at, address) in self.addresses(&reach) {
            match self.peers.put(address, task, value, None).await {
                Ok(nbytes) => {
                    self.has_answered(worker, at);
                    return Ok(nbytes);
                }
                Err(FetchError::Failed(reason)) => return Err(reason),
                Err(error) => last = format!("worker {}: {error}", reach.name),
            }
        }
        Err(last)
    }
}

/// The value, with its budget given back when the last of its bytes is dropped.
fn charged(value: Encoded, room: &Arc<OwnedSemaphorePermit>) -> Encoded {
    let buffers = value.buffers.into_iter().map(|bytes| {
        Bytes::from_owner(Charged {
            bytes,
            _room: Arc::clone(room),
        })
    });
    Encoded {
        codec: value.codec,
        header: value.header,
        buffers: buffers.collect(),
    }
}

struct Charged {
    bytes: Bytes,
    _room: Arc<OwnedSemaphorePermit>,
}

impl AsRef<[u8]> for Charged {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl ValueSource for Relay {
    async fn value(&self, task: TaskId, part: Part) -> Result<Encoded, Unavailable> {
        self.forward(task, part, None).await
    }

    async fn value_from(
        &self,
        task: TaskId,
        part: Part,
        holder: Option<WorkerId>,
    ) -> Result<Encoded, Unavailable> {
        self.forward(task, part, holder).await
    }
}

impl ValueSink for Relay {
    async fn put(
        &self,
        task: TaskId,
        value: Encoded,
        target: Option<WorkerId>,
    ) -> Result<u64, String> {
        match target {
            Some(worker) => self.bring(worker, task, &value).await,
            None => Err("a value that the relay is to bring needs a target".into()),
        }
    }
}

/// Where the relay of calls to actors finds workers.
pub(crate) struct Workers(CoreHandle);

impl Workers {
    pub(crate) fn new(core: CoreHandle) -> Self {
        Self(core)
    }
}

impl FindWorker for Workers {
    async fn find(&self, worker: WorkerId) -> Result<Vec<String>, String> {
        let asked = self.0.ask(|answer| Input::Reach { worker, answer }).await;
        let reach = asked.map_err(|ended| ended.to_string())?;
        let reach = reach.ok_or_else(|| format!("worker {worker} is gone"))?;
        Ok(reach.addresses)
    }
}
