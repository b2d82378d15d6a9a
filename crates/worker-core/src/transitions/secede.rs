//! Running runs give up their slots and get them again.

use crate::effects::Effects;
use crate::events::Slot;
use crate::state::{Place, Run, Stage, WorkerCore};
use taskloom_core::RunId;
use taskloom_core::message::FromWorker;

impl WorkerCore {
    /// A run that the executor has.
    pub(crate) fn executing(&mut self, slot: Slot, run: RunId) -> Option<&mut Run> {
        let record = self.runs.get_mut(slot)?;
        let with_executor = !matches!(record.stage, Stage::Waiting | Stage::Ready);
        (record.run == run && with_executor).then_some(record)
    }

    pub(crate) fn seceded(&mut self, slot: Slot, run: RunId, effects: &mut Effects) {
        let Some(record) = self.executing(slot, run) else {
            return;
        };
        match record.place {
            Place::Slot => {
                record.place = Place::Away;
                let (task, estimate) = (record.task, record.estimate);
                let said = record.stage == Stage::Handed;
                self.load.remove(estimate);
                self.load.away += 1;
                if said {
                    effects.say.push(FromWorker::Seceded { task, run });
                }
            }
            // It does not want to go on after all.
            Place::Returning => {
                record.place = Place::Away;
                self.returning.retain(|&other| other != slot);
            }
            // Whoever is behind another one has not started.
            Place::Away | Place::GivenUp | Place::Behind => {}
        }
    }

    pub(crate) fn wants_back(&mut self, slot: Slot, run: RunId, effects: &mut Effects) {
        let Some(record) = self.executing(slot, run) else {
            return;
        };
        match (record.stage, record.place) {
            (Stage::Handed, Place::Away) => {
                record.place = Place::Returning;
                self.returning.push_back(slot);
            }
            (_, Place::Returning) => {}
            // All that it has to do is to end.
            _ => effects.resume.push((slot, run)),
        }
    }

    /// Gives slots to those who want to go on; false if there is none for one of them.
    pub(crate) fn resume_runs(&mut self, effects: &mut Effects) -> bool {
        while let Some(&slot) = self.returning.front() {
            if self.load.long >= self.config.nthreads as usize {
                return false;
            }
            self.returning.pop_front();
            let Some(record) = self.runs.get_mut(slot) else {
                continue;
            };
            record.place = Place::Slot;
            record.estimate = 0;
            let (task, run) = (record.task, record.run);
            self.load.away -= 1;
            self.load.add(None);
            effects.resume.push((slot, run));
            effects.say.push(FromWorker::Rejoined { task, run });
        }
        true
    }

    /// Lets a run that waits for a slot go on without one, because it is to end.
    pub(crate) fn release_returning(&mut self, slot: Slot, effects: &mut Effects) {
        if let Some(record) = self.runs.get_mut(slot)
            && record.place == Place::Returning
        {
            record.place = Place::Away;
            effects.resume.push((slot, record.run));
            self.returning.retain(|&other| other != slot);
        }
    }

    /// A run leaves the executor: what it occupies is free.
    pub(crate) fn give_place_back(&mut self, slot: Slot) {
        let Some(record) = self.runs.get(slot) else {
            return;
        };
        match record.place {
            Place::Slot => self.load.remove(record.estimate),
            Place::Away => self.load.away -= 1,
            Place::Returning => {
                self.load.away -= 1;
                self.returning.retain(|&other| other != slot);
            }
            Place::GivenUp => self.load.given_up -= 1,
            Place::Behind => {
                self.load.behind -= 1;
                self.load.work = self.load.work.saturating_sub(record.estimate);
            }
        }
    }
}
