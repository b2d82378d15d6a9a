//! Questions whose answer takes its time.

use super::run::Runs;
use crate::core::SchedulerCore;
use std::collections::{BTreeMap, BTreeSet};
use taskloom_core::check;
use taskloom_core::limits::QUESTIONS_MAX;
use taskloom_core::message::Answer;

/// The open questions, by the scheduler's number.
#[derive(Debug, Default)]
pub(crate) struct Inquiries {
    next: u64,
    open: BTreeMap<u64, Inquiry>,
    /// The scheduler's number by the client and its own number.
    numbers: BTreeMap<(u32, u64), u64>,
}

/// An open question.
#[derive(Debug)]
pub(crate) struct Inquiry {
    client: u32,
    request: u64,
    pub(crate) waits: Waits,
}

/// What a question waits for.
#[derive(Debug)]
pub(crate) enum Waits {
    /// So many workers.
    Workers(u32),
    /// Copies of values.
    Copies(Copies),
    /// Operations that run outside scheduling.
    Runs(Runs),
    /// Workers that go, and in their place others that come.
    Leavers(Leavers),
}

/// Copies that a question waits for.
#[derive(Debug, Default)]
pub(crate) struct Copies {
    /// Values that are not done yet.
    pub(crate) values: usize,
    /// Copies that were made.
    pub(crate) made: u64,
    /// Copies that could not be made, and why some of them could not.
    pub(crate) missed: u64,
    pub(crate) why: Vec<String>,
}

/// Workers that a question waits for to go, or to go and come back.
#[derive(Debug)]
pub(crate) struct Leavers {
    /// Those that are still there, by slot.
    pub(crate) here: BTreeSet<u32>,
    /// How many of those that went have not come back.
    pub(crate) away: usize,
    /// Whether to wait for them to come back.
    pub(crate) return_expected: bool,
    /// How many they were.
    pub(crate) workers: u64,
}

impl Inquiries {
    pub(crate) fn get_mut(&mut self, number: u64) -> Option<&mut Inquiry> {
        self.open.get_mut(&number)
    }

    /// How many questions are open.
    pub(crate) fn len(&self) -> usize {
        self.open.len()
    }

    /// The client of each open question.
    pub(crate) fn clients(&self) -> impl Iterator<Item = u32> + '_ {
        self.open.values().map(|inquiry| inquiry.client)
    }

    fn all(&self) -> Vec<u64> {
        self.open.keys().copied().collect()
    }

    fn of_client(&self, client: u32) -> impl Iterator<Item = (u64, u64)> + '_ {
        let range = self.numbers.range((client, 0)..=(client, u64::MAX));
        range.map(|(&(_, request), &number)| (request, number))
    }

    fn add(&mut self, inquiry: Inquiry) -> u64 {
        self.next += 1;
        let asked = (inquiry.client, inquiry.request);
        self.numbers.insert(asked, self.next);
        self.open.insert(self.next, inquiry);
        self.next
    }

    fn remove(&mut self, number: u64) -> Option<Inquiry> {
        let inquiry = self.open.remove(&number)?;
        self.numbers.remove(&(inquiry.client, inquiry.request));
        Some(inquiry)
    }
}

impl SchedulerCore {
    /// What is kept for questions belongs to clients that are there and values that are in memory.
    pub(crate) fn check_questions(&self) {
        for client in self.inquiries.clients() {
            let there = self.clients.get(client).is_some();
            check!(
                LivingAddressee,
                there,
                "a question of client {client}, who is gone"
            );
        }
        let (open, numbers) = (self.inquiries.len(), self.inquiries.numbers.len());
        check!(
            TablesMatch,
            open == numbers,
            "{open} questions, {numbers} numbers"
        );
        for (&slot, spread) in &self.spreads {
            let state = self.task(slot).state;
            check!(
                TablesMatch,
                state.in_memory(),
                "task {slot} in {state:?} is being copied"
            );
            let workers = spread
                .workers()
                .all(|worker| self.workers.get(worker).is_some());
            check!(
                TablesMatch,
                workers,
                "copies of task {slot} are to go to workers that are gone"
            );
        }
    }

    /// Keeps a question open. Refuses it, and gives nothing, if the client has too many, or one of
    /// that number.
    pub(crate) fn keep_open(&mut self, client: u32, request: u64, waits: Waits) -> Option<u64> {
        let why = if self.inquiries.numbers.contains_key(&(client, request)) {
            format!("question {request} is open already")
        } else if self.inquiries.of_client(client).count() >= QUESTIONS_MAX {
            format!("{QUESTIONS_MAX} questions of this client have no answer yet")
        } else {
            let inquiry = Inquiry {
                client,
                request,
                waits,
            };
            return Some(self.inquiries.add(inquiry));
        };
        self.refuse_question(client, request, why);
        None
    }

    /// Answers an open question.
    pub(crate) fn close_question(&mut self, number: u64, result: Result<Answer, String>) {
        if let Some(Inquiry {
            client, request, ..
        }) = self.inquiries.remove(number)
        {
            match result {
                Ok(answer) => self.answer(client, request, answer),
                Err(why) => self.refuse_question(client, request, why),
            }
        }
    }

    /// Nobody waits for the answer any more. What was begun for it goes on.
    pub(crate) fn question_withdrawn(&mut self, client: u32, request: u64) {
        if let Some(&number) = self.inquiries.numbers.get(&(client, request)) {
            self.inquiries.remove(number);
        }
    }

    /// Its questions need no answer.
    pub(crate) fn forget_questions_of(&mut self, client: u32) {
        let questions: Vec<u64> = self.inquiries.of_client(client).map(|(_, n)| n).collect();
        for number in questions {
            self.inquiries.remove(number);
        }
    }

    /// A worker came: some wait for that.
    pub(crate) fn questions_see_worker(&mut self) {
        let there = self.staying_workers().len();
        for number in self.inquiries.all() {
            let Some(inquiry) = self.inquiries.get_mut(number) else {
                continue;
            };
            match &mut inquiry.waits {
                Waits::Workers(wanted) if there >= *wanted as usize => {
                    let summaries = self.summaries();
                    self.close_question(number, Ok(Answer::Workers(summaries)));
                }
                Waits::Leavers(leavers) if leavers.return_expected => {
                    leavers.away = leavers.away.saturating_sub(1);
                    self.close_if_returned(number);
                }
                _ => {}
            }
        }
    }

    /// A worker is gone: some wait for that, or for its answer.
    pub(crate) fn questions_miss_worker(&mut self, worker: u32, name: &str, reason: &str) {
        for number in self.inquiries.all() {
            let Some(inquiry) = self.inquiries.get_mut(number) else {
                continue;
            };
            match &mut inquiry.waits {
                Waits::Leavers(leavers) => {
                    if leavers.here.remove(&worker) {
                        leavers.away += usize::from(leavers.return_expected);
                        self.close_if_returned(number);
                    }
                }
                Waits::Runs(_) => self.run_lost(number, worker, name, reason),
                Waits::Workers(_) | Waits::Copies(_) => {}
            }
        }
    }

    pub(crate) fn close_if_returned(&mut self, number: u64) {
        if let Some(Inquiry {
            waits: Waits::Leavers(leavers),
            ..
        }) = self.inquiries.get_mut(number)
            && leavers.here.is_empty()
            && leavers.away == 0
        {
            let workers = leavers.workers;
            self.close_question(number, Ok(Answer::Done(workers)));
        }
    }
}
