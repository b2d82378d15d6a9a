//! What the core's loop is told, and the handle by which the other parts tell it.

use crate::links::Door;
use taskloom_core::message::{
    ClientHello, ClientWelcome, FromClient, FromWorker, ToClient, ToWorker, WorkerHello,
    WorkerWelcome,
};
use taskloom_core::{ClientId, TaskId, WorkerId};
use taskloom_rpc::link::Batch;
use taskloom_scheduler_core::Identity;
use tokio::sync::{mpsc, oneshot};

/// How many inputs may wait for the core. Whoever sends more waits; the bytes that stand behind them
/// are bounded by the windows of the sessions.
const INPUTS_MAX: usize = 4096;

/// Something for the core's loop.
pub(crate) enum Input {
    /// A worker introduces itself.
    WorkerHello {
        hello: WorkerHello,
        door: Door<ToWorker, WorkerWelcome>,
    },
    /// Messages of a worker; they are acknowledged when the batch is dropped.
    WorkerSaid {
        worker: WorkerId,
        batch: Batch<FromWorker>,
    },
    /// A worker's stream has ended.
    WorkerGone { worker: WorkerId, reason: String },
    /// A client introduces itself.
    ClientHello {
        hello: ClientHello,
        door: Door<ToClient, ClientWelcome>,
    },
    /// Messages of a client; they are acknowledged when the batch is dropped.
    ClientSaid {
        client: ClientId,
        batch: Batch<FromClient>,
    },
    /// A client's stream has ended.
    ClientGone { client: ClientId, reason: String },
    /// Somebody asks who is here.
    Identity { answer: oneshot::Sender<Identity> },
    /// The relay asks where a value lies.
    Locate {
        task: TaskId,
        answer: oneshot::Sender<Option<Whereabouts>>,
    },
    /// The relay asks how to reach a worker.
    Reach {
        worker: WorkerId,
        answer: oneshot::Sender<Option<Reach>>,
    },
    /// The scheduler shall end.
    Close { reason: String },
}

/// Where a value lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Whereabouts {
    /// Its size.
    pub(crate) nbytes: u64,
    /// Who holds it, the best first.
    pub(crate) holders: Vec<Reach>,
}

/// How to reach a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reach {
    /// Which.
    pub(crate) worker: WorkerId,
    /// Its name, for messages to people.
    pub(crate) name: String,
    /// `host:port`, the likeliest first: its contact address, then the same port of the host that
    /// its session came from, which answers where a contact address means something only elsewhere.
    pub(crate) addresses: Vec<String>,
}

/// The way to the core's loop.
#[derive(Clone, Debug)]
pub(crate) struct CoreHandle {
    inputs: mpsc::Sender<Input>,
}

/// The core's loop has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the scheduler is shutting down")]
pub(crate) struct CoreEnded;

impl CoreHandle {
    /// A handle, and where its inputs arrive.
    pub(crate) fn new() -> (Self, mpsc::Receiver<Input>) {
        let (inputs, arriving) = mpsc::channel(INPUTS_MAX);
        (Self { inputs }, arriving)
    }

    /// Tells the core something; waits while too much is waiting already.
    pub(crate) async fn tell(&self, input: Input) -> Result<(), CoreEnded> {
        self.inputs.send(input).await.map_err(|_| CoreEnded)
    }

    /// Asks the core something.
    pub(crate) async fn ask<T>(
        &self,
        question: impl FnOnce(oneshot::Sender<T>) -> Input,
    ) -> Result<T, CoreEnded> {
        let (answer, answered) = oneshot::channel();
        self.tell(question(answer)).await?;
        answered.await.map_err(|_| CoreEnded)
    }
}
