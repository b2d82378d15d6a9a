//! The machine: its tables and the one call.

use crate::attempts::{Attempts, Pausing};
use crate::client::Client;
use crate::config::Config;
use crate::counts::Counts;
use crate::effects::Effects;
use crate::events::Event;
use crate::extension::{Extension, ExtensionError, Host};
use crate::identity::{Identity, TableSizes, TaskCounts, WorkerIdentity};
use crate::job::JobTable;
use crate::placement::{Homes, Lag, Reach, Traffic, WorkerRanks};
use crate::questions::Inquiries;
use crate::queue::{Jobs, QueueEntry};
use crate::spec::{ClassId, Specs};
use crate::state::{Edge, State, Task};
use crate::tables::{Arena, Blocks, KeyIndex, List, Lists, Table, Wants};
use crate::transitions::{NoWorkerClass, Source, Spread, Step};
use crate::worker::Worker;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use taskloom_core::message::Peer;
use taskloom_core::{ClientId, Encoded, RunId, TaskFailure, TaskId, Time, WorkerId};

/// The scheduler's decisions. See the crate's documentation.
#[derive(Debug)]
pub struct SchedulerCore {
    pub(crate) config: Config,
    pub(crate) epoch: u16,
    pub(crate) now: Time,
    pub(crate) closing: Option<String>,

    // The task table. A slot that is not in use is listed in `vacant`.
    pub(crate) tasks: Table<Task>,
    pub(crate) generations: Table<u32>,
    pub(crate) vacant: Vec<u32>,
    pub(crate) keys: KeyIndex,
    pub(crate) blocks: Blocks,
    pub(crate) edges: Lists<Edge>,
    pub(crate) holders: Lists<u32>,
    pub(crate) wants: Wants,
    /// Whether any client listens to what tasks print and log.
    pub(crate) listened: bool,
    /// How many tasks are detached.
    pub(crate) detached: u64,
    pub(crate) specs: Specs,
    pub(crate) counts: TaskCounts,
    pub(crate) tallies: Counts,
    pub(crate) reach: Reach,
    pub(crate) lag: Lag,
    /// Whether the last turn left tasks that a worker has room for.
    pub(crate) unfinished: bool,
    pub(crate) copied_bytes: u64,
    /// What is kept free for chunks of graphs that are still to come, in bytes.
    pub(crate) announced: u64,
    pub(crate) host: Host,

    // What only some tasks have, by slot.
    pub(crate) failures: FxHashMap<u32, Arc<TaskFailure>>,
    pub(crate) attempts: FxHashMap<u32, Attempts>,
    pub(crate) pausing: Pausing,
    pub(crate) inline: FxHashMap<u32, Encoded>,
    pub(crate) inline_bytes: u64,
    pub(crate) sources: FxHashMap<u32, Source>,
    /// Copies that are being made, by the slot of what is copied.
    pub(crate) spreads: BTreeMap<u32, Spread>,
    /// Questions of clients that wait for something.
    pub(crate) inquiries: Inquiries,
    /// Scattered data for which no worker was there to take them.
    pub(crate) unsupplied: BTreeSet<u32>,

    // Peers.
    pub(crate) workers: Arena<Worker>,
    pub(crate) clients: Arena<Client>,
    pub(crate) worker_names: BTreeMap<String, u32>,
    pub(crate) ranks: WorkerRanks,
    /// Pairs of workers of which the first could not reach the second.
    pub(crate) unreachable: BTreeSet<(u32, u32)>,
    /// What is on its way between workers.
    pub(crate) traffic: Traffic,
    /// Where the inputs of wide tasks are brought together.
    pub(crate) homes: Homes,

    // Jobs and queues.
    pub(crate) job_table: JobTable,
    pub(crate) jobs: Jobs,
    pub(crate) located: usize,
    pub(crate) no_worker: BTreeMap<ClassId, NoWorkerClass>,
    /// Tasks that became ready in this turn: in state `Waiting { missing: 0 }`.
    pub(crate) ready: Vec<u32>,
    /// Tasks that became unable to run in this turn, per client and class.
    pub(crate) newly_stuck: BTreeMap<(u32, ClassId), u64>,

    // Work in progress and numbers.
    pub(crate) steps: Vec<Step>,
    pub(crate) next_run: u64,
    pub(crate) next_rank: u64,
    pub(crate) last_event: Time,
    pub(crate) next_lease_check: Time,
    pub(crate) last_balance: Time,
    /// Peers to which something was said in this turn.
    pub(crate) said_workers: Vec<u32>,
    pub(crate) said_clients: Vec<u32>,
    pub(crate) link_scratch: Vec<Edge>,
}

impl SchedulerCore {
    /// A scheduler without workers, clients and tasks. The epoch tells its runs from those of an
    /// earlier scheduler.
    pub fn new(config: Config, epoch: u16) -> Self {
        Self {
            config,
            epoch,
            now: Time::ZERO,
            closing: None,
            tasks: Table::default(),
            generations: Table::default(),
            vacant: Vec::new(),
            keys: KeyIndex::default(),
            blocks: Blocks::default(),
            edges: Lists::default(),
            holders: Lists::default(),
            wants: Wants::default(),
            listened: false,
            detached: 0,
            specs: Specs::default(),
            counts: TaskCounts::default(),
            tallies: Counts::default(),
            reach: Reach::default(),
            lag: Lag::default(),
            unfinished: false,
            copied_bytes: 0,
            announced: 0,
            host: Host::default(),
            failures: FxHashMap::default(),
            attempts: FxHashMap::default(),
            pausing: Pausing::new(),
            inline: FxHashMap::default(),
            inline_bytes: 0,
            sources: FxHashMap::default(),
            spreads: BTreeMap::new(),
            inquiries: Inquiries::default(),
            unsupplied: BTreeSet::new(),
            workers: Arena::default(),
            clients: Arena::default(),
            worker_names: BTreeMap::new(),
            ranks: WorkerRanks::default(),
            unreachable: BTreeSet::new(),
            traffic: Traffic::default(),
            homes: Homes::default(),
            job_table: JobTable::default(),
            jobs: Jobs::default(),
            located: 0,
            no_worker: BTreeMap::new(),
            ready: Vec::new(),
            newly_stuck: BTreeMap::new(),
            steps: Vec::new(),
            next_run: 1,
            next_rank: 0,
            last_event: Time::ZERO,
            next_lease_check: Time::ZERO,
            last_balance: Time::ZERO,
            said_workers: Vec::new(),
            said_clients: Vec::new(),
            link_scratch: Vec::new(),
        }
    }

    /// A scheduler with extensions.
    ///
    /// # Errors
    /// If two of them have one name or offer one operation.
    pub fn with_extensions(
        config: Config,
        epoch: u16,
        extensions: Vec<Box<dyn Extension>>,
    ) -> Result<Self, ExtensionError> {
        let host = Host::new(extensions)?;
        Ok(Self {
            host,
            ..Self::new(config, epoch)
        })
    }

    /// Takes in one event. Messages to peers are collected and come out with [`Event::EndOfTurn`];
    /// answers to hellos come out at once.
    pub fn handle(&mut self, now: Time, event: Event, effects: &mut Effects) {
        self.now = self.now.max(now);
        self.notice_clock_step();
        match event {
            Event::WorkerJoined { session, hello } => {
                let answer = self.worker_joined(hello);
                effects.workers_joined.push((session, answer));
            }
            Event::WorkerSaid { worker, messages } => self.worker_said(worker, messages),
            Event::WorkerHeard { worker } => self.worker_heard(worker),
            Event::WorkerGone { worker, reason } => {
                if let Some(slot) = self.worker_slot(worker) {
                    self.worker_gone(slot, &reason);
                }
            }
            Event::ClientJoined { session, hello } => {
                let answer = self.client_joined(hello);
                effects.clients_joined.push((session, answer));
            }
            Event::ClientSaid { client, messages } => self.client_said(client, messages, effects),
            Event::ClientGone { client } => {
                if let Some(slot) = self.client_slot(client) {
                    self.client_gone(slot);
                }
            }
            Event::Tick => {
                self.tick(effects);
                self.tick_extensions();
            }
            Event::EndOfTurn => {
                self.rank_touched();
                self.place_ready();
                self.fill();
                // Workers that idle while the turn's tasks are given out are not idle for long.
                if !self.unfinished {
                    self.balance();
                }
                self.tell_stuck();
                self.let_leave();
                self.flush(effects);
                self.tallies.turns += 1;
            }
            Event::Close { reason } => self.close(reason),
        }
        self.tell_queued();
        effects.extension_faults.append(&mut self.host.faults);
    }

    /// When [`Event::Tick`] is due.
    pub fn next_deadline(&self) -> Option<Time> {
        let lease = (self.workers.len() > 0).then_some(self.next_lease_check);
        lease
            .into_iter()
            .chain(self.next_no_worker_deadline())
            .chain(self.next_retry())
            .chain(self.next_balance())
            .chain(self.host.next_deadline())
            .min()
    }

    /// Whether the last turn gave out as many tasks as one turn may, and left others that workers have
    /// room for: hand in another [`Event::EndOfTurn`] soon, with whatever has arrived until then.
    pub fn is_unfinished(&self) -> bool {
        self.unfinished
    }

    /// Whether the leases of workers are looked at with the next [`Event::Tick`]: what was heard of
    /// them is to be told before, with [`Event::WorkerHeard`].
    pub fn is_lease_check_due(&self, now: Time) -> bool {
        self.workers.len() > 0 && now >= self.next_lease_check
    }

    /// A picture for people.
    pub fn identity(&self, now: Time) -> Identity {
        let mut workers: Vec<WorkerIdentity> = self
            .workers
            .iter()
            .map(|(_, worker)| WorkerIdentity {
                peer: worker.peer(),
                nthreads: worker.hello.nthreads,
                memory_limit: worker.hello.memory_limit,
                resources: worker.hello.resources.clone(),
                processing: worker.given.len() as u64,
                stored: worker.held.len() as u64,
                stored_bytes: worker.held_bytes,
                process_bytes: worker.process_bytes,
                heard_ago: now.since(worker.last_heard),
                release: worker.hello.release.clone(),
                process: worker.hello.process,
                operations: worker.hello.operations.clone(),
                leaving: worker.leaving,
            })
            .collect();
        workers.sort_by(|a, b| a.peer.name.cmp(&b.peer.name));
        Identity {
            epoch: self.epoch,
            clients: self.clients.len() as u32,
            tasks: self.counts,
            tables: self.table_sizes(),
            copied_bytes: self.copied_bytes,
            workers,
        }
    }

    /// How many workers and how many clients are connected.
    pub fn peer_counts(&self) -> (usize, usize) {
        (self.workers.len(), self.clients.len())
    }

    /// How much is in the tables.
    pub fn table_sizes(&self) -> TableSizes {
        let (holds, holders) = self.host.holds();
        let calls = self.clients.iter().map(|(_, client)| client.calls.len());
        TableSizes {
            tasks: self.keys.len() as u64,
            wants: self.wants.len() as u64,
            holds: holds as u64,
            holders: holders as u64,
            calls: calls.sum::<usize>() as u64,
            questions: self.inquiries.len() as u64,
            extensions: self.host.rows(),
        }
    }

    /// What was done so far.
    pub fn counts(&self) -> &Counts {
        &self.tallies
    }

    /// Tasks by state.
    pub fn task_counts(&self) -> TaskCounts {
        self.counts
    }

    /// The size and the holders of a value that is in memory.
    pub fn locate_task(&self, task: TaskId) -> Option<(u64, Vec<Peer>)> {
        let slot = self.task_slot(task)?;
        let State::Memory { holders, nbytes } = self.tasks[slot as usize].state else {
            return None;
        };
        Some((nbytes, self.peers_of(holders)))
    }

    /// The address of a worker that is connected.
    pub fn worker_address(&self, worker: WorkerId) -> Option<&str> {
        let slot = self.worker_slot(worker)?;
        self.workers
            .get(slot)
            .map(|worker| worker.hello.address.as_str())
    }

    pub(crate) fn peers_of(&self, holders: List) -> Vec<Peer> {
        let slots = self.holders.get(holders).iter();
        slots
            .filter_map(|&slot| self.workers.get(slot))
            .take(4)
            .map(Worker::peer)
            .collect()
    }

    pub(crate) fn task(&self, slot: u32) -> &Task {
        &self.tasks[slot as usize]
    }

    pub(crate) fn task_mut(&mut self, slot: u32) -> &mut Task {
        &mut self.tasks[slot as usize]
    }

    pub(crate) fn task_id(&self, slot: u32) -> TaskId {
        TaskId::new(slot, self.generations[slot as usize])
    }

    /// The slot of a task, unless the id is stale.
    pub(crate) fn task_slot(&self, id: TaskId) -> Option<u32> {
        let current = self.generations.get(id.index as usize)?;
        // The generation of a vacant slot is one that was never given out.
        (*current == id.generation).then_some(id.index)
    }

    pub(crate) fn worker_slot(&self, id: WorkerId) -> Option<u32> {
        self.workers.slot(id.index, id.generation)
    }

    pub(crate) fn client_slot(&self, id: ClientId) -> Option<u32> {
        self.clients.slot(id.index, id.generation)
    }

    pub(crate) fn next_run(&mut self) -> RunId {
        self.next_run += 1;
        RunId::new(self.epoch, self.next_run)
    }

    pub(crate) fn entry(&self, slot: u32) -> QueueEntry {
        let task = self.task(slot);
        QueueEntry::new(self.specs.get(task.spec).priority, task.rank, slot)
    }

    pub(crate) fn key_text(&self, slot: u32) -> String {
        self.blocks.key(self.task(slot).place).to_text()
    }

    fn count_of(counts: &mut TaskCounts, state: State) -> &mut u64 {
        match state {
            State::Released => &mut counts.released,
            State::Waiting { .. } => &mut counts.waiting,
            State::Queued { .. } => &mut counts.queued,
            State::NoWorker { .. } => &mut counts.no_worker,
            State::Pausing { .. } => &mut counts.pausing,
            State::Assigned { .. } => &mut counts.assigned,
            State::Processing { .. } => &mut counts.processing,
            State::Supplying => &mut counts.supplying,
            State::Memory { .. } => &mut counts.memory,
            State::Erred => &mut counts.erred,
        }
    }

    /// Counts a new task of this state.
    pub(crate) fn count_in(&mut self, state: State) {
        *Self::count_of(&mut self.counts, state) += 1;
    }

    /// Counts a task of this state that is forgotten.
    pub(crate) fn count_out(&mut self, state: State) {
        *Self::count_of(&mut self.counts, state) -= 1;
    }

    /// The only way a task changes its state.
    pub(crate) fn set_state(&mut self, slot: u32, state: State) {
        let task = self.task_mut(slot);
        let (old, job) = (std::mem::replace(&mut task.state, state), task.job);
        self.count_out(old);
        self.count_in(state);
        self.tallies.transition(old, state);
        if matches!(old, State::Queued { .. }) {
            self.job_table.task_dequeued(job);
        }
        if matches!(state, State::Queued { .. }) {
            self.job_table.task_queued(job);
        }
        if !self.spreads.is_empty() && !state.in_memory() {
            self.spread_ends(slot);
        }
        if !self.homes.is_empty() && matches!(old, State::Waiting { .. }) {
            self.homes.remove(&slot);
        }
        if old.in_memory() && !state.in_memory() {
            self.traffic.value_gone(slot);
        }
    }
}
