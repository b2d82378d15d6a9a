//! The relay: the same calls that workers serve, forwarded to a worker, for clients that cannot
//! reach the workers themselves.

use crate::input::{CoreHandle, Input};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;
use taskloom_core::arguments::Part;
use taskloom_core::message::Peer;
use taskloom_core::{Encoded, TaskId, WorkerId};
use taskloom_rpc::data::{FetchError, FetchItem, PeerPool, Unavailable, ValueSink, ValueSource};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Permits of the budget are counted in this many bytes, so that they fit into a semaphore.
const UNIT_BYTES: u64 = 4096;

/// How long a value waits for room in the budget. Whoever holds it may never read on.
const ROOM_PATIENCE: Duration = Duration::from_secs(30);

/// Values that pass through, within a budget of bytes. Whatever the relay holds counts until it was
/// sent on; who would exceed the budget waits.
pub(crate) struct Relay {
    core: CoreHandle,
    peers: PeerPool,
    budget: Arc<Semaphore>,
    units: u32,
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
        }
    }

    async fn locate(&self, task: TaskId) -> Result<Option<(u64, Vec<Peer>)>, String> {
        let located = self.core.ask(|answer| Input::Locate { task, answer }).await;
        located.map_err(|ended| ended.to_string())
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
        let Some((nbytes, mut holders)) = self.locate(task).await.map_err(Unavailable::Failed)?
        else {
            return Err(Unavailable::Missing);
        };
        if let Some(worker) = holder {
            holders.retain(|peer| peer.worker == worker);
        }
        let room = Arc::new(self.room(nbytes).await.map_err(Unavailable::Failed)?);
        let mut unreachable = None;
        for peer in holders {
            let items = vec![FetchItem::new(task, part)];
            let fetched = self.peers.fetch(&peer.address, items).await;
            match fetched.and_then(|mut values| values.pop().unwrap_or(Err(FetchError::Missing))) {
                Ok(value) => return Ok(charged(value, &room)),
                // It has gone or was dropped since the core was asked: another holder may have it.
                Err(FetchError::Missing) => {}
                Err(FetchError::Failed(reason)) => return Err(Unavailable::Failed(reason)),
                Err(error) => {
                    tracing::debug!(worker = peer.name, %task, %error, "relay: cannot fetch");
                    unreachable = Some(format!("worker {}: {error}", peer.name));
                }
            }
        }
        Err(unreachable.map_or(Unavailable::Missing, Unavailable::Failed))
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
        let Some(worker) = target else {
            return Err("a value that the relay is to bring needs a target".into());
        };
        let asked = self
            .core
            .ask(|answer| Input::WorkerAddress { worker, answer })
            .await;
        let address = asked.map_err(|ended| ended.to_string())?;
        let address = address.ok_or_else(|| format!("worker {worker} is gone"))?;
        // The value is here in whole already; the budget bounds how many go on at a time.
        let _room = self.room(value.nbytes()).await?;
        let put = self.peers.put(&address, task, &value, None).await;
        put.map_err(|error| error.to_string())
    }
}
