//! The machine's tables.

use crate::config::Config;
use crate::effects::Pin;
use crate::events::{FetchId, Slot};
use crate::limits::{FLIGHT_BYTES_MIN, FLIGHT_SHARE, RUN_OVERHEAD, TINY};
use crate::queue::{Queue, Urgency};
use crate::slab::Slab;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;
use taskloom_core::arguments::Part;
use taskloom_core::message::Compute;
use taskloom_core::{RunId, TaskId, Time, WorkerId};

/// What is known by the name of a value.
pub(crate) type ValueKey = (TaskId, Part);

/// The machine. See the crate's documentation.
#[derive(Debug)]
pub struct WorkerCore {
    pub(crate) config: Config,
    /// Who this worker is in the current session.
    pub(crate) session: Option<WorkerId>,
    pub(crate) leaving: Option<Leaving>,
    pub(crate) serial: u64,
    /// When the event that is taken up now happened.
    pub(crate) now: Time,

    pub(crate) runs: Slab<Run>,
    /// Runs of this session that are not answered.
    pub(crate) by_run: FxHashMap<RunId, Slot>,
    /// The run that makes the value of a task here, unless it was cancelled.
    pub(crate) makers: FxHashMap<TaskId, Slot>,
    pub(crate) ready: Queue,
    pub(crate) load: Load,
    /// Runs that have seceded and want to go on, first come first.
    pub(crate) returning: VecDeque<Slot>,
    /// When a run that the executor has is to be looked at: its timeout, or how long it may ignore
    /// that it was cancelled.
    pub(crate) deadlines: BTreeSet<(Time, Slot)>,
    pub(crate) averages: Vec<Average>,

    pub(crate) values: FxHashMap<ValueKey, Local>,
    pub(crate) stored_bytes: u64,

    pub(crate) peers: FxHashMap<WorkerId, PeerRecord>,
    /// Peers with something in their queue, so that a turn does not look at a thousand idle ones.
    pub(crate) asked: BTreeSet<WorkerId>,
    pub(crate) wants: Slab<Want>,
    pub(crate) requests: BTreeMap<FetchId, Request>,
    pub(crate) flight_bytes: u64,
    pub(crate) next_fetch: u64,
}

/// The worker was told to leave.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leaving {
    pub(crate) deadline: Time,
    /// The scheduler has let it go.
    pub(crate) released: bool,
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Some of its inputs are not here.
    Waiting,
    /// In the ready queue.
    Ready,
    /// The executor has it.
    Handed,
    /// The executor has it, and its end is of no use but to be reported.
    Cancelled,
    /// The executor has it, and nobody waits for its end: it ran out of time, or the session that it
    /// belonged to is gone.
    Orphaned,
}

/// What a run that the executor has occupies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A slot.
    Slot,
    /// Nothing: it has seceded.
    Away,
    /// Nothing yet: it has seceded and waits for a slot.
    Returning,
    /// A thread for which another one was started.
    GivenUp,
    /// Nothing yet: it follows another run on the same thread.
    Behind,
}

/// A run's timeout.
#[derive(Debug)]
pub(crate) struct Limit {
    pub(crate) timeout: Duration,
    pub(crate) key: bytes::Bytes,
    /// Once a thread has begun with it.
    pub(crate) begun: Option<Time>,
}

#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) run: RunId,
    pub(crate) task: TaskId,
    pub(crate) operation: u32,
    pub(crate) stage: Stage,
    /// Of meaning while the executor has it.
    pub(crate) place: Place,
    pub(crate) limit: Option<Box<Limit>>,
    /// Its entry among the deadlines.
    pub(crate) deadline: Option<Time>,
    pub(crate) urgency: Urgency,
    /// How many of `pins` are not here.
    pub(crate) missing: u32,
    /// The values of the store that it needs, until it is handed over with them.
    pub(crate) pins: SmallVec<[Hold; 1]>,
    /// Runs that need the value it makes.
    pub(crate) followers: SmallVec<[Waiter; 1]>,
    /// The follower that was handed over together with it. It may be gone.
    pub(crate) next: Option<(Slot, RunId)>,
    /// Set when it was handed over behind a run that will make no value after all.
    pub(crate) lost: Option<TaskId>,
    /// Until it is handed over.
    pub(crate) compute: Option<Box<Compute>>,
    /// What it was taken to cost at hand-over in nanoseconds; 0 for long or unknown.
    pub(crate) estimate: u64,
}

/// A pin and what it stands in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hold {
    pub(crate) pin: Pin,
    pub(crate) how: How,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// Counted among the users of a value that is here.
    User,
    /// Among the waiters of a value that is to be fetched.
    Waiter,
    /// Among the followers of the run that makes it.
    Follower,
}

/// A pin of a run, named from elsewhere. Stale when the slot has another serial number; lists of
/// waiters are not searched when a run goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiter {
    pub(crate) slot: Slot,
    pub(crate) serial: u64,
    pub(crate) pin: u32,
}

/// A value by its name.
#[derive(Debug)]
pub(crate) enum Local {
    /// To be fetched; a place among the wants.
    Wanted(u32),
    Here(Here),
}

/// A value in the store.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Here {
    pub(crate) nbytes: u64,
    /// Runs that wait or are ready with it.
    pub(crate) users: u32,
    /// The scheduler does not count on it: it goes with the last user.
    pub(crate) private: bool,
}

/// A value that is to be fetched.
#[derive(Debug)]
pub(crate) struct Want {
    pub(crate) key: ValueKey,
    pub(crate) nbytes: u64,
    pub(crate) urgency: Urgency,
    /// Holders that have not been tried, the best first.
    pub(crate) holders: SmallVec<[WorkerId; 2]>,
    /// The holder in whose queue or request it is.
    pub(crate) at: WorkerId,
    /// Set when it is in a request.
    pub(crate) request: Option<FetchId>,
    pub(crate) waiters: SmallVec<[Waiter; 1]>,
    /// Waiters that are not stale.
    pub(crate) live: u32,
    /// The scheduler asked for a copy.
    pub(crate) acquire: bool,
    /// The scheduler has freed it meanwhile: the copy is private.
    pub(crate) private: bool,
    /// How often holders were busy.
    pub(crate) busy: u32,
}

#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) peer: WorkerId,
    /// Places among the wants. A want may be gone before its request is over.
    pub(crate) items: Vec<u32>,
    pub(crate) bytes: u64,
}

#[derive(Debug)]
pub(crate) struct PeerRecord {
    pub(crate) address: String,
    /// Places among the wants.
    pub(crate) queue: Queue,
    /// Bytes in the queue and in requests.
    pub(crate) backlog: u64,
    pub(crate) requests: usize,
    pub(crate) busy_until: Option<Time>,
}

/// What the executor has.
#[derive(Debug, Default)]
pub(crate) struct Load {
    /// All runs that occupy slots.
    pub(crate) handed: usize,
    /// Runs that follow another one on the same thread.
    pub(crate) behind: usize,
    /// Runs of long or unknown operations.
    pub(crate) long: usize,
    /// The estimates of the others, and of those behind them, in nanoseconds.
    pub(crate) work: u64,
    /// Runs that have seceded.
    pub(crate) away: usize,
    /// Runs that were given up.
    pub(crate) given_up: usize,
}

/// How long an operation takes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Average {
    nanos: Option<f32>,
}

impl Average {
    pub(crate) fn add(&mut self, elapsed: Duration) {
        let new = elapsed.as_nanos() as f32;
        self.nanos = Some(self.nanos.map_or(new, |old| old + (new - old) / 8.0));
    }

    /// The estimate of a run, if it is known to be tiny.
    pub(crate) fn tiny(self) -> Option<u64> {
        let nanos = self.nanos? as u64;
        (nanos <= TINY.as_nanos() as u64).then_some(nanos.max(RUN_OVERHEAD.as_nanos() as u64))
    }
}

impl WorkerCore {
    /// A machine without a session.
    pub fn new(config: Config) -> Self {
        let averages = vec![Average::default(); config.operations.len()];
        Self {
            config,
            session: None,
            leaving: None,
            serial: 0,
            now: Time::ZERO,
            runs: Slab::default(),
            by_run: FxHashMap::default(),
            makers: FxHashMap::default(),
            ready: Queue::default(),
            load: Load::default(),
            returning: VecDeque::new(),
            deadlines: BTreeSet::new(),
            averages,
            values: FxHashMap::default(),
            stored_bytes: 0,
            peers: FxHashMap::default(),
            asked: BTreeSet::new(),
            wants: Slab::default(),
            requests: BTreeMap::new(),
            flight_bytes: 0,
            next_fetch: 0,
        }
    }

    /// When the machine wants an [`crate::Event::Tick`], if nothing else happens before.
    pub fn next_deadline(&self) -> Option<Time> {
        let busy = self
            .asked
            .iter()
            .filter_map(|peer| self.peers.get(peer)?.busy_until);
        busy.chain(self.leaving.map(|leaving| leaving.deadline))
            .chain(self.deadlines.first().map(|&(at, _)| at))
            .min()
    }

    /// Bytes of all values in the store.
    pub fn stored_bytes(&self) -> u64 {
        self.stored_bytes
    }

    /// How many runs the executor has.
    pub fn handed(&self) -> usize {
        self.load.handed + self.load.behind + self.load.away + self.load.given_up
    }

    /// Whether the executor may hold back the end of a run, because it went on with a tiny one.
    pub fn may_hold_back(&self) -> bool {
        let after_others = self.load.handed >= 2 && self.load.handed > self.load.long;
        after_others || self.load.behind > 0
    }

    /// Whether the worker takes nothing new.
    pub fn is_leaving(&self) -> bool {
        self.leaving.is_some()
    }

    /// Bytes that may be in flight at a time.
    pub(crate) fn flight_budget(&self) -> u64 {
        (self.config.memory_limit / FLIGHT_SHARE).max(FLIGHT_BYTES_MIN)
    }

    pub(crate) fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }
}
