//! What was said to each peer in this turn.

use crate::core::SchedulerCore;
use crate::effects::Effects;
use taskloom_core::TaskId;
use taskloom_core::message::{ToClient, ToWorker};

/// Room is made for as many messages as were said last, within these limits.
const ROOM_LEAST: usize = 4;
const ROOM_MOST: usize = 256;

impl SchedulerCore {
    /// Says something to a worker, after all values it was told to drop.
    pub(crate) fn tell_worker(&mut self, slot: u32, message: ToWorker) {
        if let Some(worker) = self.workers.get_mut(slot) {
            if worker.outbox.capacity() == 0 {
                worker
                    .outbox
                    .reserve_exact(worker.sent_last.clamp(ROOM_LEAST, ROOM_MOST));
            }
            if !worker.freeing.is_empty() {
                worker
                    .outbox
                    .push(ToWorker::Free(std::mem::take(&mut worker.freeing)));
            } else if worker.outbox.is_empty() {
                self.said_workers.push(slot);
            }
            worker.outbox.push(message);
        }
    }

    /// Tells a worker to drop a value.
    pub(crate) fn free_at(&mut self, slot: u32, task: TaskId) {
        if let Some(worker) = self.workers.get_mut(slot) {
            if worker.freeing.is_empty() && worker.outbox.is_empty() {
                self.said_workers.push(slot);
            }
            worker.freeing.push(task);
        }
    }

    /// Says something to a client.
    pub(crate) fn tell_client(&mut self, slot: u32, message: ToClient) {
        if let Some(client) = self.clients.get_mut(slot) {
            client.say(&mut self.said_clients, slot, message);
        }
    }

    /// Introduces a worker to another before it is named to it.
    pub(crate) fn introduce(&mut self, to: u32, other: u32) {
        let Some(id) = self.workers.get(other).map(|worker| worker.id) else {
            return;
        };
        let is_new = self
            .workers
            .get_mut(to)
            .is_some_and(|worker| worker.introduced.insert(id));
        if is_new && let Some(peer) = self.workers.get(other).map(|worker| worker.peer()) {
            self.tell_worker(to, ToWorker::Peer(peer));
        }
    }

    /// Gives out all messages.
    pub(crate) fn flush(&mut self, effects: &mut Effects) {
        self.said_workers.sort_unstable();
        for slot in self.said_workers.drain(..) {
            let Some(worker) = self.workers.get_mut(slot) else {
                continue;
            };
            if !worker.freeing.is_empty() {
                worker
                    .outbox
                    .push(ToWorker::Free(std::mem::take(&mut worker.freeing)));
            }
            if !worker.outbox.is_empty() {
                worker.sent_last = worker.outbox.len();
                effects
                    .to_workers
                    .push((worker.id, std::mem::take(&mut worker.outbox)));
            }
        }
        self.said_clients.sort_unstable();
        for slot in self.said_clients.drain(..) {
            let Some(client) = self.clients.get_mut(slot) else {
                continue;
            };
            if !client.outbox.is_empty() {
                effects
                    .to_clients
                    .push((client.id, std::mem::take(&mut client.outbox)));
            }
        }
    }
}
