//! Work stealing alone, as in the rsds paper: a task goes where most of its inputs are, whatever the
//! load; workers that have nothing to do take from those that have most.

use super::board::Board;
use super::plain::Rule;
use std::cmp::Reverse;
use std::time::Duration;
use taskloom_core::Time;

#[derive(Debug, Default)]
pub(crate) struct Stealing {
    next: usize,
}

impl Rule for Stealing {
    fn ready(&mut self, board: &mut Board, _: Time, task: u32) {
        let mut holders: Vec<u32> = board.tasks[task as usize]
            .needs
            .iter()
            .flat_map(|&need| board.tasks[need as usize].holders.iter().copied())
            .collect();
        holders.sort_unstable();
        holders.dedup();
        let best = holders.into_iter().min_by_key(|&worker| {
            let load = board.workers[worker as usize].given.len();
            (board.missing_bytes(task, worker), load, worker)
        });
        let worker = best.unwrap_or_else(|| {
            self.next = (self.next + 1) % board.workers.len();
            self.next as u32
        });
        board.give(task, worker);
    }

    fn ended(&mut self, _: &mut Board, _: u32, _: u32, _: Duration) {}

    fn returned(&mut self, board: &mut Board, _: Time, task: u32, _: u32) {
        let least = (0..board.workers.len()).min_by_key(|&at| board.workers[at].given.len());
        board.give(task, least.unwrap_or(0) as u32);
    }

    fn copied(&mut self, _: u32, _: u32) {}

    fn end_turn(&mut self, board: &mut Board, _: Time) {
        // Runs that are on their way to thieves already count as theirs.
        let mut asked: usize = board.workers.iter().map(|w| w.retracting.len()).sum();
        for thief in 0..board.workers.len() {
            let worker = &board.workers[thief];
            let free = worker.threads.saturating_sub(worker.given.len());
            if free <= asked {
                asked -= free;
                continue;
            }
            let spare = |at: usize| {
                let worker = &board.workers[at];
                worker
                    .given
                    .len()
                    .saturating_sub(worker.retracting.len() + worker.threads)
            };
            let victim = (0..board.workers.len()).max_by_key(|&at| (spare(at), Reverse(at)));
            let Some(victim) = victim.filter(|&at| spare(at) > 0) else {
                return;
            };
            let most = spare(victim).div_ceil(2);
            let given = board.workers[victim].given.iter().rev();
            let retracting = &board.workers[victim].retracting;
            let latest = given.filter(|task| !retracting.contains(task));
            let tasks: Vec<u32> = latest.take(most).copied().collect();
            board.retract(victim as u32, &tasks);
            asked = asked + tasks.len() - free.min(tasks.len());
        }
    }

    fn next_deadline(&self) -> Option<Time> {
        None
    }
}
