//! Random events, also stale, duplicated and illegal ones: the tables stay right after each of them,
//! every run is answered exactly once, nothing hangs, and nothing stays that nobody wants.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use taskloom_core::arguments::Part;
use taskloom_core::message::{Compute, FromWorker, Input, ToWorker};
use taskloom_core::{RunId, TaskFailure};
use taskloom_worker_core::testing::{TestWorker, compute, held, here, inline, peer, task};
use taskloom_worker_core::{Event, FetchFailure, FetchId, ItemOutcome, Outcome, RunEnd};

const LETTERS: [char; 6] = ['a', 'b', 'c', 'd', 'e', 'f'];

#[derive(Clone, Debug)]
enum Step {
    Compute {
        letter: usize,
        priority: i32,
        operation: u32,
        timeout: u64,
        inputs: Vec<(usize, u8, u8)>,
    },
    Chain {
        operation: u32,
        letters: Vec<usize>,
    },
    Repeat(usize),
    Cancel(Vec<usize>),
    Retract(Vec<usize>),
    Free(usize),
    Acquire(usize, u8),
    Put(usize),
    End {
        which: usize,
        how: u8,
        micros: u64,
    },
    StaleEnd(u32, u64),
    Start(usize),
    Secede(usize),
    WantBack(usize),
    StaleSecession(u32, u64),
    Answer {
        which: usize,
        how: Vec<u8>,
    },
    StaleAnswer(u64),
    PeerGone(u32),
    Peer(u32),
    Later(u64),
    Reconnect,
    Drain,
    MayLeave,
    EndOfTurn,
}

fn step() -> impl Strategy<Value = Step> {
    let letter = || 0usize..LETTERS.len();
    let inputs = prop::collection::vec((letter(), 0u8..8, 0u8..4), 0..4);
    prop_oneof![
        12 => (letter(), -1i32..2, 0u32..4, 0u64..4, inputs).prop_map(
            |(letter, priority, operation, timeout, inputs)| Step::Compute {
                letter, priority, operation, timeout, inputs,
            },
        ),
        6 => (0u32..3, prop::collection::vec(letter(), 1..6))
            .prop_map(|(operation, letters)| Step::Chain { operation, letters }),
        3 => any::<usize>().prop_map(Step::Start),
        4 => any::<usize>().prop_map(Step::Secede),
        3 => any::<usize>().prop_map(Step::WantBack),
        1 => (0u32..8, 0u64..50).prop_map(|(slot, run)| Step::StaleSecession(slot, run)),
        1 => any::<usize>().prop_map(Step::Repeat),
        2 => prop::collection::vec(any::<usize>(), 1..3).prop_map(Step::Cancel),
        2 => prop::collection::vec(any::<usize>(), 1..3).prop_map(Step::Retract),
        3 => letter().prop_map(Step::Free),
        1 => (letter(), 0u8..8).prop_map(|(letter, peers)| Step::Acquire(letter, peers)),
        1 => letter().prop_map(Step::Put),
        8 => (any::<usize>(), 0u8..6, 0u64..1000)
            .prop_map(|(which, how, micros)| Step::End { which, how, micros }),
        1 => (0u32..8, 0u64..50).prop_map(|(slot, run)| Step::StaleEnd(slot, run)),
        6 => (any::<usize>(), prop::collection::vec(0u8..8, 0..4))
            .prop_map(|(which, how)| Step::Answer { which, how }),
        1 => (0u64..50).prop_map(Step::StaleAnswer),
        1 => (1u32..4).prop_map(Step::PeerGone),
        1 => (1u32..4).prop_map(Step::Peer),
        2 => (1u64..200).prop_map(Step::Later),
        1 => (1u64..30_000).prop_map(Step::Later),
        10 => Just(Step::EndOfTurn),
    ]
}

fn rare() -> impl Strategy<Value = Step> {
    prop_oneof![
        Just(Step::Reconnect),
        Just(Step::Drain),
        Just(Step::MayLeave)
    ]
}

/// The world around the machine, with what it still owes to the scheduler.
struct World {
    worker: TestWorker,
    next_run: u64,
    /// Runs of this session: the task, and how often an answer came.
    owed: BTreeMap<RunId, (Compute, u32)>,
    heard: usize,
    /// Runs that wait for a slot.
    wants_back: BTreeSet<RunId>,
}

impl World {
    fn new(nthreads: u32) -> Self {
        Self {
            worker: TestWorker::new(nthreads),
            next_run: 1,
            owed: BTreeMap::new(),
            heard: 0,
            wants_back: BTreeSet::new(),
        }
    }

    fn input(&self, (letter, peers, how): (usize, u8, u8)) -> Input {
        let letter = LETTERS[letter];
        let peers: Vec<u32> = (1..=3)
            .filter(|bit| peers & (1 << (bit - 1)) != 0)
            .collect();
        match how {
            0 => inline(letter),
            1 => here(letter),
            _ => held(letter, 1 << (10 * u32::from(how)), &peers),
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Compute {
                letter,
                priority,
                operation,
                timeout,
                inputs,
            } => {
                let timeout = Duration::from_millis(timeout * 40);
                let run = self.next_run;
                self.next_run += 1;
                let parts = inputs
                    .iter()
                    .zip(0..)
                    .filter(|((_, _, how), _)| *how > 0)
                    .map(|((_, peers, how), index)| {
                        let element = Part::element(u32::from(*peers) % 2);
                        (index, if *how == 3 { element } else { Part::WHOLE })
                    })
                    .collect();
                let inputs = inputs.into_iter().map(|input| self.input(input)).collect();
                let letter = LETTERS[letter];
                let compute = Compute {
                    timeout,
                    priority,
                    operation,
                    inputs,
                    ..compute(letter, run)
                };
                self.owed.insert(RunId(run), (compute.clone(), 0));
                self.worker.tell(Event::Compute {
                    compute: Box::new(compute),
                    parts,
                });
            }
            Step::Chain { operation, letters } => {
                for (at, letter) in letters.iter().enumerate() {
                    let before = at.checked_sub(1).map(|before| (letters[before], 0, 1));
                    self.step(Step::Compute {
                        letter: *letter,
                        priority: 0,
                        operation,
                        timeout: 0,
                        inputs: before.into_iter().collect(),
                    });
                }
            }
            Step::Repeat(which) => {
                let unanswered: Vec<_> = self
                    .owed
                    .values()
                    .filter(|(_, answers)| *answers == 0)
                    .collect();
                if let Some((compute, _)) = unanswered.get(which % unanswered.len().max(1)) {
                    let message = ToWorker::Compute(Box::new(compute.clone()));
                    self.worker.tell(Event::Said(message));
                }
            }
            Step::Cancel(which) => {
                let runs = self.runs(&which);
                self.worker.tell(Event::Said(ToWorker::Cancel(runs)));
            }
            Step::Retract(which) => {
                let runs = self.runs(&which);
                self.worker.tell(Event::Said(ToWorker::Retract(runs)));
            }
            Step::Free(letter) => {
                self.worker
                    .tell(Event::Said(ToWorker::Free(vec![task(LETTERS[letter])])));
            }
            Step::Acquire(letter, peers) => {
                let input = self.input((letter, peers, 2));
                let (task, nbytes, holders) = (input.task, input.nbytes, input.holders);
                self.worker.tell(Event::Said(ToWorker::Acquire {
                    task,
                    nbytes,
                    holders,
                }));
            }
            Step::Put(letter) => {
                self.worker.tell(Event::Put {
                    task: task(LETTERS[letter]),
                    nbytes: 7,
                });
            }
            Step::End { which, how, micros } => self.end(which, how, micros),
            Step::Start(which) => {
                if let Some(run) = self.one_running(which) {
                    self.worker.start(run);
                }
            }
            Step::Secede(which) => {
                if let Some(run) = self.one_running(which) {
                    self.wants_back.remove(&RunId(run));
                    self.worker.secede(run);
                }
            }
            Step::WantBack(which) => {
                if let Some(run) = self.one_running(which) {
                    self.wants_back.insert(RunId(run));
                    self.worker.want_back(run);
                }
            }
            Step::StaleSecession(slot, run) => {
                let run = RunId(run);
                if !self.worker.executing.contains_key(&run) {
                    self.worker.tell(Event::Seceded { slot, run });
                    self.worker.tell(Event::WantsBack { slot, run });
                    self.worker.tell(Event::Started { slot, run });
                }
            }
            Step::StaleEnd(slot, run) => {
                if !self.worker.executing.contains_key(&RunId(run)) {
                    let outcome = Outcome::Finished {
                        nbytes: 3,
                        value: None,
                    };
                    let (run, elapsed) = (RunId(run), Duration::ZERO);
                    self.worker.tell(Event::Ended(RunEnd {
                        slot,
                        run,
                        elapsed,
                        outcome,
                    }));
                }
            }
            Step::Answer { which, how } => self.answer(which, &how),
            Step::StaleAnswer(id) => {
                if !self.worker.requests.contains_key(&FetchId(id)) {
                    let outcome = Ok(vec![ItemOutcome::Here { nbytes: 3 }]);
                    self.worker.tell(Event::Fetched {
                        fetch: FetchId(id),
                        outcome,
                    });
                }
            }
            Step::PeerGone(number) => {
                self.worker
                    .tell(Event::Said(ToWorker::PeerGone(peer(number))));
            }
            Step::Peer(number) => {
                let introduced = taskloom_core::message::Peer {
                    worker: peer(number),
                    name: "again".into(),
                    address: "again:1".into(),
                };
                self.worker.tell(Event::Said(ToWorker::Peer(introduced)));
            }
            Step::Later(millis) => {
                self.worker.now = self.worker.now + Duration::from_millis(millis);
                self.worker.tell(Event::Tick);
            }
            Step::Reconnect => {
                self.worker.tell(Event::Closed);
                self.count_answers();
                self.owed.clear();
                self.worker.open();
            }
            Step::Drain => self.worker.tell(Event::Drain),
            Step::MayLeave => self.worker.tell(Event::Said(ToWorker::MayLeave)),
            Step::EndOfTurn => self.worker.tell(Event::EndOfTurn),
        }
        for run in self.worker.resumed.drain(..) {
            self.wants_back.remove(&run);
        }
        self.count_answers();
    }

    /// A run that the executor has ends.
    fn end(&mut self, which: usize, how: u8, micros: u64) {
        let stranded = self.worker.stranded();
        if let Some(&run) = stranded.get(which % stranded.len().max(1)) {
            self.worker.end(run, Duration::ZERO, Outcome::NotStarted);
            return;
        }
        // One that is behind others ends only if it was withdrawn.
        let mut runs = self.worker.running();
        let begun = self.worker.begun();
        runs.retain(|&run| begun.contains(&run) || how == 1 && self.may_not_start(run));
        let Some(&run) = runs.get(which % runs.len().max(1)) else {
            return;
        };
        let outcome = match how {
            0 => {
                let failure = TaskFailure::new(taskloom_core::ErrorCode::Task, "no");
                Outcome::Failed(Box::new(failure))
            }
            1 if self.may_not_start(run) => Outcome::NotStarted,
            _ => Outcome::Finished {
                nbytes: 10,
                value: None,
            },
        };
        self.worker.end(run, Duration::from_micros(micros), outcome);
    }

    fn runs(&self, which: &[usize]) -> Vec<RunId> {
        which
            .iter()
            .map(|run| RunId(*run as u64 % self.next_run))
            .collect()
    }

    fn one_running(&self, which: usize) -> Option<u64> {
        let runs = self.worker.begun();
        runs.get(which % runs.len().max(1)).copied()
    }

    fn may_not_start(&self, run: u64) -> bool {
        let run = RunId(run);
        self.worker.cancelled.contains(&run) || self.worker.withdrawn.contains(&run)
    }

    fn answer(&mut self, which: usize, how: &[u8]) {
        let ids: Vec<_> = self.worker.requests.keys().copied().collect();
        let Some(&fetch) = ids.get(which % ids.len().max(1)) else {
            return;
        };
        let Some(request) = self.worker.requests.remove(&fetch) else {
            return;
        };
        let item = |index: usize| match how.get(index % how.len().max(1)) {
            Some(0) => ItemOutcome::Missing,
            Some(1) => ItemOutcome::Failed("bad".into()),
            Some(2) => ItemOutcome::Unreachable("broken".into()),
            _ => ItemOutcome::Here { nbytes: 10 },
        };
        let outcome = match how.first() {
            Some(6) => Err(FetchFailure::Busy),
            Some(7) => Err(FetchFailure::Unreachable("refused".into())),
            // Sometimes the answer is too short.
            Some(5) => Ok((1..request.items.len()).map(item).collect()),
            _ => Ok((0..request.items.len()).map(item).collect()),
        };
        self.worker.tell(Event::Fetched { fetch, outcome });
    }

    fn count_answers(&mut self) {
        for message in &self.worker.history[self.heard..] {
            let (FromWorker::Finished { run, .. }
            | FromWorker::Failed { run, .. }
            | FromWorker::Returned { run, .. }) = message
            else {
                continue;
            };
            let (_, answers) = self
                .owed
                .get_mut(run)
                .expect("an answer that nobody asked for");
            *answers += 1;
            assert_eq!(*answers, 1, "{run} is answered twice");
        }
        self.heard = self.worker.history.len();
    }

    fn one_that_can_end(&self) -> Option<u64> {
        let runs = self.worker.begun();
        runs.into_iter()
            .find(|&run| !self.wants_back.contains(&RunId(run)))
    }

    /// Lets everything that is under way come to its end.
    fn settle(&mut self) {
        for _ in 0..10_000 {
            self.step(Step::EndOfTurn);
            if !self.worker.requests.is_empty() {
                self.answer(0, &[]);
            } else if let Some(run) = self.one_that_can_end() {
                self.worker.finish(run);
            } else if let Some(&run) = self.worker.stranded().first() {
                self.worker.end(run, Duration::ZERO, Outcome::NotStarted);
            } else if let Some(&run) = self.worker.running().first() {
                panic!("run {run} waits for a slot and gets none");
            } else if let Some(at) = self.worker.core.next_deadline()
                && !self.worker.leave
            {
                self.worker.now = self.worker.now.max(at);
                self.worker.turn(Event::Tick);
            } else {
                break;
            }
        }
        self.count_answers();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_run_is_answered_once_and_nothing_stays(
        nthreads in 1u32..4,
        steps in prop::collection::vec(prop_oneof![60 => step(), 1 => rare()], 0..150),
    ) {
        let mut world = World::new(nthreads);
        for step in steps {
            world.step(step);
        }
        world.settle();
        for (run, (_, answers)) in &world.owed {
            prop_assert_eq!(*answers, 1, "{} hangs", run);
        }
        world.worker.say(ToWorker::Free(LETTERS.map(task).to_vec()));
        prop_assert!(world.worker.store.is_empty(), "{:?} stays", world.worker.store);
        prop_assert_eq!(world.worker.core.stored_bytes(), 0);
        prop_assert_eq!(world.worker.core.handed(), 0);
    }
}
