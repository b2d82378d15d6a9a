//! Opening a session with a scheduler.

use crate::address::SchedulerAddress;
use crate::heard::LastHeard;
use crate::link::{Inbox, Outbox};
use std::time::Duration;
use taskloom_core::message::{
    ClientHello, ClientWelcome, FromClient, FromWorker, ToClient, ToWorker, WorkerHello,
    WorkerWelcome,
};
use taskloom_wire::proto::admin_client::AdminClient;
use tonic::transport::Channel;

/// How to connect.
#[derive(Clone, Debug)]
pub struct ConnectOptions {
    /// How long reaching the scheduler, and then its welcome, may take each.
    pub timeout: Duration,
    /// What the scheduler may have unacknowledged towards us, in bytes.
    pub window_bytes: u64,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            window_bytes: taskloom_core::limits::SESSION_WINDOW_BYTES,
        }
    }
}

/// A worker's end of its session.
pub struct WorkerLink {
    /// What the scheduler answered.
    pub welcome: WorkerWelcome,
    /// What the scheduler says.
    pub inbox: Inbox<ToWorker>,
    /// What the worker says.
    pub outbox: Outbox<FromWorker>,
    /// When the scheduler was last heard.
    pub heard: LastHeard,
    /// The administration calls, on the same connection.
    pub admin: AdminClient<Channel>,
}

/// A client's end of its session.
pub struct ClientLink {
    /// What the scheduler answered.
    pub welcome: ClientWelcome,
    /// What the scheduler says.
    pub inbox: Inbox<ToClient>,
    /// What the client says.
    pub outbox: Outbox<FromClient>,
    /// When the scheduler was last heard.
    pub heard: LastHeard,
    /// The administration calls, on the same connection.
    pub admin: AdminClient<Channel>,
}

/// For which reason a scheduler refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefusedAs {
    /// Another version of the protocol.
    Protocol,
    /// A living worker has that name.
    NameTaken,
    /// The hello is not valid, or an operation does not match.
    Invalid,
    /// A table of the scheduler is full.
    Full,
    /// The scheduler is ending.
    Closing,
}

/// Why there is no session.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// Nothing answers there.
    #[error("{address}: {reason}")]
    Unreachable {
        /// Where.
        address: SchedulerAddress,
        /// What happened, such as `connection refused`.
        reason: String,
    },
    /// No answer in time.
    #[error("{address}: no answer within {waited:?} while {doing}")]
    Timeout {
        /// Where.
        address: SchedulerAddress,
        /// How long.
        waited: Duration,
        /// What was waited for.
        doing: &'static str,
    },
    /// The scheduler does not take us in; its words say why.
    #[error("{message}")]
    Refused {
        /// The kind of refusal.
        reason: RefusedAs,
        /// The scheduler's words.
        message: String,
    },
    /// What answers there is not a scheduler.
    #[error("{address} does not answer like a scheduler: {reason}")]
    NotAScheduler {
        /// Where.
        address: SchedulerAddress,
        /// What it did.
        reason: String,
    },
}

impl ConnectError {
    /// Whether trying again later may help.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Timeout { .. } => true,
            Self::Refused { reason, .. } => {
                matches!(reason, RefusedAs::NameTaken | RefusedAs::Full | RefusedAs::Closing)
            }
            Self::NotAScheduler { .. } => false,
        }
    }
}

/// Opens a worker's session.
///
/// # Errors
/// If the scheduler cannot be reached in time, or refuses.
pub async fn connect_worker(
    _address: &SchedulerAddress,
    _hello: WorkerHello,
    _options: &ConnectOptions,
) -> Result<WorkerLink, ConnectError> {
    todo!()
}

/// Opens a client's session.
///
/// # Errors
/// If the scheduler cannot be reached in time, or refuses.
pub async fn connect_client(
    _address: &SchedulerAddress,
    _hello: ClientHello,
    _options: &ConnectOptions,
) -> Result<ClientLink, ConnectError> {
    todo!()
}
