//! One turn of the control thread: the machine decides, the shell does.

use crate::data::{Data, Transfer};
use crate::error::WorkerExit;
use crate::executor::{Completion, Completions, Executor, Item, Outside, Report, RunHandle};
use crate::home::Home;
use crate::meters::Meters;
use crate::reaper::Reaper;
use crate::store::{Store, Stored, Values};
use rustc_hash::FxHashMap;
use std::sync::Arc;
use std::time::Duration;
use taskloom_core::arguments::Part;
use taskloom_core::message::{Compute, FromWorker, ToWorker};
use taskloom_core::{ArgumentNode, ErrorCode, RunId, TaskFailure, TaskId};
use taskloom_rpc::Clock;
use taskloom_rpc::link::Outbox;
use taskloom_task::{Registry, Value};
use taskloom_worker_core::{
    Effects, Event, Execute, FetchId, Keep, Outcome, Pin, RunEnd, Slot, Source, Step, WorkerCore,
};
use tokio::sync::oneshot;

/// While more than this waits to be sent, what tasks print waits elsewhere.
const LINES_WAIT_BYTES: u64 = 4 << 20;

/// The machine with everything that its effects act on.
pub(crate) struct Turn {
    pub(crate) core: WorkerCore,
    pub(crate) clock: Clock,
    pub(crate) completions: Arc<Completions>,
    effects: Effects,
    registry: Registry,
    executor: Executor,
    data: Data,
    store: Arc<Store>,
    reaper: Reaper,
    home: Arc<Home>,
    pub(crate) meters: Meters,
    /// By slot: what the executor has, and what it made this turn.
    slots: Vec<SlotState>,
    ended: Vec<Slot>,
    fetched: FxHashMap<FetchId, Vec<Option<Stored>>>,
    brought: Vec<Brought>,
    reports: Vec<Report>,
    /// Counts sessions, so that an answer reaches only the scheduler that asked.
    session: u64,
    answers: Vec<FromWorker>,
    items: Vec<Item>,
    garbage: Vec<Stored>,
}

#[derive(Default)]
struct SlotState {
    handle: Option<Arc<RunHandle>>,
    made: Option<Stored>,
}

/// A value that somebody brought this turn.
struct Brought {
    task: TaskId,
    nbytes: u64,
    value: Option<Stored>,
    reply: oneshot::Sender<Result<u64, String>>,
}

/// The parts of a worker that a [`Turn`] is made of.
pub(crate) struct Parts {
    pub(crate) core: WorkerCore,
    pub(crate) registry: Registry,
    pub(crate) executor: Executor,
    pub(crate) completions: Arc<Completions>,
    pub(crate) data: Data,
    pub(crate) store: Arc<Store>,
    pub(crate) reaper: Reaper,
    pub(crate) home: Arc<Home>,
    pub(crate) meters: Meters,
}

impl Turn {
    pub(crate) fn new(parts: Parts) -> Self {
        Self {
            core: parts.core,
            clock: Clock::new(),
            completions: parts.completions,
            effects: Effects::default(),
            registry: parts.registry,
            executor: parts.executor,
            data: parts.data,
            store: parts.store,
            reaper: parts.reaper,
            home: parts.home,
            meters: parts.meters,
            slots: Vec::new(),
            ended: Vec::new(),
            fetched: FxHashMap::default(),
            brought: Vec::new(),
            reports: Vec::new(),
            session: 0,
            answers: Vec::new(),
            items: Vec::new(),
            garbage: Vec::new(),
        }
    }

    /// Tells the machine what happened.
    pub(crate) fn tell(&mut self, event: Event) {
        self.core.handle(self.clock.now(), event, &mut self.effects);
    }

    /// Tells the machine what the scheduler said.
    pub(crate) fn said(&mut self, message: ToWorker) {
        self.tell(match message {
            ToWorker::Run {
                request,
                operation,
                arguments,
            } => return self.run_outside(request, operation, arguments),
            ToWorker::Listen(listening) => return self.executor.crew.lines.listen(listening),
            ToWorker::Compute(compute) => {
                let parts = parts_of(&compute);
                Event::Compute { compute, parts }
            }
            message => Event::Said(message),
        });
    }

    /// A session began or ended.
    pub(crate) fn another_session(&mut self) {
        self.session += 1;
        self.answers.clear();
        self.executor.crew.lines.listen(false);
    }

    fn run_outside(&mut self, request: u64, operation: u32, arguments: bytes::Bytes) {
        let Some(definition) = self.registry.get(operation) else {
            let message = format!("this worker has no operation {operation}");
            let failure = TaskFailure::new(ErrorCode::Protocol, message);
            self.answers.push(FromWorker::Ran {
                request,
                result: Err(Box::new(failure)),
            });
            return;
        };
        self.executor.run_outside(Outside {
            session: self.session,
            request,
            operation,
            definition,
            arguments,
            home: self.home.clone(),
        });
    }

    /// Tells the machine what the executor reports.
    pub(crate) fn take_reports(&mut self) {
        let mut reports = std::mem::take(&mut self.reports);
        self.completions.take(&mut reports);
        let now = self.clock.now();
        for report in reports.drain(..) {
            let event = match report {
                Report::Ended(completion) => self.ended(completion),
                Report::Started(slot, run) => Event::Started { slot, run },
                Report::Seceded(slot, run) => Event::Seceded { slot, run },
                Report::WantsBack(slot, run) => Event::WantsBack { slot, run },
                Report::Ran {
                    session,
                    request,
                    result,
                } => {
                    if session == self.session {
                        self.answers.push(FromWorker::Ran { request, result });
                    }
                    continue;
                }
            };
            self.core.handle(now, event, &mut self.effects);
        }
        self.reports = reports;
    }

    fn ended(&mut self, Completion { end, value }: Completion) -> Event {
        self.meters.task_ended(&end);
        if let Some(state) = self.slots.get_mut(end.slot as usize) {
            state.handle = None;
            state.made = match end.outcome {
                Outcome::Finished { nbytes, .. } => value.map(|value| Stored { value, nbytes }),
                _ => None,
            };
        }
        self.ended.push(end.slot);
        Event::Ended(end)
    }

    /// Tells the machine what the data thread has to say.
    pub(crate) fn transferred(&mut self, transfer: Transfer) {
        match transfer {
            Transfer::Fetched {
                fetch,
                outcome,
                values,
            } => {
                self.data.fetched(fetch);
                self.fetched.insert(fetch, values);
                self.tell(Event::Fetched { fetch, outcome });
            }
            Transfer::Put { task, value, reply } => {
                if self.core.is_leaving() {
                    let _ = reply.send(Err("the worker is leaving".into()));
                    return;
                }
                let nbytes = value.nbytes;
                self.brought.push(Brought {
                    task,
                    nbytes,
                    value: Some(value),
                    reply,
                });
                self.tell(Event::Put { task, nbytes });
            }
        }
    }

    /// Renews the numbers that describe the worker's tables.
    pub(crate) fn publish(&self, outbox: &Outbox<FromWorker>, process_bytes: u64) {
        let values = self.store.lock().len();
        let connections = self.data.connections();
        self.meters.publish(
            &self.core.sizes(),
            values,
            connections,
            outbox.queued_bytes(),
        );
        self.meters.process(process_bytes);
    }

    /// The runs that are executing at this moment.
    pub(crate) fn executing(&self) -> Vec<RunId> {
        let running = |state: &SlotState| {
            state
                .handle
                .as_ref()
                .filter(|handle| handle.is_running())
                .map(|handle| handle.run)
        };
        self.slots.iter().filter_map(running).collect()
    }

    /// Ends the turn: does everything that was decided, and says what is to be said. Returns how the
    /// worker is to end, if it is.
    pub(crate) fn end(&mut self, outbox: Option<&Outbox<FromWorker>>) -> Option<WorkerExit> {
        self.tell(Event::EndOfTurn);
        let mut effects = std::mem::take(&mut self.effects);
        self.act_on_store(&mut effects.steps);
        for item in self.items.drain(..) {
            self.executor.submit(item);
        }
        let mut unstarted = Vec::new();
        for (slot, run) in effects.cancel.drain(..) {
            unstarted.extend(self.with_handle(slot, run, RunHandle::cancel));
        }
        for (slot, run) in effects.withdraw.drain(..) {
            unstarted.extend(self.with_handle(slot, run, RunHandle::withdraw));
        }
        for (slot, run) in effects.resume.drain(..) {
            self.with_running(slot, run, RunHandle::resume);
        }
        for (slot, run) in effects.give_up.drain(..) {
            self.with_running(slot, run, RunHandle::give_up);
            let worker = &self.home.name;
            tracing::warn!(worker, %run, "a task that was told to end does not: its thread is replaced");
        }
        for fetch in effects.abandon.drain(..) {
            self.data.abandon(fetch);
        }
        for fetch in effects.fetch.drain(..) {
            self.data.fetch(fetch);
        }
        if let Some(outbox) = outbox {
            self.say(outbox, &mut effects.say);
        }
        let exit = match effects.restart.take() {
            Some(reason) => Some(WorkerExit::Restart(reason)),
            None => effects.leave.then_some(WorkerExit::Drained),
        };
        effects.clear();
        self.effects = effects;
        self.clean_up();
        if unstarted.is_empty() {
            return exit;
        }
        // Their end is certain now, although a busy thread may come across them much later.
        for end in unstarted {
            self.ended.push(end.slot);
            self.tell(Event::Ended(end));
        }
        let later = self.end(outbox);
        exit.or(later)
    }

    fn say(&mut self, outbox: &Outbox<FromWorker>, say: &mut Vec<FromWorker>) {
        // Lines go before the end of the task that they are of. They wait while the way is full:
        // what the machine has to say does not.
        if outbox.queued_bytes() < LINES_WAIT_BYTES {
            let lines = self.executor.crew.lines.take();
            if !lines.is_empty() {
                outbox.push_all(lines);
            }
        }
        if !self.answers.is_empty() {
            let bytes = outbox.push_all(std::mem::take(&mut self.answers));
            self.meters.sent.add(bytes);
        }
        if !say.is_empty() {
            self.meters.message_length(say.len());
            self.meters.sent.add(outbox.push_all(std::mem::take(say)));
        }
    }

    fn act_on_store(&mut self, steps: &mut Vec<Step>) {
        if steps.is_empty() {
            return;
        }
        let store = self.store.clone();
        let mut values = store.lock();
        for step in steps.drain(..) {
            match step {
                Step::Keep(keep) => {
                    if let Some(stored) = self.offered(&keep) {
                        self.garbage
                            .extend(values.insert((keep.task, keep.part), stored));
                    }
                }
                Step::Execute(execute) => self.prepare(execute, &values),
                Step::Drop(task, part) => self.garbage.extend(values.remove(&(task, part))),
                Step::Clear => self
                    .garbage
                    .extend(values.drain().map(|(_, stored)| stored)),
            }
        }
    }

    /// The value that is to be kept.
    fn offered(&mut self, keep: &Keep) -> Option<Stored> {
        match keep.source {
            Source::Run(slot) => self.slots.get_mut(slot as usize)?.made.take(),
            Source::Fetch(fetch, item) => {
                self.fetched.get_mut(&fetch)?.get_mut(item as usize)?.take()
            }
            Source::Put => {
                let fits = |b: &&mut Brought| b.task == keep.task && b.value.is_some();
                self.brought.iter_mut().find(fits)?.value.take()
            }
        }
    }

    /// Makes a run ready for the executor.
    fn prepare(&mut self, execute: Execute, values: &Values) {
        let Execute {
            slot,
            compute,
            pins,
            tiny,
            follows,
        } = execute;
        let Some(definition) = self.registry.get(compute.operation) else {
            // The machine knows as many operations as the registry has.
            return;
        };
        let value = |pin: &Pin| {
            let stored = values.get(&(pin.task, pin.part))?;
            Some((pin.input, pin.part, stored.value.clone()))
        };
        let values: Vec<(u32, Part, Value)> = pins.iter().filter_map(value).collect();
        let (run, task, on_thread) = (compute.run, compute.task, definition.runs_on_thread());
        let crew = self.executor.crew.clone();
        let handle = Arc::new(RunHandle::new(slot, run, task, on_thread, crew));
        let at = slot as usize;
        if self.slots.len() <= at {
            self.slots.resize_with(at + 1, SlotState::default);
        }
        self.slots[at].handle = Some(handle.clone());
        let item = Item {
            slot,
            handle,
            definition,
            compute,
            values,
            tiny,
            follows,
            chain: Vec::new(),
        };
        match self.items.last_mut() {
            Some(head) if follows.is_some() => head.chain.push(item),
            _ => self.items.push(item),
        }
    }

    /// Acts on the handle of a run that the executor has.
    fn with_running(&self, slot: Slot, run: RunId, act: impl Fn(&RunHandle)) {
        let state = self.slots.get(slot as usize);
        if let Some(handle) = state.and_then(|state| state.handle.as_ref())
            && handle.run == run
        {
            act(handle);
        }
    }

    /// Acts on the handle of a run that the executor has; its end, if it will not be started.
    fn with_handle(
        &self,
        slot: Slot,
        run: RunId,
        act: impl Fn(&RunHandle) -> bool,
    ) -> Option<RunEnd> {
        let handle = self.slots.get(slot as usize)?.handle.as_ref()?;
        (handle.run == run && act(handle)).then_some(RunEnd {
            slot,
            run,
            elapsed: Duration::ZERO,
            outcome: Outcome::NotStarted,
        })
    }

    /// Drops what was offered this turn and is not to be kept, and answers who brought values.
    fn clean_up(&mut self) {
        for slot in self.ended.drain(..) {
            if let Some(state) = self.slots.get_mut(slot as usize) {
                self.garbage.extend(state.made.take());
            }
        }
        for (_, values) in self.fetched.drain() {
            self.garbage.extend(values.into_iter().flatten());
        }
        for brought in self.brought.drain(..) {
            let answer = match brought.value {
                None => Ok(brought.nbytes),
                Some(_) => Err("the worker has no scheduler at this moment".to_owned()),
            };
            self.garbage.extend(brought.value);
            let _ = brought.reply.send(answer);
        }
        self.reaper.reap(&mut self.garbage);
    }
}

impl Drop for Turn {
    /// Nobody will take what still runs.
    fn drop(&mut self) {
        for handle in self.slots.iter().filter_map(|state| state.handle.as_ref()) {
            handle.abandon();
        }
    }
}

/// The parts of inputs that the arguments refer to. They matter only for inputs that may have to be
/// fetched; arguments that cannot be read fail later, where the task runs.
fn parts_of(compute: &Compute) -> Vec<(u32, Part)> {
    if compute.inputs.iter().all(|input| input.holders.is_empty()) {
        return Vec::new();
    }
    let nodes = taskloom_wire::arguments::decode(&compute.arguments).unwrap_or_default();
    let part = |node: ArgumentNode| match node {
        ArgumentNode::Reference { dependency, part } => Some((dependency, part)),
        _ => None,
    };
    nodes.into_iter().filter_map(part).collect()
}
