//! Connecting: waiting for a scheduler, and running the session.

use crate::jobs::check_name;
use crate::nested::Host;
use crate::session::Session;
use crate::{Client, Error, Result, SCHEDULER_VARIABLE};
use std::sync::Arc;
use std::time::{Duration, Instant};
use taskloom_client_core::Config;
use taskloom_core::ClientId;
use taskloom_core::limits::{PROTOCOL_VERSION, SCATTER_KEEP_BYTES};
use taskloom_core::message::{ClientHello, ClientWelcome, FromClient, ToClient};
use taskloom_rpc::data::{BufferPool, PeerPool, PoolOptions};
use taskloom_rpc::link::Inbox;
use taskloom_rpc::{
    ClientLink, ConnectError, ConnectOptions, SchedulerAddress, connect_client, no_link,
};

/// How long a client waits for a scheduler.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// The pause after the first failed try; it doubles from try to try.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How long a worker has to answer before it is asked through the scheduler.
const WORKER_CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// Receive buffers that are kept for the next fetch.
const RECEIVE_KEEP_BYTES: u64 = 256 * 1024 * 1024;

/// Bytes that may wait to be sent.
const QUEUE_LIMIT: u64 = 1024 * 1024 * 1024;

/// How long a session that was closed here waits for the scheduler to close it too.
const GOODBYE: Duration = Duration::from_secs(5);

/// A connection with settings: from [`Client::builder`].
#[derive(Clone, Debug)]
#[must_use = "nothing is connected before `connect` is awaited"]
pub struct ClientBuilder {
    address: String,
    timeout: Duration,
    name: Option<String>,
    job: Option<String>,
    config: Config,
    queue_limit: u64,
    host: Option<Host>,
}

impl ClientBuilder {
    pub(crate) fn new(address: String) -> Self {
        let config = Config {
            relay_only: false,
            scatter_keep_bytes: SCATTER_KEEP_BYTES,
        };
        Self {
            address,
            timeout: CONNECT_TIMEOUT,
            name: None,
            job: None,
            config,
            queue_limit: QUEUE_LIMIT,
            host: None,
        }
    }

    /// How long to wait for the scheduler; 30 s by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The name under which people see this client; by default that of the program with its process
    /// id.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The job that the tasks of this client count to, unless a call names another. Jobs share the
    /// cluster by weight (see [`Client::job`]); without this each client is a job of its own.
    pub fn job(mut self, job: impl Into<String>) -> Self {
        self.job = Some(job.into());
        self
    }

    /// Never to connect to workers: all values go through the scheduler. Without it a client finds
    /// out by itself which workers it cannot reach.
    pub fn relay_only(mut self, relay_only: bool) -> Self {
        self.config.relay_only = relay_only;
        self
    }

    /// How many bytes may wait to be sent to the scheduler, 1 GiB by default. What is submitted
    /// beyond that without waiting for room ends in [`Error::Overloaded`].
    pub fn queue_limit(mut self, bytes: u64) -> Self {
        self.queue_limit = bytes;
        self
    }

    /// How many scattered bytes to keep for the case that workers are lost; 256 MiB by default.
    pub fn scatter_keep_bytes(mut self, bytes: u64) -> Self {
        self.config.scatter_keep_bytes = bytes;
        self
    }

    /// The session is one of the tasks of this worker: what lies there is at hand.
    pub(crate) fn guest_of(mut self, host: Host) -> Self {
        self.host = Some(host);
        self
    }

    /// Connects, trying again until the time is over.
    ///
    /// # Errors
    /// If the address cannot be read or the job's name cannot be one, the scheduler refuses this
    /// client, or none answers in time.
    pub async fn connect(self) -> Result<Client> {
        self.job.as_deref().map_or(Ok(()), check_name)?;
        let address = self.scheduler()?;
        let link = self.link(&address).await?;
        let ClientLink {
            welcome,
            inbox,
            outbox,
            admin,
            ..
        } = link;
        let options = PoolOptions {
            connect_timeout: WORKER_CONNECT_TIMEOUT,
            ..PoolOptions::default()
        };
        let pool = PeerPool::new(options, BufferPool::new(RECEIVE_KEEP_BYTES));
        let session = Session::new(
            address,
            outbox,
            pool,
            self.config,
            self.queue_limit,
            &welcome,
            self.host,
        );
        tokio::spawn(listen(session.clone(), inbox));
        tokio::spawn(pump(session.clone(), welcome.heartbeat));
        Ok(Client::new(session, admin, welcome))
    }

    /// A client that never was connected, for this reason. To be called on a runtime.
    pub(crate) fn stillborn(self, reason: &str) -> Client {
        let address = self.address.parse().unwrap_or_else(|_| nowhere());
        let (outbox, admin) = no_link();
        let welcome = ClientWelcome {
            client: ClientId::new(0, 0),
            epoch: 0,
            heartbeat: Duration::ZERO,
            operations: Vec::new(),
        };
        let pool = PeerPool::new(PoolOptions::default(), BufferPool::new(0));
        let session = Session::new(
            address,
            outbox,
            pool,
            self.config,
            self.queue_limit,
            &welcome,
            self.host,
        );
        session.close(reason);
        session.disconnected.send_replace(true);
        Client::new(session, admin, welcome)
    }

    fn scheduler(&self) -> Result<SchedulerAddress> {
        let text = match self.address.trim() {
            "" => std::env::var(SCHEDULER_VARIABLE).map_err(|_| {
                Error::Setup(format!(
                    "no address of a scheduler: give one, or set {SCHEDULER_VARIABLE}=host:port"
                ))
            })?,
            given => given.to_owned(),
        };
        text.parse()
            .map_err(|error: taskloom_rpc::AddressError| Error::Setup(error.to_string()))
    }

    /// Tries until there is a session or the time is over.
    async fn link(&self, address: &SchedulerAddress) -> Result<ClientLink> {
        let start = Instant::now();
        let hello = ClientHello {
            protocol: PROTOCOL_VERSION,
            name: self.name.clone().unwrap_or_else(own_name),
            job: self.job.clone().unwrap_or_default(),
        };
        let mut pause = FIRST_PAUSE;
        loop {
            let left = self.timeout.saturating_sub(start.elapsed());
            let options = ConnectOptions {
                timeout: left.max(Duration::from_millis(1)),
                ..ConnectOptions::default()
            };
            let connected =
                tokio::time::timeout(left, connect_client(address, hello.clone(), &options)).await;
            let error = match connected {
                Ok(Ok(link)) => return Ok(link),
                Ok(Err(error)) if !error.is_temporary() => return Err(refused(address, &error)),
                Ok(Err(error)) => error,
                Err(_) => ConnectError::Timeout {
                    address: address.clone(),
                    waited: left,
                    doing: "opening a session",
                },
            };
            let left = self.timeout.saturating_sub(start.elapsed());
            if left.is_zero() {
                let waited = start.elapsed().as_secs_f64();
                return Err(Error::Connect {
                    address: address.to_string(),
                    reason: format!(
                        "waited {waited:.1} s for a scheduler to answer there; the last try: {error}"
                    ),
                });
            }
            tracing::debug!("waiting for the scheduler at {address}: {error}");
            tokio::time::sleep(pause.min(left)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

/// Where the scheduler of a client is that belongs to none.
#[allow(clippy::expect_used)] // It is an address.
fn nowhere() -> SchedulerAddress {
    "127.0.0.1:9".parse().expect("an address")
}

fn refused(address: &SchedulerAddress, error: &ConnectError) -> Error {
    match error {
        ConnectError::Refused { message, .. } => Error::Refused(message.clone()),
        other => Error::Connect {
            address: address.to_string(),
            reason: other.to_string(),
        },
    }
}

/// The program and its process id.
fn own_name() -> String {
    let path = std::env::current_exe().ok();
    let name = path.as_deref().and_then(|path| path.file_stem());
    let name = name.map_or("client".into(), |name| name.to_string_lossy());
    format!("{name}-{}", std::process::id())
}

/// Closes the session when what listens to it is dropped with its runtime.
struct Listening(Arc<Session>);

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.close("the runtime of the client has ended");
        self.0.disconnected.send_replace(true);
    }
}

/// Takes in what the scheduler says until the session ends.
async fn listen(session: Arc<Session>, mut inbox: Inbox<ToClient>) {
    let listening = Listening(session);
    let session = &listening.0;
    let mut ended = session.ended.subscribe();
    let mut ended = std::pin::pin!(ended.wait_for(|ended| *ended));
    let reason = loop {
        let next = tokio::select! {
            biased;
            next = inbox.next() => next,
            _ = &mut ended => break None,
        };
        match next {
            Ok(Some(batch)) => {
                session.said(batch.messages);
                drop(batch.handled);
            }
            Ok(None) => break Some("the scheduler closed the session".to_owned()),
            Err(error) => break Some(error.to_string()),
        }
    };
    match reason {
        Some(reason) => {
            let address = &session.address;
            session.close(&format!(
                "the session with the scheduler at {address}: {reason}"
            ));
        }
        // Closed here: what is queued goes out, and the scheduler closes its side.
        None => {
            let rest = async { while let Ok(Some(_)) = inbox.next().await {} };
            let _ = tokio::time::timeout(GOODBYE, rest).await;
        }
    }
}

/// Sends what was batched whenever it is called, and heartbeats.
async fn pump(session: Arc<Session>, heartbeat: Duration) {
    let mut beat = tokio::time::interval(heartbeat.max(Duration::from_millis(10)));
    beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut ended = session.ended.subscribe();
    let mut ended = std::pin::pin!(ended.wait_for(|ended| *ended));
    loop {
        tokio::select! {
            _ = session.pump.notified() => session.flush(),
            _ = beat.tick() => session.outbox.push(FromClient::Heartbeat),
            _ = &mut ended => return,
        }
    }
}
