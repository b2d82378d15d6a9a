//! Typed extensions: operations with words of their own instead of bytes.

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;
use taskloom_core::{ClientId, ErrorCode, TaskFailure, TaskId, Time};
use taskloom_scheduler_core::extension::{
    CallId, Called, Extension, ExtensionEffects, ExtensionEvent, Hears, TaskEnd,
};

/// An operation that clients call. Its words travel as MessagePack.
pub trait Operation: 'static {
    /// Its name, such as `channel.append`: unique among all extensions of a scheduler.
    const NAME: &'static str;
    /// Whether the extension wants to hear that the reply has reached whoever waited for it.
    const CONFIRMED: bool = false;
    /// What the client says.
    type Request: Serialize + DeserializeOwned + Send;
    /// What the extension replies.
    type Reply: Serialize + DeserializeOwned + Send;
}

/// A message that an extension sends unasked.
pub trait Push: 'static {
    /// Its name, such as `channel.appended`: unique among all extensions of a scheduler, operations
    /// included.
    const NAME: &'static str;
    /// The message.
    type Message: Serialize + DeserializeOwned + Send;
}

/// A call that arrived.
#[derive(Debug)]
pub struct Incoming<O: Operation> {
    /// Who called, and the number to reply to.
    pub call: CallId,
    /// What was said.
    pub request: O::Request,
    /// The tasks that it speaks of.
    pub futures: Vec<TaskId>,
}

type Handler<S> = Box<dyn Fn(&mut S, Time, Called, &mut Out<'_>) + Send>;

/// The operations of a service, with what handles each.
pub struct Operations<S> {
    names: Vec<&'static str>,
    handlers: Vec<Option<Handler<S>>>,
    confirmed: Vec<bool>,
}

impl<S: Service> Default for Operations<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Service> Operations<S> {
    /// No operations.
    pub fn new() -> Self {
        Self {
            names: Vec::new(),
            handlers: Vec::new(),
            confirmed: Vec::new(),
        }
    }

    /// Adds an operation and the method that handles its calls.
    pub fn call<O: Operation>(
        mut self,
        handle: fn(&mut S, Time, Incoming<O>, &mut Out<'_>),
    ) -> Self {
        let handler: Handler<S> = Box::new(move |service, now, called, out| {
            match from_payload::<O::Request>(&called.payload) {
                Ok(request) => {
                    let Called { call, futures, .. } = called;
                    let incoming = Incoming {
                        call,
                        request,
                        futures,
                    };
                    handle(service, now, incoming, out);
                }
                Err(error) => out.refuse(
                    called.call,
                    format!("the message of {} cannot be read: {error}", O::NAME),
                ),
            }
        });
        self.names.push(O::NAME);
        self.confirmed.push(O::CONFIRMED);
        self.handlers.push(Some(handler));
        self
    }

    /// Adds a message that is sent unasked.
    pub fn push<P: Push>(mut self) -> Self {
        self.names.push(P::NAME);
        self.confirmed.push(false);
        self.handlers.push(None);
        self
    }
}

/// A typed extension. See [`Extension`] for what it may and may not do.
pub trait Service: Send + Sized + 'static {
    /// Its name, such as `channel`.
    const NAME: &'static str;

    /// Its operations and pushes.
    fn operations() -> Operations<Self>;

    /// Which tasks it wants to hear of.
    fn hears(&self) -> Hears {
        Hears::Held
    }

    /// A client has connected.
    fn client_joined(&mut self, _now: Time, _client: ClientId, _name: &str, _out: &mut Out<'_>) {}

    /// A client is gone, and with it all its calls that wait, or whose replies it did not confirm. The
    /// tasks that it wanted live until this returns.
    fn client_gone(&mut self, _now: Time, _client: ClientId, _out: &mut Out<'_>) {}

    /// A worker has connected.
    fn worker_joined(&mut self, _now: Time, _name: &str, _out: &mut Out<'_>) {}

    /// A worker is gone.
    fn worker_gone(&mut self, _now: Time, _name: &str, _out: &mut Out<'_>) {}

    /// A task has ended, or its lost value is there again. A task that had ended when it was held is
    /// told right after.
    fn task_ended(&mut self, _now: Time, _task: TaskId, _end: TaskEnd, _out: &mut Out<'_>) {}

    /// Nobody waits for the reply to this call any more. If it was replied to, the reply reached nobody;
    /// that is told only of operations that are [`Operation::CONFIRMED`].
    fn withdrawn(&mut self, _now: Time, _call: CallId, _out: &mut Out<'_>) {}

    /// The reply to this call has arrived; only for operations that are [`Operation::CONFIRMED`].
    fn received(&mut self, _now: Time, _call: CallId, _out: &mut Out<'_>) {}

    /// The time of [`Service::next_deadline`] has come.
    fn tick(&mut self, _now: Time, _out: &mut Out<'_>) {}

    /// How much it keeps, in rows of its tables; see [`Extension::rows`].
    fn rows(&self) -> usize {
        0
    }

    /// When [`Service::tick`] is due.
    fn next_deadline(&self) -> Option<Time> {
        None
    }
}

/// What a service wants done.
#[derive(Debug)]
pub struct Out<'a> {
    effects: &'a mut ExtensionEffects,
    names: &'a [&'static str],
}

impl<'a> Out<'a> {
    /// Effects for tests of a service by itself; `names` as its operations list them.
    pub fn new(effects: &'a mut ExtensionEffects, names: &'a [&'static str]) -> Self {
        Self { effects, names }
    }

    /// Replies to a call, handing these tasks to the client.
    pub fn reply<O: Operation>(&mut self, call: CallId, reply: &O::Reply, futures: Vec<TaskId>) {
        match to_payload(reply) {
            Ok(payload) => self.effects.reply(call, payload, futures),
            Err(reason) => self.refuse(
                call,
                format!("the reply of {} cannot be encoded: {reason}", O::NAME),
            ),
        }
    }

    /// Replies to a call that it cannot be done, and why.
    pub fn refuse(&mut self, call: CallId, why: impl Into<String>) {
        let failure = TaskFailure::new(ErrorCode::Refused, why);
        self.effects.refuse(call, failure);
    }

    /// Tells a client something, handing these tasks to it.
    pub fn push<P: Push>(&mut self, client: ClientId, message: &P::Message, futures: Vec<TaskId>) {
        let operation = self.names.iter().position(|&name| name == P::NAME);
        if let (Some(operation), Ok(payload)) = (operation, to_payload(message)) {
            self.effects.push(client, operation, payload, futures);
        }
    }

    /// Keeps a task's result alive under a name such as `channel:x`. Holds count.
    pub fn hold(&mut self, holder: impl Into<String>, task: TaskId) {
        self.effects.hold(holder, task);
    }

    /// Undoes one hold.
    pub fn let_go(&mut self, holder: impl Into<String>, task: TaskId) {
        self.effects.let_go(holder, task);
    }
}

/// A message as it travels.
///
/// # Errors
/// Why it cannot be encoded.
pub fn to_payload<M: Serialize>(message: &M) -> Result<Bytes, String> {
    rmp_serde::to_vec_named(message)
        .map(Bytes::from)
        .map_err(|error| error.to_string())
}

/// A message that travelled.
///
/// # Errors
/// Why it cannot be read as an `M`.
pub fn from_payload<M: DeserializeOwned>(payload: &[u8]) -> Result<M, String> {
    rmp_serde::from_slice(payload).map_err(|error| error.to_string())
}

/// A service as an extension of the scheduler.
pub(crate) struct Hosted<S> {
    pub(crate) service: S,
    names: &'static [&'static str],
    handlers: Vec<Option<Handler<S>>>,
    confirmed: Vec<bool>,
    marker: PhantomData<fn(S)>,
}

/// Makes a service an extension that a scheduler can be given.
pub fn hosted<S: Service>(service: S) -> Box<dyn Extension> {
    Box::new(Hosted::new(service))
}

impl<S: Service> Hosted<S> {
    pub(crate) fn new(service: S) -> Self {
        let Operations {
            names,
            handlers,
            confirmed,
        } = S::operations();
        Self {
            service,
            // A process has few services, and they live as long as it does.
            names: names.leak(),
            handlers,
            confirmed,
            marker: PhantomData,
        }
    }
}

impl<S: Service> Extension for Hosted<S> {
    fn name(&self) -> &'static str {
        S::NAME
    }

    fn operations(&self) -> &'static [&'static str] {
        self.names
    }

    fn hears(&self) -> Hears {
        self.service.hears()
    }

    fn confirmed(&self, operation: usize) -> bool {
        self.confirmed.get(operation).copied().unwrap_or(false)
    }

    fn handle(&mut self, now: Time, event: ExtensionEvent, effects: &mut ExtensionEffects) {
        let mut out = Out::new(effects, self.names);
        let (service, out) = (&mut self.service, &mut out);
        match event {
            ExtensionEvent::Called(called) => {
                match self.handlers.get(called.operation).and_then(Option::as_ref) {
                    Some(handle) => handle(service, now, called, out),
                    None => out.refuse(called.call, "this is no operation that can be called"),
                }
            }
            ExtensionEvent::Withdrawn(call) => service.withdrawn(now, call, out),
            ExtensionEvent::Received(call) => service.received(now, call, out),
            ExtensionEvent::ClientJoined { client, name } => {
                service.client_joined(now, client, &name, out);
            }
            ExtensionEvent::ClientGone(client) => service.client_gone(now, client, out),
            ExtensionEvent::WorkerJoined { name } => service.worker_joined(now, &name, out),
            ExtensionEvent::WorkerGone { name } => service.worker_gone(now, &name, out),
            ExtensionEvent::TaskEnded { task, end } => service.task_ended(now, task, end, out),
            ExtensionEvent::Tick => service.tick(now, out),
        }
    }

    fn rows(&self) -> usize {
        self.service.rows()
    }

    fn next_deadline(&self) -> Option<Time> {
        self.service.next_deadline()
    }
}
