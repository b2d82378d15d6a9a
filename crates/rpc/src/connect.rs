//! Opening a session with a scheduler.

use crate::address::SchedulerAddress;
use crate::dial::{DialError, dial};
use crate::heard::LastHeard;
use crate::link::{Inbox, Outbox, Slot};
use crate::settings::ConnectionKind;
use std::error::Error as _;
use std::future::Future;
use std::hash::{BuildHasher, Hash, Hasher};
use std::time::Duration;
use taskloom_core::limits::MESSAGE_BYTES_MAX;
use taskloom_core::message::{
    ClientHello, ClientWelcome, FromClient, FromWorker, ToClient, ToWorker, WorkerHello,
    WorkerWelcome,
};
use taskloom_session::Terms;
use taskloom_wire::proto::admin_client::AdminClient;
use taskloom_wire::proto::client_service_client::ClientServiceClient;
use taskloom_wire::proto::worker_service_client::WorkerServiceClient;
use taskloom_wire::{SessionTerms, WireError, proto};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};

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

/// A link that leads nowhere, for a client that could not be connected: the outbox is closed, and
/// calls of administration fail. To be called on a runtime.
pub fn no_link() -> (Outbox<FromClient>, AdminClient<Channel>) {
    let nothing = Terms {
        send_window: 0,
        receive_window: 0,
    };
    let outbox = Slot::new(nothing).outbox();
    outbox.close();
    // The port of `discard`, which nobody serves; it is not even tried before a call is made.
    let nowhere = Endpoint::from_static("http://127.0.0.1:9").connect_lazy();
    (outbox, AdminClient::new(nowhere))
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
                matches!(
                    reason,
                    RefusedAs::NameTaken | RefusedAs::Full | RefusedAs::Closing
                )
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
    address: &SchedulerAddress,
    hello: WorkerHello,
    options: &ConnectOptions,
) -> Result<WorkerLink, ConnectError> {
    let way = Way::open(address, options).await?;
    let hello = proto::WorkerHello::from_core(hello, way.terms);
    let first = proto::WorkerFrame {
        hello: Some(hello),
        ..Default::default()
    };
    let mut client =
        WorkerServiceClient::new(way.channel.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX);
    let slot = Slot::<FromWorker>::new(way.terms_before_welcome());
    let frames = slot.outgoing(first).frames();
    let opening = async {
        let mut incoming = client.session(frames).await?.into_inner();
        let first = incoming.message().await?;
        Ok((first.and_then(|frame| frame.welcome), incoming))
    };
    let (welcome, incoming) = way.welcomed(opening).await?;
    let welcome = welcome.map(proto::WorkerWelcome::into_core);
    let (welcome, window) = way.checked(welcome)?;
    slot.agree(window);
    let (outbox, inbox) = (slot.outbox(), slot.inbox(incoming));
    let admin = AdminClient::new(way.channel);
    Ok(WorkerLink {
        welcome,
        inbox,
        outbox,
        heard: way.heard,
        admin,
    })
}

/// Opens a client's session.
///
/// # Errors
/// If the scheduler cannot be reached in time, or refuses.
pub async fn connect_client(
    address: &SchedulerAddress,
    hello: ClientHello,
    options: &ConnectOptions,
) -> Result<ClientLink, ConnectError> {
    let way = Way::open(address, options).await?;
    let hello = proto::ClientHello::from_core(hello, way.terms);
    let first = proto::ClientFrame {
        hello: Some(hello),
        ..Default::default()
    };
    let mut client =
        ClientServiceClient::new(way.channel.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX);
    let slot = Slot::<FromClient>::new(way.terms_before_welcome());
    let frames = slot.outgoing(first).frames();
    let opening = async {
        let mut incoming = client.session(frames).await?.into_inner();
        let first = incoming.message().await?;
        Ok((first.and_then(|frame| frame.welcome), incoming))
    };
    let (welcome, incoming) = way.welcomed(opening).await?;
    let welcome = welcome.map(proto::ClientWelcome::into_core);
    let (welcome, window) = way.checked(welcome)?;
    slot.agree(window);
    let (outbox, inbox) = (slot.outbox(), slot.inbox(incoming));
    let admin = AdminClient::new(way.channel);
    Ok(ClientLink {
        welcome,
        inbox,
        outbox,
        heard: way.heard,
        admin,
    })
}

/// A connection on which a session is being opened.
struct Way<'a> {
    address: &'a SchedulerAddress,
    timeout: Duration,
    channel: Channel,
    heard: LastHeard,
    terms: SessionTerms,
}

impl<'a> Way<'a> {
    async fn open(
        address: &'a SchedulerAddress,
        options: &ConnectOptions,
    ) -> Result<Self, ConnectError> {
        let timeout = options.timeout;
        let (host, port) = (address.host(), address.port());
        let dialled = dial(host, port, ConnectionKind::Control, timeout).await;
        let (channel, heard) = dialled.map_err(|error| match error {
            DialError::Failed(reason) => ConnectError::Unreachable {
                address: address.clone(),
                reason,
            },
            DialError::Timeout => ConnectError::Timeout {
                address: address.clone(),
                waited: timeout,
                doing: "connecting",
            },
        })?;
        let terms = SessionTerms {
            session: session_id(),
            window_bytes: options.window_bytes,
        };
        Ok(Self {
            address,
            timeout,
            channel,
            heard,
            terms,
        })
    }

    /// Nothing but the hello may be sent before the welcome says how much.
    fn terms_before_welcome(&self) -> Terms {
        Terms {
            send_window: 0,
            receive_window: self.terms.window_bytes,
        }
    }

    /// The first answer, in time.
    async fn welcomed<T>(
        &self,
        opening: impl Future<Output = Result<T, Status>>,
    ) -> Result<T, ConnectError> {
        match tokio::time::timeout(self.timeout, opening).await {
            Ok(result) => result.map_err(|status| refusal(self.address, &status)),
            Err(_) => Err(ConnectError::Timeout {
                address: self.address.clone(),
                waited: self.timeout,
                doing: "waiting for its welcome",
            }),
        }
    }

    /// The welcome, if there is one and it is valid.
    fn checked<T>(&self, welcome: Option<Result<T, WireError>>) -> Result<T, ConnectError> {
        let reason = match welcome {
            Some(Ok(welcome)) => return Ok(welcome),
            Some(Err(error)) => error.to_string(),
            None => "its first frame holds no welcome".to_owned(),
        };
        Err(ConnectError::NotAScheduler {
            address: self.address.clone(),
            reason,
        })
    }
}

/// What it means when the call for a session ends before it began.
fn refusal(address: &SchedulerAddress, status: &Status) -> ConnectError {
    let message = status.message().to_owned();
    let reason = match status.code() {
        _ if status.source().is_some() => {
            let reason = crate::cause::words(status);
            return ConnectError::Unreachable {
                address: address.clone(),
                reason,
            };
        }
        Code::FailedPrecondition => RefusedAs::Protocol,
        Code::AlreadyExists => RefusedAs::NameTaken,
        Code::InvalidArgument => RefusedAs::Invalid,
        Code::ResourceExhausted => RefusedAs::Full,
        Code::Unavailable => RefusedAs::Closing,
        code => {
            let reason = format!("{} ({message})", code.description());
            return ConnectError::NotAScheduler {
                address: address.clone(),
                reason,
            };
        }
    };
    ConnectError::Refused { reason, message }
}

/// 16 bytes that no other session has: hashes under the random keys that the standard library draws
/// per process and advances per use, mixed with the clock and the process.
fn session_id() -> [u8; 16] {
    let mut id = [0; 16];
    for half in id.chunks_mut(8) {
        let mut hasher = std::hash::RandomState::new().build_hasher();
        hasher.write_u32(std::process::id());
        std::time::SystemTime::now().hash(&mut hasher);
        half.copy_from_slice(&hasher.finish().to_le_bytes());
    }
    id
}
