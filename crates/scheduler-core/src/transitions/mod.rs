//! One file per kind of event: what it does to tasks.
//!
//! Changes that cause others do not call each other: they push a [`Step`], and [`run_steps`] works
//! the steps off. So no chain of tasks, however long, becomes a chain of calls.
//!
//! [`run_steps`]: crate::SchedulerCore::run_steps

mod admission;
mod by_key;
mod cancel;
mod clients;
mod close;
mod failed;
mod finished;
mod forget;
mod intake;
mod leaving;
mod locate;
mod logs;
mod lost;
mod need;
mod no_worker;
mod retry;
mod returned;
mod scatter;
mod secede;
mod silence;
mod spread;
mod stored;
mod worker_gone;
mod worker_joined;
mod worker_said;

pub(crate) use crate::step::Step;
pub(crate) use intake::Ranks;
pub(crate) use no_worker::NoWorkerClass;
pub(crate) use scatter::Source;
pub(crate) use spread::Spread;

use crate::core::SchedulerCore;

impl SchedulerCore {
    /// Works off what the change at hand has caused.
    pub(crate) fn run_steps(&mut self) {
        while let Some(step) = self.steps.pop() {
            match step {
                Step::Activate(slot) => self.activate(slot),
                Step::Unneed(slot) => self.unneed(slot),
                Step::Fail(slot, failure) => self.fail(slot, failure),
            }
        }
    }
}
