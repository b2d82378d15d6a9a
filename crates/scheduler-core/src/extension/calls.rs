//! Calls of clients reach the extensions, and what these reply or push reaches the clients.

use super::{CallId, Called, ExtensionEffect, ExtensionEvent, TaskEnd};
use crate::core::SchedulerCore;
use crate::extension::holds::want_of;
use crate::state::State;
use crate::step::Step;
use crate::tables::{TicketEntry, Want};
use bytes::Bytes;
use std::sync::Arc;
use taskloom_core::limits::{CALL_BYTES_MAX, CALL_FUTURES_MAX, CALLS_OPEN_MAX};
use taskloom_core::message::{Call, Grant, Parcel, ToClient};
use taskloom_core::{ClientId, ErrorCode, Key, TaskFailure, TaskId, Ticket};

/// A call that waits for its reply, or for word that its reply arrived.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OpenCall {
    /// The number of the operation.
    operation: u32,
    replied: bool,
}

impl SchedulerCore {
    /// A client calls an operation of an extension.
    pub(crate) fn call(&mut self, client: u32, call: Call) {
        let Some(id) = self.clients.get(client).map(|client| client.id) else {
            return;
        };
        let Call {
            request,
            operation,
            payload,
            futures,
        } = call;
        let of = self.host.owners.get(operation as usize).copied();
        let Some((at, index)) = of else {
            let text = format!("the scheduler has no operation {operation}");
            self.refuse_call(client, request, ErrorCode::Protocol, text);
            return;
        };
        let futures = match self.may_call(client, request, operation, &futures) {
            Ok(futures) => futures,
            Err((code, text)) => {
                self.refuse_call(client, request, code, text);
                return;
            }
        };
        if request != 0
            && let Some(client) = self.clients.get_mut(client)
        {
            let open = OpenCall {
                operation,
                replied: false,
            };
            client.calls.insert(request, open);
        }
        let called = Called {
            call: CallId {
                client: id,
                request,
            },
            operation: index,
            payload,
            futures,
        };
        self.tell_extension(at, ExtensionEvent::Called(called));
    }

    /// The tasks that a call speaks of, or why it cannot be taken in.
    fn may_call(
        &self,
        client: u32,
        request: u64,
        operation: u32,
        futures: &[Ticket],
    ) -> Result<Vec<TaskId>, (ErrorCode, String)> {
        let name = self.host.operations.get(operation as usize);
        let name = name.map_or("an operation", |name| name);
        let Some(client) = self.clients.get(client) else {
            return Err((ErrorCode::Closed, "the client is gone".into()));
        };
        if let Some(reason) = &self.closing {
            let text = format!("{name}: the scheduler is shutting down: {reason}");
            return Err((ErrorCode::Closed, text));
        }
        if client.calls.contains_key(&request) {
            let text = format!("{name}: the number {request} is that of a call under way");
            return Err((ErrorCode::Protocol, text));
        }
        if client.calls.len() >= CALLS_OPEN_MAX {
            let text = format!("{name}: {CALLS_OPEN_MAX} calls of this client wait already");
            return Err((ErrorCode::Overloaded, text));
        }
        let task = |(at, &ticket): (usize, &Ticket)| {
            let task = client.tickets.get(ticket).and_then(TicketEntry::task);
            task.map(|slot| self.task_id(slot)).ok_or_else(|| {
                let text = format!(
                    "{name}: future {at} of the call is unknown to the scheduler: its task was \
                         refused, or it is released"
                );
                (ErrorCode::Refused, text)
            })
        };
        futures.iter().enumerate().map(task).collect()
    }

    /// A client waits for a call no more.
    pub(crate) fn call_withdrawn(&mut self, client: u32, request: u64) {
        self.call_over(client, request, ExtensionEvent::Withdrawn);
    }

    /// The reply to a call has reached whoever waited for it.
    pub(crate) fn call_received(&mut self, client: u32, request: u64) {
        self.call_over(client, request, ExtensionEvent::Received);
    }

    fn call_over(&mut self, client: u32, request: u64, event: fn(CallId) -> ExtensionEvent) {
        let Some(client) = self.clients.get_mut(client) else {
            return;
        };
        let Some(open) = client.calls.remove(&request) else {
            return;
        };
        let call = CallId {
            client: client.id,
            request,
        };
        let owner = self.host.owners.get(open.operation as usize);
        if let Some(&(at, _)) = owner {
            self.tell_extension(at, event(call));
        }
    }

    /// Tells all extensions something.
    pub(crate) fn tell_extensions(&mut self, event: impl Fn() -> ExtensionEvent) {
        self.host.note(event);
        self.tell_queued();
    }

    /// Tells the extensions whose time has come.
    pub(crate) fn tick_extensions(&mut self) {
        for at in self.host.due(self.now) {
            self.tell_extension(at, ExtensionEvent::Tick);
        }
    }

    /// Tells extensions what they are to know by now.
    pub(crate) fn tell_queued(&mut self) {
        while let Some((at, event)) = self.host.queued.pop_front() {
            self.dispatch(at, event);
        }
    }

    /// Tells one extension something, after what happened before.
    fn tell_extension(&mut self, at: usize, event: ExtensionEvent) {
        self.tell_queued();
        self.dispatch(at, event);
    }

    /// Lets an extension take in an event, and does what it wants done.
    fn dispatch(&mut self, at: usize, event: ExtensionEvent) {
        let (text, call) = self.describe(at, &event);
        match self.host.call(at, self.now, event) {
            Ok(effects) => {
                for effect in effects.0 {
                    self.apply(at, text, effect);
                }
                self.run_steps();
            }
            Err(message) => {
                if let Some(call) = call {
                    let name = self.host.members.get(at).map_or("", |member| member.name);
                    let failure = TaskFailure::new(
                        ErrorCode::Internal,
                        format!("the extension {name} panicked in {text}: {message}"),
                    );
                    self.reply(call, Err(Arc::new(failure)));
                }
                self.host.fault(at, text.into(), message);
            }
        }
    }

    /// An event in words for the log, and the call that it is.
    fn describe(&self, at: usize, event: &ExtensionEvent) -> (&'static str, Option<CallId>) {
        let text = match event {
            ExtensionEvent::Called(called) => {
                let names = self.host.members.get(at).map(|member| member.operations);
                let name = names.and_then(|names| names.get(called.operation));
                return (name.map_or("a call", |name| name), Some(called.call));
            }
            ExtensionEvent::Withdrawn(_) => "a withdrawal",
            ExtensionEvent::Received(_) => "word that a reply arrived",
            ExtensionEvent::ClientJoined { .. } => "word of a new client",
            ExtensionEvent::ClientGone(_) => "word that a client is gone",
            ExtensionEvent::WorkerJoined { .. } => "word of a new worker",
            ExtensionEvent::WorkerGone { .. } => "word that a worker is gone",
            ExtensionEvent::TaskEnded { .. } => "word that a task ended",
            ExtensionEvent::Tick => "its tick",
        };
        (text, None)
    }

    fn apply(&mut self, at: usize, event: &'static str, effect: ExtensionEffect) {
        match effect {
            ExtensionEffect::Reply {
                call,
                payload,
                futures,
            } => match check_size(&payload, &futures) {
                Ok(()) => self.reply(call, Ok((payload, futures))),
                Err(reason) => {
                    let text = format!("the reply of {event} {reason}");
                    let failure = TaskFailure::new(ErrorCode::TooLarge, text.clone());
                    self.reply(call, Err(Arc::new(failure)));
                    self.host.fault(at, event.into(), text);
                }
            },
            ExtensionEffect::Refuse { call, failure } => self.reply(call, Err(failure.into())),
            ExtensionEffect::Push {
                client,
                operation,
                payload,
                futures,
            } => self.push(at, event, client, operation, payload, futures),
            ExtensionEffect::Hold { holder, task } => self.hold_for(at, holder, task),
            ExtensionEffect::LetGo { holder, task } => {
                let undone = match self.task_slot(task) {
                    Some(slot) => self.let_go_for(at, holder, slot),
                    None => Err(format!("it lets go of a task under {holder} that is gone")),
                };
                if let Err(reason) = undone {
                    self.host.fault(at, event.into(), reason);
                }
            }
        }
    }

    /// Says a reply, unless nobody waits for one. A refusal is said in any case.
    fn reply(&mut self, call: CallId, result: Result<(Bytes, Vec<TaskId>), Arc<TaskFailure>>) {
        let CallId { client, request } = call;
        let Some(slot) = self.client_slot(client) else {
            return;
        };
        if request != 0 {
            let Some(of_client) = self.clients.get_mut(slot) else {
                return;
            };
            let Some(open) = of_client.calls.get_mut(&request) else {
                return;
            };
            if open.replied {
                return;
            }
            open.replied = true;
            let owner = self.host.owners.get(open.operation as usize);
            let confirmed = owner.is_some_and(|&(at, index)| {
                let member = self.host.members.get(at);
                member.is_some_and(|member| member.extension.confirmed(index))
            });
            if !confirmed || result.is_err() {
                of_client.calls.remove(&request);
            }
        } else if result.is_ok() {
            return;
        }
        match result {
            Ok((payload, tasks)) => {
                let (parcel, slots) = self.parcel(slot, payload, &tasks);
                let result = Ok(parcel);
                self.tell_client(slot, ToClient::Replied { request, result });
                self.tell_granted(slot, slots);
            }
            Err(failure) => {
                let result = Err(failure);
                self.tell_client(slot, ToClient::Replied { request, result });
            }
        }
    }

    fn refuse_call(&mut self, client: u32, request: u64, code: ErrorCode, text: String) {
        let result = Err(Arc::new(TaskFailure::new(code, text)));
        self.tell_client(client, ToClient::Replied { request, result });
    }

    fn push(
        &mut self,
        at: usize,
        event: &'static str,
        client: ClientId,
        operation: usize,
        payload: Bytes,
        futures: Vec<TaskId>,
    ) {
        // A client that is gone just now is no fault of the extension.
        let Some(slot) = self.client_slot(client) else {
            return;
        };
        let member = self.host.members.get(at);
        let number = member.filter(|member| operation < member.operations.len());
        let number = number.and_then(|member| u32::try_from(member.first + operation).ok());
        let checked = check_size(&payload, &futures);
        let (Some(number), Ok(())) = (number, &checked) else {
            let reason = checked
                .err()
                .unwrap_or("has no operation of its extension".into());
            self.host.fault(
                at,
                event.into(),
                format!("a message that it pushes {reason}"),
            );
            return;
        };
        let (parcel, slots) = self.parcel(slot, payload, &futures);
        self.tell_client(
            slot,
            ToClient::Pushed {
                operation: number,
                parcel,
            },
        );
        self.tell_granted(slot, slots);
    }

    /// Hands tasks to a client: from now on it wants them.
    fn parcel(
        &mut self,
        client: u32,
        payload: Bytes,
        tasks: &[TaskId],
    ) -> (Parcel, Vec<(Ticket, Option<u32>)>) {
        let mut futures = Vec::with_capacity(tasks.len());
        let mut granted = Vec::with_capacity(tasks.len());
        for &task in tasks {
            let Some(of_client) = self.clients.get_mut(client) else {
                break;
            };
            let ticket = of_client.next_granted;
            of_client.next_granted = ticket.offset(1);
            let slot = self.task_slot(task);
            let key = slot.and_then(|slot| {
                let place = self.task(slot).place;
                Key::from_bytes(self.blocks.key(place).to_bytes()).ok()
            });
            if let Some(slot) = slot {
                self.add_want(slot, Want { client, ticket });
            }
            futures.push(Grant {
                ticket,
                key: key.unwrap_or_else(forgotten),
            });
            granted.push((ticket, slot));
        }
        (Parcel { payload, futures }, granted)
    }

    /// Tells a client how far the tasks are that it was just handed.
    fn tell_granted(&mut self, client: u32, granted: Vec<(Ticket, Option<u32>)>) {
        for (ticket, slot) in granted {
            match slot {
                Some(slot) => self.tell_state(slot, client, ticket),
                None => {
                    let text = "its task is gone: the extension that handed it out did not hold it";
                    let failure = TaskFailure::new(ErrorCode::Lost, text);
                    self.refuse_ticket(client, ticket, Arc::new(failure));
                }
            }
        }
    }

    /// Keeps a task for an extension, which hears at once of one that has ended.
    fn hold_for(&mut self, at: usize, holder: String, task: TaskId) {
        let Some(slot) = self.task_slot(task) else {
            return;
        };
        let Some(number) = self.host.holds.add(at, holder, slot) else {
            return;
        };
        self.add_want(slot, want_of(number));
        match self.task(slot).state {
            State::Released => self.steps.push(Step::Activate(slot)),
            State::Memory { nbytes, .. } => {
                self.host.note_for(at, task, TaskEnd::Finished { nbytes });
            }
            State::Erred => {
                let code = self.failures.get(&slot).map(|failure| failure.code);
                let code = code.unwrap_or(ErrorCode::Internal);
                self.host.note_for(at, task, TaskEnd::Failed(code));
            }
            _ => {}
        }
    }

    fn let_go_for(&mut self, at: usize, holder: String, slot: u32) -> Result<(), String> {
        if let Some(number) = self.host.holds.remove(at, holder, slot)? {
            let mut list = self.task(slot).wants;
            self.wants.remove(&mut list, want_of(number));
            self.task_mut(slot).wants = list;
            self.steps.push(Step::Unneed(slot));
        }
        Ok(())
    }
}

fn check_size(payload: &Bytes, futures: &[TaskId]) -> Result<(), String> {
    if payload.len() > CALL_BYTES_MAX {
        return Err(format!(
            "has {} bytes, more than {CALL_BYTES_MAX}",
            payload.len()
        ));
    }
    if futures.len() > CALL_FUTURES_MAX {
        return Err(format!(
            "speaks of {} tasks, more than {CALL_FUTURES_MAX}",
            futures.len()
        ));
    }
    Ok(())
}

/// The key of a task that is gone.
#[allow(clippy::expect_used)] // The text is short and not empty.
fn forgotten() -> Key {
    Key::new("(forgotten)").expect("a valid key")
}
