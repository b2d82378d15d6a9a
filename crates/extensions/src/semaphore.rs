//! Semaphores: a number of permits that are lent, in the order in which they were asked for.
//!
//! A request for many permits is not overtaken by later ones for few, so it gets its turn.

use crate::calls::calls_of;
use crate::lease::{self, Expired, Leases, REQUESTS_MAX, Renewal, Renewed, Token};
use crate::name;
use crate::service::{Incoming, Operation, Operations, Out, Push, Service};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use taskloom_core::{ClientId, Time};
use taskloom_scheduler_core::extension::CallId;

/// Acquires permits. The reply comes when they are there; it is `None` if the caller did not want to
/// wait and would have to.
#[derive(Debug)]
pub struct SemaphoreAcquire;

impl Operation for SemaphoreAcquire {
    const NAME: &'static str = "semaphore.acquire";
    // So that a reply that nobody took is taken back.
    const CONFIRMED: bool = true;
    type Request = SemaphoreRequest;
    type Reply = Option<Token>;
}

/// What is asked of [`SemaphoreAcquire`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SemaphoreRequest {
    /// The semaphore.
    pub name: String,
    /// How many permits it has in all. All who use it at a time have to agree.
    pub limit: u64,
    /// How many of them are wanted.
    pub permits: u64,
    /// For how long they are lent between two renewals, in milliseconds.
    pub lease_ms: u64,
    /// Whether to wait if they are not free.
    pub wait: bool,
}

/// Renews the leases of permits.
#[derive(Debug)]
pub struct SemaphoreRenew;

impl Operation for SemaphoreRenew {
    const NAME: &'static str = "semaphore.renew";
    type Request = Renewal;
    type Reply = Renewed;
}

/// Gives back the permits that a token stands for.
#[derive(Debug)]
pub struct SemaphoreRelease;

impl Operation for SemaphoreRelease {
    const NAME: &'static str = "semaphore.release";
    type Request = Token;
    type Reply = ();
}

/// Asks how a semaphore stands. The request is its name.
#[derive(Debug)]
pub struct SemaphoreStatus;

impl Operation for SemaphoreStatus {
    const NAME: &'static str = "semaphore.status";
    type Request = String;
    type Reply = SemaphoreState;
}

/// How a semaphore stands. All is zero while nobody uses it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SemaphoreState {
    /// How many permits it has.
    pub limit: u64,
    /// How many of them are lent.
    pub lent: u64,
    /// How many requests wait.
    pub waiting: u64,
}

/// Tells a borrower that its lease has ended.
#[derive(Debug)]
pub struct SemaphoreLost;

impl Push for SemaphoreLost {
    const NAME: &'static str = "semaphore.lost";
    type Message = Token;
}

#[derive(Debug)]
struct Semaphore {
    limit: u64,
    lent: u64,
    /// Requests that wait, oldest first.
    waiting: BTreeSet<u64>,
}

/// Somebody who wants permits, or has them.
#[derive(Debug)]
struct Request {
    call: CallId,
    name: Arc<str>,
    permits: u64,
    lease: Duration,
    /// Its token, when it has its permits.
    token: Option<u64>,
}

/// The semaphores of a scheduler. See the module's documentation.
#[derive(Debug, Default)]
pub struct Semaphores {
    last_request: u64,
    /// Those that somebody uses.
    semaphores: BTreeMap<Arc<str>, Semaphore>,
    requests: BTreeMap<u64, Request>,
    by_call: BTreeMap<CallId, u64>,
    leases: Leases,
}

impl Semaphores {
    /// No semaphores.
    pub fn new() -> Self {
        Self::default()
    }

    fn acquire(&mut self, now: Time, call: Incoming<SemaphoreAcquire>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = call;
        let lease = match self.check(call, &request) {
            Ok(lease) => lease,
            Err(reason) => return out.refuse(call, reason),
        };
        self.last_request += 1;
        let id = self.last_request;
        let name: Arc<str> = request.name.into();
        let unused = || Semaphore {
            limit: request.limit,
            lent: 0,
            waiting: BTreeSet::new(),
        };
        let semaphore = self.semaphores.entry(name.clone()).or_insert_with(unused);
        semaphore.waiting.insert(id);
        let asking = Request {
            call,
            name: name.clone(),
            permits: request.permits,
            lease,
            token: None,
        };
        self.requests.insert(id, asking);
        self.by_call.insert(call, id);
        self.serve(now, &name, out);
        let waits = |asking: &Request| asking.token.is_none();
        if !request.wait && self.requests.get(&id).is_some_and(waits) {
            self.remove(now, id, out);
            out.reply::<SemaphoreAcquire>(call, &None, Vec::new());
        }
    }

    fn check(&self, call: CallId, request: &SemaphoreRequest) -> Result<Duration, String> {
        let SemaphoreRequest {
            name,
            limit,
            permits,
            ..
        } = request;
        if call.request == 0 {
            return Err("permits are acquired by a call that waits for its reply".into());
        }
        name::check("semaphore", name)?;
        if *limit == 0 {
            return Err(format!(
                "the semaphore {name:?} has no permits: its limit is to be at least 1"
            ));
        }
        if *permits == 0 {
            return Err(format!(
                "no permit of the semaphore {name:?} is asked for; ask for at least one"
            ));
        }
        if permits > limit {
            return Err(format!(
                "{permits} permits of the semaphore {name:?} are asked for, but it has {limit}"
            ));
        }
        if let Some(used) = self.semaphores.get(name.as_str())
            && used.limit != *limit
        {
            let used = used.limit;
            return Err(format!(
                "the semaphore {name:?} is in use with a limit of {used}, not {limit}: all who use \
                 it at a time have to name the same"
            ));
        }
        if self.requests.len() >= REQUESTS_MAX {
            return Err(format!(
                "{REQUESTS_MAX} requests for semaphores are there already"
            ));
        }
        lease::duration(request.lease_ms)
    }

    /// Gives out what is free, in order; forgets a semaphore that nobody uses.
    fn serve(&mut self, now: Time, name: &Arc<str>, out: &mut Out<'_>) {
        let Some(semaphore) = self.semaphores.get_mut(name) else {
            return;
        };
        while let Some(&id) = semaphore.waiting.first() {
            let Some(request) = self.requests.get_mut(&id) else {
                break;
            };
            if request.permits > semaphore.limit - semaphore.lent {
                break;
            }
            semaphore.waiting.remove(&id);
            semaphore.lent += request.permits;
            let client = request.call.client;
            let token = self.leases.lend(now, client, request.lease, id);
            request.token = Some(token);
            let granted = Some(Token { token });
            out.reply::<SemaphoreAcquire>(request.call, &granted, Vec::new());
        }
        if semaphore.lent == 0 && semaphore.waiting.is_empty() {
            self.semaphores.remove(name);
        }
    }

    /// A request is over: its permits go back.
    fn remove(&mut self, now: Time, id: u64, out: &mut Out<'_>) {
        let Some(request) = self.requests.remove(&id) else {
            return;
        };
        self.by_call.remove(&request.call);
        if let Some(token) = request.token {
            self.leases.end(request.call.client, token);
        }
        if let Some(semaphore) = self.semaphores.get_mut(&request.name) {
            semaphore.waiting.remove(&id);
            if request.token.is_some() {
                semaphore.lent -= request.permits;
            }
        }
        self.serve(now, &request.name, out);
    }

    fn release(&mut self, now: Time, call: Incoming<SemaphoreRelease>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = call;
        let token = request.token;
        match self.leases.end(call.client, token) {
            Some(id) => {
                self.remove(now, id, out);
                out.reply::<SemaphoreRelease>(call, &(), Vec::new());
            }
            None => out.refuse(
                call,
                format!(
                    "no permits are held with the token {token}: they were given back before, or \
                     their lease ended"
                ),
            ),
        }
    }

    fn renew(&mut self, now: Time, call: Incoming<SemaphoreRenew>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = call;
        let renewed = self.leases.renew(now, call.client, request);
        out.reply::<SemaphoreRenew>(call, &renewed, Vec::new());
    }

    fn status(&mut self, _now: Time, call: Incoming<SemaphoreStatus>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = call;
        let used = self.semaphores.get(request.as_str());
        let state = used.map_or_else(SemaphoreState::default, |semaphore| SemaphoreState {
            limit: semaphore.limit,
            lent: semaphore.lent,
            waiting: semaphore.waiting.len() as u64,
        });
        out.reply::<SemaphoreStatus>(call, &state, Vec::new());
    }
}

impl Service for Semaphores {
    const NAME: &'static str = "semaphore";

    fn operations() -> Operations<Self> {
        Operations::new()
            .call::<SemaphoreAcquire>(Self::acquire)
            .call::<SemaphoreRenew>(Self::renew)
            .call::<SemaphoreRelease>(Self::release)
            .call::<SemaphoreStatus>(Self::status)
            .push::<SemaphoreLost>()
    }

    fn client_gone(&mut self, now: Time, client: ClientId, out: &mut Out<'_>) {
        let calls = self.by_call.range(calls_of(client));
        let mut ids: Vec<u64> = calls.map(|(_, &id)| id).collect();
        // Youngest first: only younger requests stand behind one, so none of these is granted
        // anything on the way.
        ids.sort_unstable_by(|a, b| b.cmp(a));
        for id in ids {
            self.remove(now, id, out);
        }
    }

    fn withdrawn(&mut self, now: Time, call: CallId, out: &mut Out<'_>) {
        if let Some(&id) = self.by_call.get(&call) {
            self.remove(now, id, out);
        }
    }

    fn tick(&mut self, now: Time, out: &mut Out<'_>) {
        while let Some(expired) = self.leases.expire(now) {
            let Expired {
                client,
                token,
                subject,
            } = expired;
            out.push::<SemaphoreLost>(client, &Token { token }, Vec::new());
            self.remove(now, subject, out);
        }
    }

    fn next_deadline(&self) -> Option<Time> {
        self.leases.next_deadline()
    }

    fn rows(&self) -> usize {
        self.requests.len()
    }
}

#[cfg(test)]
mod tests;
