//! A worker: the real machine, with threads that only wait and a store that only counts.

use crate::job::Job;
use crate::memory::Memory;
use bytes::Bytes;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use std::time::Duration;
use taskloom_core::arguments::Part;
use taskloom_core::limits::INLINE_BYTES_MAX;
use taskloom_core::message::{FromWorker, ToWorker, WorkerWelcome};
use taskloom_core::{Encoded, RunId, TaskId, Time};
use taskloom_worker_core::{
    Config, Effects, Event, Execute, Fetch, FetchFailure, FetchId, ItemOutcome, Kind, Outcome,
    RunEnd, Slot, Step, WorkerCore,
};

/// Stands for the bytes of every small value.
static ZEROS: [u8; INLINE_BYTES_MAX as usize] = [0; INLINE_BYTES_MAX as usize];

/// What a worker wants of the world after a turn.
#[derive(Debug, Default)]
pub(crate) struct Wishes {
    /// Tell the scheduler.
    pub(crate) say: Vec<FromWorker>,
    /// Threads began with these.
    pub(crate) begun: Vec<Begun>,
    /// Ask peers.
    pub(crate) fetch: Vec<Fetch>,
    /// Stop these requests.
    pub(crate) abandon: Vec<FetchId>,
}

/// A thread began with a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Begun {
    pub(crate) slot: Slot,
    /// The task by its place in the job.
    pub(crate) task: u32,
    pub(crate) duration: Duration,
}

/// A run that the executor has.
#[derive(Debug)]
struct Handed {
    execute: Execute,
    task: u32,
    running: bool,
    /// The run that the same thread goes on with.
    next: Option<(Slot, RunId)>,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct SimWorker {
    core: WorkerCore,
    effects: Effects,
    free_threads: u32,
    handed: FxHashMap<Slot, Handed>,
    /// Handed runs that no thread has taken, first come first.
    row: VecDeque<Slot>,
    /// The run that was handed over last.
    last: Option<Slot>,
    memory: Memory,
    /// Sizes of the values that were made or came in this turn.
    arrived: FxHashMap<TaskId, u64>,
}

impl SimWorker {
    pub(crate) fn new(name: String, threads: u32, kinds: usize, memory_limit: u64) -> Self {
        let config = Config {
            name,
            nthreads: threads,
            operations: vec![Kind::Thread; kinds],
            memory_limit,
            ..Config::default()
        };
        Self {
            core: WorkerCore::new(config),
            effects: Effects::default(),
            free_threads: threads,
            handed: FxHashMap::default(),
            row: VecDeque::new(),
            last: None,
            memory: Memory::default(),
            arrived: FxHashMap::default(),
        }
    }

    /// Bytes of the values that are alive here.
    pub(crate) fn bytes(&self) -> u64 {
        self.memory.bytes()
    }

    pub(crate) fn opened(&mut self, now: Time, welcome: WorkerWelcome) {
        self.tell(now, Event::Opened(welcome));
    }

    pub(crate) fn said(&mut self, now: Time, messages: Vec<ToWorker>) {
        for message in messages {
            self.tell(now, Event::Said(message));
        }
    }

    pub(crate) fn heartbeat(&mut self, now: Time) {
        let mut executing: Vec<RunId> = self
            .handed
            .values()
            .filter(|handed| handed.running)
            .map(|handed| handed.execute.compute.run)
            .collect();
        executing.sort_unstable();
        let process_bytes = self.memory.bytes();
        self.tell(
            now,
            Event::Heartbeat {
                executing,
                process_bytes,
            },
        );
    }

    pub(crate) fn tick(&mut self, now: Time) {
        self.tell(now, Event::Tick);
    }

    pub(crate) fn next_deadline(&self) -> Option<Time> {
        self.core.next_deadline()
    }

    /// A thread is done with a run.
    pub(crate) fn ended(&mut self, now: Time, slot: Slot, job: &Job) {
        let Some(handed) = self.handed.remove(&slot) else {
            return;
        };
        self.free_threads += 1;
        self.unpin(&handed.execute);
        if let Some((next, run)) = handed.next
            && let Some(handed) = self.handed.get(&next)
            && handed.execute.compute.run == run
        {
            self.row.push_front(next);
        }
        let task = &job.tasks()[handed.task as usize];
        let compute = &handed.execute.compute;
        let small = compute.inline_result && task.bytes <= INLINE_BYTES_MAX;
        let value = || Encoded::bytes(Bytes::from_static(&ZEROS[..task.bytes as usize]));
        self.arrived.insert(compute.task, task.bytes);
        let end = RunEnd {
            slot,
            run: compute.run,
            elapsed: task.duration,
            outcome: Outcome::Finished {
                nbytes: task.bytes,
                value: small.then(value),
            },
        };
        self.tell(now, Event::Ended(end));
    }

    /// What a peer that asks for these gets.
    pub(crate) fn serve(&self, fetch: &Fetch) -> Vec<ItemOutcome> {
        let outcome = |task| match self.memory.stored((task, Part::WHOLE)) {
            Some(nbytes) => ItemOutcome::Here { nbytes },
            None => ItemOutcome::Missing,
        };
        fetch.items.iter().map(|item| outcome(item.task)).collect()
    }

    /// A request to a peer is over.
    pub(crate) fn fetched(
        &mut self,
        now: Time,
        fetch: Fetch,
        outcome: Result<Vec<ItemOutcome>, FetchFailure>,
    ) {
        for (item, outcome) in fetch.items.iter().zip(outcome.iter().flatten()) {
            if let ItemOutcome::Here { nbytes } = outcome {
                self.arrived.insert(item.task, *nbytes);
            }
        }
        let fetch = fetch.fetch;
        self.tell(now, Event::Fetched { fetch, outcome });
    }

    fn tell(&mut self, now: Time, event: Event) {
        self.core.handle(now, event, &mut self.effects);
    }

    /// Ends the turn: does what the machine decided and adds to `wishes` what is for others to do.
    pub(crate) fn end_turn(&mut self, now: Time, job: &Job, wishes: &mut Wishes) {
        loop {
            self.tell(now, Event::EndOfTurn);
            let mut effects = std::mem::take(&mut self.effects);
            for step in effects.steps.drain(..) {
                self.act(step);
            }
            wishes.say.append(&mut effects.say);
            wishes.fetch.append(&mut effects.fetch);
            wishes.abandon.append(&mut effects.abandon);
            let withdrawn = effects.cancel.drain(..).chain(effects.withdraw.drain(..));
            let unstarted: Vec<(Slot, RunId)> = withdrawn
                .filter(|(slot, run)| self.take_unstarted(*slot, *run))
                .collect();
            effects.clear();
            self.effects = effects;
            if unstarted.is_empty() {
                break;
            }
            for (slot, run) in unstarted {
                let end = RunEnd {
                    slot,
                    run,
                    elapsed: Duration::ZERO,
                    outcome: Outcome::NotStarted,
                };
                self.tell(now, Event::Ended(end));
            }
        }
        self.arrived.clear();
        self.begin(job, wishes);
    }

    fn act(&mut self, step: Step) {
        match step {
            Step::Keep(keep) => {
                let bytes = self.arrived.get(&keep.task).copied().unwrap_or(0);
                self.memory.keep((keep.task, keep.part), bytes);
            }
            Step::Execute(execute) => {
                for pin in &execute.pins {
                    self.memory.pin((pin.task, pin.part));
                }
                let slot = execute.slot;
                let task = place_of(&execute.compute.arguments);
                let run = execute.compute.run;
                let before = self.last.replace(slot);
                match before.and_then(|before| self.handed.get_mut(&before)) {
                    Some(before) if execute.follows.is_some() => before.next = Some((slot, run)),
                    _ => self.row.push_back(slot),
                }
                self.handed.insert(
                    slot,
                    Handed {
                        execute,
                        task,
                        running: false,
                        next: None,
                    },
                );
            }
            Step::Drop(task, part) => self.memory.drop((task, part)),
            Step::Clear => self.memory.clear(),
        }
    }

    /// Takes a run back from the executor if no thread has begun with it.
    fn take_unstarted(&mut self, slot: Slot, run: RunId) -> bool {
        let fits = |handed: &Handed| handed.execute.compute.run == run && !handed.running;
        if !self.handed.get(&slot).is_some_and(fits) {
            return false;
        }
        self.row.retain(|&other| other != slot);
        if let Some(handed) = self.handed.remove(&slot) {
            self.unpin(&handed.execute);
        }
        true
    }

    /// Free threads take the next runs.
    fn begin(&mut self, job: &Job, wishes: &mut Wishes) {
        while self.free_threads > 0
            && let Some(slot) = self.row.pop_front()
        {
            let Some(handed) = self.handed.get_mut(&slot) else {
                continue;
            };
            handed.running = true;
            self.free_threads -= 1;
            wishes.begun.push(Begun {
                slot,
                task: handed.task,
                duration: job.tasks()[handed.task as usize].duration,
            });
        }
    }

    fn unpin(&mut self, execute: &Execute) {
        for pin in &execute.pins {
            self.memory.unpin((pin.task, pin.part));
        }
    }
}

/// The arguments of a simulated task are its place in the job.
pub(crate) fn arguments_of(place: u32) -> [u8; 4] {
    place.to_le_bytes()
}

fn place_of(arguments: &[u8]) -> u32 {
    arguments
        .first_chunk()
        .map_or(0, |bytes| u32::from_le_bytes(*bytes))
}
