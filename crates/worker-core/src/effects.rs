//! What a worker is to do.

use crate::events::{FetchId, Slot};
use taskloom_core::arguments::Part;
use taskloom_core::message::{Compute, FromWorker};
use taskloom_core::{RunId, TaskId, WorkerId};

/// A value of the store that a run takes as an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pin {
    /// Index into the inputs of the run.
    pub input: u32,
    /// The task that made it.
    pub task: TaskId,
    /// What of it lies in the store.
    pub part: Part,
}

/// A run for the executor.
#[derive(Clone, Debug)]
pub struct Execute {
    /// Its place; comes back with its end.
    pub slot: Slot,
    /// What to run. Inputs that travelled with it still lie in it.
    pub compute: Box<Compute>,
    /// The other inputs: to be taken from the store now.
    pub pins: Vec<Pin>,
    /// It is expected to take no time to speak of, so the news of runs before it may wait for it.
    pub tiny: bool,
    /// Set if it follows the run of the last [`Step::Execute`] before this one: the thread that ends
    /// that one goes on with this one, which takes its value as the input of this index. If that one
    /// makes no value, this one cannot start, and its end is [`crate::Outcome::NotStarted`].
    pub follows: Option<u32>,
}

/// One value of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchItem {
    /// The task that made it.
    pub task: TaskId,
    /// Which part.
    pub part: Part,
    /// Its size as far as it is known.
    pub nbytes: u64,
}

/// A request to a peer. It is answered with exactly one [`crate::Event::Fetched`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// Its number.
    pub fetch: FetchId,
    /// Whom to ask.
    pub peer: WorkerId,
    /// Where that is.
    pub address: String,
    /// What to ask for.
    pub items: Vec<FetchItem>,
}

/// Where a value that shall be kept comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The run in this slot just ended.
    Run(Slot),
    /// An item of a request that just ended.
    Fetch(FetchId, u32),
    /// It was just put.
    Put,
}

/// A value to be kept in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Where it is now.
    pub source: Source,
    /// The task that made it.
    pub task: TaskId,
    /// Which part; only whole values are served to peers.
    pub part: Part,
}

/// Something to be done with the store and the executor.
#[derive(Clone, Debug)]
pub enum Step {
    /// Move a value into the store, over any older one of the same name.
    Keep(Keep),
    /// Hand a run to the executor.
    Execute(Execute),
    /// Take a value out of the store.
    Drop(TaskId, Part),
    /// Take all values out of the store.
    Clear,
}

/// What is to be done, in the order of the fields. The shell clears it after each use.
#[derive(Debug, Default)]
pub struct Effects {
    /// What to do with the store and the executor; the order matters.
    pub steps: Vec<Step>,
    /// Set the cancellation flag of these; those that have not started shall not start.
    pub cancel: Vec<(Slot, RunId)>,
    /// Those of these that have not started shall not start; running ones go on.
    pub withdraw: Vec<(Slot, RunId)>,
    /// These have seceded and may go on.
    pub resume: Vec<(Slot, RunId)>,
    /// These do not end although they were told to: start another thread in place of theirs, or drop
    /// them if they are asynchronous. Their ends are still to be told, should they come.
    pub give_up: Vec<(Slot, RunId)>,
    /// Stop these requests; nobody waits for their end.
    pub abandon: Vec<FetchId>,
    /// Start these requests.
    pub fetch: Vec<Fetch>,
    /// Tell the scheduler, in this order.
    pub say: Vec<FromWorker>,
    /// The worker may end now.
    pub leave: bool,
    /// The worker is no good any more and has to start anew, because of this.
    pub restart: Option<String>,
}

impl Effects {
    /// Forgets all, keeping the memory.
    pub fn clear(&mut self) {
        self.steps.clear();
        self.cancel.clear();
        self.withdraw.clear();
        self.resume.clear();
        self.give_up.clear();
        self.abandon.clear();
        self.fetch.clear();
        self.say.clear();
        self.leave = false;
        self.restart = None;
    }
}
