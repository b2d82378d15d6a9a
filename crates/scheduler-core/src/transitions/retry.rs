//! A task that failed is run again: by itself as long as it has retries left, or when a client asks.

use super::Step;
use crate::core::SchedulerCore;
use crate::state::State;
use std::collections::BTreeSet;
use taskloom_core::message::ToClient;
use taskloom_core::{TaskFailure, Ticket, Time, WorkerId};

impl SchedulerCore {
    /// Processing or assigned -> pausing, if the task has retries left. It keeps its inputs. Returns
    /// whether it has.
    pub(crate) fn may_retry(&mut self, slot: u32, worker: u32, failure: &TaskFailure) -> bool {
        let (runs, id) = (
            self.task(slot).runs,
            self.workers.get(worker).map(|worker| worker.id),
        );
        let line = format!(
            "run {runs} on {}: {}",
            self.worker_name(worker),
            failure.message
        );
        let options = self.specs.options_of(self.task(slot).spec);
        let (retries, backoff) = (options.retries, options.backoff);
        if retries == 0 {
            return false;
        }
        let attempts = self.attempts.entry(slot).or_default();
        attempts.failed = attempts.failed.saturating_add(1);
        attempts.tell(line);
        attempts.avoid = id;
        if attempts.failed > retries {
            return false;
        }
        let pause = attempts.pause(backoff);
        self.requeue(slot, worker);
        if self.task(slot).state == (State::Waiting { missing: 0 }) && !pause.is_zero() {
            let until = self.now + pause;
            self.set_state(slot, State::Pausing { until });
            self.pausing.insert((until, slot));
        }
        true
    }

    /// When the first pause ends.
    pub(crate) fn next_retry(&self) -> Option<Time> {
        self.pausing.first().map(|&(until, _)| until)
    }

    /// Pausing -> ready, for those whose pause is over.
    pub(crate) fn end_pauses(&mut self) {
        while let Some(&(until, slot)) = self.pausing.first()
            && until <= self.now
        {
            self.pausing.pop_first();
            self.set_state(slot, State::Waiting { missing: 0 });
            self.ready.push(slot);
        }
    }

    /// Adds a line to what is told of a task.
    pub(crate) fn tell_story(&mut self, slot: u32, line: String) {
        self.attempts.entry(slot).or_default().tell(line);
    }

    /// What is told of earlier runs of a task.
    pub(crate) fn story_of(&self, slot: u32) -> Vec<String> {
        let attempts = self.attempts.get(&slot);
        attempts.map_or_else(Vec::new, |attempts| attempts.story.clone())
    }

    /// The worker that a task keeps away from, if it can.
    pub(crate) fn shunned_by(&self, slot: u32) -> Option<WorkerId> {
        // Few tasks ever fail.
        if self.attempts.is_empty() {
            return None;
        }
        self.attempts.get(&slot)?.avoid
    }

    /// Whether a task would rather not run on this worker.
    pub(crate) fn shuns(&self, slot: u32, worker: u32) -> bool {
        let id = self.workers.get(worker).map(|worker| worker.id);
        id.is_some() && self.shunned_by(slot) == id
    }

    /// A client wants a failed task to be run again: erred -> released -> waiting, together with
    /// those of its inputs, and their inputs, that failed.
    pub(crate) fn retry(&mut self, client: u32, ticket: Ticket) {
        let entry = self
            .clients
            .get(client)
            .and_then(|client| client.tickets.get(ticket));
        let Some(slot) = entry
            .and_then(|entry| entry.task())
            .filter(|&slot| self.task(slot).state == State::Erred)
        else {
            return;
        };
        let mut failed = BTreeSet::new();
        let mut open = vec![slot];
        while let Some(slot) = open.pop() {
            if self.task(slot).state == State::Erred && failed.insert(slot) {
                let dependencies = self.edges.get(self.task(slot).dependencies);
                open.extend(dependencies.iter().map(|edge| edge.task));
            }
        }
        for &slot in &failed {
            self.failures.remove(&slot);
            if let Some(attempts) = self.attempts.get_mut(&slot) {
                attempts.failed = 0;
            }
            self.task_mut(slot).suspicion = 0;
            self.set_state(slot, State::Released);
            let (wants, clients) = (&self.wants, &mut self.clients);
            let said = &mut self.said_clients;
            for want in wants.iter(self.tasks[slot as usize].wants) {
                if let Some(client) = clients.get_mut(want.client) {
                    let ticket = want.ticket;
                    client.say(said, want.client, ToClient::Pending { ticket });
                }
            }
        }
        // Those that are not needed themselves are activated by those that need them.
        for &slot in &failed {
            self.steps.push(Step::Unneed(slot));
            self.steps.push(Step::Activate(slot));
        }
    }
}
