//! The role `peer fleet`: what the process of a fleet does.

use super::{Ask, PROBE, Said, monotonic};
use crate::simulated::{Load, Run, SimulatedWorker, Start, Wheel, hello};
use anyhow::{Context as _, Result};
use std::io::BufRead as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use taskloom_core::message::{FromWorker, ToWorker};
use taskloom_core::{RunId, TaskId};
use taskloom_rpc::link::{Inbox, Outbox};
use taskloom_rpc::{Clock, ConnectOptions, SchedulerAddress, WorkerLink, connect_worker};
use taskloom_task::Registry;
use tokio::sync::{Notify, mpsc};

/// How long a worker tries to connect: all come at once.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(60);

/// How often it is looked what is due. The timers of the runtime are no finer.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// A task that no scheduler has: a report about it is answered with the order to drop its value.
const NO_TASK: TaskId = TaskId::new(u32::MAX, u32::MAX);

/// Connects the workers and serves until standard input ends.
pub fn main(mut words: impl Iterator<Item = String>) -> Result<()> {
    let mut word = |what: &str| words.next().with_context(|| format!("{what} is missing"));
    let scheduler: SchedulerAddress = word("an address")?.parse()?;
    let workers: usize = word("a number of workers")?.parse()?;
    let threads: u32 = word("a number of threads")?.parse()?;
    let load = Load {
        durations: word("durations")?.parse()?,
        sizes: word("sizes")?.parse()?,
    };
    let (asks, asked) = mpsc::unbounded_channel();
    std::thread::spawn(move || listen(&asks));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(serve(scheduler, workers, threads, load, asked))
}

/// Reads commands. At the end of them the process ends: whoever started it has, or wants it to.
fn listen(asks: &mpsc::UnboundedSender<Ask>) {
    for line in std::io::stdin().lock().lines() {
        let ask = line.ok().and_then(|line| serde_json::from_str(&line).ok());
        let Some(ask) = ask else { break };
        if asks.send(ask).is_err() {
            break;
        }
    }
    std::process::exit(0);
}

fn say(said: &Said) -> Result<()> {
    println!("{}", serde_json::to_string(said)?);
    Ok(())
}

async fn serve(
    scheduler: SchedulerAddress,
    workers: usize,
    threads: u32,
    load: Load,
    mut asked: mpsc::UnboundedReceiver<Ask>,
) -> Result<()> {
    let operations = Registry::linked()?.operations();
    let options = ConnectOptions {
        timeout: CONNECT_TIMEOUT,
        ..ConnectOptions::default()
    };
    let started = Instant::now();
    let connecting = (0..workers).map(|number| {
        let hello = hello(number, threads, operations.clone());
        connect_worker(&scheduler, hello, &options)
    });
    let links = futures::future::try_join_all(connecting).await?;
    let micros = started.elapsed().as_micros() as u64;

    let fleet = Arc::new(Fleet::new(threads, load, &links));
    for (number, link) in links.into_iter().enumerate() {
        tokio::spawn(fleet.clone().hear(number, link.inbox));
    }
    tokio::spawn(fleet.clone().let_time_pass());
    say(&Said::Connected { micros })?;
    while let Some(ask) = asked.recv().await {
        say(&match ask {
            Ask::Talk { messages, burst } => Said::Talked {
                micros: fleet.talk(messages, burst).await,
            },
            Ask::Probes => Said::Probes {
                micros: std::mem::take(&mut fleet.lock().probes),
            },
        })?;
    }
    Ok(())
}

/// What is due at some time.
enum Due {
    Ended(usize, Run),
    Heartbeat(usize),
}

/// All workers with their sessions.
struct Fleet {
    clock: Clock,
    /// How often each is to show that it lives: the scheduler asks those that come late more seldom.
    heartbeats: Vec<Duration>,
    outboxes: Vec<Outbox<FromWorker>>,
    state: Mutex<State>,
    answered: Notify,
}

struct State {
    workers: Vec<SimulatedWorker>,
    wheel: Wheel<Due>,
    starts: Vec<Start>,
    probes: Vec<f64>,
    talk: Talk,
}

/// A measurement of messages.
#[derive(Default)]
struct Talk {
    burst: u64,
    unsent: u64,
    unanswered: u64,
    /// What each worker waits for.
    waits: Vec<u64>,
}

impl Fleet {
    fn new(threads: u32, load: Load, links: &[WorkerLink]) -> Self {
        let clock = Clock::new();
        let heartbeats: Vec<Duration> = links.iter().map(|link| link.welcome.heartbeat).collect();
        let mut wheel = Wheel::new(clock.now());
        for (number, heartbeat) in heartbeats.iter().enumerate() {
            // Real workers come one after the other, so their heartbeats are spread.
            let share = heartbeat.mul_f64(number as f64 / links.len() as f64);
            wheel.insert(clock.now() + share, Due::Heartbeat(number));
        }
        let simulated = |_: &WorkerLink| SimulatedWorker::new(threads, load);
        Self {
            clock,
            heartbeats,
            outboxes: links.iter().map(|link| link.outbox.clone()).collect(),
            state: Mutex::new(State {
                workers: links.iter().map(simulated).collect(),
                wheel,
                starts: Vec::new(),
                probes: Vec::new(),
                talk: Talk::default(),
            }),
            answered: Notify::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere ends the measurement anyhow.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Brings what the scheduler says to a worker until the session ends, which ends the process: a
    /// measurement with fewer workers would say nothing.
    async fn hear(self: Arc<Self>, number: usize, mut inbox: Inbox<ToWorker>) {
        loop {
            match inbox.next().await {
                Ok(Some(batch)) => {
                    self.take(number, batch.messages);
                    batch.handled.done();
                }
                Ok(None) => std::process::exit(0),
                Err(error) => {
                    eprintln!("simulated worker {number}: {error}");
                    std::process::exit(1);
                }
            }
        }
    }

    fn take(&self, number: usize, messages: Vec<ToWorker>) {
        let mut says = Vec::new();
        let mut state = self.lock();
        let State {
            workers,
            wheel,
            starts,
            probes,
            talk,
        } = &mut *state;
        for message in messages {
            match &message {
                ToWorker::Compute(compute) => probes.extend(probed(&compute.key)),
                ToWorker::Free(tasks) if talk.unanswered > 0 => {
                    talk.answered(number, tasks.len() as u64, &mut says);
                    if talk.unanswered == 0 {
                        self.answered.notify_one();
                    }
                }
                _ => {}
            }
            workers[number].hear(message, &mut says, starts);
        }
        self.note_starts(number, wheel, starts);
        drop(state);
        self.outboxes[number].push_all(says);
    }

    fn note_starts(&self, number: usize, wheel: &mut Wheel<Due>, starts: &mut Vec<Start>) {
        if starts.is_empty() {
            return;
        }
        let now = self.clock.now();
        for Start { run, takes } in starts.drain(..) {
            wheel.insert(now + takes, Due::Ended(number, run));
        }
    }

    /// Ends runs and sends heartbeats when they are due.
    async fn let_time_pass(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut due = Vec::new();
        loop {
            ticks.tick().await;
            let now = self.clock.now();
            let mut state = self.lock();
            let State {
                workers,
                wheel,
                starts,
                ..
            } = &mut *state;
            wheel.advance(now, &mut due);
            for due in due.drain(..) {
                let mut says = Vec::new();
                let number = match due {
                    Due::Ended(number, run) => {
                        workers[number].ended(run, &mut says, starts);
                        self.note_starts(number, wheel, starts);
                        number
                    }
                    Due::Heartbeat(number) => {
                        let next = now + self.heartbeats[number];
                        wheel.insert(next, Due::Heartbeat(number));
                        says.push(FromWorker::Heartbeat {
                            executing: Vec::new(),
                            stored_bytes: 0,
                            process_bytes: 0,
                        });
                        number
                    }
                };
                self.outboxes[number].push_all(says);
            }
        }
    }

    /// Exchanges messages with the scheduler; how long that took, in microseconds.
    async fn talk(&self, messages: u64, burst: u64) -> u64 {
        let started = Instant::now();
        for (number, outbox) in self.outboxes.iter().enumerate() {
            let mut says = Vec::new();
            let mut state = self.lock();
            if number == 0 {
                state.talk = Talk {
                    burst,
                    unsent: messages,
                    unanswered: messages,
                    waits: vec![0; self.outboxes.len()],
                };
            }
            state.talk.speak(number, &mut says);
            drop(state);
            outbox.push_all(says);
        }
        self.answered.notified().await;
        started.elapsed().as_micros() as u64
    }
}

impl Talk {
    /// The next burst of a worker.
    fn speak(&mut self, number: usize, says: &mut Vec<FromWorker>) {
        let burst = self.burst.min(self.unsent);
        self.unsent -= burst;
        self.waits[number] = burst;
        says.extend((0..burst).map(|_| FromWorker::Finished {
            task: NO_TASK,
            run: RunId(1),
            nbytes: 0,
            elapsed: Duration::ZERO,
            value: None,
        }));
    }

    fn answered(&mut self, number: usize, messages: u64, says: &mut Vec<FromWorker>) {
        self.unanswered = self.unanswered.saturating_sub(messages);
        self.waits[number] = self.waits[number].saturating_sub(messages);
        if self.waits[number] == 0 {
            self.speak(number, says);
        }
    }
}

/// How long ago a task was submitted, in microseconds, if its key says so.
fn probed(key: &[u8]) -> Option<f64> {
    let stamp = key.strip_prefix(PROBE.as_bytes())?;
    let submitted: u64 = std::str::from_utf8(stamp).ok()?.parse().ok()?;
    Some(monotonic().saturating_sub(submitted) as f64 / 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_says_how_long_it_took() {
        let key = format!("{PROBE}{}", monotonic());
        assert!(probed(key.as_bytes()).is_some_and(|micros| (0.0..1e9).contains(&micros)));
        assert_eq!(probed(b"noop-1"), None);
        assert_eq!(probed(b"probe-x"), None);
    }
}
