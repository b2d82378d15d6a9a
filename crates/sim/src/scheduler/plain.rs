//! A scheduler made of a board and a rule.

use super::board::{Board, News};
use super::{Said, Scheduler};
use crate::outcome::SimError;
use std::time::Duration;
use taskloom_core::message::{FromClient, FromWorker, WorkerHello, WorkerWelcome};
use taskloom_core::{Time, WorkerId};

/// How often workers send a heartbeat.
const HEARTBEAT: Duration = Duration::from_millis(500);

/// Where tasks go.
pub(crate) trait Rule {
    /// A task can run.
    fn ready(&mut self, board: &mut Board, now: Time, task: u32);

    /// A run ended.
    fn ended(&mut self, board: &mut Board, task: u32, worker: u32, elapsed: Duration);

    /// A run that was asked back has not started.
    fn returned(&mut self, board: &mut Board, now: Time, task: u32, worker: u32);

    /// A worker has a copy of a result now.
    fn copied(&mut self, task: u32, worker: u32);

    /// All that happened at this moment was told.
    fn end_turn(&mut self, board: &mut Board, now: Time);

    /// When the rule wants an end of turn although nothing happens.
    fn next_deadline(&self) -> Option<Time>;
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Plain<R> {
    board: Board,
    rule: R,
    news: Vec<News>,
}

impl<R: Rule> Plain<R> {
    pub(crate) fn new(rule: R) -> Self {
        Self {
            board: Board::default(),
            rule,
            news: Vec::new(),
        }
    }

    /// Tells the rule what the board has found out.
    fn tell(&mut self, now: Time) {
        for news in self.news.drain(..) {
            let board = &mut self.board;
            match news {
                News::Ready(task) => self.rule.ready(board, now, task),
                News::Ended {
                    task,
                    worker,
                    elapsed,
                } => self.rule.ended(board, task, worker, elapsed),
                News::Returned { task, worker } => self.rule.returned(board, now, task, worker),
                News::Copied { task, worker } => self.rule.copied(task, worker),
            }
        }
    }
}

impl<R: Rule> Scheduler for Plain<R> {
    fn worker_joined(&mut self, _: Time, hello: WorkerHello) -> Result<WorkerWelcome, SimError> {
        Ok(WorkerWelcome {
            worker: self.board.join(hello),
            epoch: 1,
            heartbeat: HEARTBEAT,
        })
    }

    fn client_joined(&mut self, _: Time) -> Result<(), SimError> {
        Ok(())
    }

    fn client_said(&mut self, now: Time, messages: Vec<FromClient>) {
        // The whole graph first: a policy may look at all of it before it places the first task.
        for message in messages {
            self.board.client_said(message, &mut self.news);
        }
        self.tell(now);
    }

    fn worker_said(&mut self, now: Time, worker: WorkerId, messages: Vec<FromWorker>) {
        for message in messages {
            self.board
                .worker_said(worker.index, message, &mut self.news);
            self.tell(now);
        }
    }

    fn tick(&mut self, _: Time) {}

    fn end_turn(&mut self, now: Time, said: &mut Said) {
        self.rule.end_turn(&mut self.board, now);
        self.board.flush(said);
    }

    fn next_deadline(&self) -> Option<Time> {
        self.rule.next_deadline()
    }
}
