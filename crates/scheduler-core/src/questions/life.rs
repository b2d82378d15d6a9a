//! Workers are waited for, let go and started anew; the cluster is ended.

use super::pending::{Leavers, Waits};
use crate::core::SchedulerCore;
use crate::effects::Effects;
use taskloom_core::message::{Answer, ToWorker};

impl SchedulerCore {
    pub(crate) fn wait_for_workers(&mut self, client: u32, request: u64, wanted: u32) {
        if self.staying_workers().len() >= wanted as usize {
            let summaries = self.summaries();
            self.answer(client, request, Answer::Workers(summaries));
        } else {
            self.keep_open(client, request, Waits::Workers(wanted));
        }
    }

    /// Lets workers go in order: what runs ends, and their data move to those that stay.
    pub(crate) fn retire_workers(&mut self, client: u32, request: u64, names: &[String]) {
        if let Some(workers) = self.leavers(client, request, names, false) {
            // All are marked first, so that no data move to one that goes too.
            for &worker in &workers {
                self.worker_leaves(worker);
                self.tell_worker(worker, ToWorker::Retire);
            }
        }
    }

    /// Has workers end at once and start anew. Nothing moves away from them; what they run is run
    /// again, and nobody suspects it of having ended them.
    pub(crate) fn restart_workers(&mut self, client: u32, request: u64, names: &[String]) {
        if let Some(workers) = self.leavers(client, request, names, true) {
            for &slot in &workers {
                self.worker_leaves(slot);
                if let Some(worker) = self.workers.get_mut(slot) {
                    worker.may_leave = true;
                }
                let reason = "a client asked for it".into();
                self.tell_worker(slot, ToWorker::Restart { reason });
            }
        }
    }

    /// Keeps the question open until these workers have gone, and others have come if they are
    /// expected back.
    fn leavers(
        &mut self,
        client: u32,
        request: u64,
        names: &[String],
        return_expected: bool,
    ) -> Option<Vec<u32>> {
        let workers = match self.named_workers(names) {
            Ok(workers) => workers,
            Err(why) => {
                self.refuse_question(client, request, why);
                return None;
            }
        };
        let leavers = Leavers {
            here: workers.iter().copied().collect(),
            away: 0,
            return_expected,
            workers: workers.len() as u64,
        };
        let number = self.keep_open(client, request, Waits::Leavers(leavers))?;
        self.close_if_returned(number);
        Some(workers)
    }

    /// Ends the cluster: the workers leave as soon as there is no scheduler any more.
    pub(crate) fn shut_down(
        &mut self,
        client: u32,
        request: u64,
        reason: String,
        effects: &mut Effects,
    ) {
        let workers: Vec<u32> = self.workers.iter().map(|(slot, _)| slot).collect();
        for &worker in &workers {
            self.tell_worker(worker, ToWorker::Retire);
        }
        self.answer(client, request, Answer::Done(workers.len() as u64));
        effects.close = Some(reason);
    }
}
