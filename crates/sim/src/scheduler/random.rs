//! Each task to a worker that is drawn.

use super::board::Board;
use super::plain::Rule;
use crate::draw::Draw;
use std::time::Duration;
use taskloom_core::Time;

#[derive(Debug)]
pub(crate) struct Random(pub(crate) Draw);

impl Rule for Random {
    fn ready(&mut self, board: &mut Board, _: Time, task: u32) {
        let worker = self.0.below(board.workers.len() as u64) as u32;
        board.give(task, worker);
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
