//! Jobs: what shares of the cluster are counted by. A job is a client unless the tasks name another.

use crate::queue::{Entry, SortedList};
use std::collections::{BTreeMap, BTreeSet};
use taskloom_core::limits::JOBS_MAX;

/// The usual weight.
const WEIGHT: u32 = 1000;

/// A job in the order in which jobs are served: the one that was given least for its weight first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Turn(u128);

impl Turn {
    fn new(account: u64, job: u32) -> Self {
        // The best entry of a list has the greatest number.
        Self(!(((account as u128) << 32) | job as u128))
    }

    fn job(self) -> u32 {
        !(self.0 as u32)
    }
}

impl Entry for Turn {
    const LEAF_MAX: usize = 64;

    fn to_bits(self) -> u128 {
        self.0
    }

    fn from_bits(bits: u128) -> Self {
        Self(bits)
    }
}

#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) name: String,
    /// In thousandths of the usual share.
    pub(crate) weight: u32,
    pub(crate) paused: bool,
    pub(crate) cap: Option<u32>,
    /// Tasks given to workers that occupy or await a thread there.
    pub(crate) running: u32,
    /// Records of tasks.
    pub(crate) tasks: u64,
    /// Tasks in queues.
    queued: u64,
    /// Estimated work that was given out so far.
    pub(crate) given_ns: u64,
    /// The same, heavier jobs counting less: the job with the least goes next.
    account: u64,
    /// Whether it has tasks in shared queues.
    waits: bool,
    /// Its place among the jobs that wait and may start tasks, if it is one.
    turn: Option<Turn>,
    /// Connected clients that have submitted to it.
    pub(crate) clients: BTreeSet<u32>,
}

impl Job {
    fn new(name: String) -> Self {
        Self {
            name,
            weight: WEIGHT,
            paused: false,
            cap: None,
            running: 0,
            tasks: 0,
            queued: 0,
            given_ns: 0,
            account: 0,
            waits: false,
            turn: None,
            clients: BTreeSet::new(),
        }
    }

    /// Whether one more of its tasks may be given to a worker.
    pub(crate) fn may_start(&self) -> bool {
        !self.paused && self.cap.is_none_or(|cap| self.running < cap)
    }

    /// Whether there is anything that could keep it from starting tasks.
    pub(crate) fn is_restricted(&self) -> bool {
        self.paused || self.cap.is_some()
    }

    fn is_idle(&self) -> bool {
        self.tasks == 0 && self.clients.is_empty() && self.weight == WEIGHT && !self.is_restricted()
    }
}

/// All jobs. One goes when it has neither tasks nor clients and its settings are the usual ones.
#[derive(Debug, Default)]
pub(crate) struct JobTable {
    jobs: Vec<Option<Job>>,
    vacant: Vec<u32>,
    names: BTreeMap<String, u32>,
    /// Those that have tasks in shared queues and may start one.
    order: SortedList<Turn>,
    /// How many are restricted.
    restricted: usize,
    /// The account of the job that was served last: those that come later start level with it. This
    /// is the virtual time of start-time fair queueing (Goyal, Vin and Cheng, 1996).
    served: u64,
}

impl JobTable {
    /// Whether any job could be kept from starting tasks.
    pub(crate) fn any_restricted(&self) -> bool {
        self.restricted > 0
    }

    /// Changes the settings of a job.
    pub(crate) fn set(&mut self, slot: u32, change: impl FnOnce(&mut Job)) {
        if let Some(job) = self.jobs.get_mut(slot as usize).and_then(Option::as_mut) {
            self.restricted -= usize::from(job.is_restricted());
            change(job);
            self.restricted += usize::from(job.is_restricted());
        }
        self.take_place(slot);
        self.drop_idle(slot);
    }

    /// The slot of a job of this name, which is made if it is not there; `None` if there are too
    /// many.
    pub(crate) fn intern(&mut self, name: &str) -> Option<u32> {
        if let Some(&slot) = self.names.get(name) {
            return Some(slot);
        }
        if self.names.len() >= JOBS_MAX {
            return None;
        }
        let job = Some(Job::new(name.to_owned()));
        let slot = match self.vacant.pop() {
            Some(slot) => {
                self.jobs[slot as usize] = job;
                slot
            }
            None => {
                self.jobs.push(job);
                self.jobs.len() as u32 - 1
            }
        };
        self.names.insert(name.to_owned(), slot);
        Some(slot)
    }

    pub(crate) fn find(&self, name: &str) -> Option<u32> {
        self.names.get(name).copied()
    }

    pub(crate) fn get(&self, slot: u32) -> Option<&Job> {
        self.jobs.get(slot as usize)?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, slot: u32) -> Option<&mut Job> {
        self.jobs.get_mut(slot as usize)?.as_mut()
    }

    /// All jobs, by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &Job)> {
        self.names
            .values()
            .filter_map(|&slot| Some((slot, self.get(slot)?)))
    }

    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether one more task of a job may be given to a worker.
    pub(crate) fn may_start(&self, slot: u32) -> bool {
        self.get(slot).is_none_or(Job::may_start)
    }

    /// A task of it has a record now.
    pub(crate) fn task_made(&mut self, slot: u32) {
        if let Some(job) = self.get_mut(slot) {
            job.tasks += 1;
        }
    }

    /// A record of a task of it is gone.
    pub(crate) fn task_forgotten(&mut self, slot: u32) {
        if let Some(job) = self.get_mut(slot) {
            job.tasks -= 1;
        }
        self.drop_idle(slot);
    }

    /// A client has submitted to it.
    pub(crate) fn client_joins(&mut self, slot: u32, client: u32) {
        if let Some(job) = self.get_mut(slot) {
            job.clients.insert(client);
        }
    }

    /// A client is gone.
    pub(crate) fn client_leaves(&mut self, client: u32) {
        let of: Vec<u32> = self
            .iter()
            .filter(|(_, job)| job.clients.contains(&client))
            .map(|(slot, _)| slot)
            .collect();
        for slot in of {
            if let Some(job) = self.get_mut(slot) {
                job.clients.remove(&client);
            }
            self.drop_idle(slot);
        }
    }

    /// A task of it was given to a worker, and is taken to be so much work.
    pub(crate) fn started(&mut self, slot: u32, work_ns: u64) {
        let Some(job) = self.jobs.get_mut(slot as usize).and_then(Option::as_mut) else {
            return;
        };
        job.running += 1;
        job.given_ns = job.given_ns.saturating_add(work_ns);
        self.served = self.served.max(job.account);
        let charged = if job.weight == WEIGHT {
            work_ns
        } else {
            let charged = u128::from(work_ns) * u128::from(WEIGHT) / u128::from(job.weight.max(1));
            u64::try_from(charged).unwrap_or(u64::MAX)
        };
        job.account = job.account.saturating_add(charged);
        self.take_place(slot);
    }

    /// Whether a job has tasks in shared queues.
    pub(crate) fn set_waiting(&mut self, slot: u32, waits: bool) {
        if let Some(job) = self.get_mut(slot)
            && job.waits != waits
        {
            job.waits = waits;
            self.take_place(slot);
        }
    }

    /// The jobs that have tasks in shared queues and may start one, in the order of their turns.
    pub(crate) fn in_turn(&self) -> impl Iterator<Item = u32> {
        self.order.iter().map(Turn::job)
    }

    /// Puts a job where it belongs in the order of turns.
    fn take_place(&mut self, slot: u32) {
        let Some(job) = self.jobs.get_mut(slot as usize).and_then(Option::as_mut) else {
            return;
        };
        let turn = (job.waits && job.may_start()).then(|| Turn::new(job.account, slot));
        let old = std::mem::replace(&mut job.turn, turn);
        match (old, turn) {
            (Some(old), Some(turn)) if old != turn => self.order.replace(old, turn),
            (Some(old), None) => {
                self.order.remove(old);
            }
            (None, Some(turn)) => self.order.insert(turn),
            _ => {}
        }
    }

    /// A task of it is in a queue. A job that had none there starts level with the others: it
    /// neither owes nor is owed for the time before.
    pub(crate) fn task_queued(&mut self, slot: u32) {
        let served = self.served;
        if let Some(job) = self.get_mut(slot) {
            if job.queued == 0 {
                job.account = job.account.max(served);
            }
            job.queued += 1;
        }
    }

    /// A task of it left its queue.
    pub(crate) fn task_dequeued(&mut self, slot: u32) {
        if let Some(job) = self.get_mut(slot) {
            job.queued -= 1;
        }
    }

    /// How many tasks of it are in queues.
    pub(crate) fn queued(&self, slot: u32) -> u64 {
        self.get(slot).map_or(0, |job| job.queued)
    }

    /// What it was given for its weight so far.
    pub(crate) fn account(&self, slot: u32) -> u64 {
        self.get(slot).map_or(0, |job| job.account)
    }

    /// A task of it is with its worker no more, or waits there without a thread.
    pub(crate) fn stopped(&mut self, slot: u32) {
        if let Some(job) = self.get_mut(slot) {
            job.running = job.running.saturating_sub(1);
        }
        if self.restricted > 0 {
            self.take_place(slot);
        }
    }

    /// Drops a job that nothing refers to and that nobody has set anything about.
    pub(crate) fn drop_idle(&mut self, slot: u32) {
        if self.get(slot).is_some_and(Job::is_idle)
            && let Some(job) = self.jobs[slot as usize].take()
        {
            self.names.remove(&job.name);
            self.vacant.push(slot);
        }
    }
}
