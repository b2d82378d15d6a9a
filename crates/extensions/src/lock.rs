//! Locks: each is held by one at a time, under a lease and with a fencing token. Several can be
//! acquired at once, all or some of them, without two who do so ever waiting for each other.
//!
//! Every lock has a queue of requests in the order in which they came; whoever is first in the queue
//! has the lock. A request for several locks joins all their queues at once and has what it asked
//! for when it is first in as many of them as it needs. It keeps its place in a queue even while it
//! waits for another lock, so it is never overtaken for ever. The oldest request that waits is
//! preceded by holders only, so some request always gets on.

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

/// Most locks that one request may name.
pub const LOCK_NAMES_MAX: usize = 1024;

/// Acquires locks. The reply comes when they are there; it is `None` if the caller did not want to
/// wait and would have to.
#[derive(Debug)]
pub struct LockAcquire;

impl Operation for LockAcquire {
    const NAME: &'static str = "lock.acquire";
    // So that a reply that nobody took is taken back.
    const CONFIRMED: bool = true;
    type Request = LockRequest;
    type Reply = Option<LockGranted>;
}

/// What is asked of [`LockAcquire`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockRequest {
    /// The locks.
    pub names: Vec<String>,
    /// How many of them are needed.
    pub need: u64,
    /// For how long they are lent between two renewals, in milliseconds.
    pub lease_ms: u64,
    /// Whether to wait if they are not free.
    pub wait: bool,
}

/// Locks that were acquired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockGranted {
    /// The fencing token: greater than that of everybody who held one of the locks before.
    pub token: u64,
    /// Which locks, in the order of the request.
    pub names: Vec<String>,
}

/// Renews the leases of locks.
#[derive(Debug)]
pub struct LockRenew;

impl Operation for LockRenew {
    const NAME: &'static str = "lock.renew";
    type Request = Renewal;
    type Reply = Renewed;
}

/// Releases what a token stands for.
#[derive(Debug)]
pub struct LockRelease;

impl Operation for LockRelease {
    const NAME: &'static str = "lock.release";
    type Request = Token;
    type Reply = ();
}

/// Asks how a lock stands. The request is its name.
#[derive(Debug)]
pub struct LockStatus;

impl Operation for LockStatus {
    const NAME: &'static str = "lock.status";
    type Request = String;
    type Reply = LockState;
}

/// How a lock stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockState {
    /// Who has it.
    pub holder: Option<LockHolder>,
    /// How many wait for it.
    pub waiting: u64,
}

/// Who has a lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockHolder {
    /// The name of the client.
    pub client: String,
    /// The token.
    pub token: u64,
    /// How long the lease runs if it is not renewed, in milliseconds.
    pub remaining_ms: u64,
}

/// Tells a holder that its lease has ended.
#[derive(Debug)]
pub struct LockLost;

impl Push for LockLost {
    const NAME: &'static str = "lock.lost";
    type Message = Token;
}

/// Somebody who wants locks, or has them.
#[derive(Debug)]
struct Request {
    call: CallId,
    need: usize,
    lease: Duration,
    /// The queues that it stands in; those of its locks when it has them.
    queues: Vec<Arc<str>>,
    /// In how many of them it is first.
    first_in: usize,
    /// Its token, when it has its locks.
    token: Option<u64>,
}

/// The locks of a scheduler. See the module's documentation.
#[derive(Debug, Default)]
pub struct Locks {
    last_request: u64,
    /// The requests of each lock, oldest first. A lock that nobody wants has no entry.
    queues: BTreeMap<Arc<str>, BTreeSet<u64>>,
    requests: BTreeMap<u64, Request>,
    by_call: BTreeMap<CallId, u64>,
    leases: Leases,
    clients: BTreeMap<ClientId, String>,
}

impl Locks {
    /// No locks.
    pub fn new() -> Self {
        Self::default()
    }

    fn acquire(&mut self, now: Time, call: Incoming<LockAcquire>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = call;
        let lease = match self.check(call, &request) {
            Ok(lease) => lease,
            Err(reason) => return out.refuse(call, reason),
        };
        self.last_request += 1;
        let id = self.last_request;
        let mut asking = Request {
            call,
            // It is at most the number of names.
            need: request.need as usize,
            lease,
            queues: Vec::with_capacity(request.names.len()),
            first_in: 0,
            token: None,
        };
        for name in request.names {
            if asking.first_in == asking.need {
                break;
            }
            let name: Arc<str> = name.into();
            let queue = self.queues.entry(name.clone()).or_default();
            asking.first_in += usize::from(queue.is_empty());
            queue.insert(id);
            asking.queues.push(name);
        }
        let enough = asking.first_in == asking.need;
        self.requests.insert(id, asking);
        self.by_call.insert(call, id);
        if enough {
            self.grant(now, id, out);
        } else if !request.wait {
            self.remove(now, id, out);
            out.reply::<LockAcquire>(call, &None, Vec::new());
        }
    }

    fn check(&self, call: CallId, request: &LockRequest) -> Result<Duration, String> {
        let names = &request.names;
        if call.request == 0 {
            return Err("a lock is acquired by a call that waits for its reply".into());
        }
        if names.is_empty() {
            return Err("no lock is named".into());
        }
        if names.len() > LOCK_NAMES_MAX {
            let named = names.len();
            return Err(format!(
                "{named} locks are named; at most {LOCK_NAMES_MAX} can be acquired at once"
            ));
        }
        let mut seen = BTreeSet::new();
        for name in names {
            name::check("lock", name)?;
            if !seen.insert(name) {
                return Err(format!(
                    "the lock {name:?} is named twice; whoever acquires both would wait for itself"
                ));
            }
        }
        if request.need == 0 {
            return Err("none of the locks is needed; ask for at least one".into());
        }
        if request.need > names.len() as u64 {
            let (need, named) = (request.need, names.len());
            return Err(format!("{need} locks are needed, but only {named} named"));
        }
        if self.requests.len() >= REQUESTS_MAX {
            return Err(format!(
                "{REQUESTS_MAX} requests for locks are there already"
            ));
        }
        lease::duration(request.lease_ms)
    }

    /// A request has what it needs: it leaves the other queues, in which it is not first.
    fn grant(&mut self, now: Time, id: u64, out: &mut Out<'_>) {
        let Some(request) = self.requests.get_mut(&id) else {
            return;
        };
        let queues = &mut self.queues;
        request.queues.retain(|name| {
            let Some(queue) = queues.get_mut(name) else {
                return false;
            };
            let first = queue.first() == Some(&id);
            if !first {
                queue.remove(&id);
            }
            first
        });
        let token = self
            .leases
            .lend(now, request.call.client, request.lease, id);
        request.token = Some(token);
        let names = request.queues.iter().map(|name| name.to_string()).collect();
        let granted = Some(LockGranted { token, names });
        out.reply::<LockAcquire>(request.call, &granted, Vec::new());
    }

    /// A request leaves its queues; who is behind it may have what it needs.
    fn remove(&mut self, now: Time, id: u64, out: &mut Out<'_>) {
        let Some(request) = self.requests.remove(&id) else {
            return;
        };
        self.by_call.remove(&request.call);
        for name in request.queues {
            let Some(queue) = self.queues.get_mut(&name) else {
                continue;
            };
            let was_first = queue.first() == Some(&id);
            queue.remove(&id);
            match queue.first().copied() {
                None => {
                    self.queues.remove(&name);
                }
                Some(next) if was_first => self.moved_up(now, next, out),
                Some(_) => {}
            }
        }
    }

    /// A request is first in one more queue.
    fn moved_up(&mut self, now: Time, id: u64, out: &mut Out<'_>) {
        let Some(request) = self.requests.get_mut(&id) else {
            return;
        };
        request.first_in += 1;
        if request.first_in == request.need {
            self.grant(now, id, out);
        }
    }

    fn release(&mut self, now: Time, call: Incoming<LockRelease>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = call;
        let token = request.token;
        match self.leases.end(call.client, token) {
            Some(id) => {
                self.remove(now, id, out);
                out.reply::<LockRelease>(call, &(), Vec::new());
            }
            None => out.refuse(
                call,
                format!(
                    "no lock is held with the token {token}: it was released before, or its \
                     lease ended"
                ),
            ),
        }
    }

    fn renew(&mut self, now: Time, call: Incoming<LockRenew>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = call;
        let renewed = self.leases.renew(now, call.client, request);
        out.reply::<LockRenew>(call, &renewed, Vec::new());
    }

    fn status(&mut self, now: Time, call: Incoming<LockStatus>, out: &mut Out<'_>) {
        let Incoming { call, request, .. } = call;
        let mut state = LockState::default();
        if let Some(queue) = self.queues.get(request.as_str()) {
            let first = queue.first().and_then(|id| self.requests.get(id));
            state.holder = first.and_then(|request| {
                let token = request.token?;
                let remaining = self.leases.remaining(now, token).unwrap_or_default();
                Some(LockHolder {
                    client: self.clients.get(&request.call.client).cloned()?,
                    token,
                    remaining_ms: u64::try_from(remaining.as_millis()).unwrap_or(u64::MAX),
                })
            });
            let holders = usize::from(state.holder.is_some());
            state.waiting = (queue.len() - holders) as u64;
        }
        out.reply::<LockStatus>(call, &state, Vec::new());
    }
}

impl Service for Locks {
    const NAME: &'static str = "lock";

    fn operations() -> Operations<Self> {
        Operations::new()
            .call::<LockAcquire>(Self::acquire)
            .call::<LockRenew>(Self::renew)
            .call::<LockRelease>(Self::release)
            .call::<LockStatus>(Self::status)
            .push::<LockLost>()
    }

    fn client_joined(&mut self, _now: Time, client: ClientId, name: &str, _out: &mut Out<'_>) {
        self.clients.insert(client, name.to_owned());
    }

    fn client_gone(&mut self, now: Time, client: ClientId, out: &mut Out<'_>) {
        self.clients.remove(&client);
        let calls = self.by_call.range(calls_of(client));
        let mut ids: Vec<u64> = calls.map(|(_, &id)| id).collect();
        // Youngest first: only younger requests stand behind one, so none of these is granted
        // anything on the way.
        ids.sort_unstable_by(|a, b| b.cmp(a));
        for id in ids {
            self.withdraw(now, id, out);
        }
    }

    fn withdrawn(&mut self, now: Time, call: CallId, out: &mut Out<'_>) {
        if let Some(&id) = self.by_call.get(&call) {
            self.withdraw(now, id, out);
        }
    }

    fn tick(&mut self, now: Time, out: &mut Out<'_>) {
        while let Some(expired) = self.leases.expire(now) {
            let Expired {
                client,
                token,
                subject,
            } = expired;
            out.push::<LockLost>(client, &Token { token }, Vec::new());
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

impl Locks {
    /// Whoever asked is not there any more: what it has goes back.
    fn withdraw(&mut self, now: Time, id: u64, out: &mut Out<'_>) {
        if let Some(request) = self.requests.get(&id)
            && let Some(token) = request.token
        {
            self.leases.end(request.call.client, token);
        }
        self.remove(now, id, out);
    }
}

#[cfg(test)]
mod tests;
