//! Where a ready task is queued.

use crate::core::SchedulerCore;
use crate::queue::QueueEntry;
use crate::spec::ClassId;
use crate::state::{QueuedAt, State};
use std::collections::BTreeMap;

/// How many of the least loaded workers are weighed beside the holders of the inputs.
const OTHERS: usize = 2;

/// Inputs beyond this many are not looked at one by one when a task is placed.
const INPUTS_WEIGHED: usize = 64;

impl SchedulerCore {
    /// Queues all tasks that became ready in this turn.
    pub(crate) fn place_ready(&mut self) {
        if self.ready.is_empty() {
            return;
        }
        let ready = std::mem::take(&mut self.ready);
        let mut shared: BTreeMap<(u32, ClassId), Vec<QueueEntry>> = BTreeMap::new();
        // Neighbours tend to be alike: look a class up once per run of equal ones.
        let mut last: Option<((u32, ClassId), bool)> = None;
        let mut run: Vec<QueueEntry> = Vec::new();
        for slot in ready {
            let task = self.task(slot);
            // It may have been withdrawn, or queued already, since it was noted.
            if task.state != (State::Waiting { missing: 0 }) || !self.is_live(slot) {
                continue;
            }
            let (inputs, queue) = (
                task.dependencies.len(),
                (task.job, self.specs.get(task.spec).class),
            );
            let can_run = match last {
                Some((of, can_run)) if of == queue => can_run,
                _ => {
                    if let Some((of, _)) = last {
                        shared.entry(of).or_default().append(&mut run);
                    }
                    let can_run = self.somebody_qualifies(queue.1);
                    last = Some((queue, can_run));
                    can_run
                }
            };
            if !can_run {
                self.enter_no_worker(slot, queue.1);
            } else if inputs == 0 && self.shunned_by(slot).is_none() {
                self.set_state(
                    slot,
                    State::Queued {
                        at: QueuedAt::Shared,
                    },
                );
                run.push(self.entry(slot));
            } else if let Some(worker) = self.best_worker(slot, queue.1) {
                self.set_state(
                    slot,
                    State::Queued {
                        at: QueuedAt::Worker(worker),
                    },
                );
                let entry = self.entry(slot);
                let estimate_ns = self.specs.expected_ns(self.task(slot).spec);
                if let Some(worker) = self.workers.get_mut(worker) {
                    worker.locate(entry, estimate_ns);
                    self.located += 1;
                }
                self.rerank(worker);
                self.freshen(worker);
            }
        }
        if let Some((of, _)) = last {
            shared.entry(of).or_default().append(&mut run);
        }
        for ((job, class), mut entries) in shared {
            if !entries.is_empty() {
                self.jobs.insert_all(job, class, &mut entries);
                self.job_table.set_waiting(job, true);
            }
        }
    }

    /// Where a task with inputs would end first: the wait for a thread plus the time to bring what
    /// is not there. Candidates are the holders of its inputs and a few of the least loaded workers.
    fn best_worker(&self, task: u32, class: ClassId) -> Option<u32> {
        let record = self.specs.class(class);
        let mut there: BTreeMap<u32, u64> = BTreeMap::new();
        let mut all_bytes = 0;
        for edge in self
            .edges
            .get(self.task(task).dependencies)
            .iter()
            .take(INPUTS_WEIGHED)
        {
            let State::Memory { holders, nbytes } = self.task(edge.task).state else {
                continue;
            };
            // What the scheduler has costs nothing anywhere; its holder is still a good place.
            let nbytes = if self.inline.contains_key(&edge.task) {
                0
            } else {
                nbytes.max(1)
            };
            all_bytes += nbytes;
            for &holder in self.holders.get(holders) {
                *there.entry(holder).or_default() += nbytes;
            }
        }
        let qualified = |slot: &u32| {
            self.workers
                .get(*slot)
                .is_some_and(|worker| worker.qualifies(record))
        };
        let mut candidates: Vec<u32> = there.keys().copied().filter(qualified).collect();
        // What is queued at a holder can be taken over by whoever has nothing to do when it has, and
        // is not moved for a guess before.
        if all_bytes == 0 || candidates.is_empty() {
            candidates.extend(self.first_workers(record, OTHERS));
        }
        let sending = there
            .keys()
            .map(|&holder| self.traffic.outgoing(holder))
            .min();
        let sending = sending.unwrap_or(0);
        let cost = |slot: &u32| {
            let missing = all_bytes - there.get(slot).copied().unwrap_or(0);
            let worker = self.workers.get(*slot);
            let wait = worker.map_or(0, |worker| worker.expected_wait_ns(self.now));
            let cut_off = there
                .keys()
                .any(|&holder| self.unreachable.contains(&(*slot, holder)));
            let transfer = match missing {
                0 => 0,
                _ => self.transfer_ns(missing + self.traffic.incoming(*slot).max(sending)),
            };
            (
                cut_off,
                wait + transfer,
                worker.map_or(0, |worker| worker.held_bytes),
                *slot,
            )
        };
        let others = |slot: &u32| !self.shuns(task, *slot);
        if self.shunned_by(task).is_some() && candidates.iter().any(others) {
            candidates.retain(others);
        }
        candidates.into_iter().min_by_key(cost)
    }
}
