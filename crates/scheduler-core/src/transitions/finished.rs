//! A run ended well.

use super::Step;
use crate::core::SchedulerCore;
use crate::extension::{HOLDER, TaskEnd};
use crate::spec::SpecId;
use crate::state::State;
use crate::worker::{RunPlace, Worker};
use std::time::Duration;
use taskloom_core::limits::INLINE_BYTES_MAX;
use taskloom_core::message::ToClient;
use taskloom_core::{Encoded, RunId, TaskId};

impl SchedulerCore {
    /// Processing or assigned -> memory. A completion of any other run is of no use: its value is
    /// dropped, unless that worker holds the task's value anyway.
    pub(crate) fn run_finished(
        &mut self,
        worker: u32,
        id: TaskId,
        run: RunId,
        nbytes: u64,
        elapsed: Duration,
        value: Option<Encoded>,
    ) {
        self.run_ended(worker, run);
        let Some(slot) = self.task_slot(id) else {
            self.free_at(worker, id);
            return;
        };
        let given_to = self.task(slot).state.given_to();
        if given_to != Some((worker, run)) {
            self.tallies.stale += 1;
            // A later run at the same worker puts its own value over this one; telling the worker to
            // drop it could meet the later value instead.
            let later_run_here = given_to.is_some_and(|(at, _)| at == worker);
            let held = self
                .workers
                .get(worker)
                .is_some_and(|worker| worker.held.contains(&slot));
            if !held && !later_run_here {
                self.free_at(worker, id);
            }
            return;
        }
        self.note_length(slot, worker, elapsed);
        self.note_lag(worker, run, elapsed);
        self.take_off(slot, worker);
        self.note_dry(worker);
        self.let_go_of_inputs(slot);
        let value = value.filter(|value| value.nbytes() <= INLINE_BYTES_MAX);
        self.enter_memory(slot, worker, nbytes, value);
    }

    /// The value of a task is at this worker: tell who wants it and let dependents go on.
    pub(crate) fn enter_memory(
        &mut self,
        slot: u32,
        worker: u32,
        nbytes: u64,
        mut value: Option<Encoded>,
    ) {
        let holders = self.holders.make(&[worker]);
        self.set_state(slot, State::Memory { holders, nbytes });
        if let Some(worker) = self.workers.get_mut(worker) {
            worker.held.insert(slot);
            worker.held_bytes = worker.held_bytes.saturating_add(nbytes);
        }
        if self.task(slot).spec != SpecId::DATA {
            value = self.announce(slot, nbytes, value);
        }
        self.end_detached(slot);
        if self.input_is_there(slot, worker) {
            self.keep_inline(slot, value);
        }
        if !self.task(slot).is_needed() {
            self.steps.push(Step::Unneed(slot));
        }
    }

    /// Tells all clients that want a task that its result is there. The value comes back if something
    /// depends on the task; else the last client has it.
    pub(crate) fn announce(
        &mut self,
        slot: u32,
        nbytes: u64,
        mut value: Option<Encoded>,
    ) -> Option<Encoded> {
        let is_input = !self.task(slot).dependents.is_empty();
        let (id, end) = (self.task_id(slot), TaskEnd::Finished { nbytes });
        let (wants, clients) = (&self.wants, &mut self.clients);
        let said = &mut self.said_clients;
        let mut list = wants.iter(self.tasks[slot as usize].wants).peekable();
        while let Some(want) = list.next() {
            if want.client == HOLDER {
                self.host.note_for_holder(want.ticket.0, id, end);
            } else if let Some(client) = clients.get_mut(want.client) {
                let is_last = !is_input && list.peek().is_none();
                let value = if is_last { value.take() } else { value.clone() };
                client.say(
                    said,
                    want.client,
                    ToClient::Finished {
                        ticket: want.ticket,
                        nbytes,
                        value,
                    },
                );
            }
        }
        self.host.note_for_all(id, end);
        value
    }

    /// Counts an input down for all dependents that wait for it. Returns whether some dependent may
    /// need the value away from `worker`.
    fn input_is_there(&mut self, slot: u32, worker: u32) -> bool {
        let dependents = self.task(slot).dependents;
        let mut elsewhere = false;
        for at in 0..dependents.len() {
            let dependent = self.edges.get(dependents)[at].task;
            match self.task(dependent).state {
                State::Waiting { missing } => {
                    elsewhere = true;
                    self.task_mut(dependent).state = State::Waiting {
                        missing: missing - 1,
                    };
                    if missing == 1 {
                        self.ready.push(dependent);
                    } else {
                        self.gather(dependent, missing - 1, slot);
                    }
                }
                State::Assigned {
                    worker: at,
                    missing,
                    run,
                } if at == worker => {
                    if missing > 1 {
                        let state = State::Assigned {
                            worker,
                            missing: missing - 1,
                            run,
                        };
                        self.task_mut(dependent).state = state;
                    } else {
                        self.set_state(dependent, State::Processing { worker, run });
                    }
                }
                _ => {}
            }
        }
        elsewhere
    }

    /// Keeps a small value for dependents on other workers, within a budget.
    fn keep_inline(&mut self, slot: u32, value: Option<Encoded>) {
        if let Some(value) = value {
            let nbytes = value.nbytes();
            if self.inline_bytes + nbytes <= self.config.inline_keep_bytes {
                self.inline_bytes += nbytes;
                self.inline.insert(slot, value);
            }
        }
    }

    /// Notes how long the task at this worker ran, for estimates of others of its kind. One that
    /// waited for other tasks says nothing.
    pub(crate) fn note_length(&mut self, slot: u32, worker: u32, elapsed: Duration) {
        let given = self
            .workers
            .get(worker)
            .and_then(|worker| worker.given.get(&slot));
        if given.is_some_and(|given| given.place == RunPlace::Thread) {
            self.specs.ran(self.task(slot).spec, elapsed);
        }
    }

    /// Notes how long the way there and back took of a run that could begin at once.
    fn note_lag(&mut self, worker: u32, run: RunId, elapsed: Duration) {
        if let Some(worker) = self.workers.get_mut(worker)
            && let Some((_, given)) = worker.prompt.take_if(|(prompt, _)| *prompt == run)
        {
            let away = self.now.since(given);
            self.lag
                .note(away.saturating_sub(elapsed).as_nanos() as u64);
        }
    }

    /// Notes whether the end of a run left its worker with nothing, although tasks wait.
    fn note_dry(&mut self, worker: u32) {
        let empty = |worker: &Worker| worker.load() == 0 && worker.located.is_empty();
        let dry = self.jobs.len() > 0 && self.workers.get(worker).is_some_and(empty);
        self.reach.note(dry);
    }

    /// A withdrawn run is over: its thread and resources are free again.
    pub(crate) fn run_ended(&mut self, slot: u32, run: RunId) {
        let now = self.now;
        if let Some(worker) = self.workers.get_mut(slot) {
            worker.last_progress = now;
            worker.gave_back = false;
            // Nearly always there are none.
            if !worker.ending.is_empty()
                && let Some(given) = worker.ending.remove(&run)
            {
                worker.away -= usize::from(given.place == RunPlace::Away);
                worker.occupancy_ns -= given.estimate_ns;
                worker.give_back(self.specs.class(self.specs.get(given.spec).class));
            }
            self.touch(slot);
        }
    }

    /// A task is with this worker no more, and its thread is free.
    pub(crate) fn take_off(&mut self, slot: u32, worker: u32) {
        self.touch(worker);
        if let Some(worker) = self.workers.get_mut(worker)
            && let Some(given) = worker.has_no_more(slot)
        {
            if !worker.retracting.is_empty() {
                worker.retracting.remove(&slot);
            }
            worker.occupancy_ns -= given.estimate_ns;
            worker.away -= usize::from(given.place == RunPlace::Away);
            worker.give_back(self.specs.class(self.specs.get(given.spec).class));
            if given.place != RunPlace::Away {
                self.job_table.stopped(given.job);
            }
        }
    }

    /// A task is with this worker no more, but its run may still occupy a thread until it is
    /// reported ended.
    pub(crate) fn withdraw(&mut self, slot: u32, worker: u32, run: RunId) {
        self.touch(worker);
        if let Some(worker) = self.workers.get_mut(worker)
            && let Some(given) = worker.has_no_more(slot)
        {
            if !worker.retracting.is_empty() {
                worker.retracting.remove(&slot);
            }
            worker.ending.insert(run, given);
            if given.place != RunPlace::Away {
                self.job_table.stopped(given.job);
            }
        }
    }
}
