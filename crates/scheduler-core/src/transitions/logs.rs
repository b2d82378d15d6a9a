//! What tasks print and log, for the clients that listen.

use crate::core::SchedulerCore;
use std::collections::BTreeSet;
use taskloom_core::message::{LogLine, ToClient, ToWorker};
use taskloom_core::{Key, TaskId};

impl SchedulerCore {
    /// A client wants to hear what its tasks print and log, or does not any more.
    pub(crate) fn listen(&mut self, client: u32, on: bool) {
        if let Some(client) = self.clients.get_mut(client) {
            client.listens = on;
        }
        self.listeners_changed();
    }

    /// Workers report lines only while somebody listens.
    pub(crate) fn listeners_changed(&mut self) {
        let listened = self.clients.iter().any(|(_, client)| client.listens);
        if listened == self.listened {
            return;
        }
        self.listened = listened;
        let workers: Vec<u32> = self.workers.iter().map(|(slot, _)| slot).collect();
        for worker in workers {
            self.tell_worker(worker, ToWorker::Listen(listened));
        }
    }

    /// Passes lines on to those who listen and want the task or have a share in its job; so what a
    /// task's own children say reaches the client outside.
    pub(crate) fn logged(&mut self, worker: u32, task: TaskId, lines: Vec<(u8, String)>) {
        let Some(slot) = self.task_slot(task) else {
            return;
        };
        let wants = self.wants.iter(self.task(slot).wants);
        let mut clients: BTreeSet<u32> = wants.map(|want| want.client).collect();
        if let Some(job) = self.job_table.get(self.task(slot).job) {
            clients.extend(&job.clients);
        }
        let Ok(key) = Key::from_bytes(self.blocks.key(self.task(slot).place).to_bytes()) else {
            return;
        };
        let name = self.worker_name(worker).to_owned();
        let line = |(level, text): &(u8, String)| LogLine {
            key: key.clone(),
            worker: name.clone(),
            level: *level,
            text: text.clone(),
        };
        for client in clients {
            if self
                .clients
                .get(client)
                .is_some_and(|client| client.listens)
            {
                let lines = lines.iter().map(line).collect();
                self.tell_client(client, ToClient::Logged(lines));
            }
        }
    }
}
