//! The data thread: serves values to peers and clients, and fetches values from peers.

use crate::actors::{Actors, Desk};
use crate::store::{Store, Stored};
use rustc_hash::FxHashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;
use taskloom_core::arguments::Part;
use taskloom_core::{Encoded, TaskId, WorkerId};
use taskloom_rpc::actor::ActorService;
use taskloom_rpc::data::{
    BufferPool, DataLimits, DataService, FetchError, FetchItem, PeerPool, PoolOptions,
    SegmentOptions, SegmentPool, Unavailable, ValueSink, ValueSource,
};
use taskloom_rpc::listen::Listener;
use taskloom_rpc::serve;
use taskloom_rpc::settings::ConnectionKind;
use taskloom_task::Value;
use taskloom_telemetry::{Metrics, shift_windows};
use taskloom_worker_core::{Fetch, FetchFailure, FetchId, ItemOutcome};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;

/// Values that are alive and larger than this are encoded on a thread of their own, so that others
/// are served meanwhile.
const ENCODE_IN_PLACE_BYTES: u64 = 64 * 1024;

/// Memory for transfers that was not used for this long is given back. It is kept at first because
/// fresh pages cost more than a copy.
const GIVE_BACK_AFTER: Duration = Duration::from_secs(60);

/// News of the data thread for the control thread.
#[derive(Debug)]
pub(crate) enum Transfer {
    /// A request to a peer is over.
    Fetched {
        fetch: FetchId,
        outcome: Result<Vec<ItemOutcome>, FetchFailure>,
        /// The values of the items that are here.
        values: Vec<Option<Stored>>,
    },
    /// Somebody brings a value.
    Put {
        task: TaskId,
        value: Stored,
        /// The bytes it counts, or why it is not taken.
        reply: oneshot::Sender<Result<u64, String>>,
    },
}

/// The data thread, as the control thread sees it. Dropping it ends the thread and all transfers.
pub(crate) struct Data {
    runtime: Handle,
    pool: PeerPool,
    transfers: mpsc::UnboundedSender<Transfer>,
    running: FxHashMap<FetchId, AbortHandle>,
    /// The thread ends when it is dropped.
    _end: oneshot::Sender<()>,
}

impl Data {
    /// Starts the thread: it serves what is in the store at once.
    pub(crate) fn spawn(
        listener: Listener,
        store: Arc<Store>,
        actors: Arc<Actors>,
        memory: &DataMemory,
        metrics: &Metrics,
        transfers: mpsc::UnboundedSender<Transfer>,
    ) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .thread_name("taskloom-encode")
            .build()?;
        let handle = runtime.handle().clone();
        let buffers = BufferPool::new(memory.buffer_bytes);
        let segments = (memory.segment_bytes > 0).then(|| {
            SegmentPool::new(SegmentOptions {
                keep_bytes: memory.segment_bytes,
                ..SegmentOptions::default()
            })
        });
        let shelf = Arc::new(Shelf {
            store,
            transfers: transfers.clone(),
        });
        let (end, ended) = oneshot::channel();
        let pool = PeerPool::with_metrics(memory.pool.clone(), buffers.clone(), metrics);
        let metrics = metrics.clone();
        let limits = DataLimits::default();
        let mut service = DataService::with_metrics(shelf, buffers.clone(), limits, &metrics);
        if let Some(segments) = &segments {
            service = service.sharing(segments.clone());
        }
        std::thread::Builder::new()
            .name("taskloom-data".into())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        () = serve_values(listener, service, actors) => {}
                        () = give_back(buffers, segments) => {}
                        () = shift_windows(metrics) => {}
                        _ = ended => {}
                    }
                });
                // A user's `Serialize` may still be running on a thread of its own.
                runtime.shutdown_background();
            })?;
        Ok(Self {
            runtime: handle,
            pool,
            transfers,
            running: FxHashMap::default(),
            _end: end,
        })
    }

    /// Starts a request to a peer.
    pub(crate) fn fetch(&mut self, request: Fetch) {
        let (pool, transfers) = (self.pool.clone(), self.transfers.clone());
        let fetch = request.fetch;
        let task = self.runtime.spawn(async move {
            let transfer = run_fetch(&pool, request).await;
            // Without a control thread nobody waits for it.
            let _ = transfers.send(transfer);
        });
        self.running.insert(fetch, task.abort_handle());
    }

    /// Stops a request.
    pub(crate) fn abandon(&mut self, fetch: FetchId) {
        if let Some(task) = self.running.remove(&fetch) {
            task.abort();
        }
    }

    /// How many connections to peers are open.
    pub(crate) fn connections(&self) -> usize {
        self.pool.connections()
    }

    /// A request is over.
    pub(crate) fn fetched(&mut self, fetch: FetchId) {
        self.running.remove(&fetch);
    }
}

/// What the data thread may use.
pub(crate) struct DataMemory {
    pub(crate) pool: PoolOptions,
    /// Unused receive buffers.
    pub(crate) buffer_bytes: u64,
    /// Shared memory that no reader has.
    pub(crate) segment_bytes: u64,
}

/// Gives memory back to the system that has not been used for a while.
async fn give_back(buffers: BufferPool, segments: Option<SegmentPool>) {
    loop {
        tokio::time::sleep(GIVE_BACK_AFTER / 4).await;
        buffers.trim(GIVE_BACK_AFTER);
        if let Some(segments) = &segments {
            segments.trim(GIVE_BACK_AFTER);
        }
    }
}

async fn serve_values(listener: Listener, service: DataService<Shelf>, actors: Arc<Actors>) {
    let (lobby, incoming) = serve::lobby();
    let actors = ActorService::new(Arc::new(Desk(actors)));
    let routes = serve::with_actors(serve::worker_routes(service), actors);
    let serving = serve::serve(
        routes,
        incoming,
        ConnectionKind::Data,
        std::future::pending(),
    );
    let accepting = serve::accept(listener, lobby, None, std::future::pending());
    let (accepted, served) = tokio::join!(accepting, serving);
    if let Err(error) = accepted {
        tracing::error!(%error, "the data service cannot accept connections");
    }
    if let Err(error) = served {
        tracing::error!(%error, "the data service ended");
    }
    // Peers that cannot reach this worker find other holders; it still runs tasks.
    std::future::pending::<()>().await;
}

async fn run_fetch(pool: &PeerPool, request: Fetch) -> Transfer {
    let Fetch {
        fetch,
        address,
        items,
        ..
    } = request;
    let count = items.len();
    let items = items
        .into_iter()
        .map(|item| FetchItem::new(item.task, item.part).expecting(item.nbytes))
        .collect();
    let results = match pool.fetch(&address, items).await {
        Ok(results) => results,
        Err(FetchError::Busy { .. }) => {
            return Transfer::Fetched {
                fetch,
                outcome: Err(FetchFailure::Busy),
                values: Vec::new(),
            };
        }
        Err(error) => {
            let outcome = Err(FetchFailure::Unreachable(error.to_string()));
            return Transfer::Fetched {
                fetch,
                outcome,
                values: Vec::new(),
            };
        }
    };
    let mut outcomes = Vec::with_capacity(count);
    let mut values = Vec::with_capacity(count);
    for result in results {
        let (outcome, value) = match result {
            Ok(encoded) => {
                let stored = arrived(encoded);
                (
                    ItemOutcome::Here {
                        nbytes: stored.nbytes,
                    },
                    Some(stored),
                )
            }
            Err(FetchError::Missing) => (ItemOutcome::Missing, None),
            Err(FetchError::Failed(text)) => (ItemOutcome::Failed(text), None),
            Err(error) => (ItemOutcome::Unreachable(error.to_string()), None),
        };
        outcomes.push(outcome);
        values.push(value);
    }
    Transfer::Fetched {
        fetch,
        outcome: Ok(outcomes),
        values,
    }
}

fn arrived(encoded: Encoded) -> Stored {
    let nbytes = encoded.nbytes();
    Stored {
        value: Value::from_encoded(encoded),
        nbytes,
    }
}

/// What the data service serves: the store, and the way of brought values to the control thread.
struct Shelf {
    store: Arc<Store>,
    transfers: mpsc::UnboundedSender<Transfer>,
}

impl ValueSource for Shelf {
    async fn value(&self, task: TaskId, part: Part) -> Result<Encoded, Unavailable> {
        let stored = self.store.get(task).ok_or(Unavailable::Missing)?;
        let is_encoded = stored.value.codec().is_some();
        if stored.nbytes <= ENCODE_IN_PLACE_BYTES || (is_encoded && part == Part::WHOLE) {
            return encode(&stored.value, part);
        }
        tokio::task::spawn_blocking(move || encode(&stored.value, part))
            .await
            .unwrap_or_else(|error| Err(Unavailable::Failed(error.to_string())))
    }
}

/// Encodes a value or a part of it. A user's `Serialize` may panic; that is the value's failure.
fn encode(value: &Value, part: Part) -> Result<Encoded, Unavailable> {
    let encoded = catch_unwind(AssertUnwindSafe(|| match part.index() {
        None => value.encode(),
        Some(index) => value.part(index).and_then(|part| part.encode()),
    }));
    match encoded {
        Ok(Ok(encoded)) => Ok(encoded),
        Ok(Err(error)) => Err(Unavailable::Failed(error.to_string())),
        Err(_) => Err(Unavailable::Failed(
            "the value's `Serialize` panicked".into(),
        )),
    }
}

impl ValueSink for Shelf {
    async fn put(
        &self,
        task: TaskId,
        value: Encoded,
        _target: Option<WorkerId>,
    ) -> Result<u64, String> {
        let (reply, answer) = oneshot::channel();
        let gone = || "the worker is ending".to_owned();
        self.transfers
            .send(Transfer::Put {
                task,
                value: arrived(value),
                reply,
            })
            .map_err(|_| gone())?;
        answer.await.unwrap_or_else(|_| Err(gone()))
    }
}
