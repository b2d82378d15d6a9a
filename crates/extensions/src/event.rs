//! Events: flags that are set or not, and that can be waited for.
//!
//! An event is set until somebody clears it, whoever set it and however long they have been gone. One
//! that is not set and that nobody waits for needs no memory.

use crate::calls::calls_of;
use crate::lease::REQUESTS_MAX;
use crate::name;
use crate::service::{Incoming, Operation, Operations, Out, Service};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use taskloom_core::{ClientId, Time};
use taskloom_scheduler_core::extension::CallId;

/// Most events that can be set at a time.
pub const EVENTS_MAX: usize = 1 << 20;

/// Sets an event: all who wait for it go on, and nobody waits from then on. The request is its name.
#[derive(Debug)]
pub struct EventSet;

impl Operation for EventSet {
    const NAME: &'static str = "event.set";
    type Request = String;
    type Reply = ();
}

/// Clears an event: who waits from then on waits until it is set again. The request is its name.
#[derive(Debug)]
pub struct EventClear;

impl Operation for EventClear {
    const NAME: &'static str = "event.clear";
    type Request = String;
    type Reply = ();
}

/// Waits until an event is set. The request is its name.
#[derive(Debug)]
pub struct EventWait;

impl Operation for EventWait {
    const NAME: &'static str = "event.wait";
    type Request = String;
    type Reply = ();
}

/// Asks whether an event is set. The request is its name.
#[derive(Debug)]
pub struct EventIsSet;

impl Operation for EventIsSet {
    const NAME: &'static str = "event.is_set";
    type Request = String;
    type Reply = bool;
}

/// The events of a scheduler. See the module's documentation.
#[derive(Debug, Default)]
pub struct Events {
    set: BTreeSet<Arc<str>>,
    /// Who waits for events that are not set.
    waiting: BTreeMap<Arc<str>, BTreeSet<CallId>>,
    by_call: BTreeMap<CallId, Arc<str>>,
}

impl Events {
    /// No events.
    pub fn new() -> Self {
        Self::default()
    }

    fn set(&mut self, _now: Time, call: Incoming<EventSet>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = call;
        if let Err(reason) = name::check("event", &request) {
            return out.refuse(call, reason);
        }
        if !self.set.contains(request.as_str()) {
            if self.set.len() >= EVENTS_MAX {
                let reason = format!("{EVENTS_MAX} events are set already; clear some");
                return out.refuse(call, reason);
            }
            let waiting = self.waiting.remove(request.as_str()).unwrap_or_default();
            for waiter in waiting {
                self.by_call.remove(&waiter);
                out.reply::<EventWait>(waiter, &(), Vec::new());
            }
            self.set.insert(request.into());
        }
        out.reply::<EventSet>(call, &(), Vec::new());
    }

    fn clear(&mut self, _now: Time, call: Incoming<EventClear>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = call;
        match name::check("event", &request) {
            Ok(()) => {
                self.set.remove(request.as_str());
                out.reply::<EventClear>(call, &(), Vec::new());
            }
            Err(reason) => out.refuse(call, reason),
        }
    }

    fn wait(&mut self, _now: Time, call: Incoming<EventWait>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = call;
        if let Err(reason) = name::check("event", &request) {
            return out.refuse(call, reason);
        }
        if self.set.contains(request.as_str()) {
            return out.reply::<EventWait>(call, &(), Vec::new());
        }
        if call.request == 0 {
            return;
        }
        if self.by_call.len() >= REQUESTS_MAX {
            let reason = format!("{REQUESTS_MAX} wait for events already");
            return out.refuse(call, reason);
        }
        let name: Arc<str> = request.into();
        self.waiting.entry(name.clone()).or_default().insert(call);
        self.by_call.insert(call, name);
    }

    fn is_set(&mut self, _now: Time, call: Incoming<EventIsSet>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = call;
        match name::check("event", &request) {
            Ok(()) => {
                let set = self.set.contains(request.as_str());
                out.reply::<EventIsSet>(call, &set, Vec::new());
            }
            Err(reason) => out.refuse(call, reason),
        }
    }

    fn leave(&mut self, call: CallId) {
        let Some(name) = self.by_call.remove(&call) else {
            return;
        };
        if let Some(waiting) = self.waiting.get_mut(&name) {
            waiting.remove(&call);
            if waiting.is_empty() {
                self.waiting.remove(&name);
            }
        }
    }
}

impl Service for Events {
    const NAME: &'static str = "event";

    fn operations() -> Operations<Self> {
        Operations::new()
            .call::<EventSet>(Self::set)
            .call::<EventClear>(Self::clear)
            .call::<EventWait>(Self::wait)
            .call::<EventIsSet>(Self::is_set)
    }

    fn client_gone(&mut self, _now: Time, client: ClientId, _out: &mut Out<'_>) {
        let calls = self.by_call.range(calls_of(client));
        let calls: Vec<CallId> = calls.map(|(&call, _)| call).collect();
        calls.into_iter().for_each(|call| self.leave(call));
    }

    fn withdrawn(&mut self, _now: Time, call: CallId, _out: &mut Out<'_>) {
        self.leave(call);
    }

    fn rows(&self) -> usize {
        self.set.len() + self.by_call.len()
    }
}

#[cfg(test)]
mod tests;
