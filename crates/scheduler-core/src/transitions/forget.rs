//! Task records: made at intake, forgotten when nobody needs them and nothing depends on them.

use super::Step;
use crate::core::SchedulerCore;
use crate::spec::{OptionsId, SpecId};
use crate::state::{Edge, State, Task};
use crate::tables::{List, Place, WantList};
use std::collections::BTreeSet;

/// A place that belongs to no block marks a vacant record.
const NO_PLACE: Place = Place {
    block: u32::MAX,
    at: u32::MAX,
};

impl SchedulerCore {
    /// Whether a slot holds a record.
    pub(crate) fn is_live(&self, slot: u32) -> bool {
        self.task(slot).place != NO_PLACE
    }

    /// A new record in state released. Its key must not be in the index.
    pub(crate) fn make_task(&mut self, place: Place, spec: SpecId, job: u32, rank: u64) -> u32 {
        let task = Task {
            state: State::Released,
            place,
            dependencies: List::EMPTY,
            dependents: List::EMPTY,
            rank,
            spec,
            job,
            wants: WantList::EMPTY,
            waiters: 0,
            runs: 0,
            suspicion: 0,
            holds: 0,
        };
        let slot = match self.vacant.pop() {
            Some(slot) => {
                self.tasks[slot as usize] = task;
                slot
            }
            None => {
                self.tasks.push(task);
                self.generations.push(0);
                self.tasks.len() as u32 - 1
            }
        };
        self.count_in(State::Released);
        self.job_table.task_made(job);
        self.blocks.own(place, slot);
        self.keys.insert(self.blocks.key(place), slot);
        self.specs.task_made(spec);
        slot
    }

    /// Links a new task to what it depends on.
    pub(crate) fn link(&mut self, slot: u32, dependencies: &[u32]) {
        let mut edges = std::mem::take(&mut self.link_scratch);
        edges.clear();
        for (at, &dependency) in dependencies.iter().enumerate() {
            let mut dependents = self.task(dependency).dependents;
            let back = self.edges.push(
                &mut dependents,
                Edge {
                    task: slot,
                    back: at as u32,
                },
            );
            self.task_mut(dependency).dependents = dependents;
            edges.push(Edge {
                task: dependency,
                back,
            });
        }
        self.task_mut(slot).dependencies = self.edges.make(&edges);
        self.link_scratch = edges;
    }

    /// Removes a record that nobody needs and nothing depends on.
    pub(crate) fn forget(&mut self, slot: u32) {
        let mut dependencies = self.task(slot).dependencies;
        for at in 0..dependencies.len() {
            let Edge {
                task: dependency,
                back,
            } = self.edges.get(dependencies)[at];
            self.unlink(dependency, back);
            let task = self.task(dependency);
            if task.dependents.is_empty() && !task.is_needed() {
                self.steps.push(Step::Unneed(dependency));
            }
        }
        self.edges.release(&mut dependencies);
        // Nearly always there are none of these.
        if !self.failures.is_empty() {
            self.failures.remove(&slot);
        }
        if !self.attempts.is_empty() {
            self.attempts.remove(&slot);
        }
        if !self.sources.is_empty() {
            self.sources.remove(&slot);
        }
        let task = *self.task(slot);
        self.keys.remove(self.blocks.key(task.place), slot);
        let tasks = &mut self.tasks;
        self.blocks.release(task.place, |other, place| {
            tasks[other as usize].place = place
        });
        self.specs.task_forgotten(task.spec);
        self.count_out(task.state);
        self.job_table.task_forgotten(task.job);
        self.task_mut(slot).place = NO_PLACE;
        self.task_mut(slot).state = State::Released;
        self.task_mut(slot).dependencies = List::EMPTY;
        self.generations[slot as usize] = self.generations[slot as usize].wrapping_add(1);
        self.vacant.push(slot);
    }

    /// Removes the dependent at `back` from a task's list; the one that takes its place is told its
    /// new position.
    fn unlink(&mut self, dependency: u32, back: u32) {
        let mut dependents = self.task(dependency).dependents;
        let moved: Option<Edge> = self.edges.swap_remove(&mut dependents, back);
        self.task_mut(dependency).dependents = dependents;
        if let Some(moved) = moved {
            let theirs = self.task(moved.task).dependencies;
            self.edges.get_mut(theirs)[moved.back as usize].back = back;
        }
    }
}

impl SchedulerCore {
    /// Drops options that neither a task nor a client names any more.
    pub(crate) fn sweep_specs(&mut self) {
        if !self.specs.wants_sweep() {
            return;
        }
        let options = self.clients.iter().flat_map(|(_, client)| &client.options);
        let options: BTreeSet<OptionsId> = options.copied().collect();
        let given = self
            .workers
            .iter()
            .flat_map(|(_, worker)| worker.given.values().chain(worker.ending.values()));
        let specs: BTreeSet<SpecId> = given.map(|given| given.spec).collect();
        let gone = self.specs.sweep(&specs, &options);
        self.newly_stuck
            .retain(|(_, class), _| !gone.contains(class));
        for (_, client) in self.clients.iter_mut() {
            client.told_waiting.retain(|class| !gone.contains(class));
        }
    }
}
