//! Chains: tiny runs that each wait for the one before alone are handed to a thread together, which
//! goes from one to the next without asking back.
//!
//! The machine stays the one who decides: it chose the runs, each has a slot of its own, is withdrawn
//! and cancelled like any other, and its end is told. A run behind another one occupies nothing; it
//! moves up when the one before ends. When one makes no value, those behind it are withdrawn, and
//! given back as missing an input.

use crate::config::Kind;
use crate::effects::{Effects, Execute, Step};
use crate::events::Slot;
use crate::limits::{CHAIN_RUNS, LOOK_AHEAD_WORK};
use crate::state::{How, Place, Run, Stage, WorkerCore};
use taskloom_core::{RunId, TaskId};

/// The next run of a chain.
struct Next {
    slot: Slot,
    /// Which of its inputs the run before makes.
    input: u32,
    estimate: u64,
    /// Whether others wait for the run before, so that its end is news.
    is_news: bool,
}

impl WorkerCore {
    /// Hands over what can follow a tiny run that was just handed over.
    pub(crate) fn hand_over_chain(&mut self, head: Slot, estimate: u64, effects: &mut Effects) {
        let (mut last, mut work) = (head, estimate);
        for _ in 1..CHAIN_RUNS {
            let Some(next) = self.next_of(last) else {
                return;
            };
            work += next.estimate;
            if work > LOOK_AHEAD_WORK.as_nanos() as u64 {
                return;
            }
            let Some(id) = self.hand_over_behind(&next, effects) else {
                return;
            };
            if let Some(before) = self.runs.get_mut(last) {
                before.next = Some((next.slot, id));
            }
            last = next.slot;
        }
    }

    /// The most urgent of the tiny runs that wait for this one alone.
    fn next_of(&self, slot: Slot) -> Option<Next> {
        let followers = &self.runs.get(slot)?.followers;
        let mut others = 0;
        let mut best: Option<(&Run, Next)> = None;
        for follower in followers {
            if !self.waits(*follower) {
                continue;
            }
            others += 1;
            let run = self.runs.get(follower.slot)?;
            let Some(estimate) = self.tiny(run).filter(|_| run.missing == 1) else {
                continue;
            };
            if best
                .as_ref()
                .is_none_or(|(other, _)| run.urgency > other.urgency)
            {
                let next = Next {
                    slot: follower.slot,
                    input: run.pins.get(follower.pin as usize)?.pin.input,
                    estimate,
                    is_news: false,
                };
                best = Some((run, next));
            }
        }
        let (_, next) = best?;
        Some(Next {
            is_news: others > 1,
            ..next
        })
    }

    /// What a run costs by estimate, if it may wait behind others on a thread: it is known to be tiny,
    /// and its time does not count.
    pub(crate) fn tiny(&self, run: &Run) -> Option<u64> {
        let operation = run.operation as usize;
        match self.config.operations[operation] {
            Kind::Thread if run.limit.is_none() => self.averages[operation].tiny(),
            Kind::Thread | Kind::Async => None,
        }
    }

    fn hand_over_behind(&mut self, next: &Next, effects: &mut Effects) -> Option<RunId> {
        let run = self.runs.get_mut(next.slot)?;
        let compute = run.compute.take()?;
        run.stage = Stage::Handed;
        run.place = Place::Behind;
        run.estimate = next.estimate;
        run.missing = 0;
        let id = run.run;
        let holds = std::mem::take(&mut run.pins);
        self.load.behind += 1;
        self.load.work += next.estimate;
        let here = holds.iter().filter(|hold| hold.how == How::User);
        let execute = Execute {
            slot: next.slot,
            compute,
            pins: here.map(|hold| hold.pin).collect(),
            tiny: !next.is_news,
            follows: Some(next.input),
        };
        effects.steps.push(Step::Execute(execute));
        self.release_pins(&holds, effects);
        Some(id)
    }

    /// The run before it is over: this one is on the thread now.
    pub(crate) fn move_up(&mut self, next: Option<(Slot, RunId)>) {
        let Some((slot, run)) = self.behind(next) else {
            return;
        };
        run.place = Place::Slot;
        let heeds = !matches!(run.stage, Stage::Cancelled | Stage::Orphaned);
        // Its work counts already.
        self.load.behind -= 1;
        self.load.handed += 1;
        if !heeds {
            let deadline = self.now + self.config.stuck_after;
            self.set_deadline(slot, Some(deadline));
        }
    }

    fn behind(&mut self, next: Option<(Slot, RunId)>) -> Option<(Slot, &mut Run)> {
        let (slot, id) = next?;
        let run = self.runs.get_mut(slot)?;
        (run.run == id && run.place == Place::Behind).then_some((slot, run))
    }

    /// Takes back the runs behind one that will make no value of its task. One that has started
    /// meanwhile, because there was a value after all, goes on.
    pub(crate) fn withdraw_chain(
        &mut self,
        task: TaskId,
        next: Option<(Slot, RunId)>,
        effects: &mut Effects,
    ) {
        let (mut input, mut at) = (task, next);
        while let Some((slot, id)) = at {
            let Some(run) = self.runs.get_mut(slot).filter(|run| run.run == id) else {
                return;
            };
            if run.lost.is_some() {
                return; // With all behind it.
            }
            run.lost = Some(input);
            (input, at) = (run.task, run.next);
            if run.stage == Stage::Handed {
                effects.withdraw.push((slot, id));
            }
        }
    }
}
