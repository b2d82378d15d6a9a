//! The session with the scheduler: the machine, the tables beside it, and what moves them.
//!
//! Everything that a user does and everything that arrives goes through the machine under one lock,
//! and what it wants said is queued under the same lock, so both have one order. Nothing waits
//! under the lock. What may wait for company (tasks that were submitted one by one, releases,
//! questions where results are) goes out when the pump runs next, or when somebody begins to wait.

use crate::ask::Questions;
use crate::calls::Calls;
use crate::entry::Outcome;
use crate::extension::Extensions;
use crate::logs;
use crate::nested::{Host, Scope, Scopes};
use crate::notices::{self, Notice};
use crate::tables::{Locked, Tables, Woken};
use rustc_hash::FxHashMap;
use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Instant;
use taskloom_client_core::{ClientCore, Config, Effects, Event, Fetch, Fetched, Parent, Slots};
use taskloom_core::arguments::Part;
use taskloom_core::message::{ClientWelcome, FromClient, LogLine, Peer, ToClient};
use taskloom_core::{ErrorCode, Key, Ticket, Time};
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
    pub(crate) queue_limit: u64,
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
