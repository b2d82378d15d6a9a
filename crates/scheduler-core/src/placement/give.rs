//! The dispatch of a task to a worker.

use crate::core::SchedulerCore;
use crate::state::State;
use crate::worker::{Given, RunPlace};
use taskloom_core::message::{Compute, Input, ToWorker};

/// How long a task of unknown length is taken to run.
const UNKNOWN_NS: u64 = 500_000_000;

/// What a task of unknown length counts in the account of its job.
const UNKNOWN_SHARE_NS: u64 = 1_000_000;

/// Up to this many holders are looked through.
const LOOKED_THROUGH: usize = 16;

/// How many holders of an input are named.
const HOLDERS_NAMED: usize = 3;

/// Among how many holders those are chosen.
const HOLDERS_WEIGHED: usize = 8;

impl SchedulerCore {
    /// Gives a task to a worker. `missing` of its inputs are being made there; the others are in
    /// memory.
    pub(crate) fn give(&mut self, slot: u32, worker: u32, missing: u32) {
        let task = *self.task(slot);
        let spec = self.specs.get(task.spec);
        let inputs = self.inputs(slot, worker);
        let run = self.next_run();
        let estimate_ns = self.specs.mean_ns(task.spec).unwrap_or(UNKNOWN_NS);
        let timeout = self.specs.options_of(task.spec).timeout;
        let class = self.specs.class(spec.class);
        let at_once = missing == 0 && inputs.iter().all(|input| input.holders.is_empty());
        let now = self.now;
        let Some(record) = self.workers.get_mut(worker) else {
            return;
        };
        let Some(operation) = record.offer(spec.operation) else {
            return;
        };
        if record.load() == 0 {
            record.last_progress = now;
            record.prompt = at_once.then_some((run, now));
        }
        record.was_given(
            slot,
            Given {
                estimate_ns,
                spec: task.spec,
                operation: spec.operation,
                job: task.job,
                place: RunPlace::Thread,
            },
        );
        self.tallies.dispatched += 1;
        self.tallies.sent_ahead += u64::from(missing > 0);
        record.occupancy_ns += estimate_ns;
        record.reserve(class);
        let state = match missing {
            0 => State::Processing { worker, run },
            _ => State::Assigned {
                worker,
                missing,
                run,
            },
        };
        self.set_state(slot, state);
        let work_ns = self.specs.mean_ns(task.spec).unwrap_or(UNKNOWN_SHARE_NS);
        self.job_table.started(task.job, work_ns);
        let record = self.task_mut(slot);
        record.runs = record.runs.saturating_add(1);
        let compute = Compute {
            task: self.task_id(slot),
            run,
            key: self.blocks.key_text(task.place),
            operation,
            priority: spec.priority,
            rank: task.rank,
            arguments: self.blocks.arguments(task.place),
            inputs,
            timeout,
            inline_result: !task.wants.is_empty() || !task.dependents.is_empty(),
        };
        self.tell_worker(worker, ToWorker::Compute(Box::new(compute)));
    }

    fn inputs(&mut self, slot: u32, worker: u32) -> Vec<Input> {
        let dependencies = self.task(slot).dependencies;
        let mut inputs = Vec::with_capacity(dependencies.len());
        for at in 0..dependencies.len() {
            let dependency = self.edges.get(dependencies)[at].task;
            inputs.push(self.input(dependency, worker));
        }
        inputs
    }

    /// How a worker comes by a value: it has it or will make it, it gets it here, or from a holder.
    fn input(&mut self, dependency: u32, worker: u32) -> Input {
        let task = self.task_id(dependency);
        let mut input = Input {
            task,
            nbytes: 0,
            holders: Vec::new(),
            value: None,
        };
        let State::Memory { holders, nbytes } = self.task(dependency).state else {
            return input;
        };
        input.nbytes = nbytes;
        let of_task = self.holders.get(holders);
        if self.is_among(of_task, worker, dependency) {
            return input;
        }
        if let Some(value) = self.inline.get(&dependency) {
            input.value = Some(value.clone());
            return input;
        }
        // Readers start at different holders, so that these share the work, and prefer those that
        // send little.
        let start = (worker as usize) % of_task.len().max(1);
        let rotated = of_task[start..].iter().chain(&of_task[..start]).copied();
        let cut_off = |holder: &u32| self.unreachable.contains(&(worker, *holder));
        let reachable = rotated.clone().filter(|holder| !cut_off(holder));
        let best = reachable.chain(rotated.filter(cut_off));
        let mut weighed = [None; HOLDERS_WEIGHED];
        for (place, holder) in weighed.iter_mut().zip(best) {
            *place = Some((cut_off(&holder), self.traffic.outgoing(holder), holder));
        }
        let known = weighed.iter().flatten().count();
        // In place and stable: equal ones stay in their turn.
        weighed[..known].sort_by_key(|weighed| weighed.map(|(cut_off, bytes, _)| (cut_off, bytes)));
        let named = weighed.into_iter().flatten().take(HOLDERS_NAMED);
        let named = named.map(|(_, _, holder)| holder);
        if let Some(from) = named.clone().next() {
            self.traffic.begin(dependency, worker, from, nbytes);
        }
        input.holders.reserve_exact(known.min(HOLDERS_NAMED));
        for holder in named {
            self.introduce(worker, holder);
            input
                .holders
                .extend(self.workers.get(holder).map(|worker| worker.id));
        }
        input
    }

    /// Whether a worker is one of the holders of a value. Most values have one or two, which are
    /// looked through faster than the worker's own table is asked.
    fn is_among(&self, holders: &[u32], worker: u32, task: u32) -> bool {
        match holders.len() {
            0..=LOOKED_THROUGH => holders.contains(&worker),
            _ => {
                let worker = self.workers.get(worker);
                worker.is_some_and(|worker| worker.held.contains(&task))
            }
        }
    }
}
