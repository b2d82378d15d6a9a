//! Each task to the next worker in the row.

use super::board::Board;
use super::plain::Rule;
use std::time::Duration;
use taskloom_core::Time;

#[derive(Debug, Default)]
pub(crate) struct RoundRobin {
    next: usize,
}

impl Rule for RoundRobin {
    fn ready(&mut self, board: &mut Board, _: Time, task: u32) {
        self.next = (self.next + 1) % board.workers.len();
        board.give(task, self.next as u32);
    }

    fn ended(&mut self, _: &mut Board, _: u32, _: u32, _: Duration) {}

    fn returned(&mut self, board: &mut Board, now: Time, task: u32, _: u32) {
        self.ready(board, now, task);
    }

    fn copied(&mut self, _: u32, _: u32) {}

    fn end_turn(&mut self, _: &mut Board, _: Time) {}

    fn next_deadline(&self) -> Option<Time> {
        None
    }
}
