//! The scheduler ends in good order.

use crate::core::SchedulerCore;
use taskloom_core::message::{ToClient, ToWorker};

impl SchedulerCore {
    /// Nothing new is taken in from now on, and all peers are told. Queued work is not waited for.
    pub(crate) fn close(&mut self, reason: String) {
        let workers: Vec<u32> = self.workers.iter().map(|(slot, _)| slot).collect();
        for slot in workers {
            self.tell_worker(
                slot,
                ToWorker::Closing {
                    reason: reason.clone(),
                },
            );
        }
        let clients: Vec<u32> = self.clients.iter().map(|(slot, _)| slot).collect();
        for slot in clients {
            self.tell_client(
                slot,
                ToClient::Closing {
                    reason: reason.clone(),
                },
            );
        }
        self.closing = Some(reason);
    }
}
