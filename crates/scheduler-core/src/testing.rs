//! A driver for tests: a scheduler core with named workers, clients and tasks, whose effects read as
//! lines such as `w2: compute a`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use crate::extension::Extension;
use crate::{Config, Effects, Event, SchedulerCore};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::time::Duration;
use taskloom_core::diagram::Diagram;
use taskloom_core::limits::PROTOCOL_VERSION;
use taskloom_core::message::{
    ClientHello, FromClient, FromWorker, Refusal, ReturnCause, Scatter, ToClient, ToWorker,
    WorkerHello,
};
use taskloom_core::{
    ClientId, ErrorCode, GraphChunk, GraphId, Key, Operation, Packed, RunId, TaskFailure, TaskId,
    TaskOptions, Ticket, Time, WorkerId,
};

/// A run that a test worker was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TestRun {
    pub task: TaskId,
    pub run: RunId,
}

/// One client with what it submitted.
#[derive(Debug, Default)]
struct TestClient {
    id: Option<ClientId>,
    tickets: BTreeMap<String, Ticket>,
    next: u64,
    operations: u32,
    options: u32,
}

/// See the module. Methods return the driver so that they chain.
#[derive(Debug)]
pub struct TestScheduler {
    pub core: SchedulerCore,
    pub now: Time,
    workers: BTreeMap<String, WorkerId>,
    clients: BTreeMap<String, TestClient>,
    tasks: BTreeMap<TaskId, String>,
    ids: BTreeMap<String, TaskId>,
    runs: BTreeMap<(String, String), TestRun>,
    lines: Vec<String>,
    /// Options for the tasks of the next graph.
    pub options: TaskOptions,
    /// How long each task is said to have run.
    pub elapsed: Duration,
    /// How large each result is said to be.
    pub nbytes: u64,
}

impl Default for TestScheduler {
    fn default() -> Self {
        Self::with(Config {
            lookahead: Duration::ZERO,
            ..Config::default()
        })
    }
}

fn packed<'a>(strings: impl Iterator<Item = &'a [u8]>) -> Packed {
    let (mut blob, mut ends) = (Vec::new(), Vec::new());
    for string in strings {
        blob.extend_from_slice(string);
        ends.push(blob.len() as u32);
    }
    Packed {
        blob: Bytes::from(blob),
        ends,
    }
}

impl TestScheduler {
    /// A scheduler that keeps tasks back: workers get one task per thread and one in hand.
    pub fn new() -> Self {
        Self::default()
    }

    /// A scheduler with these settings, and a client named `c`.
    pub fn with(config: Config) -> Self {
        Self::around(SchedulerCore::new(config, 1))
    }

    /// A scheduler with these extensions, and a client named `c`.
    pub fn extended(extensions: Vec<Box<dyn Extension>>) -> Self {
        let config = Config {
            lookahead: Duration::ZERO,
            ..Config::default()
        };
        let core = SchedulerCore::with_extensions(config, 1, extensions);
        Self::around(core.expect("extensions that fit together"))
    }

    fn around(core: SchedulerCore) -> Self {
        let mut this = Self {
            core,
            now: Time(1),
            workers: BTreeMap::new(),
            clients: BTreeMap::new(),
            tasks: BTreeMap::new(),
            ids: BTreeMap::new(),
            runs: BTreeMap::new(),
            lines: Vec::new(),
            options: TaskOptions::default(),
            elapsed: Duration::from_secs(1),
            nbytes: 100,
        };
        this.client("c");
        this
    }

    /// Hands in one event and ends the turn.
    pub fn turn(&mut self, event: Event) -> &mut Self {
        let mut effects = Effects::default();
        self.core.handle(self.now, event, &mut effects);
        self.core.handle(self.now, Event::EndOfTurn, &mut effects);
        self.core.check_all();
        self.read(effects);
        self
    }

    /// Lets time pass.
    pub fn after(&mut self, time: Duration) -> &mut Self {
        self.now = self.now + time;
        self.turn(Event::Tick)
    }

    pub fn hello(&self, name: &str) -> WorkerHello {
        WorkerHello {
            protocol: PROTOCOL_VERSION,
            name: name.into(),
            address: format!("{name}:1"),
            nthreads: 1,
            memory_limit: 1 << 30,
            resources: Vec::new(),
            operations: vec![Operation::new("test::op", 1, 7)],
            release: String::new(),
            process: 0,
        }
    }

    /// A worker with this hello; its refusal if there is one.
    pub fn join(&mut self, hello: WorkerHello) -> Result<WorkerId, Refusal> {
        let mut effects = Effects::default();
        let name = hello.name.clone();
        self.core.handle(
            self.now,
            Event::WorkerJoined { session: 1, hello },
            &mut effects,
        );
        self.core.handle(self.now, Event::EndOfTurn, &mut effects);
        self.core.check_all();
        let (_, answer) = effects.workers_joined.remove(0);
        let id = answer.map(|welcome| welcome.worker);
        if let Ok(id) = id {
            self.workers.insert(name, id);
        }
        self.read(effects);
        id
    }

    /// Workers with one thread each.
    pub fn workers<const N: usize>(&mut self, names: [&str; N]) -> &mut Self {
        for name in names {
            self.join(self.hello(name)).expect("the worker is welcome");
        }
        self
    }

    /// Another client.
    pub fn client(&mut self, name: &str) -> &mut Self {
        let hello = ClientHello {
            protocol: PROTOCOL_VERSION,
            name: name.into(),
            job: String::new(),
        };
        let mut effects = Effects::default();
        self.core.handle(
            self.now,
            Event::ClientJoined { session: 1, hello },
            &mut effects,
        );
        let id = effects
            .clients_joined
            .remove(0)
            .1
            .expect("the client is welcome")
            .client;
        let client = TestClient {
            id: Some(id),
            options: 1,
            ..TestClient::default()
        };
        self.clients.insert(name.into(), client);
        self
    }

    /// Submits a diagram as client `c`.
    pub fn graph(&mut self, diagram: &str) -> &mut Self {
        self.graph_of("c", diagram)
    }

    /// Submits a diagram. Names that the client has submitted before are taken as those tasks.
    pub fn graph_of(&mut self, client: &str, diagram: &str) -> &mut Self {
        let chunk = self.chunk(client, diagram);
        self.say(client, FromClient::Submit(Box::new(chunk)))
    }

    /// The chunk of a diagram: one graph, one chunk, all of operation `test::op`.
    pub fn chunk(&mut self, client: &str, diagram: &str) -> GraphChunk {
        let diagram = Diagram::parse(diagram).expect("a valid diagram");
        let client = self.clients.get_mut(client).expect("a client of that name");
        let first = client.next;
        let mut chunk = GraphChunk {
            graph: GraphId(first),
            graph_tasks: diagram.tasks.len() as u64,
            last: true,
            first_ticket: Ticket(first),
            keys: packed(diagram.tasks.iter().map(|task| task.name.as_bytes())).into(),
            arguments: packed(diagram.tasks.iter().map(|_| &b""[..])),
            ..GraphChunk::default()
        };
        if client.operations == 0 {
            chunk.new_operations.push(Operation::new("test::op", 1, 7));
            client.operations = 1;
        }
        if self.options != TaskOptions::default() {
            chunk.new_options.push(self.options.clone());
            chunk.options_of = vec![client.options; diagram.tasks.len()];
            client.options += 1;
        }
        for (at, task) in diagram.tasks.iter().enumerate() {
            client
                .tickets
                .insert(task.name.clone(), Ticket(first + at as u64));
            chunk.operation_of.push(0);
            let dependencies = task
                .dependencies
                .iter()
                .map(|&at| Ticket(first + at as u64));
            chunk.dependencies.extend(dependencies);
            chunk.dependency_ends.push(chunk.dependencies.len() as u32);
            if task.wanted {
                chunk.wanted.push(at as u32);
            }
        }
        client.next += diagram.tasks.len() as u64;
        chunk
    }

    /// Something that a client says.
    pub fn say(&mut self, client: &str, message: FromClient) -> &mut Self {
        let id = self.clients[client].id.expect("the client is connected");
        self.turn(Event::ClientSaid {
            client: id,
            messages: vec![message],
        })
    }

    pub fn ticket(&self, client: &str, name: &str) -> Ticket {
        self.clients[client].tickets[name]
    }

    pub fn release(&mut self, name: &str) -> &mut Self {
        let ticket = self.ticket("c", name);
        self.say("c", FromClient::Release(vec![ticket]))
    }

    pub fn cancel(&mut self, name: &str) -> &mut Self {
        let ticket = self.ticket("c", name);
        self.say("c", FromClient::Cancel(vec![ticket]))
    }

    pub fn client_gone(&mut self, name: &str) -> &mut Self {
        let client = self
            .clients
            .remove(name)
            .and_then(|client| client.id)
            .unwrap();
        self.turn(Event::ClientGone { client })
    }

    /// Scatters data under a name.
    pub fn scatter(&mut self, name: &str, workers: &[&str], broadcast: bool) -> &mut Self {
        let client = self.clients.get_mut("c").unwrap();
        let ticket = Ticket(client.next);
        client.next += 1;
        client.tickets.insert(name.into(), ticket);
        let workers = workers.iter().map(|name| (*name).into()).collect();
        let key = Key::new(name).unwrap();
        let scatter = Scatter {
            ticket,
            key,
            nbytes: 100,
            workers,
            broadcast,
        };
        self.say("c", FromClient::Scatter(scatter))
    }

    pub fn client_slot(&self, name: &str) -> u32 {
        let id = self.clients[name].id.expect("the client is connected");
        id.index
    }

    pub fn client_id(&self, name: &str) -> ClientId {
        self.clients[name].id.expect("the client is connected")
    }

    /// Whether a worker was given a task.
    pub fn has_run(&self, task: &str, worker: &str) -> bool {
        self.runs.contains_key(&(worker.into(), task.into()))
    }

    pub fn worker_id(&self, name: &str) -> WorkerId {
        self.workers[name]
    }

    pub fn task_id(&self, name: &str) -> TaskId {
        self.ids[name]
    }

    /// The run that a worker was given last for a task.
    pub fn run(&self, task: &str, worker: &str) -> TestRun {
        let run = self.runs.get(&(worker.into(), task.into()));
        *run.unwrap_or_else(|| panic!("{worker} was not given {task}; {:?}", self.runs))
    }

    /// Something that a worker says.
    pub fn worker_says(&mut self, worker: &str, message: FromWorker) -> &mut Self {
        let id = self.workers[worker];
        self.turn(Event::WorkerSaid {
            worker: id,
            messages: vec![message],
        })
    }

    /// A worker ends a task well, with a value of [`TestScheduler::nbytes`] that does not travel.
    pub fn finish(&mut self, task: &str, worker: &str) -> &mut Self {
        let TestRun { task, run } = self.run(task, worker);
        let (elapsed, nbytes) = (self.elapsed, self.nbytes);
        self.worker_says(
            worker,
            FromWorker::Finished {
                task,
                run,
                nbytes,
                elapsed,
                value: None,
            },
        )
    }

    pub fn fail(&mut self, task: &str, worker: &str) -> &mut Self {
        let TestRun { task, run } = self.run(task, worker);
        let failure = Box::new(TaskFailure::new(ErrorCode::Task, "it failed"));
        self.worker_says(
            worker,
            FromWorker::Failed {
                task,
                run,
                elapsed: self.elapsed,
                failure,
            },
        )
    }

    pub fn return_run(&mut self, task: &str, worker: &str, cause: ReturnCause) -> &mut Self {
        let TestRun { task, run } = self.run(task, worker);
        self.worker_says(worker, FromWorker::Returned { task, run, cause })
    }

    pub fn stored(&mut self, task: &str, worker: &str) -> &mut Self {
        let task = self.ids[task];
        self.worker_says(worker, FromWorker::Stored { task, nbytes: 100 })
    }

    pub fn remove_worker(&mut self, name: &str) -> &mut Self {
        let worker = self.workers.remove(name).expect("a worker of that name");
        self.runs.retain(|(at, _), _| at != name);
        self.turn(Event::WorkerGone {
            worker,
            reason: "it was removed".into(),
        })
    }

    /// The lines since the last call, sorted.
    pub fn take_lines(&mut self) -> Vec<String> {
        let mut lines = std::mem::take(&mut self.lines);
        lines.sort();
        lines
    }

    /// What was said since the last call, in its order.
    pub fn said(&mut self) -> Vec<String> {
        std::mem::take(&mut self.lines)
    }

    /// Compares what was said since the last call, in any order.
    #[track_caller]
    pub fn expect<const N: usize>(&mut self, expected: [&str; N]) -> &mut Self {
        let mut expected: Vec<&str> = expected.into();
        expected.sort_unstable();
        assert_eq!(self.take_lines(), expected);
        self
    }

    /// Forgets what was said so far.
    pub fn skip(&mut self) -> &mut Self {
        self.lines.clear();
        self
    }

    fn name(&self, task: TaskId) -> String {
        self.tasks
            .get(&task)
            .cloned()
            .unwrap_or_else(|| format!("{task}"))
    }

    fn names(&self, tasks: &[TaskId]) -> String {
        tasks
            .iter()
            .map(|&task| self.name(task))
            .collect::<Vec<_>>()
            .join(" ")
    }

    fn run_names(&self, runs: &[RunId]) -> String {
        let of = |run| self.runs.iter().find(|(_, given)| given.run == run);
        let names = runs.iter().filter_map(|&run| Some(of(run)?.0.1.as_str()));
        names.collect::<Vec<_>>().join(" ")
    }

    fn read(&mut self, effects: Effects) {
        for (id, messages) in effects.to_workers {
            let worker = self.workers.iter().find(|(_, other)| **other == id);
            let worker = worker.expect("messages go to living workers").0.clone();
            for message in messages {
                if let Some(line) = self.worker_line(&worker, message) {
                    self.lines.push(format!("{worker}: {line}"));
                }
            }
        }
        for (id, messages) in effects.to_clients {
            let client = self.clients.iter().find(|(_, other)| other.id == Some(id));
            let client = client.expect("messages go to living clients").0.clone();
            for message in messages {
                let line = self.client_line(&client, message);
                self.lines.push(format!("{client}: {line}"));
            }
        }
        for fault in effects.extension_faults {
            let (extension, event, message) = (fault.extension, fault.event, fault.message);
            self.lines
                .push(format!("fault of {extension} in {event}: {message}"));
        }
        for (id, reason) in effects.close_workers {
            self.workers.retain(|_, other| *other != id);
            self.lines.push(format!("close worker: {reason}"));
        }
        for (id, reason) in effects.close_clients {
            self.clients.retain(|_, other| other.id != Some(id));
            self.lines.push(format!("close client: {reason}"));
        }
    }

    fn worker_line(&mut self, worker: &str, message: ToWorker) -> Option<String> {
        Some(match message {
            ToWorker::Peer(_) | ToWorker::PeerGone(_) => return None,
            ToWorker::Compute(compute) => {
                let name = String::from_utf8(compute.key.to_vec()).unwrap();
                self.tasks.insert(compute.task, name.clone());
                self.ids.insert(name.clone(), compute.task);
                let run = TestRun {
                    task: compute.task,
                    run: compute.run,
                };
                self.runs.insert((worker.into(), name.clone()), run);
                format!("compute {name}")
            }
            ToWorker::Cancel(runs) => format!("cancel {}", self.run_names(&runs)),
            ToWorker::Retract(runs) => format!("retract {}", self.run_names(&runs)),
            ToWorker::Free(tasks) => format!("free {}", self.names(&tasks)),
            ToWorker::Acquire { task, .. } => format!("acquire {}", self.name(task)),
            ToWorker::MayLeave => "may leave".into(),
            ToWorker::Run { request, .. } => format!("run {request}"),
            ToWorker::Retire => "retire".into(),
            ToWorker::Restart { reason } => format!("restart: {reason}"),
            ToWorker::Listen(on) => format!("listen: {on}"),
            ToWorker::Closing { reason } => format!("closing: {reason}"),
        })
    }

    fn client_line(&mut self, client: &str, message: ToClient) -> String {
        let tickets = &self.clients[client].tickets;
        let name = |ticket: Ticket| {
            let found = tickets.iter().find(|(_, other)| **other == ticket);
            found.map_or_else(|| ticket.to_string(), |(name, _)| name.clone())
        };
        match message {
            ToClient::Finished { ticket, .. } => format!("finished {}", name(ticket)),
            ToClient::Failed { ticket, failure } => {
                format!(
                    "failed {}: {:?} of {}",
                    name(ticket),
                    failure.code,
                    failure.key
                )
            }
            ToClient::Refused {
                first,
                count,
                failure,
            } => {
                let last = Ticket(first.0 + count - 1);
                let (first, last) = (name(first), name(last));
                format!("refused {count}, {first} to {last}: {}", failure.message)
            }
            ToClient::Pending { ticket } => format!("pending {}", name(ticket)),
            ToClient::Waiting { tasks, reason, .. } => format!("{tasks} waiting: {reason}"),
            ToClient::Supply {
                ticket,
                task,
                targets,
            } => {
                let name = name(ticket);
                self.tasks.insert(task, name.clone());
                self.ids.insert(name.clone(), task);
                format!("supply {name} to {}", targets[0].name)
            }
            ToClient::Located { places, .. } => {
                let places = places.into_iter().map(|located| {
                    let holders = located.place.map_or("nowhere".into(), |place| {
                        place
                            .holders
                            .iter()
                            .map(|peer| peer.name.clone())
                            .collect::<Vec<_>>()
                            .join(",")
                    });
                    format!("{} at {holders}", name(located.ticket))
                });
                format!("located {}", places.collect::<Vec<_>>().join("; "))
            }
            ToClient::Replied { request, result } => match result {
                Ok(parcel) => format!(
                    "reply {request}: {} bytes, {} futures",
                    parcel.payload.len(),
                    parcel.futures.len()
                ),
                Err(failure) => format!("refuse {request}: {}", failure.message),
            },
            ToClient::Pushed { operation, parcel } => {
                format!("push {operation}: {} futures", parcel.futures.len())
            }
            ToClient::Answered { request, result } => match result {
                Ok(answer) => format!("answer {request}: {answer:?}"),
                Err(failure) => format!("no answer {request}: {}", failure.message),
            },
            ToClient::Logged(lines) => format!("{} lines", lines.len()),
            ToClient::Closing { reason } => format!("closing: {reason}"),
        }
    }
}
