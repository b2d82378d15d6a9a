//! The scheduler's machine alone: messages of simulated workers and of one client in memory, in
//! virtual time. Only the machine's own time counts, not that of whoever drives it.

use crate::options::Options;
use crate::processes;
use crate::report::{Report, percentile};
use crate::simulated::{Durations, Load, Run, SimulatedWorker, Sizes, Start, Wheel, hello};
use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use std::collections::VecDeque;
use std::time::Duration;
use taskloom_core::limits::{GRAPH_CHUNK_TASKS, PROTOCOL_VERSION};
use taskloom_core::message::{ClientHello, FromClient, FromWorker, ToClient};
use taskloom_core::{
    ClientId, GraphChunk, GraphId, KeyRef, KeysBuilder, Operation, Packed, Ticket, Time, WorkerId,
};
use taskloom_scheduler_core::{Config, Effects, Event, SchedulerCore};

const TASKS: usize = 1_000_000;
/// The numbers of workers that are compared.
const FEW: u32 = 100;
const MANY: u32 = 10_000;
/// As in the scheduler's loop: one turn takes so many inputs at most.
const TURN_INPUTS: usize = 256;
/// What one message costs in virtual time.
const MESSAGE_TAKES: Duration = Duration::from_nanos(200);

/// Which tasks there are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Independent ones.
    Flood,
    /// Half of them need two of the other half, which lie on different workers.
    Inputs,
}

impl Shape {
    fn name(self) -> &'static str {
        match self {
            Self::Flood => "flood",
            Self::Inputs => "inputs",
        }
    }

    fn load(self) -> Load {
        match self {
            Self::Flood => Load {
                durations: Durations::None,
                sizes: Sizes::Fixed(8),
            },
            // Larger than what travels inside messages, and long enough that all workers are busy.
            Self::Inputs => Load {
                durations: Durations::Fixed(Duration::from_millis(10)),
                sizes: Sizes::Fixed(100_000),
            },
        }
    }
}

pub fn run(options: &Options, report: &mut Report) -> Result<()> {
    let tasks = options.tasks(TASKS);
    let fleets = options
        .workers
        .map_or(vec![FEW, MANY], |workers| vec![workers]);
    let threads = options.threads.unwrap_or(1);
    let mut is_first = true;
    for shape in [Shape::Flood, Shape::Inputs] {
        let load = options.load(shape.load());
        let mut costs: Vec<Vec<f64>> = Vec::new();
        for &workers in &fleets {
            let mut figures = Figures::default();
            for _ in options.repetitions() {
                let mut run = Drive::new(workers, threads, load)?;
                run.all(shape, tasks)?;
                figures.add(run.spent, tasks, is_first);
                is_first = false;
            }
            let case = format!("core.{}-{workers}", shape.name());
            figures.report(report, &case, tasks as u64);
            costs.push(figures.total);
        }
        if let [few, many] = &costs[..] {
            let ratios: Vec<f64> = few.iter().zip(many).map(|(few, many)| many / few).collect();
            let case = format!("core.{}", shape.name());
            let unit = format!("x cost per task at {FEW} workers");
            report.figure(case, "ratio", tasks as u64, unit, &ratios);
        }
    }
    Ok(())
}

/// What a run took.
#[derive(Default)]
struct Spent {
    intake: Duration,
    run: Duration,
    release: Duration,
    /// How long each turn took that gave out tasks, in microseconds.
    turns: Vec<f64>,
    /// What the process grew while all tasks were taken in, in bytes.
    grown: u64,
}

#[derive(Default)]
struct Figures {
    rate: Vec<f64>,
    total: Vec<f64>,
    intake: Vec<f64>,
    run: Vec<f64>,
    release: Vec<f64>,
    p50: Vec<f64>,
    p99: Vec<f64>,
    memory: Vec<f64>,
}

impl Figures {
    /// Growth says something only of a process that has not freed memory before.
    fn add(&mut self, mut spent: Spent, tasks: usize, grew: bool) {
        let each = |time: Duration| time.as_secs_f64() * 1e6 / tasks as f64;
        let total = each(spent.intake + spent.run + spent.release);
        self.rate.push(1e6 / total);
        self.total.push(total);
        self.intake.push(each(spent.intake));
        self.run.push(each(spent.run));
        self.release.push(each(spent.release));
        self.p50.push(percentile(&mut spent.turns, 0.5));
        self.p99.push(percentile(&mut spent.turns, 0.99));
        if grew {
            self.memory.push(spent.grown as f64 / tasks as f64);
        }
    }

    fn report(&self, report: &mut Report, case: &str, tasks: u64) {
        report.figure(case, "throughput", tasks, "tasks/s", &self.rate);
        report.figure(case, "cpu", tasks, "us/task", &self.total);
        report.figure(case, "intake", tasks, "us/task", &self.intake);
        report.figure(case, "run", tasks, "us/task", &self.run);
        report.figure(case, "release", tasks, "us/task", &self.release);
        report.figure(case, "dispatch_p50", tasks, "us", &self.p50);
        report.figure(case, "dispatch_p99", tasks, "us", &self.p99);
        report.figure(case, "memory", tasks, "bytes/task", &self.memory);
    }
}

/// A machine with everything around it.
struct Drive {
    core: SchedulerCore,
    effects: Effects,
    now: Time,
    client: ClientId,
    ids: Vec<WorkerId>,
    workers: Vec<SimulatedWorker>,
    /// What each worker has said that the machine has not heard, and whose turn it is.
    said: Vec<Vec<FromWorker>>,
    speakers: VecDeque<u32>,
    wheel: Wheel<(u32, Run)>,
    starts: Vec<Start>,
    finished: usize,
    spent: Spent,
}

impl Drive {
    fn new(workers: u32, threads: u32, load: Load) -> Result<Self> {
        let mut core = SchedulerCore::new(Config::default(), 1);
        let mut effects = Effects::default();
        let now = Time(1);
        let hello_of_client = ClientHello {
            protocol: PROTOCOL_VERSION,
            name: "bench".into(),
            job: String::new(),
        };
        let joined = Event::ClientJoined {
            session: 1,
            hello: hello_of_client,
        };
        core.handle(now, joined, &mut effects);
        let (_, welcome) = effects.clients_joined.pop().context("no answer")?;
        let client = welcome?.client;
        let mut ids = Vec::new();
        for number in 0..workers as usize {
            let hello = hello(number, threads, vec![operation()]);
            let joined = Event::WorkerJoined { session: 1, hello };
            core.handle(now, joined, &mut effects);
            let (_, welcome) = effects.workers_joined.pop().context("no answer")?;
            ids.push(welcome?.worker);
        }
        let simulated = || SimulatedWorker::new(threads, load);
        Ok(Self {
            core,
            effects,
            now,
            client,
            ids,
            workers: (0..workers).map(|_| simulated()).collect(),
            said: (0..workers).map(|_| Vec::new()).collect(),
            speakers: VecDeque::new(),
            wheel: Wheel::new(now),
            starts: Vec::new(),
            finished: 0,
            spent: Spent::default(),
        })
    }

    /// Takes all tasks in, runs them, releases them.
    fn all(&mut self, shape: Shape, tasks: usize) -> Result<()> {
        let before = processes::resident(std::process::id())?;
        let mut first = 0;
        while first < tasks {
            let chunk = chunk(shape, first, GRAPH_CHUNK_TASKS.min(tasks - first));
            first += chunk.operation_of.len();
            let submit = FromClient::Submit(Box::new(chunk));
            let took = self.client_says(submit);
            self.spent.intake += took;
        }
        let after = processes::resident(std::process::id())?;
        self.spent.grown = after.saturating_sub(before);
        let wanted = match shape {
            Shape::Flood => tasks,
            Shape::Inputs => tasks / 2,
        };
        while self.finished < wanted {
            ensure!(self.turn(), "nothing more happens, but tasks are left");
        }
        for first in (0..tasks).step_by(GRAPH_CHUNK_TASKS) {
            let last = (first + GRAPH_CHUNK_TASKS).min(tasks);
            let tickets = (first..last).map(|at| Ticket(at as u64)).collect();
            let took = self.client_says(FromClient::Release(tickets));
            self.spent.release += took;
        }
        Ok(())
    }

    fn client_says(&mut self, message: FromClient) -> Duration {
        let said = Event::ClientSaid {
            client: self.client,
            messages: vec![message],
        };
        let took = self.timed(|this| this.handle(said));
        self.deliver();
        took
    }

    /// One turn as the scheduler's loop takes it. False if there is nothing to do.
    fn turn(&mut self) -> bool {
        if self.speakers.is_empty() && !self.core.is_unfinished() {
            let Some(next) = self.wheel.next() else {
                return false;
            };
            self.now = next.max(self.now);
            self.let_end();
        }
        let take = self.speakers.len().min(TURN_INPUTS);
        let speakers: Vec<u32> = self.speakers.drain(..take).collect();
        let mut inputs = Vec::with_capacity(take);
        for at in speakers {
            let messages = std::mem::take(&mut self.said[at as usize]);
            self.now = self.now + MESSAGE_TAKES * messages.len() as u32;
            let worker = self.ids[at as usize];
            inputs.push(Event::WorkerSaid { worker, messages });
        }
        let took = self.timed(|this| {
            if this.core.next_deadline().is_some_and(|due| due <= this.now) {
                this.handle(Event::Tick);
            }
            inputs.into_iter().for_each(|input| this.handle(input));
        });
        self.spent.run += took;
        if !self.effects.to_workers.is_empty() {
            self.spent.turns.push(took.as_secs_f64() * 1e6);
        }
        self.deliver();
        true
    }

    fn handle(&mut self, event: Event) {
        self.core.handle(self.now, event, &mut self.effects);
    }

    /// What the machine takes for these events and the end of their turn.
    fn timed(&mut self, events: impl FnOnce(&mut Self)) -> Duration {
        let before = processes::thread_cpu();
        events(self);
        self.handle(Event::EndOfTurn);
        processes::thread_cpu().saturating_sub(before)
    }

    /// Runs whose time has come.
    fn let_end(&mut self) {
        let mut ended = Vec::new();
        self.wheel.advance(self.now, &mut ended);
        for (at, run) in ended {
            let said = &mut self.said[at as usize];
            let was_silent = said.is_empty();
            self.workers[at as usize].ended(run, said, &mut self.starts);
            if was_silent && !said.is_empty() {
                self.speakers.push_back(at);
            }
            self.note_starts(at);
        }
    }

    /// Brings what the machine said to whom it said it.
    fn deliver(&mut self) {
        let mut effects = std::mem::take(&mut self.effects);
        for (worker, messages) in effects.to_workers.drain(..) {
            // Nobody leaves, so slots are numbers of workers.
            let at = worker.index;
            let said = &mut self.said[at as usize];
            let was_silent = said.is_empty();
            for message in messages {
                self.workers[at as usize].hear(message, said, &mut self.starts);
            }
            if was_silent && !said.is_empty() {
                self.speakers.push_back(at);
            }
            self.note_starts(at);
        }
        for (_, messages) in effects.to_clients.drain(..) {
            let finished = |message: &&ToClient| matches!(message, ToClient::Finished { .. });
            self.finished += messages.iter().filter(finished).count();
        }
        self.effects = effects;
    }

    fn note_starts(&mut self, at: u32) {
        for Start { run, takes } in self.starts.drain(..) {
            self.wheel.insert(self.now + takes, (at, run));
        }
    }
}

fn operation() -> Operation {
    Operation::new("bench::tasks::noop", 1, 7)
}

/// The next tasks of a graph.
fn chunk(shape: Shape, first: usize, tasks: usize) -> GraphChunk {
    let mut chunk = GraphChunk {
        graph: GraphId(first as u64),
        graph_tasks: tasks as u64,
        last: true,
        first_ticket: Ticket(first as u64),
        operation_of: vec![0; tasks],
        all_wanted: shape == Shape::Flood,
        ..GraphChunk::default()
    };
    if first == 0 {
        chunk.new_operations.push(operation());
    }
    let at = first as u64;
    // As clients send them.
    let mut keys = KeysBuilder::default();
    for i in 0..tasks {
        let text = format!("noop-{:032x}", (at + i as u64).wrapping_mul(0x9e37_79b9));
        keys.push(KeyRef::of(text.as_bytes()));
    }
    chunk.keys = keys.finish();
    chunk.arguments = packed(tasks, |i| (at + i as u64).to_le_bytes().to_vec());
    if shape == Shape::Inputs {
        let sources = tasks / 2;
        for i in 0..tasks {
            if i >= sources {
                // Neighbours in the order are given to one worker: two far ones lie on two.
                for input in [i % sources.max(1), (i * 7 + sources / 2) % sources.max(1)] {
                    let input = Ticket((first + input) as u64);
                    if !chunk.dependencies
                        [chunk.dependency_ends.last().map_or(0, |&e| e as usize)..]
                        .contains(&input)
                    {
                        chunk.dependencies.push(input);
                    }
                }
                chunk.wanted.push(i as u32);
            }
            chunk.dependency_ends.push(chunk.dependencies.len() as u32);
        }
    }
    chunk
}

fn packed(strings: usize, string: impl Fn(usize) -> Vec<u8>) -> Packed {
    let (mut blob, mut ends) = (Vec::new(), Vec::with_capacity(strings));
    for i in 0..strings {
        blob.extend_from_slice(&string(i));
        ends.push(blob.len() as u32);
    }
    Packed {
        blob: Bytes::from(blob),
        ends,
    }
}
