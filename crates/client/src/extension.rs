//! The client's side of extensions: what is kept per session, and what takes in the messages that
//! the scheduler's side sends unasked.

use crate::Client;
use crate::client::WeakClient;
use bytes::Bytes;
use rustc_hash::FxHashMap;
use std::any::{Any, TypeId};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use taskloom_extensions::{Push, from_payload};
use taskloom_task::FutureHandle;

/// The client's side of an extension: one per session, made when it is first asked for with
/// [`Client::extension`], and kept until the session ends.
///
/// It is told what the scheduler's side sends unasked, message by message in the order in which
/// they were sent, on the thread that drives the session: so handlers are to be short and must not
/// block. A panic in one is logged and the next message is handled all the same.
pub trait ClientExtension: Send + Sync + Sized + 'static {
    /// Makes it. The session outlives neither this nor any client: so it is given a weak one.
    fn new(client: WeakClient) -> Self;

    /// The messages that it takes, each with its handler.
    fn pushes() -> Pushes<Self>;

    /// The session has ended: nothing will be called or pushed any more.
    fn closed(&self, _why: &str) {}
}

/// The messages that a [`ClientExtension`] takes.
pub struct Pushes<E> {
    handlers: Vec<(&'static str, Handler<E>)>,
}

/// The tasks that came with a message.
type Handles = Vec<Arc<dyn FutureHandle>>;

type Handler<E> = Box<dyn Fn(&E, &Bytes, Handles) + Send + Sync>;

impl<E: 'static> Default for Pushes<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E: 'static> Pushes<E> {
    /// No messages.
    pub fn new() -> Self {
        Self {
            handlers: Vec::new(),
        }
    }

    /// Takes the messages of this kind. The handler is given the message and the tasks that it
    /// speaks of, which this client wants until their handles are dropped.
    pub fn on<P: Push>(mut self, handle: fn(&E, P::Message, Handles)) -> Self {
        let handler: Handler<E> = Box::new(move |extension, payload, futures| {
            match from_payload(payload) {
                Ok(message) => handle(extension, message, futures),
                Err(error) => tracing::error!(
                    "a message {} of the scheduler cannot be read: {error}; this program and the \
                     scheduler are of different releases",
                    P::NAME
                ),
            }
        });
        self.handlers.push((P::NAME, handler));
        self
    }
}

impl<E> fmt::Debug for Pushes<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.handlers.iter().map(|(name, _)| name))
            .finish()
    }
}

/// A message that was pushed.
pub(crate) struct Pushed {
    pub(crate) operation: u32,
    pub(crate) payload: Bytes,
    pub(crate) futures: Handles,
}

type OnClose = Box<dyn FnOnce(&str) + Send>;

type Route = Arc<dyn Fn(&Bytes, Handles) + Send + Sync>;

/// The client's extensions of one session.
#[derive(Default)]
pub(crate) struct Extensions {
    tables: Mutex<Tables>,
}

#[derive(Default)]
struct Tables {
    /// By type: an `Arc<OnceLock<Arc<E>>>`.
    kept: FxHashMap<TypeId, Arc<dyn Any + Send + Sync>>,
    routes: FxHashMap<u32, Vec<Route>>,
    on_close: Vec<OnClose>,
    closed: Option<String>,
}

impl Extensions {
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The one extension of this type, made if it is not there. `operation` gives the number of a
    /// push, if the scheduler knows it.
    pub(crate) fn get<E: ClientExtension>(
        &self,
        client: &Client,
        operation: impl Fn(&str) -> Option<u32>,
    ) -> Arc<E> {
        let place = {
            let mut tables = self.tables();
            let place = tables
                .kept
                .entry(TypeId::of::<E>())
                .or_insert_with(|| Arc::new(OnceLock::<Arc<E>>::new()));
            place.clone().downcast::<OnceLock<Arc<E>>>()
        };
        match place {
            // Made without the lock: it may ask for another extension.
            Ok(place) => place
                .get_or_init(|| self.make(client.downgrade(), operation))
                .clone(),
            // The place of a type has its type; this could only be a defect, and a fresh one serves.
            Err(_) => self.make(client.downgrade(), operation),
        }
    }

    fn make<E: ClientExtension>(
        &self,
        client: WeakClient,
        operation: impl Fn(&str) -> Option<u32>,
    ) -> Arc<E> {
        let extension = Arc::new(E::new(client));
        let mut tables = self.tables();
        if let Some(why) = tables.closed.clone() {
            drop(tables);
            extension.closed(&why);
            return extension;
        }
        for (name, handler) in E::pushes().handlers {
            // A scheduler that does not know the message will not send it; calls of the extension
            // say so.
            if let Some(operation) = operation(name) {
                let extension = extension.clone();
                let route: Route =
                    Arc::new(move |payload, futures| handler(&extension, payload, futures));
                tables.routes.entry(operation).or_default().push(route);
            }
        }
        let told = extension.clone();
        tables.on_close.push(Box::new(move |why| told.closed(why)));
        extension
    }

    /// Hands pushed messages to the extensions that take them. Called without the session's lock.
    pub(crate) fn take_in(&self, pushed: Vec<Pushed>) {
        for Pushed {
            operation,
            payload,
            futures,
        } in pushed
        {
            let routes = self.tables().routes.get(&operation).cloned();
            for route in routes.into_iter().flatten() {
                let futures = futures.clone();
                let handled = catch_unwind(AssertUnwindSafe(|| route(&payload, futures)));
                if handled.is_err() {
                    // The panic itself was printed by its hook.
                    tracing::error!(operation, "the handler of a pushed message panicked");
                }
            }
        }
    }

    /// The session has ended: tells all extensions, and lets them go.
    pub(crate) fn close(&self, why: &str) {
        let mut tables = self.tables();
        tables.closed = Some(why.to_owned());
        let kept = std::mem::take(&mut tables.kept);
        let routes = std::mem::take(&mut tables.routes);
        let on_close = std::mem::take(&mut tables.on_close);
        drop(tables);
        for tell in on_close {
            if catch_unwind(AssertUnwindSafe(|| tell(why))).is_err() {
                tracing::error!("an extension panicked when it was told that the session ended");
            }
        }
        drop((kept, routes));
    }
}
