//! A handle of an actor without its type: keeps the order of its calls, and finds the actor again when
//! it has moved.
//!
//! Calls wait in one row. They are handed to the way to the worker from its front, a bounded number at
//! a time. When one comes back unmade, or the way breaks, nothing more is sent before all that were
//! under way have ended; then the actor is looked for again, and the row goes on in its old order.

use super::address::ActorAddress;
use super::arguments::CallArguments;
use super::reply::ActorReply;
use super::transport::{Pending, Sent, process_transport};
use crate::error::{Error, Result};
use crate::future::{FutureHandle, Status};
use crate::value::{TaskValue, Value};
use futures::channel::oneshot;
use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;
use taskloom_core::actor::{ActorLine, CallEnd};
use taskloom_core::limits::ARGUMENT_BYTES_MAX;
use taskloom_core::{ErrorCode, RunId, TaskFailure};

/// Calls of one handle that may be on their way at a time.
const WINDOW_CALLS: usize = 256;

/// Bytes of their arguments, beyond the first of them.
const WINDOW_BYTES: u64 = 8 * 1024 * 1024;

/// Calls of one handle that may wait behind those.
const WAITING_CALLS_MAX: usize = 1024 * 1024;

/// Bytes of their arguments.
const WAITING_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// The pauses before an actor is tried again that did not answer where it was last known. Meanwhile
/// the scheduler learns that its worker is gone, or the worker comes back.
const PAUSES: [Duration; 6] = [
    Duration::from_millis(20),
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_millis(1000),
    Duration::from_millis(2000),
];

/// A handle of an actor without its type; [`Actor`](super::Actor) has one. A clone is the same handle.
#[derive(Clone)]
pub struct ActorLink(Arc<Inner>);

/// How the actor is found.
enum Source {
    /// The future of its constructor, which also keeps it alive, and the type that it is to be.
    Future(Arc<dyn FutureHandle>, &'static str),
    /// Where it is, as it was told.
    Address(ActorAddress),
}

pub(super) struct Inner {
    source: Source,
    /// How often somebody asked for [`Inner::pump`] since nobody does.
    pumping: AtomicUsize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Calls that were not sent, in their order.
    waiting: VecDeque<Pending>,
    waiting_bytes: u64,
    next: u64,
    in_flight: usize,
    in_flight_bytes: u64,
    /// The worker's number for the actor, and the way that calls are sent on.
    line: Option<(RunId, Arc<dyn ActorLine>)>,
    /// Where that way leads, or where the last one led.
    address: Option<ActorAddress>,
    /// What went wrong since a call was answered.
    trouble: Option<Trouble>,
    /// Somebody will call [`Inner::pump`] when there is news: a waker, or a pause that ends.
    expected: bool,
}

struct Trouble {
    /// How many ways were tried, from 1.
    ways: usize,
    /// Whether there was a pause since the last one.
    rested: bool,
    /// Whether the worker was there and did not know the actor.
    missing: bool,
    reason: String,
}

/// What is to be done next.
enum Next {
    Rest,
    Send(Arc<dyn ActorLine>, Sent),
    Find,
}

impl ActorLink {
    /// The handle of the actor of this type that this future will be.
    pub(crate) fn of_future(handle: Arc<dyn FutureHandle>, kind: &'static str) -> Self {
        Self::new(Source::Future(handle, kind))
    }

    /// The handle of the actor at an address; it does not keep the actor alive.
    pub(crate) fn of_address(address: ActorAddress) -> Self {
        Self::new(Source::Address(address))
    }

    fn new(source: Source) -> Self {
        Self(Arc::new(Inner {
            source,
            pumping: AtomicUsize::new(0),
            state: Mutex::default(),
        }))
    }

    /// The future that keeps the actor alive, if this handle has one.
    pub(crate) fn future(&self) -> Option<&Arc<dyn FutureHandle>> {
        match &self.0.source {
            Source::Future(handle, _) => Some(handle),
            Source::Address(_) => None,
        }
    }

    /// The key of the actor.
    pub fn key(&self) -> String {
        match &self.0.source {
            Source::Future(handle, _) => handle.key().as_str().to_owned(),
            Source::Address(address) => address.key.clone(),
        }
    }

    /// Where the actor is, if that is known without asking anybody.
    pub(crate) fn address(&self) -> Option<ActorAddress> {
        match &self.0.source {
            Source::Address(address) => Some(address.clone()),
            Source::Future(handle, _) => {
                let mut nobody = Context::from_waker(Waker::noop());
                match handle.status() {
                    Status::Finished => match handle.poll_value(&mut nobody) {
                        Poll::Ready(Ok(value)) => value.take().ok(),
                        _ => None,
                    },
                    _ => None,
                }
            }
        }
    }

    /// Calls a method; the call is on its way when this returns. The expansion of `#[actor]` calls
    /// this.
    pub fn call<T: TaskValue>(
        &self,
        method: &'static str,
        signature: u64,
        arguments: CallArguments,
    ) -> ActorReply<T> {
        let (answer, receiver) = oneshot::channel();
        let forbids_blocking = self.future().and_then(|handle| handle.forbids_blocking());
        let reply = ActorReply::new(receiver, forbids_blocking);
        let nbytes = arguments.nbytes();
        if let Err(error) = self.check(method, &arguments, nbytes) {
            // The receiver is here.
            let _ = answer.send(Err(error));
            return reply;
        }
        let mut state = self.0.lock();
        let number = state.next;
        state.next += 1;
        state.waiting_bytes += nbytes;
        state.waiting.push_back(Pending {
            number,
            method,
            signature,
            nodes: arguments.nodes,
            nbytes,
            link: self.0.clone(),
            answer,
        });
        drop(state);
        self.0.pump();
        reply
    }

    fn check(&self, method: &str, arguments: &CallArguments, nbytes: u64) -> Result<()> {
        let reason = match &arguments.problem {
            Some(problem) => problem.to_string(),
            None if nbytes > ARGUMENT_BYTES_MAX as u64 => format!(
                "its arguments have {nbytes} bytes, more than {ARGUMENT_BYTES_MAX}: give large \
                 values to the actor in parts, or as futures to its constructor"
            ),
            None => {
                let state = self.0.lock();
                let full = state.waiting.len() >= WAITING_CALLS_MAX
                    || (state.waiting_bytes + nbytes > WAITING_BYTES_MAX);
                return match full {
                    true => Err(Error::Overloaded(format!(
                        "{} calls of the actor {} wait to be sent: wait for answers before calling \
                         on",
                        state.waiting.len(),
                        self.key()
                    ))),
                    false => Ok(()),
                };
            }
        };
        let operation = format!("{method} of the actor {}", self.key());
        Err(Error::Call { operation, reason })
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that can panic runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does what can be done now. One thread at a time does it; others leave it to that one, so calls
    /// keep their order, and nothing foreign runs under the lock.
    fn pump(self: &Arc<Self>) {
        if self.pumping.fetch_add(1, Ordering::AcqRel) > 0 {
            return;
        }
        loop {
            let asked = self.pumping.load(Ordering::Acquire);
            loop {
                match self.next() {
                    Next::Rest => break,
                    Next::Send(line, call) => line.send(Box::new(call)),
                    Next::Find => self.find(),
                }
            }
            let done = self
                .pumping
                .compare_exchange(asked, 0, Ordering::AcqRel, Ordering::Acquire);
            if done.is_ok() {
                return;
            }
        }
    }

    fn next(&self) -> Next {
        let mut state = self.lock();
        let Some(first) = state.waiting.front() else {
            return Next::Rest;
        };
        let nbytes = first.nbytes;
        match state.line.clone() {
            Some((actor, line)) => {
                let room = state.in_flight == 0
                    || (state.in_flight < WINDOW_CALLS
                        && state.in_flight_bytes + nbytes <= WINDOW_BYTES);
                match state.waiting.pop_front() {
                    Some(pending) if room => {
                        state.waiting_bytes -= nbytes;
                        state.in_flight += 1;
                        state.in_flight_bytes += nbytes;
                        let pending = Some(pending);
                        Next::Send(line, Sent { actor, pending })
                    }
                    Some(pending) => {
                        state.waiting.push_front(pending);
                        Next::Rest
                    }
                    None => Next::Rest,
                }
            }
            None if state.in_flight > 0 || state.expected => Next::Rest,
            None => Next::Find,
        }
    }

    /// Looks for the actor, and opens a way to it.
    fn find(self: &Arc<Self>) {
        let address = match &self.source {
            Source::Address(address) => address.clone(),
            Source::Future(handle, kind) => {
                // Before it is asked: the answer may come before this returns.
                self.lock().expected = true;
                let waker = Waker::from(self.clone());
                let value = match handle.poll_value(&mut Context::from_waker(&waker)) {
                    Poll::Pending => return,
                    Poll::Ready(value) => value,
                };
                self.lock().expected = false;
                let address = value.and_then(|value| Ok(value.take::<ActorAddress>()?));
                let address = address.and_then(|address| address.of_kind(kind));
                match address {
                    Ok(address) => address,
                    Err(error) => return self.fail_waiting(&error),
                }
            }
        };
        let transport = match &self.source {
            Source::Future(handle, _) => handle.actor_transport().or_else(process_transport),
            Source::Address(_) => process_transport(),
        };
        let Some(transport) = transport else {
            return self.fail_waiting(&Error::Setup(format!(
                "the actor {} cannot be called here: this program has no client and is no worker",
                address.key
            )));
        };
        match self.patience(&address) {
            Ok(None) => {
                let line = transport.line(&address.host, address.worker_id());
                let mut state = self.lock();
                state.line = Some((address.run_id(), line));
                state.address = Some(address);
            }
            Ok(Some(pause)) => {
                let this = self.clone();
                self.lock().expected = true;
                transport.after(
                    pause,
                    Box::new(move || {
                        this.lock().expected = false;
                        this.pump();
                    }),
                );
            }
            Err(error) => self.fail_waiting(&error),
        }
    }

    /// Whether to try this address at once, after a pause, or not at all.
    fn patience(&self, address: &ActorAddress) -> Result<Option<Duration>> {
        let mut state = self.lock();
        if state.address.as_ref() != Some(address) {
            state.trouble = None;
        }
        let Some(trouble) = &mut state.trouble else {
            return Ok(None);
        };
        // Nobody will tell a bare address of a new place.
        let hopeless = trouble.missing && matches!(self.source, Source::Address(_));
        match PAUSES.get(trouble.ways - 1).filter(|_| !hopeless) {
            Some(_) if trouble.rested => Ok(None),
            Some(&pause) => {
                trouble.rested = true;
                Ok(Some(pause))
            }
            None => {
                let error = gone(address, trouble);
                state.trouble = None;
                Err(error)
            }
        }
    }

    /// Ends all calls that wait.
    fn fail_waiting(&self, error: &Error) {
        let mut state = self.lock();
        state.waiting_bytes = 0;
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        for pending in waiting {
            // Nobody may wait for it any more.
            let _ = pending.answer.send(Err(error.clone()));
        }
    }

    /// A call has ended.
    pub(super) fn ended(pending: Pending, end: CallEnd) {
        let this = pending.link.clone();
        let mut state = this.lock();
        state.in_flight -= 1;
        state.in_flight_bytes -= pending.nbytes;
        let answer = match end {
            CallEnd::Answered(result) => {
                state.trouble = None;
                match result {
                    Ok(encoded) => Ok(Value::from_encoded(encoded)),
                    Err(failure) => Err(Error::from(*failure)),
                }
            }
            CallEnd::Broken(reason) => {
                let error = broken(state.address.as_ref(), pending.method, &reason);
                state.went_wrong(reason, false);
                Err(error)
            }
            CallEnd::Missing => {
                state.went_wrong("it does not know the actor".to_owned(), true);
                state.back(pending);
                drop(state);
                return this.pump();
            }
            CallEnd::Closed => {
                state.line = None;
                state.back(pending);
                drop(state);
                return this.pump();
            }
            CallEnd::NotSent(reason) => {
                state.went_wrong(reason, false);
                state.back(pending);
                drop(state);
                return this.pump();
            }
        };
        drop(state);
        // Nobody may wait for it any more.
        let _ = pending.answer.send(answer);
        this.pump();
    }
}

impl State {
    /// The way is of no use any more.
    fn went_wrong(&mut self, reason: String, missing: bool) {
        // Other calls that were on the same way come back too; that is one trouble.
        if self.line.take().is_none() && self.trouble.is_some() {
            return;
        }
        let ways = self.trouble.as_ref().map_or(0, |trouble| trouble.ways);
        self.trouble = Some(Trouble {
            ways: ways + 1,
            rested: false,
            missing,
            reason,
        });
    }

    /// Puts a call that was not made where it was.
    fn back(&mut self, pending: Pending) {
        let at = self
            .waiting
            .partition_point(|waiting| waiting.number < pending.number);
        self.waiting_bytes += pending.nbytes;
        self.waiting.insert(at, pending);
    }
}

impl Wake for Inner {
    fn wake(self: Arc<Self>) {
        self.lock().expected = false;
        self.pump();
    }
}

/// The error of calls that were not made because the actor is not to be found.
fn gone(address: &ActorAddress, trouble: &Trouble) -> Error {
    let ActorAddress { worker, .. } = address;
    let (code, text) = match trouble.missing {
        true => (
            ErrorCode::Lost,
            format!(
                "the actor is not on {worker} any more: it was released, or made anew elsewhere"
            ),
        ),
        false => (
            ErrorCode::Unreachable,
            format!(
                "the worker {worker} of the actor cannot be reached: {}",
                trouble.reason
            ),
        ),
    };
    failure(Some(address), code, text)
}

/// The error of a call whose fate nobody knows.
fn broken(address: Option<&ActorAddress>, method: &str, reason: &str) -> Error {
    let text = format!(
        "the connection to the actor broke while the call of `{method}` was under way, so nobody \
         knows whether it was made: {reason}"
    );
    failure(address, ErrorCode::Lost, text)
}

fn failure(address: Option<&ActorAddress>, code: ErrorCode, text: String) -> Error {
    let mut failure = TaskFailure::new(code, text);
    if let Some(address) = address {
        failure.key.clone_from(&address.key);
        failure.operation.clone_from(&address.kind);
        failure.worker.clone_from(&address.worker);
    }
    failure.into()
}

impl fmt::Debug for ActorLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ActorLink({})", self.key())
    }
}
