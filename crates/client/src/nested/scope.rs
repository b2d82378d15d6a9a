//! One run of a task, as its client knows it.

use crate::session::Session;
use crate::{Error, Result};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::collections::hash_map::Entry;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll, Wake, Waker};
use taskloom_client_core::{Event, Parent, State};
use taskloom_core::{ErrorCode, TaskFailure, Ticket};
use taskloom_task::{Seceded, TaskContext, WeakContext};

/// See the module.
pub(crate) struct Scope {
    /// The session, not seen through this scope.
    base: Arc<Session>,
    context: WeakContext,
    parent: Option<Parent>,
    key: String,
    cancelled: AtomicBool,
    tickets: Mutex<Tickets>,
    /// The futures that the run waits for, each with its share of being away.
    waits: Mutex<FxHashMap<Ticket, Seceded>>,
}

/// The futures of the run: ranges of tickets, the end of each by its start.
#[derive(Default)]
struct Tickets(BTreeMap<u64, u64>);

/// Tells a scope that its run is cancelled. As long as the run is not, its context keeps this.
struct Hook(Weak<Scope>);

impl Wake for Hook {
    fn wake(self: Arc<Self>) {
        if let Some(scope) = self.0.upgrade() {
            scope.cancel();
        }
    }
}

impl Scope {
    pub(crate) fn new(base: Arc<Session>, context: &TaskContext) -> Arc<Self> {
        let scope = Arc::new(Self {
            base,
            context: context.downgrade(),
            parent: context.task().map(|task| (task, context.run())),
            key: context.key().to_owned(),
            cancelled: AtomicBool::new(false),
            tickets: Mutex::default(),
            waits: Mutex::default(),
        });
        let hook = Waker::from(Arc::new(Hook(Arc::downgrade(&scope))));
        let cancelled = pin!(context.cancelled());
        if cancelled.poll(&mut Context::from_waker(&hook)).is_ready() {
            scope.cancel();
        }
        scope
    }

    /// The run, for the scheduler.
    pub(crate) fn parent(&self) -> Option<Parent> {
        self.parent
    }

    /// Why nothing can be started any more.
    pub(crate) fn refuses(&self) -> Result<()> {
        match self.cancelled.load(Ordering::SeqCst) {
            true => Err(Error::from(self.failure())),
            false => Ok(()),
        }
    }

    fn failure(&self) -> Arc<TaskFailure> {
        let text = format!("{}, which started it, was cancelled", self.key);
        Arc::new(TaskFailure::new(ErrorCode::Cancelled, text))
    }

    /// Notes a future of the run.
    pub(crate) fn add(&self, ticket: Ticket) {
        self.tickets().add(ticket);
        // Whoever comes second, this or the cancellation, sees what the other has done.
        if self.cancelled.load(Ordering::SeqCst) {
            self.end(std::iter::once(ticket));
        }
    }

    /// A future was released: nobody waits for it.
    pub(crate) fn released(&self, ticket: Ticket) {
        self.tickets().remove(ticket);
        let wait = self.waits().remove(&ticket);
        drop(wait);
    }

    /// The run waits for this future: it is away until it comes back for it.
    pub(crate) fn waits_for(&self, ticket: Ticket) {
        if let Entry::Vacant(vacant) = self.waits().entry(ticket)
            && let Some(context) = self.context.upgrade()
        {
            vacant.insert(context.secede());
        }
    }

    /// What the run waited for is there: ready when the run has a place again, or still waits for
    /// something else.
    pub(crate) fn poll_back(&self, ticket: Ticket, cx: &mut Context<'_>) -> Poll<()> {
        let mut waits = self.waits();
        let Some(wait) = waits.get_mut(&ticket) else {
            return Poll::Ready(());
        };
        let back = wait.poll_rejoin(cx);
        if back.is_ready() {
            waits.remove(&ticket);
        }
        back
    }

    /// The run is cancelled: what it started is released, and its futures end.
    fn cancel(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
        let Tickets(ranges) = std::mem::take(&mut *self.tickets());
        let tickets = ranges.into_iter().flat_map(|(start, end)| start..end);
        self.end(tickets.map(Ticket));
    }

    fn end(&self, tickets: impl Iterator<Item = Ticket>) {
        let failure = self.failure();
        let mut locked = self.base.lock();
        for ticket in tickets {
            if locked.state(ticket) == Some(State::Pending) {
                locked.handle(Event::Abandon(ticket, failure.clone()));
            }
        }
        locked.call_pump();
    }

    fn tickets(&self) -> std::sync::MutexGuard<'_, Tickets> {
        // Nothing in there can panic half-way.
        self.tickets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn waits(&self) -> std::sync::MutexGuard<'_, FxHashMap<Ticket, Seceded>> {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tickets {
    fn add(&mut self, Ticket(ticket): Ticket) {
        match self.0.range_mut(..=ticket).next_back() {
            Some((_, end)) if *end == ticket => *end += 1,
            _ => {
                self.0.insert(ticket, ticket + 1);
            }
        }
    }

    fn remove(&mut self, Ticket(ticket): Ticket) {
        let Some((&start, end)) = self.0.range_mut(..=ticket).next_back() else {
            return;
        };
        let after = *end;
        if after <= ticket {
            return;
        }
        *end = ticket;
        if start == ticket {
            self.0.remove(&start);
        }
        if ticket + 1 < after {
            self.0.insert(ticket + 1, after);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_grow_and_are_cut() {
        let mut tickets = Tickets::default();
        for ticket in [3, 4, 5, 6, 1 << 40, 9] {
            tickets.add(Ticket(ticket));
        }
        tickets.remove(Ticket(5));
        tickets.remove(Ticket(3));
        tickets.remove(Ticket(8));
        tickets.remove(Ticket(1 << 40));
        let left: Vec<(u64, u64)> = tickets.0.into_iter().collect();
        assert_eq!(left, [(4, 5), (6, 7), (9, 10)]);
    }
}
