//! The open sessions: who is behind them, and how to say something to them.

use crate::input::Reach;
use crate::meters::Meters;
use crate::roster::Registered;
use crate::thin;
use rustc_hash::FxHashMap;
use std::net::SocketAddr;
use std::time::Instant;
use taskloom_core::message::{
    ClientHello, ClientWelcome, Refusal, ToClient, ToWorker, WorkerHello, WorkerWelcome,
};
use taskloom_core::{ClientId, WorkerId};
use taskloom_rpc::LastHeard;
use taskloom_rpc::link::Outbox;
use taskloom_scheduler_core::{Effects, Event};
use taskloom_wire::Wire;
use tokio::sync::{oneshot, watch};

/// What may pile up for a peer that reads slowly, or not at all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backlogs {
    /// With more bytes than this it is sent only what it cannot do without.
    pub(crate) pause: u64,
    /// With more bytes than this it is let go.
    pub(crate) most: u64,
}

/// The way to a peer that was not yet answered.
pub(crate) struct Door<M: Wire, W> {
    pub(crate) outbox: Outbox<M>,
    pub(crate) heard: LastHeard,
    pub(crate) remote: Option<SocketAddr>,
    pub(crate) answer: oneshot::Sender<Result<W, Refusal>>,
}

/// A hello that the core has not answered.
struct Waiting<H, M: Wire, W> {
    hello: H,
    door: Door<M, W>,
}

/// What is kept of a worker's hello.
struct WorkerCard {
    name: String,
    address: String,
    process: u32,
    nthreads: u32,
    operations: usize,
}

/// A session that was taken in.
struct Link<M: Wire> {
    name: String,
    /// Where it serves data, if it is a worker; see [`Reach::addresses`].
    addresses: Vec<String>,
    outbox: Outbox<M>,
    heard: LastHeard,
    /// The stamp that the core was last told of.
    told: Instant,
}

impl<M: Wire> Link<M> {
    /// Why the peer must go, if it leaves too much unread.
    fn overfull(&self, backlogs: Backlogs) -> Option<String> {
        let queued = self.outbox.queued_bytes();
        (queued > backlogs.most).then(|| {
            let most = backlogs.most;
            format!("it does not read what it is sent: {queued} bytes wait for it, {most} may")
        })
    }
}

/// All sessions.
pub(crate) struct Links {
    last_session: u64,
    waiting_workers: FxHashMap<u64, Waiting<WorkerCard, ToWorker, WorkerWelcome>>,
    waiting_clients: FxHashMap<u64, Waiting<String, ToClient, ClientWelcome>>,
    workers: FxHashMap<WorkerId, Link<ToWorker>>,
    clients: FxHashMap<ClientId, Link<ToClient>>,
    roster: watch::Sender<Vec<Registered>>,
    backlogs: Backlogs,
}

impl Links {
    pub(crate) fn new(roster: watch::Sender<Vec<Registered>>, backlogs: Backlogs) -> Self {
        Self {
            backlogs,
            last_session: 0,
            waiting_workers: FxHashMap::default(),
            waiting_clients: FxHashMap::default(),
            workers: FxHashMap::default(),
            clients: FxHashMap::default(),
            roster,
        }
    }

    pub(crate) fn has_worker(&self, worker: WorkerId) -> bool {
        self.workers.contains_key(&worker)
    }

    pub(crate) fn has_client(&self, client: ClientId) -> bool {
        self.clients.contains_key(&client)
    }

    /// How many bytes wait in the outboxes towards workers and towards clients, and how many in the
    /// fullest of all.
    pub(crate) fn queued_bytes(&self) -> (u64, u64, u64) {
        let workers = self.workers.values().map(|link| link.outbox.queued_bytes());
        let clients = self.clients.values().map(|link| link.outbox.queued_bytes());
        let (mut to_workers, mut to_clients, mut most) = (0, 0, 0);
        for bytes in workers {
            to_workers += bytes;
            most = most.max(bytes);
        }
        for bytes in clients {
            to_clients += bytes;
            most = most.max(bytes);
        }
        (to_workers, to_clients, most)
    }

    /// How to reach a worker's data service.
    pub(crate) fn reach(&self, worker: WorkerId) -> Option<Reach> {
        let link = self.workers.get(&worker)?;
        let name = link.name.clone();
        Some(Reach {
            worker,
            name,
            addresses: link.addresses.clone(),
        })
    }

    /// Whether nobody is connected.
    pub(crate) fn is_empty(&self) -> bool {
        self.workers.is_empty()
            && self.clients.is_empty()
            && self.waiting_workers.is_empty()
            && self.waiting_clients.is_empty()
    }

    /// Keeps a worker's way of being answered; returns the number of its session.
    pub(crate) fn worker_waits(
        &mut self,
        hello: &WorkerHello,
        door: Door<ToWorker, WorkerWelcome>,
    ) -> u64 {
        let hello = WorkerCard {
            name: hello.name.clone(),
            address: hello.address.clone(),
            process: hello.process,
            nthreads: hello.nthreads,
            operations: hello.operations.len(),
        };
        self.last_session += 1;
        self.waiting_workers
            .insert(self.last_session, Waiting { hello, door });
        self.last_session
    }

    /// Keeps a client's way of being answered; returns the number of its session.
    pub(crate) fn client_waits(
        &mut self,
        hello: &ClientHello,
        door: Door<ToClient, ClientWelcome>,
    ) -> u64 {
        self.last_session += 1;
        let waiting = Waiting {
            hello: hello.name.clone(),
            door,
        };
        self.waiting_clients.insert(self.last_session, waiting);
        self.last_session
    }

    /// Forgets a worker whose stream has ended. False if it was let go before.
    pub(crate) fn worker_gone(&mut self, worker: WorkerId, reason: &str) -> bool {
        let Some(link) = self.workers.remove(&worker) else {
            return false;
        };
        tracing::info!(worker = link.name, id = %worker, reason, "worker gone");
        self.strike_off(worker);
        true
    }

    /// Forgets a client whose stream has ended. False if it was let go before.
    pub(crate) fn client_gone(&mut self, client: ClientId, reason: &str) -> bool {
        let Some(link) = self.clients.remove(&client) else {
            return false;
        };
        tracing::info!(client = link.name, id = %client, reason, "client gone");
        true
    }

    /// The workers of which anything was heard since this was last asked, or all.
    pub(crate) fn heard(&mut self, all: bool) -> Vec<WorkerId> {
        let mut heard = Vec::new();
        for (&worker, link) in &mut self.workers {
            let stamp = link.heard.at();
            if all || stamp > link.told {
                link.told = stamp;
                heard.push(worker);
            }
        }
        heard
    }

    /// Says everything that a turn wants said, in the order that peers rely on. Returns what came of
    /// it for the core to hear.
    pub(crate) fn flush(&mut self, effects: &mut Effects, meters: &Meters) -> Vec<Event> {
        let mut lost = Vec::new();
        for (session, answer) in effects.workers_joined.drain(..) {
            meters.refused_workers.add(answer.is_err().into());
            self.answer_worker(session, answer, &mut lost);
        }
        for (session, answer) in effects.clients_joined.drain(..) {
            meters.refused_clients.add(answer.is_err().into());
            self.answer_client(session, answer, &mut lost);
        }
        for (worker, messages) in effects.to_workers.drain(..) {
            let Some(link) = self.workers.get(&worker) else {
                continue;
            };
            meters.sent_to_workers.add(link.outbox.push_all(messages));
            if let Some(reason) = link.overfull(self.backlogs) {
                link.outbox.cut(&reason);
                meters.slow_workers.add(1);
                self.let_worker_go(worker, &reason);
                lost.push(Event::WorkerGone { worker, reason });
            }
        }
        for (client, mut messages) in effects.to_clients.drain(..) {
            let Some(link) = self.clients.get(&client) else {
                continue;
            };
            if link.outbox.queued_bytes() > self.backlogs.pause {
                thin::out(&mut messages);
            }
            meters.sent_to_clients.add(link.outbox.push_all(messages));
            if let Some(reason) = link.overfull(self.backlogs) {
                link.outbox.cut(&reason);
                meters.slow_clients.add(1);
                self.let_client_go(client, &reason);
                lost.push(Event::ClientGone { client });
            }
        }
        for (worker, reason) in effects.close_workers.drain(..) {
            self.let_worker_go(worker, &reason);
        }
        for (client, reason) in effects.close_clients.drain(..) {
            self.let_client_go(client, &reason);
        }
        lost
    }

    /// Ends all sessions after what is queued for them. They are forgotten when their streams end.
    pub(crate) fn close_all(&mut self) {
        for link in self.workers.values() {
            link.outbox.close();
        }
        for link in self.clients.values() {
            link.outbox.close();
        }
    }

    fn answer_worker(
        &mut self,
        session: u64,
        answer: Result<WorkerWelcome, Refusal>,
        lost: &mut Vec<Event>,
    ) {
        let Some(Waiting { hello, door }) = self.waiting_workers.remove(&session) else {
            return;
        };
        let remote = door.remote;
        let welcome = match answer {
            Ok(welcome) => welcome,
            Err(refusal) => {
                tracing::warn!(worker = hello.name, ?remote, reason = %refusal, "worker refused");
                // Nobody waits for the answer if the worker has left meanwhile.
                let _ = door.answer.send(Err(refusal));
                return;
            }
        };
        let worker = welcome.worker;
        if door.answer.send(Ok(welcome)).is_err() {
            let reason = "it left before it was answered".to_owned();
            lost.push(Event::WorkerGone { worker, reason });
            return;
        }
        tracing::info!(
            worker = hello.name,
            id = %worker,
            address = hello.address,
            threads = hello.nthreads,
            operations = hello.operations,
            ?remote,
            "worker registered"
        );
        let WorkerCard {
            name,
            address,
            process,
            ..
        } = hello;
        let link = Link {
            name: name.clone(),
            addresses: addresses(&address, remote),
            told: door.heard.at(),
            outbox: door.outbox,
            heard: door.heard,
        };
        self.workers.insert(worker, link);
        let registered = Registered {
            worker,
            name,
            address,
            process,
        };
        self.roster.send_modify(|roster| roster.push(registered));
    }

    fn answer_client(
        &mut self,
        session: u64,
        answer: Result<ClientWelcome, Refusal>,
        lost: &mut Vec<Event>,
    ) {
        let Some(Waiting { hello: name, door }) = self.waiting_clients.remove(&session) else {
            return;
        };
        let remote = door.remote;
        let welcome = match answer {
            Ok(welcome) => welcome,
            Err(refusal) => {
                tracing::warn!(client = name, ?remote, reason = %refusal, "client refused");
                // Nobody waits for the answer if the client has left meanwhile.
                let _ = door.answer.send(Err(refusal));
                return;
            }
        };
        let client = welcome.client;
        if door.answer.send(Ok(welcome)).is_err() {
            lost.push(Event::ClientGone { client });
            return;
        }
        tracing::info!(client = name, id = %client, ?remote, "client connected");
        let link = Link {
            name,
            addresses: Vec::new(),
            told: door.heard.at(),
            outbox: door.outbox,
            heard: door.heard,
        };
        self.clients.insert(client, link);
    }

    /// Ends a worker's session for a reason of ours.
    fn let_worker_go(&mut self, worker: WorkerId, reason: &str) {
        if let Some(link) = self.workers.remove(&worker) {
            tracing::warn!(worker = link.name, id = %worker, reason, "worker let go");
            link.outbox.close_because(reason);
            self.strike_off(worker);
        }
    }

    /// Ends a client's session for a reason of ours.
    fn let_client_go(&mut self, client: ClientId, reason: &str) {
        if let Some(link) = self.clients.remove(&client) {
            tracing::warn!(client = link.name, id = %client, reason, "client let go");
            link.outbox.close_because(reason);
        }
    }

    fn strike_off(&self, worker: WorkerId) {
        self.roster
            .send_modify(|roster| roster.retain(|registered| registered.worker != worker));
    }
}

/// The addresses to try for a worker that names this contact address and came from there.
fn addresses(contact: &str, remote: Option<SocketAddr>) -> Vec<String> {
    let mut addresses = vec![contact.to_owned()];
    let port = contact
        .rsplit_once(':')
        .and_then(|(_, port)| port.parse().ok());
    if let (Some(remote), Some(port)) = (remote, port) {
        // An IPv4 peer of a socket that listens on both comes as a mapped address.
        let seen = SocketAddr::new(remote.ip().to_canonical(), port).to_string();
        if seen != contact {
            addresses.push(seen);
        }
    }
    addresses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_that_a_worker_came_from_is_tried_after_its_contact_address() {
        let remote = "[::ffff:10.0.0.7]:50123".parse().ok();
        assert_eq!(
            addresses("node-7:4000", remote),
            ["node-7:4000", "10.0.0.7:4000"]
        );
        assert_eq!(addresses("10.0.0.7:4000", remote), ["10.0.0.7:4000"]);
        assert_eq!(addresses("node-7:4000", None), ["node-7:4000"]);
        assert_eq!(addresses("nonsense", remote), ["nonsense"]);
    }
}
