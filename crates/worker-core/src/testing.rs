//! A driver for tests: a machine, the things that a shell would have, and words to play the
//! scheduler, the executor and the peers with. Runs are named by numbers, tasks by letters.

use crate::effects::{Effects, Execute, Fetch, Source, Step};
use crate::events::{Event, FetchFailure, FetchId, ItemOutcome, Outcome, RunEnd};
use crate::{Config, Kind, WorkerCore};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use taskloom_core::arguments::Part;
use taskloom_core::message::WorkerWelcome;
use taskloom_core::message::{Compute, FromWorker, Input, Peer, ReturnCause, ToWorker};
use taskloom_core::{ErrorCode, RunId, TaskFailure, TaskId, Time, WorkerId};

/// A machine in a world of its own.
#[derive(Debug)]
pub struct TestWorker {
    /// The machine.
    pub core: WorkerCore,
    /// The time of the next event.
    pub now: Time,
    effects: Effects,
    /// What the executor has, by run.
    pub executing: BTreeMap<RunId, Execute>,
    /// Of these, whom a run follows on the same thread, and whether that one made a value; nothing
    /// while it has not ended.
    follows: BTreeMap<RunId, (RunId, Option<bool>)>,
    /// Runs whose cancellation flag was set.
    pub cancelled: BTreeSet<RunId>,
    /// Runs that shall not start if they have not.
    pub withdrawn: BTreeSet<RunId>,
    /// Runs that have seceded and were told to go on.
    pub resumed: Vec<RunId>,
    /// Runs whose threads were given up.
    pub given_up: Vec<RunId>,
    /// Why the worker has to start anew.
    pub restart: Option<String>,
    /// Requests under way.
    pub requests: BTreeMap<FetchId, Fetch>,
    /// What lies in the store.
    pub store: BTreeSet<(TaskId, Part)>,
    /// What was said, in the words of [`words`].
    pub said: Vec<String>,
    /// Everything that was said since the start.
    pub history: Vec<FromWorker>,
    /// Whether the worker may end.
    pub leave: bool,
}

/// The task of a letter.
pub fn task(letter: char) -> TaskId {
    TaskId::new(letter as u32, 0)
}

/// The peer of a number.
pub fn peer(number: u32) -> WorkerId {
    WorkerId::new(number, 1)
}

/// A run of a task without inputs; add [`here`], [`held`] and [`inline`] ones to it.
pub fn compute(letter: char, run: u64) -> Compute {
    Compute {
        task: task(letter),
        run: RunId(run),
        key: Bytes::copy_from_slice(letter.to_string().as_bytes()),
        operation: 0,
        priority: 0,
        rank: run,
        arguments: Bytes::new(),
        inputs: Vec::new(),
        inline_result: false,
        timeout: std::time::Duration::ZERO,
    }
}

/// An input that lies here or will be made here.
pub fn here(letter: char) -> Input {
    held(letter, 0, &[])
}

/// An input that these peers hold.
pub fn held(letter: char, nbytes: u64, peers: &[u32]) -> Input {
    let holders = peers.iter().map(|&number| peer(number)).collect();
    Input {
        task: task(letter),
        nbytes,
        holders,
        value: None,
    }
}

/// An input that travels with the run.
pub fn inline(letter: char) -> Input {
    let value = Some(taskloom_core::Encoded::bytes(Bytes::from_static(b"v")));
    Input {
        value,
        ..here(letter)
    }
}

/// What a worker said, in a few words.
pub fn words(message: &FromWorker) -> String {
    let name =
        |task: &TaskId| char::from_u32(task.index).map_or_else(|| task.to_string(), String::from);
    match message {
        FromWorker::Finished { task, run, .. } => format!("{run} finished {}", name(task)),
        FromWorker::Failed {
            task, run, failure, ..
        } => {
            format!("{run} failed {}: {}", name(task), failure.message)
        }
        FromWorker::Returned { task, run, cause } => {
            let why = match cause {
                ReturnCause::Withdrawn => "withdrawn".to_owned(),
                ReturnCause::Leaving => "leaving".to_owned(),
                ReturnCause::Unreachable {
                    input,
                    holder,
                    reason,
                } => {
                    format!("{} unreachable on {}: {reason}", name(input), holder.index)
                }
                ReturnCause::Missing {
                    input,
                    holder: Some(holder),
                } => {
                    format!("{} missing on {}", name(input), holder.index)
                }
                ReturnCause::Missing {
                    input,
                    holder: None,
                } => {
                    format!("{} missing", name(input))
                }
            };
            format!("{run} returned {}: {why}", name(task))
        }
        FromWorker::Stored { task, .. } => format!("stored {}", name(task)),
        FromWorker::AcquireFailed { task, reason } => {
            format!("cannot acquire {}: {reason}", name(task))
        }
        FromWorker::Heartbeat { .. } => "heartbeat".into(),
        FromWorker::Ran { request, .. } => format!("ran {request}"),
        FromWorker::Seceded { task, run } => format!("{run} seceded {}", name(task)),
        FromWorker::Rejoined { task, run } => format!("{run} rejoined {}", name(task)),
        FromWorker::Logged { task, lines } => format!("{} logged {}", name(task), lines.len()),
        FromWorker::Leaving => "leaving".into(),
    }
}

impl TestWorker {
    /// A worker with this many threads, three peers and an open session. Operation 0 runs on
    /// threads, operation 1 is async, operation 2 runs on threads.
    pub fn new(nthreads: u32) -> Self {
        let operations = vec![Kind::Thread, Kind::Async, Kind::Thread];
        let mut worker = Self::without_session(Config {
            nthreads,
            operations,
            ..Config::default()
        });
        worker.open();
        worker
    }

    /// A worker of these settings that nobody talks to.
    pub fn without_session(config: Config) -> Self {
        Self {
            core: WorkerCore::new(config),
            now: Time::ZERO,
            effects: Effects::default(),
            executing: BTreeMap::new(),
            follows: BTreeMap::new(),
            cancelled: BTreeSet::new(),
            withdrawn: BTreeSet::new(),
            resumed: Vec::new(),
            given_up: Vec::new(),
            restart: None,
            requests: BTreeMap::new(),
            store: BTreeSet::new(),
            said: Vec::new(),
            history: Vec::new(),
            leave: false,
        }
    }

    /// Opens a session and introduces peers 1 to 3.
    pub fn open(&mut self) {
        let heartbeat = Duration::from_secs(1);
        let welcome = WorkerWelcome {
            worker: WorkerId::new(0, 0),
            epoch: 1,
            heartbeat,
        };
        self.tell(Event::Opened(welcome));
        for number in 1..=3 {
            let address = format!("peer-{number}:1");
            let peer = Peer {
                worker: peer(number),
                name: format!("peer-{number}"),
                address,
            };
            self.tell(Event::Said(ToWorker::Peer(peer)));
        }
    }

    /// Tells the machine one thing and plays the shell for what it decides; no turn ends.
    pub fn tell(&mut self, event: Event) {
        let mut effects = std::mem::take(&mut self.effects);
        self.core.handle(self.now, event, &mut effects);
        self.apply(&mut effects);
        self.effects = effects;
        self.core.validate();
    }

    /// Tells the machine one thing and ends the turn.
    pub fn turn(&mut self, event: Event) -> &mut Self {
        self.tell(event);
        self.tell(Event::EndOfTurn);
        self
    }

    /// The scheduler says this.
    pub fn say(&mut self, message: ToWorker) -> &mut Self {
        self.turn(Event::Said(message))
    }

    /// The scheduler sends a run whose arguments refer to all inputs as a whole.
    pub fn run(&mut self, mut compute: Compute, inputs: Vec<Input>) -> &mut Self {
        compute.inputs = inputs;
        self.say(ToWorker::Compute(Box::new(compute)))
    }

    /// A task ends well after a microsecond, with a value of 10 bytes.
    pub fn finish(&mut self, run: u64) -> &mut Self {
        self.finish_after(run, Duration::from_micros(1))
    }

    /// A task ends well.
    pub fn finish_after(&mut self, run: u64, elapsed: Duration) -> &mut Self {
        self.end(
            run,
            elapsed,
            Outcome::Finished {
                nbytes: 10,
                value: None,
            },
        )
    }

    /// A task fails.
    pub fn fail(&mut self, run: u64) -> &mut Self {
        let failure = Box::new(TaskFailure::new(ErrorCode::Task, "no luck"));
        self.end(run, Duration::from_micros(1), Outcome::Failed(failure))
    }

    /// A run leaves the executor like this.
    pub fn end(&mut self, run: u64, elapsed: Duration, outcome: Outcome) -> &mut Self {
        let run = RunId(run);
        let slot = self
            .executing
            .remove(&run)
            .map_or(u32::MAX, |execute| execute.slot);
        let made = matches!(outcome, Outcome::Finished { .. });
        self.follows.remove(&run);
        for (before, end) in self.follows.values_mut() {
            if *before == run {
                *end = Some(made);
            }
        }
        self.turn(Event::Ended(RunEnd {
            slot,
            run,
            elapsed,
            outcome,
        }))
    }

    /// The oldest request to a peer ends like this.
    pub fn answer(
        &mut self,
        number: u32,
        outcome: Result<Vec<ItemOutcome>, FetchFailure>,
    ) -> &mut Self {
        let id = self
            .requests
            .iter()
            .find(|(_, r)| r.peer == peer(number))
            .map(|(&id, _)| id);
        if let Some(fetch) = id {
            self.requests.remove(&fetch);
            self.turn(Event::Fetched { fetch, outcome });
        }
        self
    }

    /// The oldest request to a peer brings all its items, of 10 bytes each.
    pub fn deliver(&mut self, number: u32) -> &mut Self {
        let request = self
            .requests
            .values()
            .find(|request| request.peer == peer(number));
        let count = request.map_or(0, |request| request.items.len());
        self.answer(number, Ok(vec![ItemOutcome::Here { nbytes: 10 }; count]))
    }

    /// A thread begins with a run.
    pub fn start(&mut self, run: u64) -> &mut Self {
        self.of_run(run, |slot, run| Event::Started { slot, run })
    }

    /// A run gives up its slot.
    pub fn secede(&mut self, run: u64) -> &mut Self {
        self.of_run(run, |slot, run| Event::Seceded { slot, run })
    }

    /// A run that has seceded wants to go on.
    pub fn want_back(&mut self, run: u64) -> &mut Self {
        self.of_run(run, |slot, run| Event::WantsBack { slot, run })
    }

    fn of_run(&mut self, run: u64, event: fn(u32, RunId) -> Event) -> &mut Self {
        let run = RunId(run);
        let slot = self.executing.get(&run).map_or(u32::MAX, |e| e.slot);
        self.turn(event(slot, run))
    }

    /// Time passes.
    pub fn later(&mut self, time: Duration) -> &mut Self {
        self.now = self.now + time;
        self.turn(Event::Tick)
    }

    /// The runs that were told to go on since the last time.
    pub fn resumed(&mut self) -> Vec<u64> {
        self.resumed.drain(..).map(|run| run.0).collect()
    }

    /// What was said since the last time.
    pub fn heard(&mut self) -> Vec<String> {
        std::mem::take(&mut self.said)
    }

    /// The runs that the executor has, as numbers.
    pub fn running(&self) -> Vec<u64> {
        self.executing.keys().map(|run| run.0).collect()
    }

    /// The runs that a thread may be executing at this moment: not those behind others.
    pub fn begun(&self) -> Vec<u64> {
        self.of_executing(|end| end.is_none_or(|made| made == Some(true)))
    }

    /// The runs that cannot start, because the one before them made no value.
    pub fn stranded(&self) -> Vec<u64> {
        self.of_executing(|end| end == Some(Some(false)))
    }

    /// `which` is given nothing for a run that follows none.
    fn of_executing(&self, which: impl Fn(Option<Option<bool>>) -> bool) -> Vec<u64> {
        let end = |run: &RunId| self.follows.get(run).map(|(_, end)| *end);
        let runs = self.executing.keys().filter(|run| which(end(run)));
        runs.map(|run| run.0).collect()
    }

    /// What is asked of a peer, as letters.
    pub fn asked(&self, number: u32) -> String {
        let of_peer = self
            .requests
            .values()
            .filter(|request| request.peer == peer(number));
        let items = of_peer.flat_map(|request| &request.items);
        items
            .filter_map(|item| char::from_u32(item.task.index))
            .collect()
    }

    /// Whether a whole value lies in the store.
    pub fn has(&self, letter: char) -> bool {
        self.store.contains(&(task(letter), Part::WHOLE))
    }

    fn apply(&mut self, effects: &mut Effects) {
        let mut before: Option<(RunId, TaskId)> = None;
        for step in effects.steps.drain(..) {
            match step {
                Step::Keep(keep) => {
                    let is_private = keep.part != Part::WHOLE;
                    assert!(!is_private || matches!(keep.source, Source::Fetch(..)));
                    self.store.insert((keep.task, keep.part));
                }
                Step::Execute(execute) => {
                    for pin in &execute.pins {
                        assert!(
                            self.store.contains(&(pin.task, pin.part)),
                            "{pin:?} is not in the store"
                        );
                    }
                    let run = execute.compute.run;
                    if let Some(input) = execute.follows {
                        let input = execute.compute.inputs[input as usize].task;
                        assert_eq!(before.map(|(_, task)| task), Some(input));
                        let end = before.map(|(before, _)| (before, None));
                        self.follows.extend(end.map(|end| (run, end)));
                    }
                    before = Some((run, execute.compute.task));
                    self.executing.insert(run, execute);
                }
                Step::Drop(task, part) => {
                    assert!(
                        self.store.remove(&(task, part)),
                        "{task} was not in the store"
                    );
                }
                Step::Clear => self.store.clear(),
            }
        }
        self.cancelled
            .extend(effects.cancel.iter().map(|&(_, run)| run));
        self.withdrawn
            .extend(effects.withdraw.iter().map(|&(_, run)| run));
        self.resumed
            .extend(effects.resume.iter().map(|&(_, run)| run));
        self.given_up
            .extend(effects.give_up.iter().map(|&(_, run)| run));
        self.restart = self.restart.take().or(effects.restart.take());
        for id in &effects.abandon {
            self.requests.remove(id);
        }
        for request in effects.fetch.drain(..) {
            self.requests.insert(request.fetch, request);
        }
        self.said.extend(effects.say.iter().map(words));
        self.history.append(&mut effects.say);
        self.leave |= effects.leave;
        effects.clear();
    }
}
