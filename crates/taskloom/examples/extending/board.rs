//! The scheduler's side: boards on which tasks are offered with a score, and the best one is kept.
//!
//! A board keeps the result of its best task alive, whoever made it and however long ago. Who waits
//! for a score is told when it is reached, and who watches is told of every improvement.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use taskloom::extension::{
    CallId, ClientId, Incoming, Operation, Operations, Out, Push, Service, TaskEnd, TaskId, Time,
};

/// A task with its score; the task itself is the future of the call.
#[derive(Debug, Serialize, Deserialize)]
pub struct OfferRequest {
    pub board: String,
    pub score: f64,
}

/// Offers a task. The reply says whether it is the best one now.
pub struct Offer;

impl Operation for Offer {
    const NAME: &'static str = "board.offer";
    type Request = OfferRequest;
    type Reply = bool;
}

/// Asks for the best score of a board, with its task.
pub struct Best;

impl Operation for Best {
    const NAME: &'static str = "board.best";
    type Request = String;
    type Reply = Option<f64>;
}

/// Waits until a board has a score of at least this.
pub struct Reach;

impl Operation for Reach {
    const NAME: &'static str = "board.reach";
    type Request = OfferRequest;
    type Reply = f64;
}

/// Begins to watch a board.
pub struct Watch;

impl Operation for Watch {
    const NAME: &'static str = "board.watch";
    type Request = String;
    type Reply = ();
}

/// A board has a better task; the task comes along.
pub struct Improved;

impl Push for Improved {
    const NAME: &'static str = "board.improved";
    type Message = (String, f64);
}

#[derive(Default)]
struct Board {
    best: Option<(f64, TaskId)>,
    watchers: BTreeSet<ClientId>,
    waiting: Vec<(CallId, f64)>,
}

/// All boards of a scheduler.
#[derive(Default)]
pub struct Boards {
    boards: BTreeMap<String, Board>,
}

/// Under which name the best task of a board is held.
fn holder(board: &str) -> String {
    format!("board:{board}")
}

impl Boards {
    fn offer(&mut self, _now: Time, incoming: Incoming<Offer>, out: &mut Out<'_>) {
        let Incoming {
            call,
            request,
            futures,
        } = incoming;
        let OfferRequest { board: name, score } = request;
        let &[task] = futures.as_slice() else {
            return out.refuse(call, "an offer is of one future");
        };
        if score.is_nan() {
            return out.refuse(call, "a score is a number");
        }
        let board = self.boards.entry(name.clone()).or_default();
        let better = board.best.is_none_or(|(best, _)| score > best);
        if better {
            out.hold(holder(&name), task);
            if let Some((_, former)) = board.best.replace((score, task)) {
                out.let_go(holder(&name), former);
            }
            for &client in &board.watchers {
                out.push::<Improved>(client, &(name.clone(), score), vec![task]);
            }
            for (call, _) in board.waiting.extract_if(.., |(_, least)| score >= *least) {
                out.reply::<Reach>(call, &score, vec![task]);
            }
        }
        out.reply::<Offer>(call, &better, Vec::new());
    }

    fn best(&mut self, _now: Time, incoming: Incoming<Best>, out: &mut Out<'_>) {
        let best = self
            .boards
            .get(&incoming.request)
            .and_then(|board| board.best);
        let (score, task) = best.unzip();
        out.reply::<Best>(incoming.call, &score, task.into_iter().collect());
    }

    fn reach(&mut self, _now: Time, incoming: Incoming<Reach>, out: &mut Out<'_>) {
        let OfferRequest {
            board,
            score: least,
        } = incoming.request;
        let board = self.boards.entry(board).or_default();
        match board.best {
            Some((score, task)) if score >= least => {
                out.reply::<Reach>(incoming.call, &score, vec![task]);
            }
            // Replied to when somebody makes it true.
            _ => board.waiting.push((incoming.call, least)),
        }
    }

    fn watch(&mut self, _now: Time, incoming: Incoming<Watch>, out: &mut Out<'_>) {
        let board = self.boards.entry(incoming.request).or_default();
        board.watchers.insert(incoming.call.client);
        out.reply::<Watch>(incoming.call, &(), Vec::new());
    }
}

impl Service for Boards {
    const NAME: &'static str = "boards";

    fn operations() -> Operations<Self> {
        Operations::new()
            .call(Self::offer)
            .call(Self::best)
            .call(Self::reach)
            .call(Self::watch)
            .push::<Improved>()
    }

    /// A task that fails is no best task: its board is empty again.
    fn task_ended(&mut self, _now: Time, task: TaskId, end: TaskEnd, out: &mut Out<'_>) {
        if let TaskEnd::Failed(_) = end {
            for (name, board) in &mut self.boards {
                if board.best.is_some_and(|(_, best)| best == task) {
                    board.best = None;
                    out.let_go(holder(name), task);
                }
            }
        }
    }

    /// Nobody waits for this reply any more.
    fn withdrawn(&mut self, _now: Time, call: CallId, _out: &mut Out<'_>) {
        for board in self.boards.values_mut() {
            board.waiting.retain(|(other, _)| *other != call);
        }
    }

    /// Whatever a client waited for or watched is forgotten with it.
    fn client_gone(&mut self, _now: Time, client: ClientId, _out: &mut Out<'_>) {
        for board in self.boards.values_mut() {
            board.watchers.remove(&client);
            board.waiting.retain(|(call, _)| call.client != client);
        }
    }
}
