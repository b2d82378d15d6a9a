//! The listening end: which services a port offers, and how its connections are run.

use crate::data::{DataService, ValueSink, ValueSource};
use crate::heard::LastHeard;
use crate::link::{Inbox, Outbox};
use crate::listen::Listener;
use crate::settings::ConnectionKind;
use std::future::Future;
use std::net::SocketAddr;
use taskloom_core::message::{
    ClientHello, ClientWelcome, FromClient, FromWorker, Refusal, ToClient, ToWorker, WorkerHello,
    WorkerWelcome,
};
use taskloom_wire::proto::admin_server::Admin;
use tonic::service::Routes;

/// The scheduler's end of a worker's session.
pub struct ServerWorkerLink {
    /// What the worker says.
    pub inbox: Inbox<FromWorker>,
    /// What the scheduler says. What is queued before the welcome follows it.
    pub outbox: Outbox<ToWorker>,
    /// When the worker was last heard.
    pub heard: LastHeard,
    /// Where it connected from.
    pub remote: Option<SocketAddr>,
}

/// The scheduler's end of a client's session.
pub struct ServerClientLink {
    /// What the client says.
    pub inbox: Inbox<FromClient>,
    /// What the scheduler says. What is queued before the welcome follows it.
    pub outbox: Outbox<ToClient>,
    /// When the client was last heard.
    pub heard: LastHeard,
    /// Where it connected from.
    pub remote: Option<SocketAddr>,
}

/// Who takes sessions in. A refusal ends the call with the words of the refusal.
pub trait SessionHost: Clone + Send + Sync + 'static {
    /// A worker came.
    fn worker(
        &self,
        hello: WorkerHello,
        link: ServerWorkerLink,
    ) -> impl Future<Output = Result<WorkerWelcome, Refusal>> + Send;

    /// A client came.
    fn client(
        &self,
        hello: ClientHello,
        link: ServerClientLink,
    ) -> impl Future<Output = Result<ClientWelcome, Refusal>> + Send;
}

/// The services of a scheduler: sessions, administration, relay, health, reflection.
pub fn scheduler_routes<H, A, S>(_host: H, _admin: A, _relay: DataService<S>) -> Routes
where
    H: SessionHost,
    A: Admin,
    S: ValueSource + ValueSink,
{
    todo!()
}

/// The services of a worker: data, health, reflection.
pub fn worker_routes<S: ValueSource + ValueSink>(_data: DataService<S>) -> Routes {
    todo!()
}

/// Where accepted connections go in.
#[derive(Clone, Debug)]
pub struct Lobby(());

/// Accepted connections for [`serve`].
#[derive(Debug)]
pub struct Incoming(());

/// A queue of accepted connections between [`accept`] and [`serve`], which may run on different
/// runtimes.
pub fn lobby() -> (Lobby, Incoming) {
    todo!()
}

/// Accepts connections until `shutdown` resolves or an error that does not pass. What does not
/// begin like HTTP/2 is closed. Connections that announce large frames go to `bulk`, if there is
/// one, all others to `control`.
///
/// # Errors
/// If the socket cannot be used on this runtime.
pub async fn accept(
    _listener: Listener,
    _control: Lobby,
    _bulk: Option<Lobby>,
    _shutdown: impl Future<Output = ()> + Send,
) -> std::io::Result<()> {
    todo!()
}

/// Serves accepted connections on this runtime until `shutdown` resolves and all calls have ended,
/// or every [`Lobby`] is dropped. Drop the future to end at once.
///
/// # Errors
/// If the transport cannot be set up.
pub async fn serve(
    _routes: Routes,
    _incoming: Incoming,
    _kind: ConnectionKind,
    _shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), tonic::transport::Error> {
    todo!()
}
