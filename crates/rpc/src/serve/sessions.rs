//! The two session services over a [`SessionHost`].

use crate::heard::LastHeard;
use crate::link::{Inbox, Outbox, Slot};
use crate::transport::ConnectionInfo;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use taskloom_core::limits::SESSION_WINDOW_BYTES;
use taskloom_core::message::{
    ClientHello, ClientWelcome, FromClient, FromWorker, Refusal, ToClient, ToWorker, WorkerHello,
    WorkerWelcome,
};
use taskloom_session::Terms;
use taskloom_wire::proto::client_service_server::ClientService;
use taskloom_wire::proto::worker_service_server::WorkerService;
use taskloom_wire::{SessionTerms, WireError, proto};
use tonic::{Request, Response, Status, Streaming};

/// How long a party that opened a stream may take to introduce itself.
const HELLO_TIMEOUT: Duration = Duration::from_secs(10);

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

/// Who takes sessions in. A refusal ends the call with the words of the refusal. The answer may be
/// given up in the middle when the party goes away before it is there.
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

/// The services over a host.
pub(super) struct Sessions<H>(Arc<H>);

impl<H> Clone for Sessions<H> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<H> Sessions<H> {
    pub(super) fn new(host: H) -> Self {
        Self(Arc::new(host))
    }
}

#[tonic::async_trait]
impl<H: SessionHost> WorkerService for Sessions<H> {
    type SessionStream = crate::link::Outgoing<ToWorker>;

    async fn session(
        &self,
        request: Request<Streaming<proto::WorkerFrame>>,
    ) -> Result<Response<Self::SessionStream>, Status> {
        let info = info(&request);
        let mut incoming = request.into_inner();
        let first = first(&mut incoming).await?;
        let hello = first.hello.map(proto::WorkerHello::into_core);
        let (hello, slot) = greeted(hello)?;
        let link = ServerWorkerLink {
            inbox: slot.inbox(incoming),
            outbox: slot.outbox(),
            heard: info.heard,
            remote: info.remote,
        };
        let welcome = self
            .0
            .worker(hello, link)
            .await
            .map_err(|refusal| status(&refusal))?;
        let welcome = proto::WorkerWelcome::from_core(&welcome, SESSION_WINDOW_BYTES);
        let first = proto::WorkerReplyFrame {
            welcome: Some(welcome),
            ..Default::default()
        };
        Ok(Response::new(slot.outgoing(first)))
    }
}

#[tonic::async_trait]
impl<H: SessionHost> ClientService for Sessions<H> {
    type SessionStream = crate::link::Outgoing<ToClient>;

    async fn session(
        &self,
        request: Request<Streaming<proto::ClientFrame>>,
    ) -> Result<Response<Self::SessionStream>, Status> {
        let info = info(&request);
        let mut incoming = request.into_inner();
        let first = first(&mut incoming).await?;
        let hello = first.hello.map(proto::ClientHello::into_core);
        let (hello, slot) = greeted(hello)?;
        let link = ServerClientLink {
            inbox: slot.inbox(incoming),
            outbox: slot.outbox(),
            heard: info.heard,
            remote: info.remote,
        };
        let welcome = self
            .0
            .client(hello, link)
            .await
            .map_err(|refusal| status(&refusal))?;
        let welcome = proto::ClientWelcome::from_core(&welcome, SESSION_WINDOW_BYTES);
        let first = proto::ClientReplyFrame {
            welcome: Some(welcome),
            ..Default::default()
        };
        Ok(Response::new(slot.outgoing(first)))
    }
}

/// What is known of the connection that a call came on.
fn info<T>(request: &Request<T>) -> ConnectionInfo {
    let known = request.extensions().get::<ConnectionInfo>().cloned();
    known.unwrap_or_else(|| ConnectionInfo {
        heard: LastHeard::now(),
        remote: None,
    })
}

/// The first frame, in time.
async fn first<F>(incoming: &mut Streaming<F>) -> Result<F, Status> {
    match tokio::time::timeout(HELLO_TIMEOUT, incoming.message()).await {
        Ok(Ok(Some(frame))) => Ok(frame),
        Ok(Ok(None)) => Err(Status::invalid_argument(
            "the session ended before its hello",
        )),
        Ok(Err(status)) => Err(status),
        Err(_) => Err(Status::deadline_exceeded("no hello came in time")),
    }
}

/// The hello, checked, and the link on its terms.
fn greeted<T, Out: crate::link::Spoken>(
    hello: Option<Result<(T, SessionTerms), WireError>>,
) -> Result<(T, Slot<Out>), Status> {
    let (hello, terms) = hello
        .ok_or_else(|| Status::invalid_argument("the first frame of a session holds no hello"))?
        .map_err(|error| Status::invalid_argument(error.to_string()))?;
    let terms = Terms {
        send_window: terms.window_bytes,
        receive_window: SESSION_WINDOW_BYTES,
    };
    Ok((hello, Slot::new(terms)))
}

/// A refusal as the end of a call.
fn status(refusal: &Refusal) -> Status {
    let words = refusal.to_string();
    match refusal {
        Refusal::Protocol { .. } => Status::failed_precondition(words),
        Refusal::NameTaken { .. } => Status::already_exists(words),
        Refusal::OperationMismatch { .. } | Refusal::Invalid(_) => Status::invalid_argument(words),
        Refusal::Full(_) => Status::resource_exhausted(words),
        Refusal::Closing => Status::unavailable(words),
        _ => Status::failed_precondition(words),
    }
}
