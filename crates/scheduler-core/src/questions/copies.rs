//! Values are copied to more workers, or moved between them, because a client asks for it.

use super::pending::{Copies, Waits};
use crate::core::SchedulerCore;
use crate::state::State;
use std::collections::{BTreeMap, BTreeSet};
use taskloom_core::message::Answer;
use taskloom_core::{Residence, Ticket};

/// So many reasons are written out in the words of a refusal.
const REASONS_SHOWN: usize = 3;

/// So many workers are kept in mind for a value, to step in for those that cannot take it.
const SPARE_WORKERS: usize = 4;

/// What a question wants of one value.
#[derive(Debug)]
pub(crate) struct Goal {
    /// The question.
    inquiry: u64,
    /// Workers that shall get a copy.
    targets: BTreeSet<u32>,
    /// Workers that may get one in the place of those that cannot, the best last.
    spare: Vec<u32>,
    /// The worker that gives its copy up for the new one.
    from: Option<u32>,
}

/// A value and where its copies shall go.
struct Plan {
    task: u32,
    targets: Vec<u32>,
    spare: Vec<u32>,
    from: Option<u32>,
}

/// Workers by what they will hold, the least first.
struct Loads {
    bytes: BTreeMap<u32, u64>,
    order: BTreeSet<(u64, u32)>,
}

impl Loads {
    fn new(core: &SchedulerCore, workers: &[u32]) -> Self {
        let held = |&slot: &u32| Some((slot, core.workers.get(slot)?.held_bytes));
        let bytes: BTreeMap<u32, u64> = workers.iter().filter_map(held).collect();
        let order = bytes.iter().map(|(&slot, &bytes)| (bytes, slot)).collect();
        Self { bytes, order }
    }

    fn of(&self, slot: u32) -> u64 {
        self.bytes.get(&slot).copied().unwrap_or(0)
    }

    fn has(&self, slot: u32) -> bool {
        self.bytes.contains_key(&slot)
    }

    fn set(&mut self, slot: u32, bytes: u64) {
        if let Some(old) = self.bytes.insert(slot, bytes) {
            self.order.remove(&(old, slot));
        }
        self.order.insert((bytes, slot));
    }

    /// Slots, those with the least first.
    fn ascending(&self) -> impl Iterator<Item = u32> + '_ {
        self.order.iter().map(|&(_, slot)| slot)
    }

    fn mean(&self) -> u64 {
        self.bytes.values().sum::<u64>() / self.bytes.len().max(1) as u64
    }
}

impl SchedulerCore {
    pub(crate) fn replicate(
        &mut self,
        client: u32,
        request: u64,
        tickets: &[Ticket],
        copies: u32,
        names: &[String],
    ) {
        match self.plan_replicas(client, tickets, copies, names) {
            Ok(plans) => self.carry_out(client, request, plans),
            Err(why) => self.refuse_question(client, request, why),
        }
    }

    fn plan_replicas(
        &self,
        client: u32,
        tickets: &[Ticket],
        copies: u32,
        names: &[String],
    ) -> Result<Vec<Plan>, String> {
        let workers = self.takers(names)?;
        let wanted = match copies {
            0 => workers.len(),
            copies => copies as usize,
        };
        if wanted > workers.len() {
            return Err(format!(
                "cannot keep {wanted} copies on {} workers",
                workers.len()
            ));
        }
        let mut loads = Loads::new(self, &workers);
        let mut plans = Vec::new();
        for (task, nbytes) in self.movable(client, tickets)? {
            let holders = self.holders_of(task);
            let there = holders.iter().filter(|&&slot| loads.has(slot)).count();
            let missing = wanted.saturating_sub(there);
            if missing == 0 {
                continue;
            }
            let held = |slot: u32| {
                let worker = self.workers.get(slot);
                worker.is_some_and(|worker| worker.held.contains(&task))
            };
            let open = loads.ascending().filter(|&slot| !held(slot));
            let mut targets: Vec<u32> = open.take(missing + SPARE_WORKERS).collect();
            let mut spare = targets.split_off(missing.min(targets.len()));
            spare.reverse();
            for &target in &targets {
                loads.set(target, loads.of(target).saturating_add(nbytes));
            }
            plans.push(Plan {
                task,
                targets,
                spare,
                from: None,
            });
        }
        Ok(plans)
    }

    pub(crate) fn rebalance(
        &mut self,
        client: u32,
        request: u64,
        tickets: &[Ticket],
        names: &[String],
    ) {
        match self.plan_moves(client, tickets, names) {
            Ok(plans) => self.carry_out(client, request, plans),
            Err(why) => self.refuse_question(client, request, why),
        }
    }

    /// From the fullest worker on, each hands its largest values to whoever holds least, as long as
    /// it holds more than the mean and the taker ends with less than the giver had.
    fn plan_moves(
        &self,
        client: u32,
        tickets: &[Ticket],
        names: &[String],
    ) -> Result<Vec<Plan>, String> {
        let workers = self.takers(names)?;
        let values = if tickets.is_empty() {
            self.wanted_values(client)
        } else {
            self.movable(client, tickets)?
        };
        let mut loads = Loads::new(self, &workers);
        let mean = loads.mean();
        let mut held_by: BTreeMap<u32, Vec<(u64, u32)>> = BTreeMap::new();
        for (task, nbytes) in values {
            let holders = self.holders_of(task).iter();
            for &holder in holders.filter(|&&holder| loads.has(holder)) {
                held_by.entry(holder).or_default().push((nbytes, task));
            }
        }
        let mut givers: Vec<u32> = loads.ascending().collect();
        givers.reverse();
        let mut plans = Vec::new();
        let mut moved = BTreeSet::new();
        for giver in givers {
            let mut held = held_by.remove(&giver).unwrap_or_default();
            held.retain(|(_, task)| !moved.contains(task));
            held.sort_unstable_by(|a, b| b.cmp(a));
            for (nbytes, task) in held {
                let load = loads.of(giver);
                if load <= mean {
                    break;
                }
                let lacks = |slot: &u32| {
                    self.workers
                        .get(*slot)
                        .is_some_and(|worker| !worker.held.contains(&task))
                };
                let Some(taker) = loads.ascending().find(lacks) else {
                    continue;
                };
                let after = loads.of(taker).saturating_add(nbytes);
                if nbytes == 0 || after >= load {
                    continue;
                }
                loads.set(giver, load.saturating_sub(nbytes));
                loads.set(taker, after);
                moved.insert(task);
                plans.push(Plan {
                    task,
                    targets: vec![taker],
                    spare: Vec::new(),
                    from: Some(giver),
                });
            }
        }
        Ok(plans)
    }

    fn holders_of(&self, task: u32) -> &[u32] {
        match self.task(task).state {
            State::Memory { holders, .. } => self.holders.get(holders),
            _ => &[],
        }
    }

    /// The named workers that take data.
    fn takers(&self, names: &[String]) -> Result<Vec<u32>, String> {
        let mut workers = self.named_workers(names)?;
        let stays = |slot: &u32| {
            self.workers
                .get(*slot)
                .is_some_and(|worker| !worker.leaving)
        };
        if let Some(leaving) = workers.iter().find(|slot| !stays(slot))
            && !names.is_empty()
        {
            let name = self.workers.get(*leaving).map(|w| w.hello.name.clone());
            return Err(format!(
                "{} is leaving and takes no data",
                name.unwrap_or_default()
            ));
        }
        workers.retain(stays);
        if workers.is_empty() {
            return Err("no worker is connected that could take data".into());
        }
        Ok(workers)
    }

    /// The tasks of these tickets, each once, with the sizes of their values.
    fn movable(&self, client: u32, tickets: &[Ticket]) -> Result<Vec<(u32, u64)>, String> {
        let mut seen = BTreeSet::new();
        let mut values = Vec::with_capacity(tickets.len());
        for &ticket in tickets {
            let task = self
                .task_of_ticket(client, ticket)
                .ok_or_else(|| format!("ticket {ticket} stands for no task"))?;
            if !seen.insert(task) {
                continue;
            }
            match self.task(task).state {
                State::Memory { .. } if self.is_actor(task) => {
                    return Err(format!(
                        "{} is an actor: it stays on the worker that made it",
                        self.key_text(task)
                    ));
                }
                State::Memory { nbytes, .. } => values.push((task, nbytes)),
                _ => {
                    return Err(format!(
                        "{} is not in memory: it has not ended, failed, or is being computed again",
                        self.key_text(task)
                    ));
                }
            }
        }
        Ok(values)
    }

    /// All values in memory that a client wants, except actors.
    fn wanted_values(&self, client: u32) -> Vec<(u32, u64)> {
        let slots = 0..self.tasks.len() as u32;
        let wanted = slots.filter_map(|slot| match self.task(slot).state {
            State::Memory { nbytes, .. } if self.is_live(slot) => {
                let wanted = self
                    .wants
                    .iter(self.task(slot).wants)
                    .any(|want| want.client == client);
                (wanted && !self.is_actor(slot)).then_some((slot, nbytes))
            }
            _ => None,
        });
        wanted.collect()
    }

    fn is_actor(&self, task: u32) -> bool {
        let options = self.specs.options_of(self.task(task).spec);
        options.residence != Residence::Anywhere
    }

    fn carry_out(&mut self, client: u32, request: u64, plans: Vec<Plan>) {
        let copies = Copies {
            values: plans.len(),
            ..Copies::default()
        };
        let Some(number) = self.keep_open(client, request, Waits::Copies(copies)) else {
            return;
        };
        for plan in plans {
            let goal = Goal {
                inquiry: number,
                targets: plan.targets.iter().copied().collect(),
                spare: plan.spare,
                from: plan.from,
            };
            self.spread(plan.task, &plan.targets, Some(goal));
        }
        self.close_if_copied(number);
    }

    /// A copy came to a worker that some goals wanted it to come to.
    pub(crate) fn goals_reached(&mut self, slot: u32, worker: u32) {
        let mut gone = Vec::new();
        self.each_goal(slot, worker, |goal, copies| {
            copies.made += 1;
            gone.extend(goal.from.take());
        });
        for from in gone {
            self.lacks(slot, from);
        }
    }

    /// A copy will not come to a worker: another one takes its place if there is any.
    pub(crate) fn goals_missed(&mut self, slot: u32, worker: u32, why: &str) {
        let key = self.key_text(slot);
        let name = self.workers.get(worker).map(|w| w.hello.name.clone());
        let why = match name {
            Some(name) => format!("{key} to {name}: {why}"),
            None => format!("{key}: {why}"),
        };
        let able: BTreeSet<u32> = self
            .workers
            .iter()
            .filter(|(_, worker)| !worker.leaving && !worker.held.contains(&slot))
            .map(|(slot, _)| slot)
            .collect();
        let mut next = Vec::new();
        self.each_goal(slot, worker, |goal, copies| {
            while let Some(spare) = goal.spare.pop() {
                if able.contains(&spare) {
                    goal.targets.insert(spare);
                    next.push(spare);
                    return;
                }
            }
            copies.missed += 1;
            if copies.why.len() < REASONS_SHOWN {
                copies.why.push(why.clone());
            }
        });
        for worker in next {
            self.spread_further(slot, worker);
        }
    }

    /// Lets the goals that named a worker note what became of it there, and ends those with no
    /// worker left.
    fn each_goal(&mut self, slot: u32, worker: u32, mut note: impl FnMut(&mut Goal, &mut Copies)) {
        let Some(spread) = self.spreads.get_mut(&slot) else {
            return;
        };
        let mut goals = std::mem::take(spread.goals_mut());
        let mut ended = Vec::new();
        goals.retain_mut(|goal| {
            if goal.targets.remove(&worker) {
                // The question may have been withdrawn; the copies are made all the same.
                let mut nobody = Copies::default();
                let copies = copies_of(&mut self.inquiries, goal.inquiry);
                note(goal, copies.unwrap_or(&mut nobody));
            }
            if goal.targets.is_empty() {
                ended.push(goal.inquiry);
            }
            !goal.targets.is_empty()
        });
        if let Some(spread) = self.spreads.get_mut(&slot) {
            *spread.goals_mut() = goals;
        }
        for inquiry in ended {
            self.value_done(inquiry);
        }
    }

    /// The value of a goal left memory before all its copies were made.
    pub(crate) fn goal_lost(&mut self, goal: &Goal, key: &str) {
        if let Some(copies) = copies_of(&mut self.inquiries, goal.inquiry) {
            copies.missed += goal.targets.len() as u64;
            if copies.why.len() < REASONS_SHOWN {
                let why = format!("{key}: it was released or lost");
                copies.why.push(why);
            }
        }
        self.value_done(goal.inquiry);
    }

    fn value_done(&mut self, inquiry: u64) {
        if let Some(copies) = copies_of(&mut self.inquiries, inquiry) {
            copies.values = copies.values.saturating_sub(1);
            self.close_if_copied(inquiry);
        }
    }

    fn close_if_copied(&mut self, number: u64) {
        let Some(copies) = copies_of(&mut self.inquiries, number) else {
            return;
        };
        if copies.values > 0 {
            return;
        }
        let (made, missed) = (copies.made, copies.missed);
        let result = if missed == 0 {
            Ok(Answer::Done(made))
        } else {
            let dots = if missed as usize > copies.why.len() {
                "; ..."
            } else {
                ""
            };
            Err(format!(
                "{missed} of {} copies could not be made: {}{dots}",
                made + missed,
                copies.why.join("; ")
            ))
        };
        self.close_question(number, result);
    }
}

fn copies_of(inquiries: &mut super::pending::Inquiries, number: u64) -> Option<&mut Copies> {
    match &mut inquiries.get_mut(number)?.waits {
        Waits::Copies(copies) => Some(copies),
        _ => None,
    }
}
