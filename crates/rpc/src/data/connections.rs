//! Connections to peers: which there are, which may be opened, which are closed.

use super::meters::FetchMeters;
use super::packing::Packing;
use crate::dial::{DialError, dial};
use crate::settings::ConnectionKind;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, Semaphore};
use tonic::transport::Channel;

/// So many connections are opened side by side. More of them would all be open at the same late
/// moment; like this the first are at work while the next are opened.
const OPENINGS: usize = 8;

/// How long opening waits for those before it.
const TURN_PATIENCE: Duration = Duration::from_millis(50);

/// The limits of a pool.
#[derive(Clone, Debug)]
pub struct PoolOptions {
    /// Connections in all.
    pub connections: usize,
    /// Connections to one peer.
    pub per_peer: usize,
    /// How long reaching a peer may take.
    pub connect_timeout: Duration,
    /// A connection without a call for this long is closed.
    pub idle: Duration,
    /// How long busy replies are met with another try.
    pub busy_patience: Duration,
    /// Largest value that is accepted.
    pub value_bytes_max: u64,
    /// Whether large values of peers on the same host are mapped where they lie, instead of copied.
    pub share: bool,
    /// How data are packed on their way from peers on other hosts.
    pub packing: Packing,
    /// In how many streams a very large buffer comes, each on a connection of its own as far as
    /// `per_peer` goes.
    pub streams: usize,
    /// From how many bytes on a buffer is very large.
    pub split_from: u64,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self {
            connections: 512,
            per_peer: 2,
            connect_timeout: Duration::from_secs(5),
            idle: Duration::from_secs(60),
            busy_patience: Duration::from_secs(10),
            value_bytes_max: 1 << 40,
            share: false,
            packing: Packing::None,
            streams: 2,
            split_from: 64 << 20,
        }
    }
}

/// The connections of a pool.
pub(super) struct Connections {
    options: PoolOptions,
    pub(super) meters: FetchMeters,
    table: Mutex<Table>,
    /// A connection became free or was closed.
    changed: Notify,
    /// Connections that are opened side by side.
    openings: Semaphore,
}

#[derive(Default)]
struct Table {
    /// By address. An address without connections has no entry.
    peers: BTreeMap<String, Peer>,
    /// Connections open or being opened.
    total: usize,
    /// The task that closes idle connections is running.
    sweeping: bool,
}

#[derive(Default)]
struct Peer {
    open: Vec<Arc<Connection>>,
    opening: usize,
}

struct Connection {
    channel: Channel,
    calls: AtomicUsize,
    last_used: Mutex<Instant>,
    broken: AtomicBool,
    /// The peer's shared memory could not be mapped.
    unshared: AtomicBool,
}

/// A connection that carries a call; given back when dropped.
pub(super) struct Lease {
    connection: Arc<Connection>,
    connections: Arc<Connections>,
    /// Whether it was open before this call, so that a break may only mean that it was old.
    pub(super) reused: bool,
}

/// Why there is no connection.
pub(super) enum NoConnection {
    /// The peer cannot be reached, in words.
    Unreachable(String),
    /// All connections of the pool are in use.
    Full,
}

/// The right to open a connection; given back when dropped.
struct Opening {
    connections: Arc<Connections>,
    address: String,
}

enum Choice {
    Use(Arc<Connection>),
    Open(Opening),
    Wait,
}

impl Connections {
    pub(super) fn new(options: PoolOptions, meters: FetchMeters) -> Arc<Self> {
        Arc::new(Self {
            options,
            meters,
            table: Mutex::default(),
            changed: Notify::new(),
            openings: Semaphore::new(OPENINGS),
        })
    }

    pub(super) fn options(&self) -> &PoolOptions {
        &self.options
    }

    /// How many connections are open.
    pub(super) fn count(&self) -> usize {
        self.lock().peers.values().map(|peer| peer.open.len()).sum()
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection to this peer: a free one, else a new one, else the one with the fewest calls.
    pub(super) async fn lease(self: &Arc<Self>, address: &str) -> Result<Lease, NoConnection> {
        let deadline = tokio::time::Instant::now() + self.options.busy_patience;
        loop {
            let changed = self.changed.notified();
            match self.choose(address) {
                Choice::Use(connection) => return Ok(self.leased(connection, true)),
                Choice::Open(opening) => return self.open(opening).await,
                Choice::Wait => {
                    if tokio::time::timeout_at(deadline, changed).await.is_err() {
                        return Err(NoConnection::Full);
                    }
                }
            }
        }
    }

    fn choose(self: &Arc<Self>, address: &str) -> Choice {
        let mut table = self.lock();
        let (mut best, mut connections) = (None, 0);
        if let Some(peer) = table.peers.get(address) {
            let calls = |c: &&Arc<Connection>| c.calls.load(Ordering::Relaxed);
            best = peer.open.iter().min_by_key(calls).cloned();
            connections = peer.open.len() + peer.opening;
        }
        let free = best
            .as_ref()
            .is_some_and(|best| best.calls.load(Ordering::Relaxed) == 0);
        // Only if there is need: making room closes a connection to somebody else.
        let may_open = !free
            && connections < self.options.per_peer.max(1)
            && (table.total < self.options.connections.max(1) || table.close_oldest_idle());
        match best {
            Some(best) if !may_open => {
                // Counted under the lock, so that nobody closes it as idle in between.
                best.calls.fetch_add(1, Ordering::Relaxed);
                Choice::Use(best)
            }
            _ if may_open => {
                table.total += 1;
                table.peers.entry(address.to_owned()).or_default().opening += 1;
                Choice::Open(Opening {
                    connections: self.clone(),
                    address: address.to_owned(),
                })
            }
            _ => Choice::Wait,
        }
    }

    async fn open(self: &Arc<Self>, opening: Opening) -> Result<Lease, NoConnection> {
        let address = &opening.address;
        let unreachable = |reason: String| NoConnection::Unreachable(reason);
        let Some((host, port)) = split(address) else {
            return Err(unreachable(format!("`{address}` is not host:port")));
        };
        let timeout = self.options.connect_timeout;
        // Peers that do not answer must not hold up those that would.
        let turn = tokio::time::timeout(TURN_PATIENCE, self.openings.acquire()).await;
        let connecting = self.meters.connect.start();
        let dialled = dial(host, port, ConnectionKind::Data, timeout).await;
        drop((connecting, turn));
        let (channel, _) = dialled.map_err(|error| match error {
            DialError::Failed(reason) => unreachable(reason),
            DialError::Timeout => unreachable(format!("no answer within {timeout:?}")),
        })?;
        let connection = Arc::new(Connection {
            channel,
            calls: AtomicUsize::new(1),
            last_used: Mutex::new(Instant::now()),
            broken: AtomicBool::new(false),
            unshared: AtomicBool::new(false),
        });
        let sweep = {
            let mut table = self.lock();
            // The opening gives its own place back; the connection takes it.
            table.total += 1;
            let peer = table.peers.entry(address.clone()).or_default();
            peer.open.push(connection.clone());
            !std::mem::replace(&mut table.sweeping, true)
        };
        if sweep {
            tokio::spawn(sweep_now_and_then(Arc::downgrade(self), self.options.idle));
        }
        Ok(self.leased(connection, false))
    }

    fn leased(self: &Arc<Self>, connection: Arc<Connection>, reused: bool) -> Lease {
        Lease {
            connection,
            connections: self.clone(),
            reused,
        }
    }

    /// Closes what was idle for long; whether anything is still open.
    fn sweep(&self) -> bool {
        let mut table = self.lock();
        let idle = self.options.idle;
        table.close(|connection| {
            connection.calls.load(Ordering::Relaxed) == 0 && connection.idle_for() >= idle
        });
        table.sweeping = table.total > 0;
        table.sweeping
    }
}

/// Runs as long as there are connections.
async fn sweep_now_and_then(connections: Weak<Connections>, idle: Duration) {
    let pause = (idle / 2).max(Duration::from_millis(10));
    loop {
        tokio::time::sleep(pause).await;
        let Some(connections) = connections.upgrade() else {
            return;
        };
        if !connections.sweep() {
            return;
        }
    }
}

impl Table {
    /// Closes the connections of which this is true.
    fn close(&mut self, mut gone: impl FnMut(&Arc<Connection>) -> bool) {
        let total = &mut self.total;
        self.peers.retain(|_, peer| {
            let before = peer.open.len();
            peer.open.retain(|connection| !gone(connection));
            *total -= before - peer.open.len();
            !peer.open.is_empty() || peer.opening > 0
        });
    }

    /// Makes room for another connection; whether that was possible.
    fn close_oldest_idle(&mut self) -> bool {
        let open = self.peers.values().flat_map(|peer| &peer.open);
        let idle = open.filter(|connection| connection.calls.load(Ordering::Relaxed) == 0);
        let Some(oldest) = idle.max_by_key(|connection| connection.idle_for()).cloned() else {
            return false;
        };
        self.close(|connection| Arc::ptr_eq(connection, &oldest));
        true
    }
}

impl Connection {
    fn idle_for(&self) -> Duration {
        self.last_used
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .elapsed()
    }
}

impl Lease {
    pub(super) fn channel(&self) -> Channel {
        self.connection.channel.clone()
    }

    /// Whether the peer's shared memory may be asked for.
    pub(super) fn may_share(&self) -> bool {
        !self.connection.unshared.load(Ordering::Relaxed)
    }

    /// The peer's shared memory cannot be mapped here.
    pub(super) fn shares_nothing(&self) {
        self.connection.unshared.store(true, Ordering::Relaxed);
    }

    /// Takes the connection out of the pool.
    pub(super) fn broke(&self) {
        self.connection.broken.store(true, Ordering::Relaxed);
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        *self
            .connection
            .last_used
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Instant::now();
        self.connection.calls.fetch_sub(1, Ordering::Relaxed);
        if self.connection.broken.load(Ordering::Relaxed) {
            self.connections
                .lock()
                .close(|other| Arc::ptr_eq(other, &self.connection));
        }
        self.connections.changed.notify_waiters();
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        let mut table = self.connections.lock();
        table.total -= 1;
        if let Some(peer) = table.peers.get_mut(&self.address) {
            peer.opening -= 1;
            if peer.open.is_empty() && peer.opening == 0 {
                table.peers.remove(&self.address);
            }
        }
        drop(table);
        self.connections.changed.notify_waiters();
    }
}

/// Host and port; IPv6 addresses without their brackets.
fn split(address: &str) -> Option<(&str, u16)> {
    let (host, port) = address.rsplit_once(':')?;
    let host = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    Some((host, port.parse().ok()?))
}
