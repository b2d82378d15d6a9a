//! What must hold after every turn, derived again from scratch.

use crate::core::SchedulerCore;
use crate::extension::HOLDER;
use crate::spec::OperationId;
use crate::state::{QueuedAt, State};
use crate::tables::{DETACHED, Want};
use std::collections::BTreeMap;
use taskloom_core::check;

impl SchedulerCore {
    /// Checks everything; for tests and simulations, between turns. Costs time in proportion to all
    /// tables.
    pub fn check_all(&self) {
        let (mut wants, mut holder_wants) = (0, 0);
        let mut live = 0;
        for slot in 0..self.tasks.len() as u32 {
            if self.is_live(slot) {
                live += 1;
                self.check_edges(slot);
                wants += self.wants.iter(self.task(slot).wants).count();
                let of_holders = |want: &Want| want.client == HOLDER;
                let list = self.task(slot).wants;
                holder_wants += self.wants.iter(list).filter(of_holders).count();
                self.check_place(slot);
                self.check_need(slot);
            }
        }
        let (holds, _) = self.host.holds();
        check!(
            TablesMatch,
            holds == holder_wants,
            "{holds} holds, {holder_wants} wants of holders"
        );
        self.check_workers();
        self.check_order();
        self.check_nobody_idles();
        self.check_questions();
        check!(
            TablesMatch,
            live == self.keys.len(),
            "{live} tasks, {} keys",
            self.keys.len()
        );
        check!(
            TablesMatch,
            live == self.blocks.alive(),
            "{live} tasks, {} places",
            self.blocks.alive()
        );
        check!(
            TablesMatch,
            wants == self.wants.len(),
            "{wants} wants, {} entries",
            self.wants.len()
        );
        if live == 0 {
            let lists = self.edges.vacant() == self.edges.capacity()
                && self.holders.vacant() == self.holders.capacity();
            check!(TablesMatch, lists, "no task is left but lists are in use");
            let beside = self.failures.len()
                + self.inline.len()
                + self.sources.len()
                + self.attempts.len()
                + self.pausing.len();
            check!(
                TablesMatch,
                beside == 0,
                "no task is left but {beside} entries are beside them"
            );
        }
    }

    fn check_edges(&self, slot: u32) {
        let task = self.task(slot);
        let (mut missing, mut active) = (0, 0);
        for (at, edge) in self.edges.get(task.dependencies).iter().enumerate() {
            let mirror = self.edges.get(self.task(edge.task).dependents)[edge.back as usize];
            let ok = mirror.task == slot && mirror.back as usize == at;
            check!(EdgesMirror, ok, "task {slot} -> {}", edge.task);
            missing += u32::from(!self.task(edge.task).state.in_memory());
        }
        for edge in self.edges.get(task.dependents) {
            active += u32::from(self.task(edge.task).state.is_active());
        }
        check!(
            MissingCount,
            active == task.waiters,
            "task {slot}: {active} active dependents, {} waiters",
            task.waiters
        );
        match task.state {
            State::Waiting { missing: counted } => {
                check!(
                    MissingCount,
                    counted == missing,
                    "task {slot} misses {missing}, counts {counted}"
                );
            }
            State::Queued { .. } | State::NoWorker { .. } | State::Pausing { .. } => {
                check!(
                    MissingCount,
                    missing == 0,
                    "ready task {slot} misses {missing}"
                );
            }
            State::Assigned {
                missing: counted, ..
            } => {
                check!(
                    MissingCount,
                    counted == missing && missing > 0,
                    "assigned task {slot} misses {missing}, counts {counted}"
                );
            }
            _ => {}
        }
    }

    fn check_place(&self, slot: u32) {
        let task = self.task(slot);
        let entry = self.entry(slot);
        let class = self.specs.get(task.spec).class;
        let shared = self.jobs.contains(task.job, class, entry);
        check!(
            OnePlace,
            shared
                == (task.state
                    == State::Queued {
                        at: QueuedAt::Shared
                    }),
            "task {slot} in {:?}, shared queue: {shared}",
            task.state
        );
        for (at, worker) in self.workers.iter() {
            let located = worker.located.contains(entry);
            check!(
                OnePlace,
                located
                    == (task.state
                        == State::Queued {
                            at: QueuedAt::Worker(at)
                        }),
                "task {slot} in {:?}, queue of {at}: {located}",
                task.state
            );
            let given = worker.given.contains_key(&slot);
            let here = task.state.given_to().is_some_and(|(there, _)| there == at);
            check!(
                OnePlace,
                given == here,
                "task {slot} in {:?}, given to {at}: {given}",
                task.state
            );
            let held = worker.held.contains(&slot);
            let listed = match task.state {
                State::Memory { holders, .. } => self.holders.get(holders).contains(&at),
                _ => false,
            };
            check!(
                HoldersMirror,
                held == listed,
                "task {slot} in {:?}, held by {at}: {held}",
                task.state
            );
        }
        if let State::NoWorker { since } = task.state {
            let listed = self
                .no_worker
                .get(&class)
                .and_then(|tasks| tasks.get(&since))
                .is_some_and(|tasks| tasks.contains(&slot));
            check!(
                OnePlace,
                listed,
                "task {slot} is in no-worker but not listed"
            );
        }
        if let State::Pausing { until } = task.state {
            let listed = self.pausing.contains(&(until, slot));
            check!(OnePlace, listed, "task {slot} is pausing but not listed");
        }
        if let State::Memory { holders, .. } = task.state {
            let somewhere = !holders.is_empty() || self.inline.contains_key(&slot);
            check!(MemoryIsSomewhere, somewhere, "task {slot}");
            let living = self
                .holders
                .get(holders)
                .iter()
                .all(|&holder| self.workers.get(holder).is_some());
            check!(
                LivingAddressee,
                living,
                "task {slot} is held by a worker that is gone"
            );
        }
        if let Some((worker, _)) = task.state.given_to() {
            check!(
                LivingAddressee,
                self.workers.get(worker).is_some(),
                "task {slot} is with a worker that is gone"
            );
        }
    }

    fn check_need(&self, slot: u32) {
        let task = self.task(slot);
        if !task.is_needed() {
            let idle = matches!(task.state, State::Released | State::Erred);
            check!(UnwantedIsReleased, idle, "task {slot} in {:?}", task.state);
            check!(
                UnneededIsForgotten,
                !task.dependents.is_empty(),
                "task {slot} in {:?}",
                task.state
            );
        } else {
            check!(
                UnneededIsForgotten,
                task.state != State::Released,
                "needed task {slot} is released"
            );
        }
        for want in self.wants.iter(task.wants) {
            let Want { client, ticket } = want;
            if client == HOLDER {
                let known = self.host.is_held(ticket.0, slot);
                check!(TablesMatch, known, "task {slot} is held by nobody");
                continue;
            }
            if client == DETACHED {
                let ended = matches!(task.state, State::Memory { .. } | State::Erred);
                check!(TablesMatch, !ended, "task {slot} has ended and is detached");
                continue;
            }
            let entry = self
                .clients
                .get(client)
                .and_then(|client| client.tickets.get(ticket));
            let known = entry.and_then(|entry| entry.task()) == Some(slot);
            check!(
                TablesMatch,
                known,
                "task {slot} is wanted under ticket {ticket}, which is not its"
            );
        }
    }

    /// Only between turns: within one, changes are noted and places not yet taken. After a turn that
    /// gave out as much as it may, the next one goes on.
    fn check_nobody_idles(&self) {
        if self.unfinished {
            return;
        }
        for (_, worker) in self.workers.iter() {
            if worker.leaving || worker.load() >= worker.hello.nthreads as usize {
                continue;
            }
            let shared = self.jobs.next(&self.job_table, |class| {
                let class = self.specs.class(class);
                worker.qualifies(class) && worker.has_resources(class)
            });
            check!(
                WorkConserving,
                shared.is_none(),
                "{} has a free thread for {shared:?}",
                worker.hello.name
            );
            let queued = worker.located.iter().find(|entry| {
                let task = self.task(entry.slot());
                let class = self.specs.class(self.specs.get(task.spec).class);
                worker.has_resources(class) && self.job_table.may_start(task.job)
            });
            let blocked = worker.located.iter().next() != queued;
            check!(
                WorkConserving,
                queued.is_none() || blocked,
                "{} has a free thread for what is queued at it",
                worker.hello.name
            );
        }
    }

    fn check_workers(&self) {
        let in_memory = |slot: u32| self.is_live(slot) && self.task(slot).state.in_memory();
        check!(
            TablesMatch,
            self.traffic.is_consistent(in_memory),
            "what is on its way does not add up, or is of values that are gone"
        );
        for (slot, worker) in self.workers.iter() {
            let sum: u64 = worker
                .given
                .values()
                .chain(worker.ending.values())
                .map(|given| given.estimate_ns)
                .sum();
            check!(
                OccupancySum,
                sum == worker.occupancy_ns,
                "worker {slot}: {sum} and {}",
                worker.occupancy_ns
            );
            let mut kinds: BTreeMap<OperationId, u32> = BTreeMap::new();
            for given in worker.given.values() {
                *kinds.entry(given.operation).or_default() += 1;
            }
            let counted: BTreeMap<OperationId, u32> = worker.kinds_given.iter().copied().collect();
            check!(
                TablesMatch,
                kinds == counted && counted.len() == worker.kinds_given.len(),
                "worker {slot} has {kinds:?} and counts {:?}",
                worker.kinds_given
            );
            for (at, (name, total)) in worker.hello.resources.iter().enumerate() {
                let used: u64 = worker
                    .given
                    .values()
                    .chain(worker.ending.values())
                    .flat_map(|given| &self.specs.class(self.specs.get(given.spec).class).resources)
                    .filter(|(other, _)| other == name)
                    .map(|(_, amount)| amount.0)
                    .sum();
                let free = worker.free_resources[at].1.0;
                check!(
                    OccupancySum,
                    free + used == total.0,
                    "worker {slot}, {name}: {free} free, {used} used"
                );
            }
        }
    }
}
