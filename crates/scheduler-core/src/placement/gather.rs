//! Inputs of wide tasks are brought together before the last of them is made.
//!
//! A task with many large inputs, such as the end of a reduction in one step, would begin to fetch
//! them when the last one is there, and everybody would wait for it meanwhile. So when half of its
//! inputs are there it gets a *home*: a worker that is told to get copies of these, and of each
//! further one as it is made. Nothing moves that would not move later, since the task goes where most
//! of its inputs are. The workers fetch such copies behind everything that a run waits for.

use crate::core::SchedulerCore;
use crate::state::State;
use rustc_hash::FxHashMap;

/// Tasks with fewer inputs have no home: their inputs come soon enough.
const INPUTS_MIN: usize = 16;

/// Smaller inputs are not brought before they are needed.
const BYTES_MIN: u64 = 64 * 1024;

/// So many workers there are for each task that has a home, or more.
const WORKERS_PER_HOME: usize = 4;

/// Among how many workers a home is chosen.
const HOMES_WEIGHED: usize = 8;

/// The homes of wide tasks that wait for inputs, by slot.
pub(crate) type Homes = FxHashMap<u32, u32>;

impl SchedulerCore {
    /// An input of waiting tasks is there, and `missing` is how many the task lacks still.
    pub(crate) fn gather(&mut self, task: u32, missing: u32, input: u32) {
        let dependencies = self.task(task).dependencies;
        let inputs = dependencies.len();
        if inputs < INPUTS_MIN || missing as usize > inputs / 2 {
            return;
        }
        if let Some(&home) = self.homes.get(&task) {
            self.bring_home(input, home);
            return;
        }
        // With many at a time, as in a shuffle, each worker has one to work on while another waits.
        if self.homes.len() * WORKERS_PER_HOME >= self.workers.len() {
            return;
        }
        let Some(home) = self.choose_home(task) else {
            return;
        };
        self.homes.insert(task, home);
        for at in 0..inputs {
            let input = self.edges.get(dependencies)[at].task;
            self.bring_home(input, home);
        }
    }

    /// Of the first workers that could run a task, the one to which least is on its way.
    fn choose_home(&self, task: u32) -> Option<u32> {
        let class = self.specs.class(self.specs.get(self.task(task).spec).class);
        let workers = self.first_workers(class, HOMES_WEIGHED).into_iter();
        workers.min_by_key(|&worker| self.traffic.incoming(worker))
    }

    fn bring_home(&mut self, input: u32, home: u32) {
        let State::Memory { holders, nbytes } = self.task(input).state else {
            return;
        };
        let there = |worker: &crate::worker::Worker| worker.leaving || worker.held.contains(&input);
        if nbytes < BYTES_MIN
            || self.workers.get(home).is_none_or(there)
            || self.traffic.is_coming(input, home)
        {
            return;
        }
        if let Some(&from) = self.holders.get(holders).first() {
            self.traffic.begin(input, home, from, nbytes);
            self.acquire(input, home, nbytes, 0);
        }
    }
}
