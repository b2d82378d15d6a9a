//! What every simple policy keeps: tasks, workers, who holds what; and the words that go out.
//!
//! This is no second scheduler: it knows one client, one graph, no failures and no cancelling.

use bytes::Bytes;
use std::collections::BTreeSet;
use std::time::Duration;
use taskloom_core::message::{
    Compute, FromClient, FromWorker, Input, Peer, ToClient, ToWorker, WorkerHello,
};
use taskloom_core::{Encoded, GraphChunk, RunId, TaskId, Ticket, WorkerId};

/// How many holders of an input are named.
const HOLDERS_NAMED: usize = 3;

/// How far a task has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Some of its inputs are not made.
    Waiting,
    /// It could run, and is with the policy.
    Ready,
    /// A worker has it.
    Given { worker: u32, run: RunId },
    /// Its result is there.
    Memory,
    /// Its result was there, and nobody needs it any more.
    Released,
}

/// A task. Its place is its ticket, and its rank.
#[derive(Debug)]
pub(crate) struct BoardTask {
    pub(crate) kind: u32,
    pub(crate) needs: Vec<u32>,
    pub(crate) stage: Stage,
    pub(crate) bytes: u64,
    /// Who has the result.
    pub(crate) holders: Vec<u32>,
    users: Vec<u32>,
    missing: usize,
    /// How many that need the result have not ended.
    users_left: usize,
    wanted: bool,
    key: Bytes,
    arguments: Bytes,
    inline: Option<Encoded>,
}

/// A worker.
#[derive(Debug)]
pub(crate) struct BoardWorker {
    pub(crate) threads: usize,
    /// What it was given that has not ended.
    pub(crate) given: BTreeSet<u32>,
    /// What it was asked to give back and has not answered.
    pub(crate) retracting: BTreeSet<u32>,
    /// Bytes of the results it holds.
    pub(crate) bytes: u64,
    peer: Peer,
    introduced: BTreeSet<u32>,
    outbox: Vec<ToWorker>,
}

/// Something that a policy has to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// A task became ready.
    Ready(u32),
    /// A run ended.
    Ended {
        task: u32,
        worker: u32,
        elapsed: Duration,
    },
    /// A run came back that had not started: it is ready again.
    Returned { task: u32, worker: u32 },
    /// A worker has a copy of the result of a task now.
    Copied { task: u32, worker: u32 },
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Board {
    pub(crate) tasks: Vec<BoardTask>,
    pub(crate) workers: Vec<BoardWorker>,
    /// How many tasks there are of each kind.
    pub(crate) of_kind: Vec<u32>,
    to_client: Vec<ToClient>,
    next_run: u64,
}

fn id_of(task: u32) -> TaskId {
    TaskId::new(task, 1)
}

impl Board {
    pub(crate) fn join(&mut self, hello: WorkerHello) -> WorkerId {
        let worker = WorkerId::new(self.workers.len() as u32, 1);
        self.workers.push(BoardWorker {
            threads: hello.nthreads as usize,
            given: BTreeSet::new(),
            retracting: BTreeSet::new(),
            bytes: 0,
            peer: Peer {
                worker,
                name: hello.name,
                address: hello.address,
            },
            introduced: BTreeSet::new(),
            outbox: Vec::new(),
        });
        worker
    }

    /// How many tasks run at a time on all workers.
    pub(crate) fn threads(&self) -> usize {
        self.workers.iter().map(|worker| worker.threads).sum()
    }

    pub(crate) fn client_said(&mut self, message: FromClient, news: &mut Vec<News>) {
        if let FromClient::Submit(chunk) = message {
            self.take_in(&chunk, news);
        }
    }

    fn take_in(&mut self, chunk: &GraphChunk, news: &mut Vec<News>) {
        let first = self.tasks.len() as u32;
        for i in 0..chunk.len() {
            let place = first + i as u32;
            let needs: Vec<u32> = chunk
                .dependencies_of(i)
                .iter()
                .map(|ticket| ticket.0 as u32)
                .collect();
            for &need in &needs {
                let task = &mut self.tasks[need as usize];
                task.users.push(place);
                task.users_left += 1;
            }
            let missing = needs
                .iter()
                .filter(|&&need| self.tasks[need as usize].stage != Stage::Memory)
                .count();
            let kind = chunk.operation_of[i];
            if self.of_kind.len() <= kind as usize {
                self.of_kind.resize(kind as usize + 1, 0);
            }
            self.of_kind[kind as usize] += 1;
            let stage = if missing == 0 {
                news.push(News::Ready(place));
                Stage::Ready
            } else {
                Stage::Waiting
            };
            self.tasks.push(BoardTask {
                kind,
                needs,
                stage,
                bytes: 0,
                holders: Vec::new(),
                users: Vec::new(),
                missing,
                users_left: 0,
                wanted: chunk.all_wanted || chunk.wanted.binary_search(&(i as u32)).is_ok(),
                key: chunk.keys.get(i).to_bytes(),
                arguments: chunk.arguments.blob.slice(chunk.arguments.range(i)),
                inline: None,
            });
        }
    }

    pub(crate) fn worker_said(&mut self, worker: u32, message: FromWorker, news: &mut Vec<News>) {
        match message {
            FromWorker::Finished {
                task,
                run,
                nbytes,
                elapsed,
                value,
            } => {
                let task = task.index;
                if self.tasks[task as usize].stage == (Stage::Given { worker, run }) {
                    self.taken_from(worker, task);
                    news.push(News::Ended {
                        task,
                        worker,
                        elapsed,
                    });
                    self.made(task, worker, nbytes, value, news);
                }
            }
            FromWorker::Returned { task, run, .. } => {
                let task = task.index;
                if self.tasks[task as usize].stage == (Stage::Given { worker, run }) {
                    self.taken_from(worker, task);
                    self.tasks[task as usize].stage = Stage::Ready;
                    news.push(News::Returned { task, worker });
                }
            }
            FromWorker::Stored { task, .. } => {
                let task = task.index;
                news.push(News::Copied { task, worker });
                self.copied(task, worker);
            }
            _ => {}
        }
    }

    fn taken_from(&mut self, worker: u32, task: u32) {
        let worker = &mut self.workers[worker as usize];
        worker.given.remove(&task);
        worker.retracting.remove(&task);
    }

    fn made(
        &mut self,
        task: u32,
        worker: u32,
        bytes: u64,
        value: Option<Encoded>,
        news: &mut Vec<News>,
    ) {
        let record = &mut self.tasks[task as usize];
        record.stage = Stage::Memory;
        record.bytes = bytes;
        record.holders.push(worker);
        if record.wanted {
            self.to_client.push(ToClient::Finished {
                ticket: Ticket(u64::from(task)),
                nbytes: bytes,
                value: value.clone(),
            });
        }
        record.inline = value;
        let (users, needs) = (record.users.clone(), record.needs.clone());
        self.workers[worker as usize].bytes += bytes;
        for user in users {
            let record = &mut self.tasks[user as usize];
            record.missing -= 1;
            if record.missing == 0 && record.stage == Stage::Waiting {
                record.stage = Stage::Ready;
                news.push(News::Ready(user));
            }
        }
        for need in needs {
            self.tasks[need as usize].users_left -= 1;
            self.release_if_unneeded(need);
        }
        self.release_if_unneeded(task);
    }

    fn copied(&mut self, task: u32, worker: u32) {
        let record = &mut self.tasks[task as usize];
        if record.stage != Stage::Memory {
            self.say(worker, ToWorker::Free(vec![id_of(task)]));
        } else if !record.holders.contains(&worker) {
            record.holders.push(worker);
            self.workers[worker as usize].bytes += record.bytes;
        }
    }

    fn release_if_unneeded(&mut self, task: u32) {
        let record = &mut self.tasks[task as usize];
        if record.wanted || record.users_left > 0 || record.stage != Stage::Memory {
            return;
        }
        record.stage = Stage::Released;
        record.inline = None;
        let bytes = record.bytes;
        for holder in std::mem::take(&mut record.holders) {
            self.workers[holder as usize].bytes -= bytes;
            self.say(holder, ToWorker::Free(vec![id_of(task)]));
        }
    }

    /// Gives a task that is ready to a worker.
    pub(crate) fn give(&mut self, task: u32, worker: u32) {
        self.next_run += 1;
        let run = RunId::new(1, self.next_run);
        let needs = self.tasks[task as usize].needs.clone();
        let inputs = needs.iter().map(|&need| self.input(need, worker)).collect();
        let record = &mut self.tasks[task as usize];
        record.stage = Stage::Given { worker, run };
        let compute = Compute {
            task: id_of(task),
            run,
            key: record.key.clone(),
            operation: record.kind,
            priority: 0,
            rank: u64::from(task),
            arguments: record.arguments.clone(),
            inputs,
            inline_result: record.wanted || !record.users.is_empty(),
            timeout: Duration::ZERO,
        };
        self.workers[worker as usize].given.insert(task);
        self.say(worker, ToWorker::Compute(Box::new(compute)));
    }

    fn input(&mut self, need: u32, worker: u32) -> Input {
        let record = &self.tasks[need as usize];
        let mut input = Input {
            task: id_of(need),
            nbytes: record.bytes,
            holders: Vec::new(),
            value: None,
        };
        if record.holders.contains(&worker) {
            return input;
        }
        if record.inline.is_some() {
            input.value.clone_from(&record.inline);
            return input;
        }
        let named: Vec<u32> = record.holders.iter().copied().take(HOLDERS_NAMED).collect();
        for &holder in &named {
            if self.workers[worker as usize].introduced.insert(holder) {
                let peer = self.workers[holder as usize].peer.clone();
                self.say(worker, ToWorker::Peer(peer));
            }
        }
        let ids = named
            .iter()
            .map(|&at| self.workers[at as usize].peer.worker);
        input.holders = ids.collect();
        input
    }

    /// Asks a worker to give these back if they have not started.
    pub(crate) fn retract(&mut self, worker: u32, tasks: &[u32]) {
        let runs = tasks
            .iter()
            .filter_map(|&task| match self.tasks[task as usize].stage {
                Stage::Given { worker: at, run } if at == worker => Some(run),
                _ => None,
            });
        let runs: Vec<RunId> = runs.collect();
        self.workers[worker as usize].retracting.extend(tasks);
        self.say(worker, ToWorker::Retract(runs));
    }

    /// Bytes of a task's inputs that a worker does not have.
    pub(crate) fn missing_bytes(&self, task: u32, worker: u32) -> u64 {
        let missing = self.tasks[task as usize].needs.iter().filter_map(|&need| {
            let record = &self.tasks[need as usize];
            (!record.holders.contains(&worker)).then_some(record.bytes)
        });
        missing.sum()
    }

    fn say(&mut self, worker: u32, message: ToWorker) {
        self.workers[worker as usize].outbox.push(message);
    }

    /// Takes out what is to be said.
    pub(crate) fn flush(&mut self, said: &mut super::Said) {
        for worker in &mut self.workers {
            if !worker.outbox.is_empty() {
                let messages = std::mem::take(&mut worker.outbox);
                said.to_workers.push((worker.peer.worker, messages));
            }
        }
        said.to_client.append(&mut self.to_client);
    }
}
