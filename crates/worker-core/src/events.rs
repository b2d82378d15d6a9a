//! What happens to a worker.

use std::time::Duration;
use taskloom_core::arguments::Part;
use taskloom_core::message::{Compute, ToWorker, WorkerWelcome};
use taskloom_core::{Encoded, RunId, TaskFailure, TaskId};

/// The place of a run in the machine's table while the executor has it. Slots are re-used, so a slot
/// always travels with its run.
pub type Slot = u32;

/// The number of one request to a peer, never re-used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FetchId(pub u64);

/// How a run ended in the executor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It made a value, which the shell holds until the turn ends or an effect says to keep it.
    Finished {
        /// Bytes of the value.
        nbytes: u64,
        /// The value, if it is small and was asked for.
        value: Option<Encoded>,
    },
    /// It failed.
    Failed(Box<TaskFailure>),
    /// It was withdrawn before it started.
    NotStarted,
}

/// The end of a run in the executor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunEnd {
    /// Where it was.
    pub slot: Slot,
    /// Which run.
    pub run: RunId,
    /// How long the task itself ran.
    pub elapsed: Duration,
    /// What came of it.
    pub outcome: Outcome,
}

/// What became of one value of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemOutcome {
    /// It is here; the shell holds it until the turn ends or an effect says to keep it.
    Here {
        /// Its bytes.
        nbytes: u64,
    },
    /// The peer does not have it.
    Missing,
    /// The peer has it but it cannot travel: it cannot be encoded, or has no such part.
    Failed(String),
    /// The connection broke before it was here.
    Unreachable(String),
}

/// Why a request failed as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchFailure {
    /// The peer cannot be reached, or the connection broke.
    Unreachable(String),
    /// The peer serves too many others.
    Busy,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A session with a scheduler began.
    Opened(WorkerWelcome),
    /// The session is gone; a new one starts from nothing.
    Closed,
    /// The scheduler said this.
    Said(ToWorker),
    /// The scheduler said to compute this, and its arguments refer to these parts of its inputs (by
    /// index). Inputs without holders need not be listed: they are here, or will be, as a whole.
    Compute {
        /// What was said.
        compute: Box<Compute>,
        /// Index of the input and the part of it.
        parts: Vec<(u32, Part)>,
    },
    /// A thread began with a run that has a timeout. Other runs need not be told of.
    Started {
        /// Where it is.
        slot: Slot,
        /// Which run.
        run: RunId,
    },
    /// A run waits for something, and occupies no slot from now on.
    Seceded {
        /// Where it is.
        slot: Slot,
        /// Which run.
        run: RunId,
    },
    /// A run that has seceded wants to go on; [`crate::Effects::resume`] names it when it may.
    WantsBack {
        /// Where it is.
        slot: Slot,
        /// Which run.
        run: RunId,
    },
    /// A run left the executor.
    Ended(RunEnd),
    /// A request to a peer is over.
    Fetched {
        /// Which.
        fetch: FetchId,
        /// One outcome per item of the request, or why there is none.
        outcome: Result<Vec<ItemOutcome>, FetchFailure>,
    },
    /// A client or the scheduler brought a value; the shell holds it as above.
    Put {
        /// Which task's value it is.
        task: TaskId,
        /// Its bytes.
        nbytes: u64,
    },
    /// It is time to tell the scheduler that this worker lives.
    Heartbeat {
        /// What the executor runs at this moment.
        executing: Vec<RunId>,
        /// Memory of the process.
        process_bytes: u64,
    },
    /// Leave in order: start nothing new, let running tasks end.
    Drain,
    /// A deadline has passed.
    Tick,
    /// All that has happened was told: start runs and requests now.
    EndOfTurn,
}
