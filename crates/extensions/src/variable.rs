//! Variables: one value or future by name, with waiting until it is set, or set anew.
//!
//! A future is held under `variable:NAME` for as long as it is what the variable is set to. Whoever
//! gets it wants it from the reply on, so there is no moment in which nobody does.

mod words;

pub use words::{Current, Delete, Get, GetRequest, List, Set, SetRequest};

use crate::calls::calls_of;
use crate::item::{self, Entry};
use crate::name;
use crate::named::NAMED_MAX;
use crate::service::{Incoming, Operations, Out, Service};
use std::collections::BTreeMap;
use taskloom_core::{ClientId, Time};
use taskloom_scheduler_core::extension::CallId;

/// Most calls that wait for variables of one scheduler.
pub const VARIABLE_WAITERS_MAX: usize = 1024 * 1024;

#[derive(Debug, Default)]
struct Variable {
    current: Option<(u64, Entry)>,
    waiting: BTreeMap<CallId, u64>,
}

/// All variables of a scheduler.
#[derive(Debug, Default)]
pub struct Variables {
    variables: BTreeMap<String, Variable>,
    /// Which variable each call waits for.
    waiting: BTreeMap<CallId, String>,
    /// The number of what was set last. It is one for all, so that it grows also when a variable is
    /// forgotten and set again.
    last: u64,
}

impl Variables {
    /// No variables.
    pub fn new() -> Self {
        Self::default()
    }

    fn variable(&mut self, name: &str) -> Result<&mut Variable, String> {
        name::check("variable", name)?;
        if self.variables.len() >= NAMED_MAX && !self.variables.contains_key(name) {
            return Err(format!("there are {NAMED_MAX} variables already"));
        }
        Ok(self.variables.entry(name.to_owned()).or_default())
    }

    fn set(&mut self, _now: Time, incoming: Incoming<Set>, out: &mut Out<'_>) {
        let Incoming {
            call,
            request,
            futures,
        } = incoming;
        let SetRequest { name, items } = request;
        let entry = match item::entries(items, futures).map(<[Entry; 1]>::try_from) {
            Ok(Ok([entry])) => entry,
            Ok(Err(_)) => return out.refuse(call, "a variable is set to one value or future"),
            Err(why) => return out.refuse(call, why),
        };
        let number = self.last + 1;
        let variable = match self.variable(&name) {
            Ok(variable) => variable,
            Err(why) => return out.refuse(call, why),
        };
        if let Some(task) = entry.task() {
            out.hold(holder(&name), task);
        }
        let old = variable.current.replace((number, entry));
        let ready = variable.waiting.extract_if(.., |_, after| *after < number);
        let ready: Vec<_> = ready.map(|(waiter, _)| waiter).collect();
        for &waiter in &ready {
            reply_current(waiter, variable, out);
        }
        for waiter in ready {
            self.waiting.remove(&waiter);
        }
        let_go(&name, old, out);
        self.last = number;
        out.reply::<Set>(call, &number, Vec::new());
    }

    fn get(&mut self, _now: Time, incoming: Incoming<Get>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = incoming;
        let GetRequest { name, after, wait } = request;
        if let Err(why) = name::check("variable", &name) {
            return out.refuse(call, why);
        }
        let known = self.variables.get(&name);
        let newer =
            known.filter(|known| matches!(known.current, Some((number, _)) if number > after));
        match newer {
            Some(variable) => reply_current(call, variable, out),
            None if !wait || call.request == 0 => {
                out.reply::<Get>(call, &Current::default(), Vec::new());
            }
            None if self.waiting.len() >= VARIABLE_WAITERS_MAX => out.refuse(
                call,
                format!("{VARIABLE_WAITERS_MAX} calls wait for variables already"),
            ),
            None => match self.variable(&name) {
                Ok(variable) => {
                    variable.waiting.insert(call, after);
                    self.waiting.insert(call, name);
                }
                Err(why) => out.refuse(call, why),
            },
        }
    }

    fn delete(&mut self, _now: Time, incoming: Incoming<Delete>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = incoming;
        let current = self.variables.get_mut(&request);
        let current = current.and_then(|variable| variable.current.take());
        let existed = current.is_some();
        let_go(&request, current, out);
        self.forget_if_blank(&request);
        out.reply::<Delete>(call, &existed, Vec::new());
    }

    fn list(&mut self, _now: Time, incoming: Incoming<List>, out: &mut Out<'_>) {
        let set = self.variables.iter();
        let set = set.filter(|(_, variable)| variable.current.is_some());
        let names = set.map(|(name, _)| name.clone()).collect();
        out.reply::<List>(incoming.call, &names, Vec::new());
    }

    fn waits_no_more(&mut self, call: CallId) {
        if let Some(name) = self.waiting.remove(&call) {
            if let Some(variable) = self.variables.get_mut(&name) {
                variable.waiting.remove(&call);
            }
            self.forget_if_blank(&name);
        }
    }

    fn forget_if_blank(&mut self, name: &str) {
        let variable = self.variables.get(name);
        if variable.is_some_and(|known| known.current.is_none() && known.waiting.is_empty()) {
            self.variables.remove(name);
        }
    }
}

fn reply_current(call: CallId, variable: &Variable, out: &mut Out<'_>) {
    if let Some((number, entry)) = variable.current.clone() {
        let (items, futures) = item::items([entry]);
        out.reply::<Get>(call, &Current { number, items }, futures);
    }
}

fn holder(name: &str) -> String {
    format!("variable:{name}")
}

fn let_go(name: &str, old: Option<(u64, Entry)>, out: &mut Out<'_>) {
    if let Some(task) = old.and_then(|(_, entry)| entry.task()) {
        out.let_go(holder(name), task);
    }
}

impl Service for Variables {
    const NAME: &'static str = "variable";

    fn operations() -> Operations<Self> {
        Operations::new()
            .call(Self::set)
            .call(Self::get)
            .call(Self::delete)
            .call(Self::list)
    }

    fn client_gone(&mut self, _now: Time, client: ClientId, _out: &mut Out<'_>) {
        let waiting = self.waiting.range(calls_of(client));
        let waiting: Vec<_> = waiting.map(|(&call, _)| call).collect();
        waiting
            .into_iter()
            .for_each(|call| self.waits_no_more(call));
    }

    fn withdrawn(&mut self, _now: Time, call: CallId, _out: &mut Out<'_>) {
        self.waits_no_more(call);
    }

    fn rows(&self) -> usize {
        self.variables.len() + self.waiting.len()
    }
}

#[cfg(test)]
mod tests;
