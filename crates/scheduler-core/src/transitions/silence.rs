//! Time passes: leases of workers, and tasks that nobody can run.

use crate::core::SchedulerCore;
use crate::effects::Effects;
use std::time::Duration;

impl SchedulerCore {
    /// If the scheduler itself stood still (stopped, or its machine slept), silence is no sign of
    /// death: all leases are extended by the step.
    pub(crate) fn notice_clock_step(&mut self) {
        let step = self.now.since(self.last_event);
        if step > self.config.worker_timeout / 2 && self.workers.len() > 0 {
            for (_, worker) in self.workers.iter_mut() {
                worker.last_heard = worker.last_heard + step;
            }
        }
        self.last_event = self.now;
    }

    pub(crate) fn tick(&mut self, effects: &mut Effects) {
        let (now, timeout) = (self.now, self.config.worker_timeout);
        if now >= self.next_lease_check {
            let silent: Vec<(u32, Duration)> = self
                .workers
                .iter()
                .map(|(slot, worker)| (slot, now.since(worker.last_heard)))
                .filter(|(_, silence)| *silence > timeout)
                .collect();
            for (slot, silence) in silent {
                let Some(id) = self.workers.get(slot).map(|worker| worker.id) else {
                    continue;
                };
                let reason = format!("nothing was heard of it for {:.1} s", silence.as_secs_f64());
                effects.close_workers.push((id, reason.clone()));
                self.worker_gone(slot, &reason);
            }
            self.next_lease_check = now + timeout / 4;
        }
        self.fail_stuck();
        self.end_pauses();
        self.run_steps();
    }
}
