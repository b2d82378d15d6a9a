//! The world in which the machines live: virtual time, messages under way, and a network.

mod post;
mod transfers;

use crate::client::{SimClient, operation};
use crate::job::Job;
use crate::network::Forecast;
use crate::outcome::{Outcome, Ran, SimError};
use crate::queue::EventQueue;
use crate::scheduler::{Policy, Said, Scheduler};
use crate::setting::Setting;
use crate::worker::{Begun, SimWorker, Wishes};
use post::Post;
use rustc_hash::FxHashMap;
use std::time::Duration;
use taskloom_core::limits::PROTOCOL_VERSION;
use taskloom_core::message::{
    FromClient, FromWorker, ToClient, ToWorker, WorkerHello, WorkerWelcome,
};
use taskloom_core::{Time, WorkerId};
use transfers::{RequestId, Transfers};

/// A run in which nothing ends for so much longer than its longest task is stuck.
const PATIENCE: Duration = Duration::from_secs(120);

/// When the workers have joined and the client submits.
const BEGIN: Time = Time(1_000_000_000);

/// Runs a job under a policy.
///
/// The same job, setting and policy give the same outcome.
///
/// # Errors
/// If the job does not come to its end; see [`SimError`].
///
/// ```
/// use std::time::Duration;
/// use taskloom_sim::{Job, Policy, Setting, SimTask, simulate};
///
/// let mut job = Job::new(["task"]);
/// for _ in 0..10 {
///     let duration = Duration::from_millis(100);
///     job.push(SimTask { kind: 0, duration, bytes: 8, needs: Vec::new() })?;
/// }
/// let setting = Setting { workers: 5, ..Setting::default() };
/// let outcome = simulate(&job, &setting, Policy::Taskloom)?;
/// assert!(outcome.makespan < Duration::from_millis(210));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn simulate(job: &Job, setting: &Setting, policy: Policy) -> Result<Outcome, SimError> {
    simulate_with(job, setting, policy.scheduler(setting).as_mut())
}

/// Runs a job under a scheduler of one's own, which has not been used before.
///
/// # Errors
/// As [`simulate`].
pub fn simulate_with(
    job: &Job,
    setting: &Setting,
    scheduler: &mut dyn Scheduler,
) -> Result<Outcome, SimError> {
    World::new(job.ordered(), setting, scheduler)?.run()
}

/// Something that is going to happen.
#[derive(Debug)]
enum Event {
    /// The scheduler hears a worker.
    WorkerSays(usize, Vec<FromWorker>),
    /// The scheduler hears the client.
    ClientSays(Vec<FromClient>),
    /// A worker hears the scheduler.
    ToWorker(usize, Vec<ToWorker>),
    /// The client hears the scheduler.
    ToClient(Vec<ToClient>),
    /// A thread is done.
    Ends(usize, Begun, Time),
    /// A peer gets a request.
    Asked(RequestId),
    /// A transfer is over, if the forecast still holds.
    Moved(Forecast),
    /// The end of an answer reaches who asked.
    Answered(RequestId),
    Heartbeat(usize),
    WorkerTick(usize),
    SchedulerTick,
}

struct World<'a> {
    setting: &'a Setting,
    job: Job,
    scheduler: &'a mut dyn Scheduler,
    scheduler_has_news: bool,
    scheduler_tick: Option<Time>,
    client: Option<SimClient>,
    workers: Vec<SimWorker>,
    worker_ticks: Vec<Option<Time>>,
    heartbeat: Duration,
    /// Workers that something happened to at this moment.
    news: Vec<usize>,
    ids: Vec<WorkerId>,
    by_id: FxHashMap<WorkerId, usize>,
    events: EventQueue<Event>,
    now: Time,
    post: Post,
    transfers: Transfers,
    last_progress: Time,
    patience: Duration,
    outcome: Outcome,
}

impl<'a> World<'a> {
    fn new(
        job: Job,
        setting: &'a Setting,
        scheduler: &'a mut dyn Scheduler,
    ) -> Result<Self, SimError> {
        let workers = setting.workers as usize;
        let longest = job.tasks().iter().map(|task| task.duration).max();
        let mut world = Self {
            setting,
            scheduler,
            scheduler_has_news: true,
            scheduler_tick: None,
            client: None,
            workers: Vec::with_capacity(workers),
            worker_ticks: vec![None; workers],
            heartbeat: Duration::ZERO,
            news: Vec::new(),
            ids: Vec::with_capacity(workers),
            by_id: FxHashMap::default(),
            events: EventQueue::new(),
            now: Time::ZERO,
            post: Post::new(setting),
            transfers: Transfers::new(setting),
            last_progress: BEGIN,
            patience: PATIENCE + longest.unwrap_or_default(),
            outcome: Outcome {
                makespan: Duration::ZERO,
                peak_bytes: 0,
                peak_worker_bytes: 0,
                moved_bytes: 0,
                fetches: 0,
                batches: 0,
                runs: Vec::with_capacity(job.tasks().len()),
                job: Job::default(),
            },
            job,
        };
        world.begin()?;
        Ok(world)
    }

    /// Lets all join, and the client submit.
    fn begin(&mut self) -> Result<(), SimError> {
        for at in 0..self.setting.workers as usize {
            let welcome = self.join(at)?;
            // Workers do not all beat at once.
            let first = Time(welcome.heartbeat.as_nanos() as u64 * at as u64)
                .0
                .checked_div(self.setting.workers.into())
                .unwrap_or(0);
            self.heartbeat = welcome.heartbeat;
            self.events
                .push(BEGIN + Duration::from_nanos(first), Event::Heartbeat(at));
        }
        self.scheduler.client_joined(Time::ZERO)?;
        self.end_turns();
        self.now = BEGIN;
        let (client, said) = SimClient::submit(BEGIN, &self.job)?;
        self.client = Some(client);
        self.client_says(said);
        Ok(())
    }

    fn join(&mut self, at: usize) -> Result<WorkerWelcome, SimError> {
        let name = format!("w{at}");
        let kinds = self.job.kinds();
        let hello = WorkerHello {
            protocol: PROTOCOL_VERSION,
            name: name.clone(),
            address: format!("{name}.sim:1"),
            nthreads: self.setting.threads,
            memory_limit: self.setting.memory_limit,
            resources: Vec::new(),
            operations: kinds.iter().map(|kind| operation(kind)).collect(),
            release: String::new(),
            process: 0,
        };
        let welcome = self.scheduler.worker_joined(Time::ZERO, hello)?;
        let (threads, limit) = (self.setting.threads, self.setting.memory_limit);
        let mut worker = SimWorker::new(name, threads, kinds.len(), limit);
        worker.opened(Time::ZERO, welcome.clone());
        self.workers.push(worker);
        self.ids.push(welcome.worker);
        self.by_id.insert(welcome.worker, at);
        Ok(welcome)
    }

    fn run(mut self) -> Result<Outcome, SimError> {
        while let Some((at, event)) = self.events.pop() {
            self.now = at;
            self.happen(event)?;
            if self.events.next_time() != Some(at) {
                self.end_turns();
                self.watch_memory();
            }
            if self.client.as_ref().is_some_and(SimClient::is_done) {
                self.outcome.makespan = self.now.since(BEGIN);
                self.outcome.job = self.job;
                return Ok(self.outcome);
            }
            if self.now.since(BEGIN) > self.setting.horizon {
                return Err(SimError::Horizon(self.setting.horizon));
            }
            if self.now.since(self.last_progress) > self.patience {
                break;
            }
        }
        Err(SimError::Stuck {
            since: self.last_progress,
            ended: self.outcome.runs.len(),
            tasks: self.job.tasks().len(),
        })
    }

    fn happen(&mut self, event: Event) -> Result<(), SimError> {
        let now = self.now;
        match event {
            Event::WorkerSays(at, messages) => {
                self.scheduler.worker_said(now, self.ids[at], messages);
                self.scheduler_has_news = true;
            }
            Event::ClientSays(messages) => {
                self.scheduler.client_said(now, messages);
                self.scheduler_has_news = true;
            }
            Event::ToWorker(at, messages) => {
                self.workers[at].said(now, messages);
                self.news.push(at);
            }
            Event::ToClient(messages) => {
                if let Some(client) = &mut self.client {
                    let said = client.said(now, messages)?;
                    self.client_says(said);
                }
            }
            Event::Ends(at, begun, since) => {
                self.last_progress = now;
                self.outcome.runs.push(Ran {
                    task: begun.task,
                    worker: at as u32,
                    begun: since.since(BEGIN),
                    ended: now.since(BEGIN),
                });
                self.workers[at].ended(now, begun.slot, &self.job);
                self.news.push(at);
            }
            Event::Asked(request) => self.asked(request),
            Event::Moved(forecast) => self.moved(forecast),
            Event::Answered(request) => self.answered(request),
            Event::Heartbeat(at) => {
                self.workers[at].heartbeat(now);
                self.news.push(at);
                self.events.push(now + self.heartbeat, Event::Heartbeat(at));
            }
            Event::WorkerTick(at) => {
                self.worker_ticks[at] = None;
                self.workers[at].tick(now);
                self.news.push(at);
            }
            Event::SchedulerTick => {
                self.scheduler_tick = None;
                self.scheduler.tick(now);
                self.scheduler_has_news = true;
            }
        }
        Ok(())
    }

    /// All that happens at this moment has happened: everybody concludes.
    fn end_turns(&mut self) {
        let mut news = std::mem::take(&mut self.news);
        news.sort_unstable();
        news.dedup();
        for &at in &news {
            let mut wishes = Wishes::default();
            self.workers[at].end_turn(self.now, &self.job, &mut wishes);
            self.fulfil(at, wishes);
            let deadline = self.workers[at].next_deadline();
            if sooner(deadline, &mut self.worker_ticks[at])
                && let Some(deadline) = deadline
            {
                let deadline = deadline.max(self.now + Duration::from_nanos(1));
                self.events.push(deadline, Event::WorkerTick(at));
            }
        }
        news.clear();
        self.news = news;
        if !std::mem::take(&mut self.scheduler_has_news) {
            return;
        }
        let mut said = Said::default();
        self.scheduler.end_turn(self.now, &mut said);
        for (worker, messages) in said.to_workers {
            if let Some(&at) = self.by_id.get(&worker) {
                self.outcome.batches += 1;
                let arrives = self.post.leaves_scheduler(self.now, at);
                self.events.push(arrives, Event::ToWorker(at, messages));
            }
        }
        if !said.to_client.is_empty() {
            let arrives = self.post.leaves_scheduler(self.now, self.workers.len());
            self.events.push(arrives, Event::ToClient(said.to_client));
        }
        let deadline = self.scheduler.next_deadline();
        if sooner(deadline, &mut self.scheduler_tick)
            && let Some(deadline) = deadline
        {
            let deadline = deadline.max(self.now + Duration::from_nanos(1));
            self.events.push(deadline, Event::SchedulerTick);
        }
    }

    fn fulfil(&mut self, at: usize, wishes: Wishes) {
        for begun in wishes.begun {
            let ends = self.now + begun.duration;
            self.events.push(ends, Event::Ends(at, begun, self.now));
        }
        for fetch in wishes.abandon {
            self.abandon((at, fetch));
        }
        for fetch in wishes.fetch {
            self.ask(at, fetch);
        }
        if !wishes.say.is_empty() {
            self.outcome.batches += 1;
            let arrives = self.post.reaches_scheduler(self.now, at);
            self.events.push(arrives, Event::WorkerSays(at, wishes.say));
        }
    }

    fn client_says(&mut self, messages: Vec<FromClient>) {
        if !messages.is_empty() {
            self.outcome.batches += 1;
            let arrives = self.post.reaches_scheduler(self.now, self.workers.len());
            self.events.push(arrives, Event::ClientSays(messages));
        }
    }

    fn watch_memory(&mut self) {
        let most = self.workers.iter().map(SimWorker::bytes);
        let (mut sum, mut peak) = (0, 0);
        for bytes in most {
            sum += bytes;
            peak = peak.max(bytes);
        }
        self.outcome.peak_bytes = self.outcome.peak_bytes.max(sum);
        self.outcome.peak_worker_bytes = self.outcome.peak_worker_bytes.max(peak);
    }
}

/// Whether a tick has to be set for this deadline: none is set that comes as soon.
fn sooner(deadline: Option<Time>, set: &mut Option<Time>) -> bool {
    let needed = deadline.is_some_and(|at| set.is_none_or(|set| at < set));
    if needed {
        *set = deadline;
    }
    needed
}
