//! From calls to the columns in which they travel.

use crate::adopt::foreign;
use crate::futures::{Handle, Refused};
use crate::held_key::HeldKey;
use crate::session::Session;
use std::sync::Arc;
use taskloom_client_core::{Event, Need, NewTask, Tasks};
use taskloom_core::Ticket;
use taskloom_core::limits::{ARGUMENT_BYTES_MAX, ARGUMENT_BYTES_WARN};
use taskloom_task::{CallParts, Dependency, Error, FutureHandle, Result};
use taskloom_wire::arguments;

/// Warns about arguments that should have been scattered.
pub(crate) fn warn_if_large(parts: &CallParts) {
    if parts.argument_bytes > ARGUMENT_BYTES_WARN as u64 {
        tracing::warn!(
            key = parts.key.as_str(),
            "the arguments of {} have {:.1} MiB; they pass through the scheduler with each task: \
             scatter large values first (client.scatter(value).await) and give the future",
            parts.operation(),
            parts.argument_bytes as f64 / (1024.0 * 1024.0),
        );
    }
}

/// Encoded arguments that are too long in spite of small values: too many references.
pub(crate) fn check_length(parts: &CallParts, bytes: usize) -> Result<()> {
    if bytes <= ARGUMENT_BYTES_MAX {
        return Ok(());
    }
    Err(Error::Call {
        operation: parts.operation().to_string(),
        reason: format!(
            "its arguments take {bytes} bytes, more than {ARGUMENT_BYTES_MAX}: scatter large \
             values first (client.scatter), and reduce very many futures in a tree"
        ),
    })
}

impl Session {
    /// The ticket of a future that is given as an argument.
    pub(crate) fn ticket_of(&self, handle: &Arc<dyn FutureHandle>) -> Result<Ticket> {
        if handle.session() == self.number() {
            return Ok(handle.ticket());
        }
        Err(foreign(self, handle))
    }

    fn tickets_of(&self, dependencies: &[Dependency]) -> Result<Vec<Ticket>> {
        let ticket = |dependency: &Dependency| match dependency {
            Dependency::Future(handle) => self.ticket_of(handle),
            other => Err(Error::Graph(format!(
                "task {} belongs to a graph: add what needs it to the same graph",
                other.key()
            ))),
        };
        dependencies.iter().map(ticket).collect()
    }

    /// Submits one task. Whatever is wrong comes out of its future.
    pub(crate) fn submit(self: &Arc<Self>, parts: Result<CallParts>) -> Arc<dyn FutureHandle> {
        let parts = match parts {
            Ok(parts) => parts,
            Err(error) => return Refused::handle(None, error),
        };
        match self.try_submit(&parts) {
            Ok(ticket) => {
                let key = HeldKey::of_call(parts.key, parts.definition);
                self.handle_of(ticket, key)
            }
            Err(error) => Refused::handle(Some(parts.key), error),
        }
    }

    fn try_submit(self: &Arc<Self>, parts: &CallParts) -> Result<Ticket> {
        warn_if_large(parts);
        let dependencies = self.tickets_of(&parts.dependencies)?;
        let mut encoded = Vec::with_capacity(arguments::encoded_len(&parts.nodes));
        check_length(parts, encoded.capacity())?;
        arguments::encode_into(&parts.nodes, &mut encoded);
        let task = NewTask {
            key: parts.key.clone(),
            operation: parts.operation().clone(),
            options: parts.options.clone(),
            arguments: encoded,
            dependencies,
            parent: self.parent(),
        };
        let mut locked = self.lock();
        if let Some(error) = locked.refuses() {
            return Err(error);
        }
        let ticket = locked.next_ticket();
        locked.insert(ticket);
        locked.handle(Event::Submit(task));
        locked.call_pump();
        Ok(ticket)
    }

    /// Submits many tasks as one; returns the ticket of the first.
    pub(crate) fn submit_tasks(
        self: &Arc<Self>,
        mut tasks: Tasks,
        wanted: impl Iterator<Item = u64>,
    ) -> Result<Ticket> {
        tasks.set_parent(self.parent());
        let mut locked = self.lock();
        if let Some(error) = locked.refuses() {
            return Err(error);
        }
        let first = locked.next_ticket();
        for place in wanted {
            locked.insert(first.offset(place));
        }
        locked.handle(Event::SubmitTasks(tasks));
        Ok(first)
    }

    /// The handle of a future whose entry was made.
    ///
    /// Not to be called under the lock of the session.
    pub(crate) fn handle_of(
        self: &Arc<Self>,
        ticket: Ticket,
        key: impl Into<HeldKey>,
    ) -> Arc<dyn FutureHandle> {
        if let Some(scope) = self.scope() {
            scope.add(ticket);
        }
        Arc::new(Handle {
            session: self.clone(),
            ticket,
            key: key.into(),
        })
    }

    /// Adds a call to tasks that go out together.
    pub(crate) fn add_call(&self, tasks: &mut Tasks, parts: CallParts) -> Result<HeldKey> {
        warn_if_large(&parts);
        check_length(&parts, arguments::encoded_len(&parts.nodes))?;
        let write = |blob: &mut Vec<u8>| arguments::encode_into(&parts.nodes, blob);
        let options = parts.options.as_ref();
        if parts.dependencies.is_empty() {
            tasks.push(&parts.key, parts.operation(), options, [], true, write);
        } else {
            let needs = self
                .tickets_of(&parts.dependencies)?
                .into_iter()
                .map(Need::Ticket);
            tasks.push(&parts.key, parts.operation(), options, needs, true, write);
        }
        Ok(HeldKey::of_call(parts.key, parts.definition))
    }
}
