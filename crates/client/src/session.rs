//! The session with the scheduler: the machine, the tables beside it, and what moves them.
//!
//! Everything that a user does and everything that arrives goes through the machine under one lock,
//! and what it wants said is queued under the same lock, so both have one order. Nothing waits
//! under the lock. What may wait for company (tasks that were submitted one by one, releases,
//! questions where results are) goes out when the pump runs next, or when somebody begins to wait.

use crate::ask::{Answered, Questions};
use crate::calls::{self, Calls};
use crate::entry::{Entry, Outcome};
use crate::extension::{Extensions, Pushed};
use crate::nested::{Host, Scope, Scopes};
use crate::logs;
use crate::notices::{self, Notice};
use crate::transfer;
use rustc_hash::FxHashMap;
use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::Instant;
use taskloom_client_core::{
    ClientCore, Config, Effects, Ending, Event, Fetch, Fetched, Parent, Slots, State,
};
use taskloom_core::arguments::Part;
use taskloom_core::message::{ClientWelcome, FromClient, LogLine, Parcel, Peer, Question, ToClient};
use taskloom_core::{ErrorCode, Key, TaskFailure, Ticket, Time};
use taskloom_rpc::SchedulerAddress;
use taskloom_rpc::actor::ActorPool;
use taskloom_rpc::data::PeerPool;
use taskloom_rpc::link::Outbox;
use taskloom_task::{Error, Result, Status, Value, ValueError};
use tokio::runtime;
use tokio::sync::{Notify, broadcast, watch};

/// With more bytes than this queued for the scheduler, those who wait for room wait.
const QUEUE_ROOM: u64 = 32 * 1024 * 1024;

/// Waiting for room.
pub(crate) type Room = Pin<Box<dyn Future<Output = Result<()>> + Send>>;

/// A session as somebody uses it: a program, or one run of a task.
pub(crate) struct Session {
    shared: Arc<Shared>,
    /// The run whose session this is, if it is a task's.
    scope: Option<Arc<Scope>>,
}

impl Deref for Session {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
    }
}

/// See the module.
pub(crate) struct Shared {
    number: u64,
    start: Instant,
    pub(crate) address: SchedulerAddress,
    pub(crate) pool: PeerPool,
    /// The way of calls to actors, once there was one.
    pub(crate) actors: OnceLock<ActorPool>,
    pub(crate) relay_only: bool,
    pub(crate) outbox: Outbox<FromClient>,
    /// Nothing is queued for the scheduler beyond this many bytes.
    queue_limit: u64,
    pub(crate) runtime: runtime::Handle,
    pub(crate) notices: broadcast::Sender<Notice>,
    /// Something waits to be sent.
    pub(crate) pump: Notify,
    /// The session has ended.
    pub(crate) ended: watch::Sender<bool>,
    /// The connection is gone.
    pub(crate) disconnected: watch::Sender<bool>,
    /// The epoch of the scheduler, which tells it from others.
    pub(crate) epoch: u16,
    /// What tasks print and log, for those who listen.
    pub(crate) logs: broadcast::Sender<LogLine>,
    /// What the scheduler's extensions offer.
    pub(crate) operations: FxHashMap<String, u32>,
    /// The worker whose tasks share the session, if they do.
    pub(crate) host: Option<Host>,
    /// The runs that use the session, if it is that of a worker's tasks.
    pub(crate) scopes: Scopes,
    pub(crate) extensions: Extensions,
    tables: Mutex<Tables>,
}

pub(crate) struct Tables {
    pub(crate) core: ClientCore,
    effects: Effects,
    entries: Slots<Entry>,
    /// Who waits for answers.
    questions: Questions,
    pub(crate) calls: Calls,
    /// How many listen to what tasks print and log.
    pub(crate) listeners: i64,
    /// The pump has been called and has not come yet.
    pump_called: bool,
    /// Why the scheduler says it is ending.
    closing: Option<String>,
    /// Values that lie in this process, between their arrival and their delivery.
    here: FxHashMap<(Ticket, Part), Value>,
    pub(crate) closed: Option<String>,
}

/// A lock on the tables. When it is let go, whoever is to be woken is.
pub(crate) struct Locked<'a> {
    session: &'a Arc<Session>,
    pub(crate) tables: MutexGuard<'a, Tables>,
    /// These stand behind the guard, so they are dropped after the lock.
    woken: Woken,
    left: Vec<calls::Replied>,
}

/// Wakes all of them when it is dropped.
#[derive(Default)]
struct Woken(Vec<Waker>);

impl Drop for Woken {
    fn drop(&mut self) {
        self.0.drain(..).for_each(Waker::wake);
    }
}

impl Session {
    pub(crate) fn new(
        address: SchedulerAddress,
        outbox: Outbox<FromClient>,
        pool: PeerPool,
        config: Config,
        queue_limit: u64,
        welcome: &ClientWelcome,
        host: Option<Host>,
    ) -> Arc<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let shared = Arc::new(Shared {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            start: Instant::now(),
            address,
            pool,
            actors: OnceLock::new(),
            relay_only: config.relay_only,
            outbox,
            queue_limit,
            runtime: runtime::Handle::current(),
            notices: broadcast::Sender::new(notices::REMEMBERED),
            pump: Notify::new(),
            ended: watch::Sender::new(false),
            disconnected: watch::Sender::new(false),
            epoch: welcome.epoch,
            operations: welcome.operations.iter().cloned().zip(0..).collect(),
            logs: broadcast::Sender::new(logs::REMEMBERED),
            host,
            scopes: Scopes::default(),
            extensions: Extensions::default(),
            tables: Mutex::new(Tables {
                core: ClientCore::new(config),
                effects: Effects::default(),
                entries: Slots::default(),
                questions: Questions::default(),
                calls: Calls::default(),
                listeners: 0,
                pump_called: false,
                closing: None,
                here: FxHashMap::default(),
                closed: None,
            }),
        });
        Arc::new(Self {
            shared,
            scope: None,
        })
    }

    /// The same session for a run of a task.
    pub(crate) fn scoped(&self, scope: Arc<Scope>) -> Arc<Self> {
        Arc::new(Self {
            shared: self.shared.clone(),
            scope: Some(scope),
        })
    }

    /// The run of a task that uses the session so.
    pub(crate) fn scope(&self) -> Option<&Arc<Scope>> {
        self.scope.as_ref()
    }

    /// The run of a task that submits what is submitted here.
    pub(crate) fn parent(&self) -> Option<Parent> {
        self.scope.as_ref()?.parent()
    }

    /// A number that no other session of this process has.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    pub(crate) fn lock(self: &Arc<Self>) -> Locked<'_> {
        // A panic in here is a defect; the tables are as good as they were.
        let tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        Locked {
            session: self,
            tables,
            woken: Woken::default(),
            left: Vec::new(),
        }
    }

    pub(crate) fn now(&self) -> Time {
        Time::ZERO + self.start.elapsed()
    }

    /// An event that asks for nothing back.
    pub(crate) fn handle(self: &Arc<Self>, event: Event) {
        self.lock().handle_and_flush(event);
    }

    /// A frame of the scheduler. Its results are there, and those who wait are awake, when this
    /// returns.
    pub(crate) fn said(self: &Arc<Self>, messages: Vec<ToClient>) {
        let mut locked = self.lock();
        locked.handle_and_flush(Event::Said(messages));
        let pushed = std::mem::take(&mut locked.tables.calls.pushed);
        drop(locked);
        self.extensions.take_in(pushed);
    }

    /// The number of an operation or push of the scheduler's extensions.
    pub(crate) fn operation(&self, name: &str) -> Option<u32> {
        self.operations.get(name).copied()
    }

    /// The worker whose tasks use the session, if it is this one.
    pub(crate) fn host_at(&self, peer: &Peer) -> Option<&Host> {
        let host = self.host.as_ref()?;
        (host.worker.id() == Some(peer.worker)).then_some(host)
    }

    /// What a fetch from the worker of this very process brought.
    pub(crate) fn fetched_here(
        self: &Arc<Self>,
        fetch: Fetch,
        values: Vec<Option<Result<Value, ValueError>>>,
    ) {
        let mut locked = self.lock();
        let mut results = Vec::with_capacity(values.len());
        for (part, value) in fetch.parts.iter().zip(values) {
            results.push(match value {
                Some(Ok(value)) => {
                    let key = (part.ticket, part.part);
                    locked.tables.here.insert(key, value);
                    Fetched::Here
                }
                Some(Err(error)) => Fetched::Failed(error.to_string()),
                None => Fetched::Missing,
            });
        }
        locked.handle_and_flush(Event::Fetched(fetch, results));
        let unclaimed = std::mem::take(&mut locked.tables.here);
        drop(locked);
        drop(unclaimed);
    }

    /// Sends what waits to be sent.
    pub(crate) fn flush(self: &Arc<Self>) {
        let mut locked = self.lock();
        locked.tables.pump_called = false;
        locked.handle_and_flush(Event::Flush);
    }

    /// Ends the session, once. Who waits is told why.
    ///
    /// The session of a worker's tasks is not a task's to end.
    pub(crate) fn close(self: &Arc<Self>, reason: &str) {
        if self.scope.is_some() {
            return;
        }
        let mut locked = self.lock();
        if locked.tables.closed.is_some() {
            return;
        }
        locked.handle_and_flush(Event::Flush);
        let reason = match &locked.tables.closing {
            Some(closing) => format!(
                "the scheduler at {} is shutting down: {closing}",
                self.address
            ),
            None => reason.to_owned(),
        };
        locked.handle(Event::Closed(reason.clone()));
        locked.tables.closed = Some(reason.clone());
        locked.tables.questions.close();
        let Locked { tables, woken, .. } = &mut locked;
        tables.calls.close(&mut woken.0);
        for (_, entry) in tables.entries.iter_mut() {
            entry.wake_into(&mut woken.0);
        }
        drop(locked);
        self.outbox.close();
        self.ended.send_replace(true);
        self.extensions.close(&reason);
    }

    /// Why the session has ended, if it has.
    pub(crate) fn closed(self: &Arc<Self>) -> Option<Error> {
        self.lock().closed()
    }

    pub(crate) fn status(self: &Arc<Self>, ticket: Ticket) -> Status {
        let locked = self.lock();
        match locked
            .tables
            .entries
            .get(ticket)
            .map(|entry| &entry.outcome)
        {
            Some(Outcome::Finished(_)) => Status::Finished,
            Some(Outcome::Failed(failure)) => match failure.code {
                ErrorCode::Cancelled => Status::Cancelled,
                ErrorCode::Lost => Status::Lost,
                ErrorCode::TimedOut => Status::TimedOut,
                _ => Status::Erred,
            },
            _ if locked.tables.closed.is_some() => Status::Erred,
            _ => Status::Pending,
        }
    }

    pub(crate) fn error(self: &Arc<Self>, ticket: Ticket) -> Option<Error> {
        let locked = self.lock();
        match locked
            .tables
            .entries
            .get(ticket)
            .map(|entry| &entry.outcome)
        {
            Some(Outcome::Finished(_)) => None,
            Some(Outcome::Failed(failure)) => Some(failure.clone().into()),
            _ => locked.closed(),
        }
    }

    /// The result or a part of it; asks for it if it is not here.
    pub(crate) fn poll_part(
        self: &Arc<Self>,
        ticket: Ticket,
        part: Part,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Value>> {
        let scope = self.scope_here();
        loop {
            let mut locked = self.lock();
            if locked.has(ticket, part) || locked.tables.closed.is_some() {
                drop(locked);
                // A task that waited takes the result when it has a place to go on.
                if let Some(scope) = &scope {
                    ready!(scope.poll_back(ticket, cx));
                }
                locked = self.lock();
                if let Some(ready) = locked.ready(ticket, part) {
                    return Poll::Ready(ready);
                }
                if let Some(closed) = locked.closed() {
                    return Poll::Ready(Err(closed));
                }
            }
            locked.handle(Event::Demand { ticket, part });
            // What was scattered from here is delivered at once.
            if !locked.has(ticket, part) {
                locked.register(ticket, cx.waker());
                locked.send_tasks_or_call_pump();
                break;
            }
        }
        if let Some(scope) = &scope {
            scope.waits_for(ticket);
        }
        Poll::Pending
    }

    /// Whether the task has ended.
    pub(crate) fn poll_done(self: &Arc<Self>, ticket: Ticket, cx: &mut Context<'_>) -> Poll<()> {
        let scope = self.scope_here();
        let mut locked = self.lock();
        let pending = locked.tables.closed.is_none()
            && locked
                .tables
                .entries
                .get(ticket)
                .is_some_and(|entry| matches!(entry.outcome, Outcome::Pending));
        if !pending {
            drop(locked);
            return match &scope {
                Some(scope) => scope.poll_back(ticket, cx),
                None => Poll::Ready(()),
            };
        }
        locked.register(ticket, cx.waker());
        locked.send_tasks_or_call_pump();
        drop(locked);
        if let Some(scope) = &scope {
            scope.waits_for(ticket);
        }
        Poll::Pending
    }

    pub(crate) fn cancel(self: &Arc<Self>, ticket: Ticket, key: &Key) {
        let mut locked = self.lock();
        locked.cancel(ticket, key);
        locked.call_pump();
    }

    /// The last handle of a future is gone.
    pub(crate) fn release(self: &Arc<Self>, ticket: Ticket) {
        let mut locked = self.lock();
        let entry = locked.tables.entries.remove(ticket);
        locked.handle(Event::Release(ticket));
        locked.call_pump();
        drop(locked);
        if let Some(scope) = self.scope_here() {
            scope.released(ticket);
        }
        // A large result is freed, and wakers that were left behind are dropped, without the lock.
        drop(entry);
    }

    /// Asks for many results at once, so that they are looked for in one question.
    pub(crate) fn demand_all(self: &Arc<Self>, tickets: impl Iterator<Item = Ticket>) {
        let mut locked = self.lock();
        for ticket in tickets {
            if locked.needs_demand(ticket) {
                locked.handle(Event::Demand {
                    ticket,
                    part: Part::WHOLE,
                });
            }
        }
        locked.handle_and_flush(Event::Flush);
    }

    /// Waits until there is room in the queue to the scheduler.
    pub(crate) async fn room(self: &Arc<Self>) -> Result<()> {
        self.outbox.room(QUEUE_ROOM.min(self.queue_limit)).await;
        self.closed().map_or(Ok(()), Err)
    }

    /// [`Session::room`] for those who poll.
    pub(crate) fn wait_for_room(self: &Arc<Self>) -> Room {
        let session = self.clone();
        Box::pin(async move { session.room().await })
    }

    /// Waits until the connection is gone.
    pub(crate) async fn disconnected(&self) {
        let mut disconnected = self.disconnected.subscribe();
        // The sender lives in this session.
        let _ = disconnected.wait_for(|gone| *gone).await;
    }

    /// Blocking a thread of the runtime that drives the session could stop the session itself.
    pub(crate) fn forbids_blocking(&self) -> Option<Error> {
        let here = runtime::Handle::try_current().ok()?;
        (self.scope.is_some() || here.id() == self.runtime.id()).then(|| {
            Error::WouldBlock(
                "it belongs to a runtime that this client or other tasks need; await the future \
                 instead"
                    .into(),
            )
        })
    }
}

impl Locked<'_> {
    pub(crate) fn closed(&self) -> Option<Error> {
        self.tables.closed.clone().map(Error::Closed)
    }

    /// Why nothing can be submitted now, if so.
    pub(crate) fn refuses(&self) -> Option<Error> {
        if let Some(closed) = self.closed() {
            return Some(closed);
        }
        if let Some(scope) = &self.session.scope
            && let Err(cancelled) = scope.refuses()
        {
            return Some(cancelled);
        }
        let queued = self.session.outbox.queued_bytes();
        (queued > self.session.queue_limit).then(|| {
            Error::Overloaded(format!(
                "{:.1} MiB wait to be sent to the scheduler at {}; wait for room with \
                 `client.ready().await`",
                queued as f64 / (1024.0 * 1024.0),
                self.session.address,
            ))
        })
    }

    pub(crate) fn next_ticket(&self) -> Ticket {
        self.tables.core.next_ticket()
    }

    /// How far a future has come; `None` if nobody wants it.
    pub(crate) fn state(&self, ticket: Ticket) -> Option<State> {
        self.tables.core.state(ticket)
    }

    /// Whether a part of a result, or the failure, is here.
    fn has(&self, ticket: Ticket, part: Part) -> bool {
        let entry = self.tables.entries.get(ticket);
        entry.is_some_and(|entry| entry.has(part))
    }

    pub(crate) fn insert(&mut self, ticket: Ticket) {
        self.tables.entries.insert(ticket, Entry::default());
    }

    /// Asks the scheduler something. The answer comes through what is returned, unless it is closed
    /// with the session.
    pub(crate) fn ask(&mut self, question: Question) -> (u64, Answered) {
        let request = self.tables.core.next_request();
        let answered = self.tables.questions.add(request);
        self.handle(Event::Ask(question));
        (request, answered)
    }

    /// Nobody waits for the answer any more; the scheduler is told if it has not come.
    pub(crate) fn give_up(&mut self, request: u64) {
        if self.tables.questions.remove(request) {
            self.handle(Event::GiveUp(request));
        }
    }

    /// Takes an event in and does what follows from it, except waking, which waits for the end of
    /// the lock.
    pub(crate) fn handle(&mut self, event: Event) {
        let now = self.session.now();
        let tables = &mut *self.tables;
        tables.core.handle(now, event, &mut tables.effects);
        self.apply();
    }

    pub(crate) fn handle_and_flush(&mut self, event: Event) {
        let now = self.session.now();
        let tables = &mut *self.tables;
        tables.core.handle(now, event, &mut tables.effects);
        if tables.core.has_unsent() {
            tables.core.handle(now, Event::Flush, &mut tables.effects);
        }
        self.apply();
    }

    /// Ends a future as one that was cancelled.
    pub(crate) fn cancel(&mut self, ticket: Ticket, key: &Key) {
        let mut failure = TaskFailure::new(ErrorCode::Cancelled, "cancelled by its client");
        failure.key = key.as_str().to_owned();
        self.handle(Event::Cancel(ticket, Arc::new(failure)));
    }

    /// Whether asking for the whole result would bring anything new.
    fn needs_demand(&self, ticket: Ticket) -> bool {
        self.tables.entries.get(ticket).is_some_and(|entry| {
            matches!(entry.outcome, Outcome::Pending | Outcome::Finished(None))
        })
    }

    fn register(&mut self, ticket: Ticket, waker: &Waker) {
        if let Some(entry) = self.tables.entries.get_mut(ticket) {
            entry.register(waker, &mut self.woken.0);
        }
    }

    /// What is known of a part of a result.
    fn ready(&mut self, ticket: Ticket, part: Part) -> Option<Result<Value>> {
        let entry = self.tables.entries.get_mut(ticket)?;
        match &entry.outcome {
            Outcome::Failed(failure) => Some(Err(failure.clone().into())),
            Outcome::Finished(Some(value)) => Some(match part.index() {
                None => Ok(value.clone()),
                Some(index) => value.part(index).map_err(Into::into),
            }),
            _ => entry.take(part),
        }
    }

    /// Somebody begins to wait: tasks go out at once, for the time until they do is time that they
    /// wait for; questions wait for company.
    pub(crate) fn send_tasks_or_call_pump(&mut self) {
        if self.tables.core.has_unsent_tasks() {
            self.handle(Event::Flush);
        } else if self.tables.core.has_unsent() {
            self.call_pump();
        }
    }

    /// Lets the pump run soon.
    pub(crate) fn call_pump(&mut self) {
        if !self.tables.pump_called && self.tables.core.has_unsent() {
            self.tables.pump_called = true;
            self.session.pump.notify_one();
        }
    }

    fn apply(&mut self) {
        let Tables {
            effects,
            entries,
            questions,
            calls,
            closing,
            here,
            ..
        } = &mut *self.tables;
        // Before all else: their futures may have ended in the same frame.
        for (request, result) in effects.replied.drain(..) {
            let replied = result.map(|parcel| {
                insert_granted(entries, &parcel);
                calls::unpack(self.session, parcel)
            });
            self.left
                .extend(calls.replied(request, replied, &mut self.woken.0));
        }
        for (operation, parcel) in effects.pushed.drain(..) {
            insert_granted(entries, &parcel);
            let (payload, futures) = calls::unpack(self.session, parcel);
            calls.pushed.push(Pushed {
                operation,
                payload,
                futures,
            });
        }
        for (ticket, ending) in effects.ended.drain(..) {
            let Some(entry) = entries.get_mut(ticket) else {
                continue;
            };
            entry.outcome = match ending {
                Ending::Finished(value) => Outcome::Finished(value.map(Value::from_encoded)),
                Ending::Failed(failure) => Outcome::Failed(failure),
                Ending::Pending => Outcome::Pending,
            };
            entry.wake_into(&mut self.woken.0);
        }
        for delivery in effects.deliver.drain(..) {
            let (ticket, part) = (delivery.ticket, delivery.part);
            let result = match delivery.result {
                Ok(Some(encoded)) => Ok(Value::from_encoded(encoded)),
                // It was put there under this very lock.
                Ok(None) => match here.remove(&(ticket, part)) {
                    Some(value) => Ok(value),
                    None => continue,
                },
                Err(failure) => Err(failure),
            };
            if let Some(entry) = entries.get_mut(ticket) {
                entry.deliver(part, result);
                entry.wake_into(&mut self.woken.0);
            }
        }
        for (request, result) in effects.answered.drain(..) {
            questions.answer(request, result);
        }
        for line in effects.logged.drain(..) {
            // Nobody may listen any more.
            let _ = self.session.logs.send(line);
        }
        if !effects.send.is_empty() {
            self.session
                .outbox
                .push_all(std::mem::take(&mut effects.send));
        }
        for fetch in effects.fetch.drain(..) {
            self.session
                .runtime
                .spawn(transfer::fetch(self.session.clone(), fetch));
        }
        for upload in effects.upload.drain(..) {
            self.session
                .runtime
                .spawn(transfer::upload(self.session.clone(), upload));
        }
        for notice in effects.notices.drain(..) {
            let notice = Notice::new(notice, &self.session.address);
            if let Notice::Closing { reason } = &notice {
                *closing = Some(reason.clone());
            }
            notice.warn();
            // Nobody may listen.
            let _ = self.session.notices.send(notice);
        }
    }
}

/// The futures that came with a message.
fn insert_granted(entries: &mut Slots<Entry>, parcel: &Parcel) {
    for grant in &parcel.futures {
        entries.insert(grant.ticket, Entry::default());
    }
}
