//! The worker as the clients of its own tasks use it.

use crate::data::Transfer;
use crate::store::{Store, Stored};
use futures::FutureExt;
use futures::future::BoxFuture;
use std::sync::{Arc, Mutex, PoisonError};
use taskloom_core::{TaskId, WorkerId};
use taskloom_rpc::SchedulerAddress;
use taskloom_task::{Value, WorkerHost};
use tokio::sync::{mpsc, oneshot};

/// See the module.
pub(crate) struct Host {
    scheduler: SchedulerAddress,
    store: Arc<Store>,
    transfers: mpsc::UnboundedSender<Transfer>,
    id: Mutex<Option<WorkerId>>,
}

impl Host {
    pub(crate) fn new(
        scheduler: SchedulerAddress,
        store: Arc<Store>,
        transfers: mpsc::UnboundedSender<Transfer>,
    ) -> Self {
        Self {
            scheduler,
            store,
            transfers,
            id: Mutex::new(None),
        }
    }

    /// A session began or ended.
    pub(crate) fn set_id(&self, id: Option<WorkerId>) {
        *self.id.lock().unwrap_or_else(PoisonError::into_inner) = id;
    }
}

impl WorkerHost for Host {
    fn scheduler(&self) -> String {
        self.scheduler.to_string()
    }

    fn id(&self) -> Option<WorkerId> {
        *self.id.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn value(&self, task: TaskId) -> Option<Value> {
        self.store.get(task).map(|stored| stored.value)
    }

    fn put(&self, task: TaskId, value: Value) -> BoxFuture<'static, Result<u64, String>> {
        let (reply, answer) = oneshot::channel();
        let nbytes = value.nbytes();
        let value = Stored { value, nbytes };
        // A worker that is ending takes nothing, which the answer says.
        let _ = self.transfers.send(Transfer::Put { task, value, reply });
        let gone = || "the worker is ending".to_owned();
        async move { answer.await.unwrap_or_else(|_| Err(gone())) }.boxed()
    }
}
