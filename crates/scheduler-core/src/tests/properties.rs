//! Random events, also late, repeated and senseless ones, against all invariants; and at the end
//! everything that is wanted comes true.

mod apply;

use crate::Config;
use crate::testing::{TestRun, TestScheduler};
use crate::{Effects, Event, SchedulerCore};
use bytes::Bytes;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use taskloom_core::limits::PROTOCOL_VERSION;
use taskloom_core::message::{
    ClientHello, FromClient, FromWorker, JobChange, Question, ReturnCause, Scatter, ToClient,
    ToWorker, WorkerHello,
};
use taskloom_core::{
    ClientId, Encoded, ErrorCode, GraphChunk, GraphId, Key, KeyRef, KeysBuilder, Operation, Packed,
    Residence, RunId, TaskFailure, TaskId, TaskOptions, Ticket, Time, WorkerId,
};

#[derive(Clone, Debug)]
enum Step {
    Join,
    Gone(usize),
    Leave(usize),
    /// A graph: per task, dependencies by distance back, and whether it is wanted.
    Graph {
        client: usize,
        tasks: Vec<(Vec<usize>, bool)>,
        keys: u8,
    },
    Scatter {
        client: usize,
        key: u8,
        broadcast: bool,
    },
    Finish {
        worker: usize,
        nth: usize,
        inline: bool,
    },
    Fail {
        worker: usize,
        nth: usize,
    },
    Return {
        worker: usize,
        nth: usize,
        cause: u8,
    },
    Stale {
        worker: usize,
        nth: usize,
    },
    Store {
        worker: usize,
        nth: usize,
    },
    Release {
        client: usize,
        nth: usize,
    },
    Cancel {
        client: usize,
        nth: usize,
    },
    Missing {
        client: usize,
        task: usize,
        worker: usize,
    },
    ClientGone(usize),
    Supply {
        nth: usize,
        ok: bool,
    },
    Heartbeat {
        worker: usize,
        nth: usize,
    },
    Retry {
        client: usize,
        nth: usize,
    },
    Detach {
        client: usize,
        nth: usize,
    },
    Want {
        client: usize,
        key: u8,
    },
    /// A run waits for others, or has a thread again.
    Away {
        worker: usize,
        nth: usize,
        back: bool,
    },
    Job {
        job: u8,
        change: u8,
    },
    Ask {
        client: usize,
        what: u8,
        nth: usize,
    },
    /// A worker that was told to run something or to go does so, or cannot copy what it shall.
    Outside(usize),
    Time(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let task = (prop::collection::vec(0..6usize, 0..4), any::<bool>());
    let n = any::<usize>;
    prop_oneof![
        2 => Just(Step::Join),
        1 => n().prop_map(Step::Gone),
        1 => n().prop_map(Step::Leave),
        4 => (n(), prop::collection::vec(task, 1..12), any::<u8>())
            .prop_map(|(client, tasks, keys)| Step::Graph { client, tasks, keys }),
        1 => (n(), 0..4u8, any::<bool>())
            .prop_map(|(client, key, broadcast)| Step::Scatter { client, key, broadcast }),
        12 => (n(), n(), any::<bool>())
            .prop_map(|(worker, nth, inline)| Step::Finish { worker, nth, inline }),
        1 => (n(), n()).prop_map(|(worker, nth)| Step::Fail { worker, nth }),
        2 => (n(), n(), 0..4u8).prop_map(|(worker, nth, cause)| Step::Return { worker, nth, cause }),
        1 => (n(), n()).prop_map(|(worker, nth)| Step::Stale { worker, nth }),
        2 => (n(), n()).prop_map(|(worker, nth)| Step::Store { worker, nth }),
        2 => (n(), n()).prop_map(|(client, nth)| Step::Release { client, nth }),
        1 => (n(), n()).prop_map(|(client, nth)| Step::Cancel { client, nth }),
        1 => (n(), n(), n()).prop_map(|(client, task, worker)| Step::Missing { client, task, worker }),
        1 => n().prop_map(Step::ClientGone),
        2 => (n(), any::<bool>()).prop_map(|(nth, ok)| Step::Supply { nth, ok }),
        1 => (n(), n()).prop_map(|(worker, nth)| Step::Heartbeat { worker, nth }),
        1 => (n(), n()).prop_map(|(client, nth)| Step::Retry { client, nth }),
        1 => (n(), n()).prop_map(|(client, nth)| Step::Detach { client, nth }),
        1 => (n(), 0..26u8).prop_map(|(client, key)| Step::Want { client, key }),
        2 => (n(), n(), any::<bool>()).prop_map(|(worker, nth, back)| Step::Away { worker, nth, back }),
        1 => (0..3u8, 0..6u8).prop_map(|(job, change)| Step::Job { job, change }),
        2 => (n(), 0..8u8, n()).prop_map(|(client, what, nth)| Step::Ask { client, what, nth }),
        2 => n().prop_map(Step::Outside),
        1 => (0..20u64).prop_map(Step::Time),
    ]
}

fn job(number: u8) -> String {
    format!("j{number}")
}

fn options(number: u8) -> TaskOptions {
    TaskOptions {
        job: job(number),
        retries: u32::from(number),
        backoff: Duration::from_secs(u64::from(number)) / 2,
        workers: vec![format!("w{number}")],
        or_any: true,
        residence: match number {
            2 => Residence::Fixed,
            _ => Residence::Anywhere,
        },
        ..TaskOptions::default()
    }
}

#[derive(Debug, Default)]
struct Client {
    next: u64,
    known_operation: bool,
    /// Wanted tickets that were neither released nor answered for good.
    open: BTreeSet<Ticket>,
    all: Vec<Ticket>,
    /// Questions that wait for an answer.
    asked: BTreeSet<u64>,
}

impl Client {
    fn is_asking(&self) -> bool {
        !self.asked.is_empty()
    }
}

/// The world around the machine: workers that obey, clients that count their answers.
struct World {
    core: SchedulerCore,
    now: Time,
    workers: BTreeMap<WorkerId, Vec<TestRun>>,
    clients: BTreeMap<ClientId, Client>,
    ended: Vec<(WorkerId, TestRun)>,
    seen: Vec<TaskId>,
    supplies: Vec<(ClientId, TaskId, WorkerId)>,
    acquires: Vec<(WorkerId, TaskId)>,
    runs_outside: Vec<(WorkerId, u64)>,
    /// Workers that were told to go, in order or at once.
    told_to_go: Vec<WorkerId>,
    questions: u64,
    names: u64,
}

fn pick<T: Clone>(items: impl Iterator<Item = T>, nth: usize) -> Option<T> {
    let items: Vec<T> = items.collect();
    (!items.is_empty()).then(|| items[nth % items.len()].clone())
}

impl World {
    fn new() -> Self {
        let mut world = Self {
            core: SchedulerCore::new(
                Config {
                    suspicion_limit: 200,
                    ..Config::default()
                },
                1,
            ),
            now: Time(1),
            workers: BTreeMap::new(),
            clients: BTreeMap::new(),
            ended: Vec::new(),
            seen: Vec::new(),
            supplies: Vec::new(),
            acquires: Vec::new(),
            runs_outside: Vec::new(),
            told_to_go: Vec::new(),
            questions: 0,
            names: 0,
        };
        world.client();
        world.client();
        world
    }

    fn turn(&mut self, event: Event) {
        let mut effects = Effects::default();
        self.core.handle(self.now, event, &mut effects);
        self.core.handle(self.now, Event::EndOfTurn, &mut effects);
        self.core.check_all();
        for (_, answer) in effects.workers_joined.drain(..) {
            self.workers
                .insert(answer.expect("a valid hello").worker, Vec::new());
        }
        for (_, answer) in effects.clients_joined.drain(..) {
            self.clients
                .insert(answer.expect("a valid hello").client, Client::default());
        }
        for (id, messages) in effects.to_workers.drain(..) {
            for message in messages {
                self.obey(id, message);
            }
        }
        for (id, messages) in effects.to_clients.drain(..) {
            for message in messages {
                self.answer(id, message);
            }
        }
        for (id, _) in effects.close_workers.drain(..) {
            self.workers.remove(&id);
        }
        assert!(effects.close_clients.is_empty(), "{effects:?}");
    }

    fn obey(&mut self, id: WorkerId, message: ToWorker) {
        let given = self
            .workers
            .get_mut(&id)
            .expect("messages go to living workers");
        match message {
            ToWorker::Compute(compute) => {
                self.seen.push(compute.task);
                given.push(TestRun {
                    task: compute.task,
                    run: compute.run,
                });
            }
            ToWorker::Acquire { task, .. } => self.acquires.push((id, task)),
            ToWorker::Run { request, .. } => self.runs_outside.push((id, request)),
            ToWorker::Retire | ToWorker::Restart { .. } => self.told_to_go.push(id),
            _ => {}
        }
    }

    fn answer(&mut self, id: ClientId, message: ToClient) {
        let client = self
            .clients
            .get_mut(&id)
            .expect("messages go to living clients");
        match message {
            ToClient::Finished { ticket, .. } | ToClient::Failed { ticket, .. } => {
                client.open.remove(&ticket);
            }
            ToClient::Pending { ticket } => {
                client.open.insert(ticket);
            }
            ToClient::Supply { task, targets, .. } => {
                self.seen.push(task);
                self.supplies.push((id, task, targets[0].worker));
            }
            ToClient::Answered { request, .. } => {
                let asked = client.asked.remove(&request);
                assert!(asked, "question {request} has no second answer");
            }
            _ => {}
        }
    }

    fn client(&mut self) {
        let hello = ClientHello {
            protocol: PROTOCOL_VERSION,
            name: "c".into(),
            job: String::new(),
        };
        self.turn(Event::ClientJoined { session: 0, hello });
    }

    fn join(&mut self) {
        self.names += 1;
        let hello = WorkerHello {
            protocol: PROTOCOL_VERSION,
            name: format!("w{}", self.names),
            address: "h:1".into(),
            nthreads: 1 + (self.names % 3) as u32,
            memory_limit: 1 << 30,
            resources: Vec::new(),
            operations: vec![Operation::new("op", 1, 1)],
            release: String::new(),
            process: 0,
        };
        self.turn(Event::WorkerJoined { session: 0, hello });
    }

    fn worker_says(&mut self, worker: WorkerId, message: FromWorker) {
        self.turn(Event::WorkerSaid {
            worker,
            messages: vec![message],
        });
    }

    fn end(&mut self, worker: WorkerId, nth: usize) -> Option<TestRun> {
        let given = self.workers.get_mut(&worker)?;
        if given.is_empty() {
            return None;
        }
        let run = given.remove(nth % given.len());
        self.ended.push((worker, run));
        Some(run)
    }

    fn finish(&mut self, worker: WorkerId, nth: usize, inline: bool) {
        let Some(TestRun { task, run }) = self.end(worker, nth) else {
            return;
        };
        let value = inline.then(|| Encoded::bytes(Bytes::from_static(b"v")));
        let elapsed = Duration::from_micros(nth as u64 % 3000);
        self.worker_says(
            worker,
            FromWorker::Finished {
                task,
                run,
                nbytes: 1,
                elapsed,
                value,
            },
        );
    }

    fn submit(&mut self, id: ClientId, tasks: &[(Vec<usize>, bool)], keys: u8) {
        let client = self.clients.get_mut(&id).unwrap();
        let first = client.next;
        let mut keys_column = KeysBuilder::default();
        let mut chunk = GraphChunk {
            graph: GraphId(first),
            graph_tasks: tasks.len() as u64,
            last: true,
            first_ticket: Ticket(first),
            ..GraphChunk::default()
        };
        for (at, (dependencies, wanted)) in tasks.iter().enumerate() {
            // Few different keys, so that tasks are shared and keys clash.
            let key = (at as u64 + u64::from(keys)) % 24;
            // Some graphs have keys that end in a hash, some have not, some are mixed.
            let key = match (key + u64::from(keys)) % 5 {
                0 | 1 => format!("k-{key:032x}"),
                _ => format!("k{key}"),
            };
            keys_column.push(KeyRef::of(key.as_bytes()));
            let mut on: Vec<u64> = dependencies
                .iter()
                .filter_map(|back| (first + at as u64).checked_sub(1 + *back as u64))
                .filter(|&ticket| ticket >= first)
                .collect();
            on.sort_unstable();
            on.dedup();
            chunk.dependencies.extend(on.into_iter().map(Ticket));
            chunk.dependency_ends.push(chunk.dependencies.len() as u32);
            chunk.operation_of.push(0);
            if *wanted {
                chunk.wanted.push(at as u32);
                client.open.insert(Ticket(first + at as u64));
                client.all.push(Ticket(first + at as u64));
            }
        }
        if !std::mem::replace(&mut client.known_operation, true) {
            chunk.new_operations.push(Operation::new("op", 1, 1));
            chunk.new_options = (0..3).map(options).collect();
        }
        let option = |at: usize| (at as u32 + u32::from(keys)) % 4;
        chunk.options_of = (0..tasks.len()).map(option).collect();
        chunk.parent = self.ended.last().map(|&(_, run)| (run.task, run.run));
        if keys.is_multiple_of(2) {
            let running = self.workers.values().flatten().next();
            chunk.parent = running.map(|run| (run.task, run.run));
        }
        chunk.arguments = Packed {
            blob: Bytes::new(),
            ends: vec![0; tasks.len()],
        };
        chunk.keys = keys_column.finish();
        client.next += tasks.len() as u64;
        let messages = vec![FromClient::Submit(Box::new(chunk))];
        self.turn(Event::ClientSaid {
            client: id,
            messages,
        });
    }

    fn supply(&mut self, nth: usize, ok: bool) {
        if self.supplies.is_empty() {
            return;
        }
        let (client, task, target) = self.supplies.remove(nth % self.supplies.len());
        if ok && self.workers.contains_key(&target) {
            self.worker_says(target, FromWorker::Stored { task, nbytes: 5 });
        } else if self.clients.contains_key(&client) {
            let worker = Some(target);
            let reason = String::new();
            let messages = vec![FromClient::SupplyFailed {
                task,
                worker,
                reason,
            }];
            self.turn(Event::ClientSaid { client, messages });
        }
    }

    fn client_says(&mut self, client: ClientId, messages: Vec<FromClient>) {
        self.turn(Event::ClientSaid { client, messages });
    }

    fn set_job(&mut self, number: u8, change: JobChange) {
        let Some(&client) = self.clients.keys().next() else {
            return;
        };
        let question = Question::SetJob {
            job: job(number),
            change,
        };
        self.ask(client, question);
    }

    fn ask(&mut self, id: ClientId, question: Question) -> u64 {
        self.questions += 1;
        let request = self.questions;
        let client = self.clients.get_mut(&id).unwrap();
        client.asked.insert(request);
        self.client_says(id, vec![FromClient::Ask { request, question }]);
        request
    }

    /// Faults are over: everything that is wanted ends, and after it is released nothing is left.
    fn heal(&mut self) {
        self.join();
        for number in 0..3 {
            for change in [
                JobChange::Resume,
                JobChange::Cap(None),
                JobChange::Weight(1000),
            ] {
                self.set_job(number, change);
            }
        }
        for _ in 0..5_000 {
            let busy = self
                .workers
                .iter()
                .find(|(_, given)| !given.is_empty())
                .map(|(&id, _)| id);
            if let Some(id) = busy {
                // The first given first: a task sent ahead cannot end before its input.
                self.finish(id, 0, false);
            } else if !self.supplies.is_empty() {
                self.supply(0, true);
            } else if let Some((to, task)) = self.acquires.pop() {
                if self.workers.contains_key(&to) {
                    self.worker_says(to, FromWorker::Stored { task, nbytes: 5 });
                }
            } else if !self.runs_outside.is_empty() || !self.told_to_go.is_empty() {
                self.act_outside(1);
            } else if self.workers.len() < 8 && self.clients.values().any(Client::is_asking) {
                // In the place of those that were told to start anew and are gone for good.
                self.join();
            } else if self.core.identity(self.now).tasks.pausing > 0 {
                self.apply(Step::Time(60));
            } else {
                break;
            }
        }
        for (id, client) in &self.clients {
            assert!(
                client.asked.is_empty(),
                "client {id} has no answer to {:?}",
                client.asked
            );
            assert!(
                client.open.is_empty(),
                "client {id} waits for {:?}: {:?}",
                client.open,
                self.core.identity(self.now).tasks
            );
        }
        for id in self.clients.keys().copied().collect::<Vec<_>>() {
            self.turn(Event::ClientGone { client: id });
        }
        self.clients.clear();
        assert_eq!(self.core.identity(self.now).tasks, Default::default());
        assert_eq!(self.core.job_table.len(), 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
    #[test]
    fn no_order_of_events_breaks_an_invariant(steps in prop::collection::vec(step(), 1..120)) {
        let mut world = World::new();
        for step in steps {
            world.apply(step);
        }
        world.heal();
    }
}

#[test]
fn the_same_events_have_the_same_effects() {
    let run = || {
        let mut t = TestScheduler::new();
        t.workers(["w1", "w2", "w3"])
            .graph("a b c -> d*; a -> e*; b -> f*; c -> g*");
        let mut said = t.take_lines();
        t.finish("a", "w1").finish("b", "w2").remove_worker("w1");
        said.extend(t.take_lines());
        said
    };
    assert_eq!(run(), run());
}
