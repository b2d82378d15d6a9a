//! The client as users hold it.

use crate::nested::Scope;
use crate::session::Session;
use crate::{
    Call, ClientBuilder, ClientExtension, Error, Graph, GraphOutputs, Identity, Map, Notices,
    Result, Scatter, ScatterAll, SubmitGraph, TaskFuture,
};
use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use taskloom_core::message::ClientWelcome;
use taskloom_extensions::Operation;
use taskloom_task::{TaskCall, TaskValue};
use taskloom_wire::proto::IdentityRequest;
use taskloom_wire::proto::admin_client::AdminClient;
use tonic::transport::Channel;

/// A session with a scheduler: submits tasks, gives futures of their results, places data.
///
/// Cheap to clone. The session ends when the last clone is dropped, or with [`Client::close`]; what
/// is still pending then ends in [`Error::Closed`]. It lives on the runtime on which it was
/// connected.
#[derive(Clone)]
pub struct Client {
    owner: Arc<Owner>,
    /// The owner's session, or how one run of a task sees it.
    session: Arc<Session>,
}

/// What ends the session when it is dropped.
struct Owner {
    session: Arc<Session>,
    admin: AdminClient<Channel>,
    welcome: ClientWelcome,
    guards: Mutex<Vec<Arc<dyn Any + Send + Sync>>>,
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.session.close("the client was dropped");
    }
}

impl Client {
    pub(crate) fn new(
        session: Arc<Session>,
        admin: AdminClient<Channel>,
        welcome: ClientWelcome,
    ) -> Self {
        let guards = Mutex::default();
        Self {
            session: session.clone(),
            owner: Arc::new(Owner {
                session,
                admin,
                welcome,
                guards,
            }),
        }
    }

    /// The same client as one run of a task uses it.
    pub(crate) fn within(&self, scope: Arc<Scope>) -> Self {
        Self {
            owner: self.owner.clone(),
            session: self.session.scoped(scope),
        }
    }

    /// Connects to the scheduler at `address`: `host:port`, with or without a scheme such as
    /// `tcp://`; the port is 8786 if none is written. An empty address stands for the one in the
    /// environment variable `TASKLOOM_SCHEDULER`. Waits up to 30 s for the scheduler.
    ///
    /// # Errors
    /// If the address cannot be read, or no scheduler takes this client in in time.
    pub async fn connect(address: impl Into<String>) -> Result<Self> {
        Self::builder(address).connect().await
    }

    /// Connects to the scheduler that the environment variable `TASKLOOM_SCHEDULER` names.
    ///
    /// # Errors
    /// If the variable is not set, or as [`Client::connect`].
    pub async fn connect_default() -> Result<Self> {
        Self::connect("").await
    }

    /// A connection with settings:
    /// `Client::builder("scheduler:8786").name("report").connect().await?`.
    pub fn builder(address: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(address.into())
    }

    /// Submits a task and gives the future of its result. Never blocks and never fails: whatever is
    /// wrong comes out of the future. Tasks that are submitted in a row travel together.
    pub fn submit<T: TaskValue>(&self, call: TaskCall<T>) -> TaskFuture<T> {
        TaskFuture::new(self.session().submit(call.into_parts()))
    }

    /// Submits a task for each item: `client.map(0..100_000, inc::task).await?`. Far cheaper than as
    /// many calls of [`Client::submit`].
    pub fn map<I, F, T>(&self, items: I, call: F) -> Map<I::IntoIter, F>
    where
        I: IntoIterator,
        F: FnMut(I::Item) -> TaskCall<T>,
        T: TaskValue,
    {
        Map::new(self.session().clone(), items.into_iter(), call)
    }

    /// Submits a graph and gives the futures of its outputs, in the shape in which they are named: a
    /// node, a tuple, an array or a vector of nodes.
    pub fn submit_graph<O: GraphOutputs>(&self, graph: Graph, outputs: O) -> SubmitGraph<O> {
        SubmitGraph::new(self.session().clone(), graph, outputs)
    }

    /// Places a value on workers: for large inputs, above all of several tasks. The client keeps it
    /// (256 MiB in all, by default) while its future is held, and supplies it again when the workers
    /// that have it are lost.
    ///
    /// ```no_run
    /// # async fn example(client: taskloom_client::Client) -> taskloom_client::Result<()> {
    /// let table = client.scatter(vec![0.5; 1_000_000]).broadcast().await?;
    /// # Ok(()) }
    /// ```
    pub fn scatter<T: TaskValue>(&self, value: T) -> Scatter<T> {
        Scatter::new(self.session().clone(), value)
    }

    /// Places each value on some worker, with a future for each.
    pub fn scatter_all<T: TaskValue>(&self, values: Vec<T>) -> ScatterAll<T> {
        ScatterAll::new(self.session().clone(), values)
    }

    /// Calls an operation of an extension of the scheduler: await it for the reply, or
    /// [`Call::send`] it if none is wanted.
    pub fn call<O: Operation>(&self, request: O::Request) -> Call<O> {
        Call::new(self.session(), &request)
    }

    /// This session's side of an extension; made when it is first asked for.
    pub fn extension<E: ClientExtension>(&self) -> Arc<E> {
        let session = self.session();
        session.extensions.get(self, |name| session.operation(name))
    }

    /// A client that does not keep the session from ending.
    pub fn downgrade(&self) -> WeakClient {
        WeakClient {
            owner: Arc::downgrade(&self.owner),
        }
    }

    /// Waits until there is room in the queue to the scheduler.
    ///
    /// # Errors
    /// If the session ends.
    pub async fn ready(&self) -> Result<()> {
        self.session().room().await
    }

    /// Who is there: the scheduler, its workers and its counts.
    ///
    /// # Errors
    /// If the scheduler does not answer.
    pub async fn identity(&self) -> Result<Identity> {
        if let Some(closed) = self.session().closed() {
            return Err(closed);
        }
        let mut admin = self.owner.admin.clone();
        let reply = admin.identity(IdentityRequest {}).await;
        match reply {
            Ok(reply) => Ok(reply.into_inner().into()),
            Err(status) => Err(Error::Closed(format!(
                "the scheduler at {} did not say who is there: {}",
                self.address(),
                status.message()
            ))),
        }
    }

    /// What the scheduler has to say beside results, from now on: tasks that no worker can run, or
    /// that it is ending. The same is logged as warnings.
    pub fn notices(&self) -> Notices {
        let session = self.session();
        Notices {
            notices: session.notices.subscribe(),
            ended: session.ended.subscribe(),
        }
    }

    /// The address of the scheduler, as `host:port`.
    pub fn address(&self) -> String {
        self.session().address.to_string()
    }

    /// The scheduler's name for this session.
    pub fn id(&self) -> taskloom_core::ClientId {
        self.owner.welcome.client
    }

    /// Keeps something alive until the session ends with its last clone: an embedded cluster.
    pub fn keep(&self, guard: Arc<dyn Any + Send + Sync>) {
        self.owner
            .guards
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(guard);
    }

    /// Ends the session after everything that was submitted has been sent. Futures that are still
    /// pending end in [`Error::Closed`].
    ///
    /// The session of a worker's tasks ends with the worker alone: for them this does nothing.
    pub async fn close(&self) {
        if self.session.scope().is_some() {
            return;
        }
        self.session().close("the client was closed");
        self.session().disconnected().await;
    }

    pub(crate) fn session(&self) -> &Arc<Session> {
        &self.session
    }
}

/// A client that does not keep the session from ending: from [`Client::downgrade`].
#[derive(Clone)]
pub struct WeakClient {
    owner: Weak<Owner>,
}

impl WeakClient {
    /// The client, unless the session has ended because nobody held it.
    pub fn upgrade(&self) -> Option<Client> {
        let owner = self.owner.upgrade()?;
        let session = owner.session.clone();
        Some(Client { owner, session })
    }
}

impl fmt::Debug for WeakClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WeakClient")
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({} of {})", self.id(), self.address())
    }
}
