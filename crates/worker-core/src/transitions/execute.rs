//! Runs go to the executor and come back from it.
//!
//! What ends a run is what starts the next one of a chain of tiny tasks, so such chains are handed
//! over as a whole (`chain.rs`).

use crate::effects::{Effects, Execute, Source, Step};
use crate::events::{Outcome, RunEnd};
use crate::limits::{LOOK_AHEAD_RUNS, LOOK_AHEAD_WORK};
use crate::state::{Place, Run, Stage, WorkerCore};
use taskloom_core::arguments::Part;
use taskloom_core::message::{FromWorker, ReturnCause};

impl WorkerCore {
    /// Hands over the most urgent runs as long as there is room for them.
    pub(crate) fn start_runs(&mut self, effects: &mut Effects) {
        if !self.resume_runs(effects) {
            return; // Who has begun goes before those who have not.
        }
        while let Some(entry) = self.ready.peek() {
            let Some(run) = self.runs.get(entry.at) else {
                self.ready.pop();
                continue;
            };
            let tiny = self.tiny(run);
            // A less urgent run never overtakes one for which there is no room.
            if !self.load.has_room(tiny, self.config.nthreads as usize) {
                return;
            }
            let Some(run) = self.runs.get_mut(entry.at) else {
                return;
            };
            let Some(compute) = run.compute.take() else {
                return;
            };
            run.stage = Stage::Handed;
            run.estimate = tiny.unwrap_or(0);
            let holds = std::mem::take(&mut run.pins);
            self.load.add(tiny);
            self.ready.pop();
            let pins = holds.iter().map(|hold| hold.pin).collect();
            let execute = Execute {
                slot: entry.at,
                compute,
                pins,
                tiny: tiny.is_some(),
                follows: None,
            };
            effects.steps.push(Step::Execute(execute));
            // The executor has the values now.
            self.release_pins(&holds, effects);
            if let Some(estimate) = tiny {
                self.hand_over_chain(entry.at, estimate, effects);
            }
        }
    }

    /// A run left the executor.
    pub(crate) fn ended(&mut self, end: RunEnd, effects: &mut Effects) {
        let slot = end.slot;
        match self.runs.get(slot) {
            Some(Run {
                run,
                stage: Stage::Handed | Stage::Cancelled | Stage::Orphaned,
                ..
            }) if *run == end.run => {}
            _ => return,
        }
        self.give_place_back(slot);
        self.set_deadline(slot, None);
        let Some(run) = self.runs.remove(slot) else {
            return;
        };
        if run.place != Place::Behind {
            self.move_up(run.next);
        }
        if end.outcome != Outcome::NotStarted {
            self.averages[run.operation as usize].add(end.elapsed);
        }
        if run.stage == Stage::Orphaned {
            return; // Nobody asks for it any more.
        }
        let (task, id, elapsed) = (run.task, run.run, end.elapsed);
        self.by_run.remove(&id);
        if run.stage == Stage::Cancelled {
            let cause = ReturnCause::Withdrawn;
            effects.say.push(FromWorker::Returned {
                task,
                run: id,
                cause,
            });
            return;
        }
        self.makes_no_more(task, slot);
        match end.outcome {
            Outcome::Finished { nbytes, value } => {
                effects.say.push(FromWorker::Finished {
                    task,
                    run: id,
                    nbytes,
                    elapsed,
                    value,
                });
                let key = (task, Part::WHOLE);
                self.arrived(key, nbytes, Source::Run(slot), &run.followers, effects);
            }
            Outcome::Failed(failure) => {
                effects.say.push(FromWorker::Failed {
                    task,
                    run: id,
                    elapsed,
                    failure,
                });
                self.end_followers(task, &run.followers, effects);
                self.withdraw_chain(task, run.next, effects);
            }
            Outcome::NotStarted => {
                let cause = match run.lost {
                    _ if self.leaving.is_some() => ReturnCause::Leaving,
                    Some(input) => ReturnCause::Missing {
                        input,
                        holder: None,
                    },
                    None => ReturnCause::Withdrawn,
                };
                effects.say.push(FromWorker::Returned {
                    task,
                    run: id,
                    cause,
                });
                self.end_followers(task, &run.followers, effects);
                self.withdraw_chain(task, run.next, effects);
            }
        }
    }
}

impl crate::state::Load {
    /// Whether the executor can take a run with this estimate if it is tiny.
    fn has_room(&self, tiny: Option<u64>, nthreads: usize) -> bool {
        let Some(estimate) = tiny else {
            // It may sit behind tiny ones for a moment, but never behind a long one.
            return self.long < nthreads;
        };
        // Threads that long runs occupy do nothing for a look-ahead.
        let free = nthreads.saturating_sub(self.long);
        let ahead = LOOK_AHEAD_WORK.as_nanos() as u64 * free as u64;
        let runs = LOOK_AHEAD_RUNS * nthreads;
        self.handed < nthreads || (self.handed < runs && self.work + estimate <= ahead)
    }

    pub(crate) fn add(&mut self, tiny: Option<u64>) {
        self.handed += 1;
        match tiny {
            Some(estimate) => self.work += estimate,
            None => self.long += 1,
        }
    }

    pub(crate) fn remove(&mut self, estimate: u64) {
        self.handed = self.handed.saturating_sub(1);
        match estimate {
            0 => self.long = self.long.saturating_sub(1),
            estimate => self.work = self.work.saturating_sub(estimate),
        }
    }
}
