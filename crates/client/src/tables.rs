//! What the session keeps under its lock, and what is done there.

use crate::ask::{Answered, Questions};
use crate::calls::{self, Calls};
use crate::entry::{Entry, Outcome};
use crate::extension::Pushed;
use crate::kept::Kept;
use crate::notices::Notice;
use crate::session::Session;
use crate::transfer;
use rustc_hash::FxHashMap;
use std::sync::{Arc, MutexGuard};
use std::task::Waker;
use taskloom_client_core::{ClientCore, Effects, Ending, Event, Slots, State};
use taskloom_core::arguments::Part;
use taskloom_core::message::{Parcel, Question};
use taskloom_core::{ErrorCode, Key, TaskFailure, Ticket};
use taskloom_task::{Error, Result, Value};

/// What the session keeps under its lock.
pub(crate) struct Tables {
    pub(crate) core: ClientCore,
    pub(crate) effects: Effects,
    pub(crate) entries: Slots<Entry>,
    /// Who waits for answers.
    pub(crate) questions: Questions,
    pub(crate) calls: Calls,
    /// How many listen to what tasks print and log.
    pub(crate) listeners: i64,
    /// The pump has been called and has not come yet.
    pub(crate) pump_called: bool,
    /// Why the scheduler says it is ending.
    pub(crate) closing: Option<String>,
    /// Values that lie in this process, between their arrival and their delivery.
    pub(crate) here: FxHashMap<(Ticket, Part), Value>,
    pub(crate) closed: Option<String>,
}

/// A lock on the tables. When it is let go, whoever is to be woken is.
pub(crate) struct Locked<'a> {
    pub(crate) session: &'a Arc<Session>,
    pub(crate) tables: MutexGuard<'a, Tables>,
    /// These stand behind the guard, so they are dropped after the lock.
    pub(crate) woken: Woken,
    pub(crate) left: Vec<calls::Replied>,
}

/// Wakes all of them when it is dropped.
#[derive(Default)]
pub(crate) struct Woken(pub(crate) Vec<Waker>);

impl Drop for Woken {
    fn drop(&mut self) {
        self.0.drain(..).for_each(Waker::wake);
    }
}

impl Locked<'_> {
    pub(crate) fn closed(&self) -> Option<Error> {
        self.tables.closed.clone().map(Error::Closed)
    }

    /// Why nothing can be submitted now, if so.
    pub(crate) fn refuses(&self) -> Option<Error> {
        if self.tables.closed.is_none()
            && let Some(scope) = self.session.scope()
            && let Err(cancelled) = scope.refuses()
        {
            return Some(cancelled);
        }
        self.refuses_call()
    }

    /// Why nothing can be called now, if so. A run that is cancelled may still call: it gives back
    /// what it has.
    pub(crate) fn refuses_call(&self) -> Option<Error> {
        if let Some(closed) = self.closed() {
            return Some(closed);
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
    pub(crate) fn has(&self, ticket: Ticket, part: Part) -> bool {
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
    pub(crate) fn needs_demand(&self, ticket: Ticket) -> bool {
        self.tables.entries.get(ticket).is_some_and(|entry| {
            matches!(entry.outcome, Outcome::Pending | Outcome::Finished(None))
        })
    }

    pub(crate) fn register(&mut self, ticket: Ticket, waker: &Waker) {
        if let Some(entry) = self.tables.entries.get_mut(ticket) {
            entry.register(waker, &mut self.woken.0);
        }
    }

    /// What is known of a part of a result.
    pub(crate) fn ready(&mut self, ticket: Ticket, part: Part) -> Option<Result<Value>> {
        let entry = self.tables.entries.get_mut(ticket)?;
        match &entry.outcome {
            Outcome::Failed(failure) => Some(Err(failure.clone().into())),
            Outcome::Finished(Some(kept)) => Some(match part.index() {
                None => Ok(kept.value()),
                Some(index) => kept.value().part(index).map_err(Into::into),
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
                Ending::Finished(value) => Outcome::Finished(value.map(Kept::new)),
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
