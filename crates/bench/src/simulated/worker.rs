//! A worker that reports tasks done without doing them.

use super::load::Load;
use rustc_hash::FxHashSet;
use std::collections::VecDeque;
use std::time::Duration;
use taskloom_core::limits::INLINE_BYTES_MAX;
use taskloom_core::message::{Compute, FromWorker, ReturnCause, ToWorker};
use taskloom_core::{Encoded, ErrorCode, RunId, TaskFailure, TaskId};

/// What a task that takes no time is said to have taken.
const INSTANT: Duration = Duration::from_micros(1);

/// A run that was given to a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The task.
    task: TaskId,
    /// The dispatch.
    run: RunId,
    /// What its length and the size of its result are drawn from.
    seed: u64,
    /// Whether its result is to travel if it is small.
    inline: bool,
}

/// A run that occupies a thread from now on.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// Which.
    pub run: Run,
    /// How long: hand it to [`SimulatedWorker::ended`] after that.
    pub takes: Duration,
}

/// A worker as a machine: messages in, messages out, and starts of runs for the driver's wheel.
///
/// It keeps an account of what it was given and nothing else: values are numbers, inputs that lie
/// elsewhere are there as soon as they are named.
#[derive(Debug)]
pub struct SimulatedWorker {
    load: Load,
    threads: usize,
    busy: usize,
    ready: VecDeque<Run>,
    /// Runs that wait for results of this worker.
    waiting: Vec<(Run, Vec<TaskId>)>,
    /// Tasks that were given to it and have not ended.
    unfinished: FxHashSet<TaskId>,
    /// Runs that occupy a thread although nobody wants them any more.
    withdrawn: FxHashSet<RunId>,
    /// One piece of memory that all small results are cut from.
    zeros: bytes::Bytes,
}

impl SimulatedWorker {
    /// A worker with so many threads.
    pub fn new(threads: u32, load: Load) -> Self {
        Self {
            load,
            threads: threads as usize,
            busy: 0,
            ready: VecDeque::new(),
            waiting: Vec::new(),
            unfinished: FxHashSet::default(),
            withdrawn: FxHashSet::default(),
            zeros: bytes::Bytes::from_static(&[0; INLINE_BYTES_MAX as usize]),
        }
    }

    /// Takes in a message.
    pub fn hear(&mut self, message: ToWorker, says: &mut Vec<FromWorker>, starts: &mut Vec<Start>) {
        match message {
            ToWorker::Compute(compute) => self.compute(*compute, says),
            ToWorker::Cancel(runs) => self.give_back(&runs, true, says),
            ToWorker::Retract(runs) => self.give_back(&runs, false, says),
            ToWorker::Acquire { task, nbytes, .. } => {
                says.push(FromWorker::Stored { task, nbytes });
            }
            ToWorker::Run { request, .. } => {
                let failure = TaskFailure::new(ErrorCode::Task, "a simulated worker runs nothing");
                let result = Err(Box::new(failure));
                says.push(FromWorker::Ran { request, result });
            }
            // It has no peers, keeps no values, prints nothing, and ends with its session.
            ToWorker::Peer(_)
            | ToWorker::PeerGone(_)
            | ToWorker::Free(_)
            | ToWorker::MayLeave
            | ToWorker::Retire
            | ToWorker::Restart { .. }
            | ToWorker::Listen(_)
            | ToWorker::Closing { .. } => {}
        }
        self.start(says, starts);
    }

    /// A run that was started has taken its time.
    pub fn ended(&mut self, run: Run, says: &mut Vec<FromWorker>, starts: &mut Vec<Start>) {
        self.busy -= 1;
        self.finish(run, says);
        self.start(says, starts);
    }

    fn compute(&mut self, compute: Compute, says: &mut Vec<FromWorker>) {
        let mut missing = Vec::new();
        for input in compute.inputs {
            if self.unfinished.contains(&input.task) {
                missing.push(input.task);
            } else if !input.holders.is_empty() {
                let (task, nbytes) = (input.task, input.nbytes);
                says.push(FromWorker::Stored { task, nbytes });
            }
        }
        self.unfinished.insert(compute.task);
        let run = Run {
            task: compute.task,
            run: compute.run,
            seed: compute.rank,
            inline: compute.inline_result,
        };
        if missing.is_empty() {
            self.ready.push_back(run);
        } else {
            self.waiting.push((run, missing));
        }
    }

    /// Starts what there are threads for. What takes no time ends at once.
    fn start(&mut self, says: &mut Vec<FromWorker>, starts: &mut Vec<Start>) {
        while self.busy < self.threads {
            let Some(run) = self.ready.pop_front() else {
                return;
            };
            let takes = self.load.duration(run.seed);
            if takes.is_zero() {
                self.finish(run, says);
            } else {
                self.busy += 1;
                starts.push(Start { run, takes });
            }
        }
    }

    fn finish(&mut self, run: Run, says: &mut Vec<FromWorker>) {
        let Run { task, run: id, .. } = run;
        self.unfinished.remove(&task);
        if self.withdrawn.remove(&id) {
            says.push(returned(task, id));
            return;
        }
        let nbytes = self.load.nbytes(run.seed);
        let travels = run.inline && nbytes <= INLINE_BYTES_MAX;
        let value = travels.then(|| Encoded::bytes(self.zeros.slice(..nbytes as usize)));
        says.push(FromWorker::Finished {
            task,
            run: id,
            nbytes,
            elapsed: self.load.duration(run.seed).max(INSTANT),
            value,
        });
        if self.waiting.is_empty() {
            return;
        }
        for (_, missing) in &mut self.waiting {
            missing.retain(|input| *input != task);
        }
        let complete = self
            .waiting
            .extract_if(.., |(_, missing)| missing.is_empty());
        self.ready.extend(complete.map(|(run, _)| run));
    }

    /// Gives back what has not started. What runs is, if it was cancelled, given back when it ends.
    fn give_back(&mut self, runs: &[RunId], cancel: bool, says: &mut Vec<FromWorker>) {
        for &id in runs {
            let ready = self.ready.iter().position(|run| run.run == id);
            let waiting = || self.waiting.iter().position(|(run, _)| run.run == id);
            let run = match (ready, waiting()) {
                (Some(at), _) => self.ready.remove(at),
                (None, Some(at)) => Some(self.waiting.swap_remove(at).0),
                (None, None) => None,
            };
            if let Some(run) = run {
                self.unfinished.remove(&run.task);
                says.push(returned(run.task, id));
            } else if cancel {
                self.withdrawn.insert(id);
            }
        }
    }
}

fn returned(task: TaskId, run: RunId) -> FromWorker {
    let cause = ReturnCause::Withdrawn;
    FromWorker::Returned { task, run, cause }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::super::{Durations, Sizes};
    use super::*;
    use bytes::Bytes;
    use taskloom_core::message::Input;

    fn worker(durations: Durations) -> SimulatedWorker {
        let sizes = Sizes::Fixed(8);
        SimulatedWorker::new(1, Load { durations, sizes })
    }

    fn compute(at: u32, inputs: &[u32]) -> ToWorker {
        let input = |&at: &u32| Input {
            task: TaskId::new(at, 1),
            nbytes: 0,
            holders: Vec::new(),
            value: None,
        };
        ToWorker::Compute(Box::new(Compute {
            task: TaskId::new(at, 1),
            run: RunId(u64::from(at)),
            key: Bytes::new(),
            operation: 0,
            priority: 0,
            rank: u64::from(at),
            arguments: Bytes::new(),
            inputs: inputs.iter().map(input).collect(),
            inline_result: true,
            timeout: Duration::ZERO,
        }))
    }

    fn runs(says: &[FromWorker]) -> Vec<(bool, u64)> {
        says.iter()
            .map(|said| match said {
                FromWorker::Finished { run, .. } => (true, run.0),
                FromWorker::Returned { run, .. } => (false, run.0),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn without_durations_everything_ends_in_order() {
        let mut worker = worker(Durations::None);
        let (mut says, mut starts) = (Vec::new(), Vec::new());
        for message in [compute(1, &[]), compute(2, &[1]), compute(3, &[])] {
            worker.hear(message, &mut says, &mut starts);
        }
        assert_eq!(runs(&says), [(true, 1), (true, 2), (true, 3)]);
        assert!(starts.is_empty() && worker.unfinished.is_empty());
    }

    #[test]
    fn a_thread_has_one_run_at_a_time_and_results_are_waited_for() {
        let mut worker = worker(Durations::Fixed(Duration::from_millis(1)));
        let (mut says, mut starts) = (Vec::new(), Vec::new());
        for message in [compute(1, &[]), compute(2, &[1]), compute(3, &[])] {
            worker.hear(message, &mut says, &mut starts);
        }
        for expected in [1, 3, 2] {
            let start = starts.pop().expect("a run was started");
            assert!(starts.is_empty());
            assert_eq!(start.run.run, RunId(expected));
            worker.ended(start.run, &mut says, &mut starts);
        }
        assert_eq!(runs(&says), [(true, 1), (true, 3), (true, 2)]);
        assert_eq!((worker.busy, worker.unfinished.len()), (0, 0));
    }

    #[test]
    fn runs_are_given_back() {
        let mut worker = worker(Durations::Fixed(Duration::from_millis(1)));
        let (mut says, mut starts) = (Vec::new(), Vec::new());
        for at in 1..=3 {
            worker.hear(compute(at, &[]), &mut says, &mut starts);
        }
        worker.hear(
            ToWorker::Retract(vec![RunId(1), RunId(2)]),
            &mut says,
            &mut starts,
        );
        assert_eq!(runs(&says), [(false, 2)]);
        worker.hear(ToWorker::Cancel(vec![RunId(1)]), &mut says, &mut starts);
        let start = starts.remove(0);
        worker.ended(start.run, &mut says, &mut starts);
        assert_eq!(runs(&says), [(false, 2), (false, 1)]);
    }
}
