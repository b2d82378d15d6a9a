//! Who is there, who has what, and who does what.

use crate::core::SchedulerCore;
use crate::state::State;
use crate::worker::Worker;
use std::collections::BTreeSet;
use taskloom_core::message::{Answer, HolderList, WorkerContents, WorkerSummary};
use taskloom_core::{Key, Ticket};

/// An answer has room for about so many bytes of names and keys.
const ANSWER_BYTES: usize = 8 * 1024 * 1024;

/// So many names are written out in the words of a refusal.
const NAMES_SHOWN: usize = 8;

impl SchedulerCore {
    /// The slots of workers by their names or addresses, each once, in the order named; all of them,
    /// in the order of their names, if none is named.
    pub(crate) fn named_workers(&self, names: &[String]) -> Result<Vec<u32>, String> {
        if names.is_empty() {
            return Ok(self.worker_names.values().copied().collect());
        }
        let mut seen = BTreeSet::new();
        let mut slots = Vec::with_capacity(names.len());
        for name in names {
            let slot = self.named_worker(name)?;
            if seen.insert(slot) {
                slots.push(slot);
            }
        }
        Ok(slots)
    }

    /// The names of workers that may be given by their addresses; none for none.
    pub(crate) fn names_of(&self, workers: &[String]) -> Result<Vec<String>, String> {
        let name = |name: &String| {
            let worker = self.workers.get(self.named_worker(name)?);
            Ok(worker.map_or_else(|| name.clone(), |worker| worker.hello.name.clone()))
        };
        workers.iter().map(name).collect()
    }

    fn named_worker(&self, name: &str) -> Result<u32, String> {
        if let Some(&slot) = self.worker_names.get(name) {
            return Ok(slot);
        }
        let mut workers = self.workers.iter();
        let found = workers.find(|(_, worker)| worker.hello.address == name);
        found.map(|(slot, _)| slot).ok_or_else(|| {
            let shown: Vec<&str> = self
                .worker_names
                .keys()
                .take(NAMES_SHOWN)
                .map(String::as_str)
                .collect();
            let more = self.worker_names.len().saturating_sub(NAMES_SHOWN);
            match (shown.is_empty(), more) {
                (true, _) => format!("no worker named {name} is connected, and no other either"),
                (false, 0) => format!(
                    "no worker named {name} is connected; there are {}",
                    shown.join(", ")
                ),
                (false, more) => format!(
                    "no worker named {name} is connected; there are {} and {more} more",
                    shown.join(", ")
                ),
            }
        })
    }

    /// The workers that do not leave.
    pub(crate) fn staying_workers(&self) -> Vec<u32> {
        let staying = self.workers.iter().filter(|(_, worker)| !worker.leaving);
        staying.map(|(slot, _)| slot).collect()
    }

    /// The task of a client's ticket.
    pub(crate) fn task_of_ticket(&self, client: u32, ticket: Ticket) -> Option<u32> {
        self.clients.get(client)?.tickets.get(ticket)?.task()
    }

    pub(crate) fn who_has(&self, client: u32, tickets: &[Ticket]) -> Result<Answer, String> {
        let mut lists = Vec::with_capacity(tickets.len());
        let mut bytes = 0;
        for &ticket in tickets {
            let state = self
                .task_of_ticket(client, ticket)
                .map(|slot| self.task(slot).state);
            let list = match state {
                Some(State::Memory { holders, nbytes }) => {
                    let slots = self.holders.get(holders).iter();
                    let workers = slots.filter_map(|&slot| self.workers.get(slot));
                    let workers = workers.map(|worker| worker.hello.name.clone()).collect();
                    HolderList { workers, nbytes }
                }
                _ => HolderList::default(),
            };
            bytes += 16
                + list
                    .workers
                    .iter()
                    .map(|name| name.len() + 4)
                    .sum::<usize>();
            if bytes > ANSWER_BYTES {
                return Err(format!(
                    "the holders of {} values do not fit into one answer; ask for fewer at a time",
                    tickets.len()
                ));
            }
            lists.push(list);
        }
        Ok(Answer::Holders(lists))
    }

    /// The keys and sizes of the values that workers hold.
    pub(crate) fn has_what(&self, names: &[String]) -> Result<Answer, String> {
        self.contents(names, |worker| worker.held.iter().copied().collect())
    }

    /// The keys of the tasks that workers were given.
    pub(crate) fn processing(&self, names: &[String]) -> Result<Answer, String> {
        self.contents(names, |worker| worker.given.keys().copied().collect())
    }

    fn contents(
        &self,
        names: &[String],
        tasks: impl Fn(&Worker) -> Vec<u32>,
    ) -> Result<Answer, String> {
        let slots = self.named_workers(names)?;
        let mut room = ANSWER_BYTES;
        let mut contents = Vec::with_capacity(slots.len());
        for worker in slots.iter().filter_map(|&slot| self.workers.get(slot)) {
            let mut tasks = tasks(worker);
            tasks.sort_unstable_by_key(|&slot| (self.task(slot).rank, slot));
            let mut keys = Vec::new();
            for &slot in &tasks {
                let Ok(key) = Key::new(self.key_text(slot)) else {
                    continue;
                };
                let cost = key.as_bytes().len() + 8;
                if cost > room {
                    break;
                }
                room -= cost;
                let nbytes = match self.task(slot).state {
                    State::Memory { nbytes, .. } => nbytes,
                    _ => 0,
                };
                keys.push((key, nbytes));
            }
            contents.push(WorkerContents {
                worker: worker.hello.name.clone(),
                keys,
                count: tasks.len() as u64,
            });
        }
        Ok(Answer::Contents(contents))
    }

    /// The workers that take tasks, by name.
    pub(crate) fn summaries(&self) -> Vec<WorkerSummary> {
        let slots = self.worker_names.values();
        let workers = slots.filter_map(|&slot| self.workers.get(slot));
        workers
            .filter(|worker| !worker.leaving)
            .map(|worker| WorkerSummary {
                name: worker.hello.name.clone(),
                address: worker.hello.address.clone(),
                nthreads: worker.hello.nthreads,
                memory_limit: worker.hello.memory_limit,
                resources: worker.hello.resources.clone(),
                stored_bytes: worker.held_bytes,
                processing: worker.given.len() as u32,
            })
            .collect()
    }
}
