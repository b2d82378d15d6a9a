//! Barriers: nobody goes on until a number of parties have arrived; then all do, and the barrier
//! can be used again.
//!
//! Whoever stops waiting, or whose client is gone, has not arrived. A barrier that nobody waits at
//! needs no memory.

use crate::calls::calls_of;
use crate::lease::REQUESTS_MAX;
use crate::name;
use crate::service::{Incoming, Operation, Operations, Out, Service};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use taskloom_core::{ClientId, Time};
use taskloom_scheduler_core::extension::CallId;

/// Arrives at a barrier and waits for the others. The reply says as which one the caller arrived,
/// from 0.
#[derive(Debug)]
pub struct BarrierWait;

impl Operation for BarrierWait {
    const NAME: &'static str = "barrier.wait";
    type Request = BarrierRequest;
    type Reply = u64;
}

/// What is asked of [`BarrierWait`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BarrierRequest {
    /// The barrier.
    pub name: String,
    /// How many parties it waits for. All who wait at a time have to agree.
    pub parties: u64,
}

/// Asks how many wait at a barrier. The request is its name.
#[derive(Debug)]
pub struct BarrierWaiting;

impl Operation for BarrierWaiting {
    const NAME: &'static str = "barrier.waiting";
    type Request = String;
    type Reply = u64;
}

#[derive(Debug)]
struct Barrier {
    parties: u64,
    /// In the order in which they arrived.
    arrived: BTreeMap<u64, CallId>,
}

/// The barriers of a scheduler. See the module's documentation.
#[derive(Debug, Default)]
pub struct Barriers {
    last_arrival: u64,
    /// Those at which somebody waits.
    barriers: BTreeMap<Arc<str>, Barrier>,
    /// Where each call waits, and since which arrival.
    by_call: BTreeMap<CallId, (Arc<str>, u64)>,
}

impl Barriers {
    /// No barriers.
    pub fn new() -> Self {
        Self::default()
    }

    fn wait(&mut self, _now: Time, call: Incoming<BarrierWait>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = call;
        if let Err(reason) = self.check(call, &request) {
            return out.refuse(call, reason);
        }
        self.last_arrival += 1;
        let arrival = self.last_arrival;
        let name: Arc<str> = request.name.into();
        let unused = || Barrier {
            parties: request.parties,
            arrived: BTreeMap::new(),
        };
        let barrier = self.barriers.entry(name.clone()).or_insert_with(unused);
        barrier.arrived.insert(arrival, call);
        self.by_call.insert(call, (name.clone(), arrival));
        if barrier.arrived.len() as u64 == barrier.parties
            && let Some(barrier) = self.barriers.remove(&name)
        {
            for (index, call) in barrier.arrived.into_values().enumerate() {
                self.by_call.remove(&call);
                out.reply::<BarrierWait>(call, &(index as u64), Vec::new());
            }
        }
    }

    fn check(&self, call: CallId, request: &BarrierRequest) -> Result<(), String> {
        let BarrierRequest { name, parties } = request;
        if call.request == 0 {
            return Err("a barrier is waited at by a call that waits for its reply".into());
        }
        name::check("barrier", name)?;
        if *parties == 0 {
            return Err(format!(
                "the barrier {name:?} waits for no parties: at least one is to be named"
            ));
        }
        if *parties > REQUESTS_MAX as u64 {
            return Err(format!(
                "the barrier {name:?} waits for {parties} parties; at most {REQUESTS_MAX} can wait"
            ));
        }
        if let Some(used) = self.barriers.get(name.as_str())
            && used.parties != *parties
        {
            let used = used.parties;
            return Err(format!(
                "the barrier {name:?} waits for {used} parties, not {parties}: all who wait at a \
                 time have to name the same number"
            ));
        }
        if self.by_call.len() >= REQUESTS_MAX {
            return Err(format!("{REQUESTS_MAX} wait at barriers already"));
        }
        Ok(())
    }

    fn waiting(&mut self, _now: Time, call: Incoming<BarrierWaiting>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = call;
        let barrier = self.barriers.get(request.as_str());
        let waiting = barrier.map_or(0, |barrier| barrier.arrived.len() as u64);
        out.reply::<BarrierWaiting>(call, &waiting, Vec::new());
    }

    fn leave(&mut self, call: CallId) {
        let Some((name, arrival)) = self.by_call.remove(&call) else {
            return;
        };
        if let Some(barrier) = self.barriers.get_mut(&name) {
            barrier.arrived.remove(&arrival);
            if barrier.arrived.is_empty() {
                self.barriers.remove(&name);
            }
        }
    }
}

impl Service for Barriers {
    const NAME: &'static str = "barrier";

    fn operations() -> Operations<Self> {
        Operations::new()
            .call::<BarrierWait>(Self::wait)
            .call::<BarrierWaiting>(Self::waiting)
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
        self.by_call.len()
    }
}

#[cfg(test)]
mod tests;
