//! Dask's rules, as far as they decide where a task runs and when.
//!
//! - Tasks of a *rootish* group (many of a kind with few kinds of inputs) wait in the scheduler's
//!   queue, in order, and go to the worker with the fewest tasks per thread as soon as one has less
//!   than 1.1 per thread. Where their inputs lie does not matter.
//! - A task with inputs goes at once to one of the workers that hold any, the one with the least
//!   expected work plus time to bring the rest. Others are not considered.
//! - A task without inputs that is not rootish goes to the least occupied worker, or in turn to each
//!   where there are 20 and more.
//! - Each second, workers that idle take tasks from those that are saturated, cheap ones to move
//!   first, if both are better off.
//!
//! What Dask measures is given to it: it knows the bandwidth.

use super::board::{Board, Stage};
use super::plain::Rule;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use taskloom_core::Time;

/// How many tasks per thread a worker may have for more of the queue.
const SATURATION: f64 = 1.1;
/// What a task of a kind that never ended is taken to last, in seconds.
const UNKNOWN: f64 = 0.5;
/// What moving a task costs beside its bytes, in seconds.
const STEAL_LATENCY: f64 = 0.1;
const STEAL_EVERY: Duration = Duration::from_secs(1);
/// Levels of cost by which tasks are stolen; what costs more is not.
const LEVELS: usize = 15;
/// Kinds that are shorter are never stolen, in seconds.
const STEAL_SHORTEST: f64 = 0.001;

#[derive(Clone, Copy, Debug, Default)]
struct Kind {
    /// The moving average of durations in seconds, once one ended.
    average: Option<f64>,
}

/// What a worker is expected to do.
#[derive(Debug, Default)]
struct Load {
    /// How many tasks of each kind it has.
    kinds: BTreeMap<u32, usize>,
    /// What its tasks need from elsewhere: how many of them, and its bytes.
    fetching: BTreeMap<u32, (usize, u64)>,
    fetching_bytes: u64,
}

#[derive(Debug)]
pub(crate) struct Dask {
    bandwidth: f64,
    kinds: Vec<Kind>,
    /// Whether tasks of a kind wait in the queue, once one of them was looked at.
    rootish: BTreeMap<u32, bool>,
    queued: BTreeSet<u32>,
    loads: Vec<Load>,
    /// Where tasks go that were asked back.
    thieves: BTreeMap<u32, u32>,
    placed: usize,
    next_steal: Option<Time>,
}

impl Dask {
    pub(crate) fn new(bandwidth: u64) -> Self {
        Self {
            bandwidth: bandwidth.max(1) as f64,
            kinds: Vec::new(),
            rootish: BTreeMap::new(),
            queued: BTreeSet::new(),
            loads: Vec::new(),
            thieves: BTreeMap::new(),
            placed: 0,
            next_steal: None,
        }
    }

    fn duration(&self, kind: u32) -> f64 {
        let kind = self.kinds.get(kind as usize);
        kind.and_then(|kind| kind.average).unwrap_or(UNKNOWN)
    }

    /// The expected work of a worker in seconds.
    fn occupancy(&self, worker: usize) -> f64 {
        let Some(load) = self.loads.get(worker) else {
            return 0.0;
        };
        let tasks = load
            .kinds
            .iter()
            .map(|(&kind, &count)| count as f64 * self.duration(kind));
        tasks.sum::<f64>() + load.fetching_bytes as f64 / self.bandwidth
    }

    fn is_rootish(&mut self, board: &Board, task: u32) -> bool {
        let kind = board.tasks[task as usize].kind;
        if let Some(&known) = self.rootish.get(&kind) {
            return known;
        }
        let tasks = board.tasks.iter().filter(|task| task.kind == kind);
        let of: BTreeSet<u32> = tasks
            .flat_map(|task| &task.needs)
            .map(|&need| board.tasks[need as usize].kind)
            .collect();
        let inputs: usize = of
            .iter()
            .map(|&kind| board.of_kind[kind as usize] as usize)
            .sum();
        let many = board.of_kind[kind as usize] as usize > 2 * board.threads();
        let known = many && of.len() < 5 && inputs < 5;
        self.rootish.insert(kind, known);
        known
    }

    fn comm(&self, board: &Board, task: u32, worker: usize) -> f64 {
        board.missing_bytes(task, worker as u32) as f64 / self.bandwidth
    }

    fn give(&mut self, board: &mut Board, task: u32, worker: usize) {
        self.loads.resize_with(board.workers.len(), Load::default);
        self.placed += 1;
        let record = &board.tasks[task as usize];
        let load = &mut self.loads[worker];
        *load.kinds.entry(record.kind).or_default() += 1;
        for &need in &record.needs {
            let input = &board.tasks[need as usize];
            if !input.holders.contains(&(worker as u32)) {
                let (count, bytes) = load.fetching.entry(need).or_default();
                *count += 1;
                if *count == 1 {
                    *bytes = input.bytes;
                    load.fetching_bytes += input.bytes;
                }
            }
        }
        board.give(task, worker as u32);
    }

    fn taken(&mut self, board: &Board, task: u32, worker: u32) {
        let record = &board.tasks[task as usize];
        let load = &mut self.loads[worker as usize];
        if let Some(count) = load.kinds.get_mut(&record.kind) {
            *count -= 1;
        }
        for need in &record.needs {
            if let Some((count, bytes)) = load.fetching.get_mut(need) {
                *count -= 1;
                if *count == 0 {
                    load.fetching_bytes -= *bytes;
                    load.fetching.remove(need);
                }
            }
        }
    }

    /// The worker of the fewest tasks per thread that may have another one of the queue.
    fn open(&self, board: &Board) -> Option<usize> {
        let open = (0..board.workers.len()).filter(|&at| {
            let worker = &board.workers[at];
            let most = (worker.threads as f64 * SATURATION).ceil() as usize;
            worker.given.len() < most.max(1)
        });
        open.min_by(|&a, &b| {
            let per_thread = |at: usize| {
                let worker = &board.workers[at];
                worker.given.len() as f64 / worker.threads as f64
            };
            per_thread(a).total_cmp(&per_thread(b)).then(a.cmp(&b))
        })
    }

    /// Among these, the worker where the task is expected to begin first.
    fn earliest(&self, board: &Board, task: u32, among: &[usize]) -> usize {
        let cost = |at: usize| {
            let worker = &board.workers[at];
            let wait = self.occupancy(at) / worker.threads as f64;
            (wait + self.comm(board, task, at), worker.bytes, at)
        };
        let best = among.iter().copied().map(cost).min_by(|a, b| {
            let (a, b) = (*a, *b);
            a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2))
        });
        best.map_or(0, |(_, _, at)| at)
    }

    fn is_idle(&self, board: &Board, at: usize, average: f64) -> bool {
        let worker = &board.workers[at];
        worker.given.len() < worker.threads
            || self.occupancy(at) < worker.threads as f64 * average / 2.0
    }

    fn is_saturated(&self, board: &Board, at: usize, average: f64) -> bool {
        let worker = &board.workers[at];
        let (tasks, threads) = (worker.given.len() as f64, worker.threads as f64);
        let pending = self.occupancy(at) * (tasks - threads) / (tasks * threads);
        tasks > threads && pending > 0.4 && pending > 1.9 * average
    }

    /// How dear it is to move a task; `None` if too dear.
    fn level(&self, board: &Board, task: u32) -> Option<usize> {
        let record = &board.tasks[task as usize];
        let duration = self.duration(record.kind);
        if duration <= STEAL_SHORTEST {
            return None;
        }
        if record.needs.is_empty() {
            return Some(0);
        }
        let bytes: u64 = record
            .needs
            .iter()
            .map(|&need| board.tasks[need as usize].bytes)
            .sum();
        let ratio = (bytes as f64 / self.bandwidth + STEAL_LATENCY) / duration;
        let level = (ratio.log2() + 6.0).round().max(1.0) as usize;
        (level < LEVELS).then_some(level)
    }

    fn steal(&mut self, board: &mut Board) {
        let workers = board.workers.len();
        self.loads.resize_with(workers, Load::default);
        let total: f64 = (0..workers).map(|at| self.occupancy(at)).sum();
        let average = total / board.threads().max(1) as f64;
        let mut thieves: Vec<usize> = (0..workers)
            .filter(|&at| self.is_idle(board, at, average))
            .collect();
        if thieves.is_empty() || thieves.len() == workers {
            return;
        }
        let mut occupancy: Vec<f64> = (0..workers).map(|at| self.occupancy(at)).collect();
        let mut victims: Vec<usize> = (0..workers)
            .filter(|&at| !thieves.contains(&at) && self.is_saturated(board, at, average))
            .collect();
        if victims.is_empty() {
            victims = (0..workers)
                .filter(|at| {
                    let busy = board.workers[*at].given.len() > board.workers[*at].threads;
                    occupancy[*at] > 0.2 && busy && !thieves.contains(at)
                })
                .collect();
            victims.sort_by(|&a, &b| occupancy[b].total_cmp(&occupancy[a]).then(a.cmp(&b)));
            victims.truncate(10);
        }
        victims.sort_by(|&a, &b| occupancy[b].total_cmp(&occupancy[a]).then(a.cmp(&b)));
        let mut by_level: Vec<Vec<(usize, u32)>> = vec![Vec::new(); LEVELS];
        for &victim in &victims {
            let worker = &board.workers[victim];
            for &task in worker.given.difference(&worker.retracting) {
                if let Some(level) = self.level(board, task) {
                    by_level[level].push((victim, task));
                }
            }
        }
        let mut asked: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
        for (victim, task) in by_level.into_iter().flatten() {
            if thieves.is_empty() {
                break;
            }
            let compute = self.duration(board.tasks[task as usize].kind);
            let cost = |at: usize| {
                let threads = board.workers[at].threads as f64;
                occupancy[at] / threads + self.comm(board, task, at)
            };
            let best = thieves.iter().copied();
            let Some(thief) = best.min_by(|&a, &b| cost(a).total_cmp(&cost(b)).then(a.cmp(&b)))
            else {
                break;
            };
            let there = self.comm(board, task, thief) + compute;
            let here = self.comm(board, task, victim) + compute;
            if occupancy[thief] + there > occupancy[victim] - here / 2.0 {
                continue;
            }
            occupancy[thief] += there;
            occupancy[victim] -= here;
            self.thieves.insert(task, thief as u32);
            asked.entry(victim).or_default().push(task);
            if occupancy[thief] >= board.workers[thief].threads as f64 * average / 2.0 {
                thieves.retain(|&at| at != thief);
            }
        }
        for (victim, tasks) in asked {
            board.retract(victim as u32, &tasks);
        }
    }
}

impl Rule for Dask {
    fn ready(&mut self, board: &mut Board, _: Time, task: u32) {
        if self.is_rootish(board, task) {
            self.queued.insert(task);
            return;
        }
        let record = &board.tasks[task as usize];
        let worker = if record.needs.is_empty() {
            let workers = board.workers.len();
            if workers < 20 {
                let all: Vec<usize> = (0..workers)
                    .map(|at| (at + self.placed) % workers)
                    .collect();
                let idle = all.iter().find(|&&at| board.workers[at].given.is_empty());
                idle.copied()
                    .unwrap_or_else(|| self.earliest(board, task, &all))
            } else {
                let idle: Vec<usize> = (0..workers)
                    .filter(|&at| board.workers[at].given.len() < board.workers[at].threads)
                    .collect();
                match idle.len() {
                    0 => self.placed % workers,
                    idle_workers => idle[self.placed % idle_workers],
                }
            }
        } else {
            let mut holders: Vec<usize> = record
                .needs
                .iter()
                .flat_map(|&need| &board.tasks[need as usize].holders)
                .map(|&holder| holder as usize)
                .collect();
            holders.sort_unstable();
            holders.dedup();
            self.earliest(board, task, &holders)
        };
        self.give(board, task, worker);
    }

    fn ended(&mut self, board: &mut Board, task: u32, worker: u32, elapsed: Duration) {
        self.taken(board, task, worker);
        self.thieves.remove(&task);
        let kind = board.tasks[task as usize].kind as usize;
        if self.kinds.len() <= kind {
            self.kinds.resize(kind + 1, Kind::default());
        }
        let (new, average) = (elapsed.as_secs_f64(), &mut self.kinds[kind].average);
        *average = Some(average.map_or(new, |old| (old + new) / 2.0));
    }

    fn returned(&mut self, board: &mut Board, now: Time, task: u32, worker: u32) {
        self.taken(board, task, worker);
        match self.thieves.remove(&task) {
            Some(thief) => self.give(board, task, thief as usize),
            None => self.ready(board, now, task),
        }
    }

    fn copied(&mut self, task: u32, worker: u32) {
        if let Some(load) = self.loads.get_mut(worker as usize)
            && let Some((_, bytes)) = load.fetching.remove(&task)
        {
            load.fetching_bytes -= bytes;
        }
    }

    fn end_turn(&mut self, board: &mut Board, now: Time) {
        while let Some(&task) = self.queued.first()
            && let Some(worker) = self.open(board)
        {
            self.queued.pop_first();
            self.give(board, task, worker);
        }
        match self.next_steal {
            None => self.next_steal = Some(now + STEAL_EVERY),
            Some(at) if at <= now => {
                self.steal(board);
                self.next_steal = Some(now + STEAL_EVERY);
            }
            Some(_) => {}
        }
        debug_assert!(
            self.queued
                .iter()
                .all(|&task| board.tasks[task as usize].stage == Stage::Ready)
        );
    }

    fn next_deadline(&self) -> Option<Time> {
        self.next_steal
    }
}
