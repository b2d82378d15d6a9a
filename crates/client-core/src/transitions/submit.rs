//! Tasks go out.

use crate::effects::Effects;
use crate::events::NewTask;
use crate::state::{ClientCore, Slot, State};
use crate::tasks::Tasks;
use taskloom_core::GraphId;
use taskloom_core::message::FromClient;

impl Slot {
    pub(crate) const PENDING: Self = Self {
        state: State::Pending,
        demanded: false,
        ended_here: false,
    };
}

impl ClientCore {
    /// Queues one task. It goes out with others when the shell flushes, so that a loop of
    /// submissions makes few messages.
    pub(crate) fn submit(&mut self, task: NewTask, effects: &mut Effects) {
        let NewTask {
            key,
            operation,
            options,
            arguments,
            parent,
            ..
        } = &task;
        if self.pending.parent() != *parent {
            self.send_pending(effects);
            self.pending.set_parent(*parent);
        }
        self.pending.push(
            key,
            operation,
            options.as_ref(),
            task.needs(),
            true,
            |blob| {
                blob.extend_from_slice(arguments);
            },
        );
        self.slots.insert(self.next_ticket, Slot::PENDING);
        self.next_ticket = self.next_ticket.offset(1);
        if self.pending.chunks() > 1 {
            self.send_pending(effects);
        }
    }

    /// Sends a graph at once, after what was submitted before it.
    pub(crate) fn submit_tasks(&mut self, tasks: Tasks, effects: &mut Effects) {
        self.send_pending(effects);
        let first = self.next_ticket;
        for place in tasks.wanted() {
            self.slots.insert(first.offset(place), Slot::PENDING);
        }
        self.next_ticket = first.offset(tasks.len());
        self.send_tasks(tasks, effects);
    }

    /// Sends what was submitted one by one, and then the calls that waited for it.
    pub(crate) fn send_pending(&mut self, effects: &mut Effects) {
        if !self.pending.is_empty() {
            let tasks = std::mem::take(&mut self.pending);
            self.send_tasks(tasks, effects);
        }
        effects.send.append(&mut self.to_call);
    }

    /// Sends tasks whose tickets end where the next one begins.
    fn send_tasks(&mut self, tasks: Tasks, effects: &mut Effects) {
        let graph = self.next_graph;
        self.next_graph = GraphId(graph.0 + 1);
        let first = taskloom_core::Ticket(self.next_ticket.0 - tasks.len());
        let chunks = tasks.into_chunks(graph, first, &mut self.operations, &mut self.options);
        effects.send.extend(
            chunks
                .into_iter()
                .map(|chunk| FromClient::Submit(Box::new(chunk))),
        );
    }
}
