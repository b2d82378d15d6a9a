//! Random events, also stale, doubled and contradictory ones, against a naive world that keeps the
//! books: what the client says must always make sense, and whoever waits must get an answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use bytes::Bytes;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use taskloom_client_core::{
    ClientCore, Config, Effects, Ending, Event, Fetch, Fetched, Need, NewTask, ScatterData, Source,
    State, Tasks, Upload, Uploaded, limits,
};
use taskloom_core::arguments::Part;
use taskloom_core::message::{FromClient, Located, Peer, Place, ToClient};
use taskloom_core::{
    Encoded, ErrorCode, Key, Operation, TaskFailure, TaskId, TaskOptions, Ticket, Time, WorkerId,
};

const KEEP: u64 = 64;

/// What the naive scheduler knows of a task.
#[derive(Clone, Debug, PartialEq)]
enum Known {
    Pending,
    InMemory,
    Failed,
}

struct World {
    core: ClientCore,
    now: Time,
    /// What arrived at the scheduler.
    arrived: BTreeMap<Ticket, Known>,
    operations: usize,
    options: usize,
    /// Futures that are held.
    held: BTreeSet<Ticket>,
    released: BTreeSet<Ticket>,
    scattered: BTreeSet<Ticket>,
    /// Parts that somebody waits for.
    demanded: BTreeSet<(Ticket, Part)>,
    /// Parts that were waited for once.
    answered: BTreeSet<(Ticket, Part)>,
    /// What each future ended in.
    states: BTreeMap<Ticket, State>,
    /// Futures that their client ended.
    cancelled: BTreeSet<Ticket>,
    /// What the scheduler was asked to run again.
    to_retry: Vec<Ticket>,
    questions: VecDeque<(u64, Vec<Ticket>)>,
    fetches: Vec<Fetch>,
    uploads: Vec<Upload>,
}

fn value(bytes: usize) -> Encoded {
    Encoded::bytes(Bytes::from(vec![7; bytes]))
}

fn peer(at: u32) -> Peer {
    Peer {
        worker: WorkerId::new(at, 1),
        name: format!("w{at}"),
        address: format!("10.0.0.{at}:1"),
    }
}

fn failure(code: ErrorCode) -> Arc<TaskFailure> {
    Arc::new(TaskFailure::new(code, "in the test"))
}

impl World {
    fn new(relay_only: bool) -> Self {
        Self {
            core: ClientCore::new(Config {
                relay_only,
                scatter_keep_bytes: KEEP,
            }),
            now: Time::ZERO,
            arrived: BTreeMap::new(),
            operations: 0,
            options: 1,
            held: BTreeSet::new(),
            released: BTreeSet::new(),
            scattered: BTreeSet::new(),
            demanded: BTreeSet::new(),
            answered: BTreeSet::new(),
            states: BTreeMap::new(),
            cancelled: BTreeSet::new(),
            to_retry: Vec::new(),
            questions: VecDeque::new(),
            fetches: Vec::new(),
            uploads: Vec::new(),
        }
    }

    fn handle(&mut self, event: Event) {
        self.now = self.now + Duration::from_millis(500);
        let mut effects = Effects::default();
        self.core.handle(self.now, event, &mut effects);
        self.check(effects);
    }

    fn check(&mut self, effects: Effects) {
        for message in effects.send {
            self.hear(message);
        }
        for (ticket, ending) in effects.ended {
            assert!(
                self.held.contains(&ticket),
                "{ticket} changed after its release"
            );
            let before = self.states[&ticket];
            assert!(
                !self.cancelled.contains(&ticket),
                "{ticket} came to life again"
            );
            let state = match ending {
                Ending::Finished(value) => {
                    if value.is_some() {
                        self.demanded.retain(|(of, _)| *of != ticket);
                    }
                    State::Finished
                }
                Ending::Failed(_) => {
                    self.demanded.retain(|(of, _)| *of != ticket);
                    assert_ne!(before, State::Failed, "{ticket} failed twice");
                    State::Failed
                }
                Ending::Pending => {
                    assert_ne!(before, State::Pending);
                    State::Pending
                }
            };
            self.states.insert(ticket, state);
        }
        for delivery in effects.deliver {
            assert!(
                self.held.contains(&delivery.ticket),
                "delivered after its release"
            );
            // The whole answers those who wait for a part; the part may still come.
            let of_whole = delivery.part == Part::WHOLE;
            let (answered, left) =
                std::mem::take(&mut self.demanded)
                    .into_iter()
                    .partition(|(of, part)| {
                        *of == delivery.ticket && (of_whole || *part == delivery.part)
                    });
            let answered: BTreeSet<(Ticket, Part)> = answered;
            let late = self.answered.contains(&(delivery.ticket, delivery.part));
            assert!(
                late || !answered.is_empty(),
                "nobody waits for {delivery:?}"
            );
            self.demanded = left;
            self.answered.extend(answered);
        }
        self.fetches.extend(effects.fetch);
        self.uploads.extend(effects.upload);
        self.check_limits();
        for (&ticket, &state) in self.states.iter().filter(|(t, _)| self.held.contains(t)) {
            assert_eq!(self.core.state(ticket), Some(state));
        }
    }

    fn check_limits(&self) {
        let mut under_way: BTreeMap<Option<WorkerId>, usize> = BTreeMap::new();
        for fetch in &self.fetches {
            assert!(!fetch.parts.is_empty() && fetch.parts.len() <= limits::FETCH_ITEMS);
            let line = match &fetch.source {
                Source::Worker(peer) => Some(peer.worker),
                Source::Relay => None,
            };
            *under_way.entry(line).or_default() += 1;
        }
        assert!(under_way.values().all(|&n| n <= limits::FETCHES_PER_SOURCE));
        assert!(self.uploads.len() <= limits::UPLOADS);
    }

    /// The scheduler's ear.
    fn hear(&mut self, message: FromClient) {
        match message {
            FromClient::Submit(chunk) => {
                chunk.validate(self.operations, self.options).unwrap();
                self.operations += chunk.new_operations.len();
                self.options += chunk.new_options.len();
                for at in 0..chunk.len() {
                    let ticket = chunk.first_ticket.offset(at as u64);
                    let wanted = chunk.all_wanted || chunk.wanted.contains(&(at as u32));
                    for need in chunk.dependencies_of(at) {
                        assert!(self.arrived.contains_key(need) || *need >= chunk.first_ticket);
                    }
                    self.arrive(ticket);
                    if !wanted {
                        self.states.remove(&ticket);
                    }
                }
            }
            FromClient::Scatter(scatter) => self.arrive(scatter.ticket),
            FromClient::Release(tickets) => {
                for ticket in tickets {
                    assert!(
                        self.arrived.contains_key(&ticket),
                        "released before it was sent"
                    );
                    assert!(!self.held.contains(&ticket), "released while it is held");
                    assert!(self.released.insert(ticket), "released twice");
                }
            }
            FromClient::Cancel(tickets) => {
                for ticket in tickets {
                    assert!(self.arrived.contains_key(&ticket));
                    assert!(
                        !self.released.contains(&ticket),
                        "cancelled after its release"
                    );
                    self.arrived.insert(ticket, Known::Failed);
                }
            }
            FromClient::Locate { request, tickets } => {
                assert!(!tickets.is_empty());
                for ticket in &tickets {
                    assert!(self.arrived.contains_key(ticket));
                    assert!(
                        !self.released.contains(ticket),
                        "asked for after its release"
                    );
                }
                self.questions.push_back((request, tickets));
            }
            FromClient::Want { ticket, .. } => self.arrive(ticket),
            FromClient::Retry(tickets) => {
                for ticket in tickets {
                    assert!(
                        !self.released.contains(&ticket),
                        "retried after its release"
                    );
                    assert!(!self.cancelled.contains(&ticket), "retried after its end");
                    assert_eq!(self.states.get(&ticket), Some(&State::Failed));
                    self.to_retry.push(ticket);
                }
            }
            FromClient::Detach(tickets) => {
                for ticket in tickets {
                    assert!(
                        self.arrived.contains_key(&ticket),
                        "detached before it was sent"
                    );
                    assert!(
                        !self.released.contains(&ticket),
                        "detached after its release"
                    );
                }
            }
            FromClient::Missing { .. }
            | FromClient::SupplyFailed { .. }
            | FromClient::Heartbeat => {}
            other => panic!("nobody asked for {other:?}"),
        }
    }

    fn arrive(&mut self, ticket: Ticket) {
        let last = self.arrived.last_key_value().map(|(last, _)| *last);
        assert!(last.is_none_or(|last| last < ticket), "tickets ascend");
        self.arrived.insert(ticket, Known::Pending);
    }

    fn hold(&mut self, ticket: Ticket) {
        self.held.insert(ticket);
        self.states.insert(ticket, State::Pending);
    }

    fn some_held(&self, index: usize) -> Option<Ticket> {
        let held: Vec<Ticket> = self.held.iter().copied().collect();
        (!held.is_empty()).then(|| held[index % held.len()])
    }

    fn some_arrived(&self, index: usize) -> Option<Ticket> {
        let all: Vec<Ticket> = self.arrived.keys().copied().collect();
        (!all.is_empty()).then(|| all[index % all.len()])
    }

    fn submit(&mut self, index: usize) {
        let ticket = self.core.next_ticket();
        self.hold(ticket);
        let dependencies = self
            .some_held(index)
            .filter(|&t| t != ticket)
            .into_iter()
            .collect();
        let options = (index.is_multiple_of(3)).then(|| TaskOptions {
            priority: (index % 5) as i32,
            ..TaskOptions::default()
        });
        self.handle(Event::Submit(NewTask {
            parent: None,
            key: Key::new(format!("task-{}", ticket.0)).unwrap(),
            operation: Operation::new(format!("op{}", index % 4), 1, 1),
            options,
            arguments: vec![1; index % 9],
            dependencies,
        }));
    }

    fn submit_many(&mut self, index: usize) {
        let first = self.core.next_ticket();
        let mut tasks = Tasks::new();
        let n = 1 + index % 40;
        for at in 0..n as u64 {
            let key = Key::new(format!("task-{}", first.0 + at)).unwrap();
            let operation = Operation::new(format!("op{}", at % 6), 1, 1);
            let wanted = index.is_multiple_of(2) || at.is_multiple_of(3);
            let need = (at > 0 && at.is_multiple_of(2)).then_some(Need::Own(at / 2));
            tasks.push(&key, &operation, None, need, wanted, |blob| {
                blob.push(at as u8)
            });
            if wanted {
                self.hold(first.offset(at));
            }
        }
        self.handle(Event::SubmitTasks(tasks));
    }

    fn scatter(&mut self, index: usize) {
        let ticket = self.core.next_ticket();
        self.hold(ticket);
        self.scattered.insert(ticket);
        self.handle(Event::Scatter(ScatterData {
            key: Key::new(format!("data-{}", ticket.0)).unwrap(),
            value: value(index % 50),
            workers: Vec::new(),
            broadcast: false,
        }));
    }

    /// The scheduler runs again what it was asked to.
    fn revive(&mut self) {
        for ticket in std::mem::take(&mut self.to_retry) {
            self.arrived.insert(ticket, Known::Pending);
            self.handle(Event::Said(vec![ToClient::Pending { ticket }]));
        }
    }

    fn demand(&mut self, ticket: Ticket, part: Part) {
        if self.states[&ticket] != State::Failed {
            self.demanded.insert((ticket, part));
        }
        self.handle(Event::Demand { ticket, part });
    }

    fn finish(&mut self, ticket: Ticket, inline: bool) {
        if self.arrived[&ticket] == Known::Failed {
            return;
        }
        self.arrived.insert(ticket, Known::InMemory);
        let value = inline.then(|| value(3));
        self.handle(Event::Said(vec![ToClient::Finished {
            ticket,
            nbytes: 3,
            value,
        }]));
    }

    /// Answers the oldest question; `holders` workers have each value.
    fn answer(&mut self, holders: u32, inline: bool) {
        let Some((request, tickets)) = self.questions.pop_front() else {
            return;
        };
        let places = tickets.into_iter().map(|ticket| {
            let place = (self.arrived[&ticket] == Known::InMemory).then(|| Place {
                task: TaskId::new(ticket.0 as u32, 1),
                nbytes: 3,
                holders: (0..holders).map(peer).collect(),
                value: inline.then(|| value(3)),
            });
            Located { ticket, place }
        });
        let places = places.collect();
        self.handle(Event::Said(vec![ToClient::Located { request, places }]));
    }

    fn end_fetch(&mut self, index: usize, result: &dyn Fn(usize) -> Fetched) {
        if self.fetches.is_empty() {
            return;
        }
        let fetch = self.fetches.swap_remove(index % self.fetches.len());
        let results = (0..fetch.parts.len()).map(result).collect();
        self.handle(Event::Fetched(fetch, results));
    }

    fn end_upload(&mut self, index: usize, result: Uploaded) {
        if self.uploads.is_empty() {
            return;
        }
        let upload = self.uploads.swap_remove(index % self.uploads.len());
        self.handle(Event::Uploaded(upload, result));
    }

    /// The world becomes kind: everything ends, and nobody may be left waiting.
    fn settle(&mut self) {
        for _ in 0..200 {
            self.handle(Event::Flush);
            let pending: Vec<Ticket> = self
                .arrived
                .iter()
                .filter(|(_, known)| **known == Known::Pending)
                .map(|(ticket, _)| *ticket)
                .collect();
            for ticket in pending {
                self.finish(ticket, false);
            }
            self.revive();
            while !self.questions.is_empty() {
                self.answer(2, false);
            }
            while !self.fetches.is_empty() {
                self.end_fetch(0, &|_| Fetched::Value(value(3)));
            }
            while !self.uploads.is_empty() {
                self.end_upload(0, Uploaded::Done);
            }
            if self.demanded.is_empty() {
                break;
            }
        }
        assert_eq!(self.demanded, BTreeSet::new(), "somebody waits for ever");
        assert!(self.core.kept_bytes() <= KEEP);
        for ticket in std::mem::take(&mut self.held) {
            self.handle(Event::Release(ticket));
        }
        self.handle(Event::Flush);
        assert_eq!((self.core.wanted(), self.core.kept_bytes()), (0, 0));
        assert!(!self.core.has_unsent());
    }

    fn act(&mut self, action: u8, index: usize) {
        let held = self.some_held(index);
        let arrived = self.some_arrived(index);
        let part = if index.is_multiple_of(3) {
            Part::element(1)
        } else {
            Part::WHOLE
        };
        match (action % 22, held, arrived) {
            (0 | 1, ..) => self.submit(index),
            (2, ..) => self.submit_many(index),
            (3, ..) => self.scatter(index),
            (4 | 5, Some(ticket), _) => self.demand(ticket, part),
            (6, Some(ticket), _) => {
                self.held.remove(&ticket);
                self.demanded.retain(|(of, _)| *of != ticket);
                self.handle(Event::Release(ticket));
            }
            (7, Some(ticket), _) => {
                let ends = self.states[&ticket] == State::Pending;
                self.handle(Event::Cancel(ticket, failure(ErrorCode::Cancelled)));
                if ends {
                    self.cancelled.insert(ticket);
                }
            }
            (18, Some(ticket), _) => self.handle(Event::Retry(vec![ticket])),
            (19, ..) => self.revive(),
            (20, Some(ticket), _) => self.handle(Event::Detach(vec![ticket])),
            (21, ..) => {
                let ticket = self.core.next_ticket();
                self.hold(ticket);
                let key = Key::new(format!("elsewhere-{}", index % 7)).unwrap();
                self.handle(Event::Want(key));
            }
            (8, ..) => self.handle(Event::Flush),
            (9 | 10, _, Some(ticket)) => self.finish(ticket, index.is_multiple_of(2)),
            (11, _, Some(ticket)) => {
                self.arrived.insert(ticket, Known::Failed);
                let failure = failure(ErrorCode::Task);
                self.handle(Event::Said(vec![ToClient::Failed { ticket, failure }]));
            }
            (12, _, Some(ticket)) if self.arrived[&ticket] == Known::InMemory => {
                self.arrived.insert(ticket, Known::Pending);
                self.handle(Event::Said(vec![ToClient::Pending { ticket }]));
            }
            (13 | 14, ..) => self.answer(index as u32 % 4, index.is_multiple_of(5)),
            (15, ..) => self.end_fetch(index, &|at| match (index + at) % 5 {
                0 | 1 => Fetched::Value(value(3)),
                2 if index.is_multiple_of(2) => Fetched::Failed("no".into()),
                2 => Fetched::Missing,
                3 => Fetched::Busy("busy".into()),
                _ => Fetched::Unreachable("gone".into()),
            }),
            (16, _, Some(ticket)) => {
                let targets = (0..index as u32 % 50).map(peer).collect();
                let task = TaskId::new(ticket.0 as u32, 1);
                self.handle(Event::Said(vec![ToClient::Supply {
                    ticket,
                    task,
                    targets,
                }]));
            }
            (17, ..) => {
                let result = match index % 3 {
                    0 => Uploaded::Done,
                    1 => Uploaded::Unreachable("gone".into()),
                    _ => Uploaded::Refused("full".into()),
                };
                self.end_upload(index, result);
            }
            _ => self.stale(index),
        }
    }

    /// Words that make no sense must do nothing.
    fn stale(&mut self, index: usize) {
        let ticket = Ticket(1_000_000 + index as u64);
        let place = Place {
            task: TaskId::new(1, 1),
            nbytes: 1,
            holders: vec![peer(1)],
            value: None,
        };
        let places = vec![Located {
            ticket,
            place: Some(place),
        }];
        self.handle(Event::Said(vec![
            ToClient::Finished {
                ticket,
                nbytes: 1,
                value: Some(value(1)),
            },
            ToClient::Pending { ticket },
            ToClient::Failed {
                ticket,
                failure: failure(ErrorCode::Task),
            },
            ToClient::Located {
                request: u64::MAX,
                places,
            },
        ]));
        self.handle(Event::Release(ticket));
        self.handle(Event::Cancel(ticket, failure(ErrorCode::Cancelled)));
        self.handle(Event::Demand {
            ticket,
            part: Part::WHOLE,
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_words_make_sense_and_nobody_waits_for_ever(
        relay_only in any::<bool>(),
        actions in proptest::collection::vec((any::<u8>(), 0_usize..10_000), 0..150),
    ) {
        let mut world = World::new(relay_only);
        for (action, index) in actions {
            world.act(action, index);
        }
        world.settle();
    }
}

/// One finished task that is not small, demanded and asked for.
fn asked() -> (World, Ticket) {
    let mut world = World::new(false);
    let ticket = world.core.next_ticket();
    world.submit(1);
    world.demand(ticket, Part::WHOLE);
    world.handle(Event::Flush);
    world.finish(ticket, false);
    world.handle(Event::Flush);
    assert_eq!(world.questions.len(), 1);
    (world, ticket)
}

#[test]
fn unreachable_holders_are_asked_through_the_relay_and_remembered() {
    let (mut world, ticket) = asked();
    world.answer(1, false);
    assert_eq!(world.fetches[0].source, Source::Worker(peer(0)));
    world.end_fetch(0, &|_| Fetched::Unreachable("no route".into()));
    assert_eq!(world.fetches[0].source, Source::Relay);
    assert_eq!(world.fetches[0].parts[0].holder, Some(peer(0).worker));
    world.end_fetch(0, &|_| Fetched::Value(value(3)));
    assert!(world.demanded.is_empty());

    // Remembered for the next time, but not for ever.
    let again = |world: &mut World| {
        world.demand(ticket, Part::WHOLE);
        world.handle(Event::Flush);
        world.answer(1, false);
        let source = world.fetches[0].source.clone();
        world.end_fetch(0, &|_| Fetched::Value(value(3)));
        source
    };
    assert_eq!(again(&mut world), Source::Relay);
    world.now = world.now + limits::UNREACHABLE_FOR;
    assert_eq!(again(&mut world), Source::Worker(peer(0)));
}

#[test]
fn another_holder_is_tried_before_the_question_is_asked_again() {
    let (mut world, _) = asked();
    world.answer(2, false);
    world.end_fetch(0, &|_| Fetched::Missing);
    assert_eq!(world.fetches[0].source, Source::Worker(peer(1)));
    world.end_fetch(0, &|_| Fetched::Missing);
    assert!(world.fetches.is_empty());
    world.handle(Event::Flush);
    assert_eq!(world.questions.len(), 1);
}

#[test]
fn a_value_that_nobody_can_give_ends_in_an_error() {
    let (mut world, _) = asked();
    for _ in 0..limits::FETCH_ATTEMPTS {
        world.handle(Event::Flush);
        world.answer(1, false);
        world.end_fetch(0, &|_| Fetched::Missing);
    }
    assert!(world.demanded.is_empty());
    assert!(world.questions.is_empty());
}

#[test]
fn many_demands_make_one_question_and_one_fetch_per_holder() {
    let mut world = World::new(false);
    world.submit_many(38);
    let tickets: Vec<Ticket> = world.held.iter().copied().collect();
    for &ticket in &tickets {
        world.finish(ticket, false);
    }
    for &ticket in &tickets {
        world.demand(ticket, Part::WHOLE);
    }
    world.handle(Event::Flush);
    assert_eq!(world.questions.len(), 1);
    world.answer(2, false);
    assert_eq!(world.fetches.len(), 2);
    let sizes: Vec<usize> = world
        .fetches
        .iter()
        .map(|fetch| fetch.parts.len())
        .collect();
    assert_eq!(
        (
            sizes.iter().sum::<usize>(),
            sizes[0].abs_diff(sizes[1]) <= 1
        ),
        (39, true)
    );
}

#[test]
fn scattered_data_are_kept_within_the_budget_and_supplied_while_kept() {
    let mut world = World::new(false);
    for _ in 0..4 {
        world.scatter(40);
    }
    let tickets: Vec<Ticket> = world.held.iter().copied().collect();
    // What lies nowhere yet must be kept, however much it is.
    assert_eq!(world.core.kept_bytes(), 160);
    world.finish(tickets[1], false);
    world.finish(tickets[0], false);
    assert_eq!(world.core.kept_bytes(), 80);

    let supply = |world: &mut World, ticket| {
        let task = TaskId::new(9, 1);
        let mut effects = Effects::default();
        let said = vec![ToClient::Supply {
            ticket,
            task,
            targets: vec![peer(1)],
        }];
        world
            .core
            .handle(world.now, Event::Said(said), &mut effects);
        (effects.upload.len(), effects.send.len())
    };
    assert_eq!(supply(&mut world, tickets[0]), (0, 1));
    assert_eq!(supply(&mut world, tickets[2]), (1, 0));
    // A result that is still kept is not fetched back.
    world.finish(tickets[2], false);
    world.finish(tickets[3], false);
    world.demand(tickets[3], Part::WHOLE);
    assert!(world.demanded.is_empty());
}

#[test]
fn large_submissions_are_cut_into_chunks() {
    let mut core = ClientCore::new(Config::default());
    let mut tasks = Tasks::new();
    let operation = Operation::new("inc", 1, 1);
    for at in 0..50_000_u64 {
        let need = (at > 0).then(|| Need::Own(at - 1));
        let key = Key::new(format!("inc-{at}")).unwrap();
        tasks.push(&key, &operation, None, need, at == 49_999, |blob| {
            blob.extend([0; 20])
        });
    }
    let mut effects = Effects::default();
    core.handle(Time::ZERO, Event::SubmitTasks(tasks), &mut effects);
    assert!(effects.send.len() >= 4);
    let (mut operations, mut next) = (0, Ticket(0));
    for (at, message) in effects.send.iter().enumerate() {
        let FromClient::Submit(chunk) = message else {
            panic!("only chunks")
        };
        chunk.validate(operations, 1).unwrap();
        operations += chunk.new_operations.len();
        assert_eq!(chunk.first_ticket, next);
        assert_eq!(chunk.last, at + 1 == effects.send.len());
        assert_eq!(chunk.graph_tasks, 50_000);
        next = next.offset(chunk.len() as u64);
    }
    assert_eq!((operations, next, core.wanted()), (1, Ticket(50_000), 1));
}

#[test]
fn nothing_happens_after_the_end() {
    let (mut world, ticket) = asked();
    world.handle(Event::Closed("gone".into()));
    let mut effects = Effects::default();
    world.core.handle(
        world.now,
        Event::Demand {
            ticket,
            part: Part::WHOLE,
        },
        &mut effects,
    );
    world.core.handle(world.now, Event::Flush, &mut effects);
    assert!(effects.send.is_empty() && effects.fetch.is_empty());
}

#[test]
fn a_failed_task_comes_to_life_again_when_the_scheduler_says_so() {
    let mut world = World::new(false);
    let ticket = world.core.next_ticket();
    world.submit(1);
    world.handle(Event::Flush);
    world.arrived.insert(ticket, Known::Failed);
    let failed = failure(ErrorCode::Task);
    world.handle(Event::Said(vec![ToClient::Failed {
        ticket,
        failure: failed,
    }]));
    world.handle(Event::Retry(vec![ticket]));
    assert_eq!(world.to_retry, [ticket]);
    assert_eq!(world.core.state(ticket), Some(State::Failed));
    world.revive();
    assert_eq!(world.core.state(ticket), Some(State::Pending));
    // What its client cancels stays so.
    world.handle(Event::Cancel(ticket, failure(ErrorCode::Cancelled)));
    world.cancelled.insert(ticket);
    world.handle(Event::Retry(vec![ticket]));
    assert!(world.to_retry.is_empty());
    world.handle(Event::Said(vec![ToClient::Pending { ticket }]));
    assert_eq!(world.core.state(ticket), Some(State::Failed));
}

#[test]
fn what_is_detached_goes_out_after_its_task_and_before_its_release() {
    let mut world = World::new(false);
    let ticket = world.core.next_ticket();
    world.submit(1);
    world.handle(Event::Detach(vec![ticket]));
    world.held.remove(&ticket);
    world.handle(Event::Release(ticket));
    let mut effects = Effects::default();
    world.core.handle(world.now, Event::Flush, &mut effects);
    let said: Vec<&str> = effects.send.iter().map(name_of).collect();
    assert_eq!(said, ["submit", "detach", "release"]);
}

fn name_of(message: &FromClient) -> &'static str {
    match message {
        FromClient::Submit(_) => "submit",
        FromClient::Detach(_) => "detach",
        FromClient::Release(_) => "release",
        _ => "something else",
    }
}
