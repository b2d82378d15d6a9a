//! Copies of a value are made on other workers: as a tree, so that no holder gives more than two at
//! a time.

use crate::core::SchedulerCore;
use crate::questions::Goal;
use crate::state::State;
use std::collections::BTreeSet;

/// The copies of one value that are being made.
#[derive(Debug, Default)]
pub(crate) struct Spread {
    /// Workers that shall get one.
    pending: BTreeSet<u32>,
    /// Those of them that were told to get one.
    acquiring: BTreeSet<u32>,
    /// What the questions of clients want of it.
    goals: Vec<Goal>,
}

impl Spread {
    /// The workers that shall get a copy.
    pub(crate) fn workers(&self) -> impl Iterator<Item = u32> + '_ {
        self.pending.iter().copied()
    }

    pub(crate) fn goals_mut(&mut self) -> &mut Vec<Goal> {
        &mut self.goals
    }
}

impl SchedulerCore {
    /// Has these workers make copies of a value that is in memory. What is made for a goal is
    /// counted for it.
    pub(crate) fn spread(&mut self, slot: u32, workers: &[u32], goal: Option<Goal>) {
        if !workers.is_empty() {
            let spread = self.spreads.entry(slot).or_default();
            spread.pending.extend(workers);
            spread.goals.extend(goal);
            self.send_copies(slot);
        }
    }

    /// Tells workers to get their copies, as many as the holders can give at a time.
    fn send_copies(&mut self, slot: u32) {
        let State::Memory { holders, nbytes } = self.task(slot).state else {
            return;
        };
        if holders.is_empty() {
            return self.spread_ends(slot);
        }
        let Some(spread) = self.spreads.get_mut(&slot) else {
            return;
        };
        let under_way = spread.acquiring.len();
        let room = (holders.len() * 2).saturating_sub(under_way);
        let waiting = spread.pending.difference(&spread.acquiring);
        let next: Vec<u32> = waiting.take(room).copied().collect();
        spread.acquiring.extend(&next);
        for (at, worker) in next.into_iter().enumerate() {
            self.acquire(slot, worker, nbytes, under_way + at);
        }
    }

    /// A copy came to a worker, whether it was told to get one or not.
    pub(crate) fn copy_arrived(&mut self, slot: u32, worker: u32) {
        self.copy_settled(slot, worker, None);
    }

    /// A copy that a worker was to get will not come.
    pub(crate) fn copy_given_up(&mut self, slot: u32, worker: u32, why: &str) {
        self.copy_settled(slot, worker, Some(why));
    }

    fn copy_settled(&mut self, slot: u32, worker: u32, why: Option<&str>) {
        let Some(spread) = self.spreads.get_mut(&slot) else {
            return;
        };
        spread.acquiring.remove(&worker);
        if spread.pending.remove(&worker) {
            match why {
                None => self.goals_reached(slot, worker),
                Some(why) => self.goals_missed(slot, worker, why),
            }
        }
        self.send_copies(slot);
        if self
            .spreads
            .get(&slot)
            .is_some_and(|spread| spread.pending.is_empty())
        {
            self.spreads.remove(&slot);
        }
    }

    /// Another worker shall get the copy that one could not get.
    pub(crate) fn spread_further(&mut self, slot: u32, worker: u32) {
        if let Some(spread) = self.spreads.get_mut(&slot) {
            spread.pending.insert(worker);
        }
    }

    /// No worker holds the value any more, even if the scheduler keeps it because it is small: no
    /// copy can be made.
    pub(crate) fn spread_ends(&mut self, slot: u32) {
        if let Some(spread) = self.spreads.remove(&slot) {
            let key = self.key_text(slot);
            for goal in spread.goals {
                self.goal_lost(&goal, &key);
            }
        }
    }

    /// A worker is gone or leaves: it gets no copies.
    pub(crate) fn spread_elsewhere(&mut self, worker: u32) {
        let concerned = self.spreads.iter();
        let concerned: Vec<u32> = concerned
            .filter(|(_, spread)| spread.pending.contains(&worker))
            .map(|(&slot, _)| slot)
            .collect();
        for slot in concerned {
            self.copy_given_up(slot, worker, "the worker left");
            self.placed(slot);
        }
    }
}
