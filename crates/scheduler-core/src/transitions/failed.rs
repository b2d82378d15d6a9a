//! A run ended badly, or a task cannot run: the failure goes to all that need it.

use super::Step;
use crate::core::SchedulerCore;
use crate::extension::{HOLDER, TaskEnd};
use crate::state::State;
use std::sync::Arc;
use std::time::Duration;
use taskloom_core::message::ToClient;
use taskloom_core::{ErrorCode, RunId, TaskFailure, TaskId};

impl SchedulerCore {
    /// Processing or assigned -> erred, if it is the current run.
    pub(crate) fn run_failed(
        &mut self,
        worker: u32,
        id: TaskId,
        run: RunId,
        elapsed: Duration,
        failure: TaskFailure,
    ) {
        self.run_ended(worker, run);
        let Some(slot) = self.task_slot(id) else {
            return;
        };
        if self.task(slot).state.given_to() != Some((worker, run)) {
            return;
        }
        self.note_length(slot, worker, elapsed);
        self.take_off(slot, worker);
        if self.may_retry(slot, worker, &failure) {
            return;
        }
        // The worker has ended the run: nothing is left to withdraw.
        self.set_state(slot, State::Waiting { missing: 0 });
        let name = self.worker_name(worker).to_owned();
        let failure = self.story(slot, &name, failure);
        self.steps.push(Step::Fail(slot, Arc::new(failure)));
    }

    /// The name of a worker, empty if it is gone.
    pub(crate) fn worker_name(&self, worker: u32) -> &str {
        self.workers
            .get(worker)
            .map_or("", |worker| &worker.hello.name)
    }

    /// Ties a failure to the task it is about.
    pub(crate) fn story(&self, slot: u32, worker: &str, failure: TaskFailure) -> TaskFailure {
        let task = self.task(slot);
        let operation = self.specs.get(task.spec).operation;
        TaskFailure {
            key: self.key_text(slot),
            operation: self.specs.record(operation).operation.to_string(),
            worker: worker.to_owned(),
            runs: u32::from(task.runs),
            story: self.story_of(slot),
            ..failure
        }
    }

    /// A failure of this kind about a task that runs on no worker.
    pub(crate) fn blame(
        &self,
        slot: u32,
        code: ErrorCode,
        message: impl Into<String>,
    ) -> TaskFailure {
        self.story(slot, "", TaskFailure::new(code, message))
    }

    /// Any state but erred -> erred, with all active dependents.
    pub(crate) fn fail(&mut self, slot: u32, failure: Arc<TaskFailure>) {
        let state = self.task(slot).state;
        if !self.is_live(slot) || state == State::Erred || state.in_memory() {
            return;
        }
        if state.is_active() {
            self.detach(slot);
            self.let_go_of_inputs(slot);
        }
        self.unsupplied.remove(&slot);
        self.set_state(slot, State::Erred);
        let (id, end) = (self.task_id(slot), TaskEnd::Failed(failure.code));
        let (wants, clients) = (&self.wants, &mut self.clients);
        let said = &mut self.said_clients;
        for want in wants.iter(self.tasks[slot as usize].wants) {
            if want.client == HOLDER {
                self.host.note_for_holder(want.ticket.0, id, end);
            } else if let Some(client) = clients.get_mut(want.client) {
                let failure = failure.clone();
                client.say(
                    said,
                    want.client,
                    ToClient::Failed {
                        ticket: want.ticket,
                        failure,
                    },
                );
            }
        }
        self.host.note_for_all(id, end);
        let dependents = self.task(slot).dependents;
        for at in 0..dependents.len() {
            let dependent = self.edges.get(dependents)[at].task;
            if self.task(dependent).state.is_active() {
                self.steps.push(Step::Fail(dependent, failure.clone()));
            }
        }
        self.failures.insert(slot, failure);
        self.end_detached(slot);
        if !self.task(slot).is_needed() {
            self.steps.push(Step::Unneed(slot));
        }
    }
}
