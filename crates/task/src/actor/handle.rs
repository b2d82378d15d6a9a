//! Actors, as users hold them.

use super::address::ActorAddress;
use super::host::Home;
use super::kind::{ActorMethods, ActorType};
use super::link::ActorLink;
use super::resident::Resident;
use crate::call::{Arguments, Dependency, TaskCall};
use crate::context::TaskContext;
use crate::error::Result;
use crate::future::TaskFuture;
use crate::into_arg::IntoArg;
use crate::value::Value;
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;
use taskloom_core::arguments::Part;
use taskloom_core::{ErrorCode, Residence, TaskFailure};

/// A stateful worker: a `T` that lives on one worker and answers calls of its methods there.
///
/// The public methods of `T` are methods of this handle too. Each sends its call at once and returns
/// an [`ActorReply`](super::ActorReply). Calls through one handle (and its clones) are made in order,
/// one at a time; calls of several handles come in any order, but never two at once.
///
/// The actor lives as long as a handle from [`Actor::of`] (or `client.actor`) or its future does. A
/// handle that a task takes as an argument works like any other, and holds the actor only as long as
/// that task runs.
///
/// What concerns the handle and not the actor is called as `Actor::key(&counter)`, so that it hides
/// no method of the actor.
pub struct Actor<T: ActorType> {
    methods: T::Methods,
    /// Of the result of the constructor alone, where it was made.
    home: Option<Home>,
    marker: PhantomData<fn() -> T>,
}

impl<T: ActorType> Actor<T> {
    /// The handle of the actor that this future will be. Calls may be made at once: they wait until
    /// it is there. If it comes to nothing, they end in its error.
    pub fn of(future: TaskFuture<Self>) -> Self {
        Self::from_link(ActorLink::of_future(future.handle().clone(), T::NAME))
    }

    /// The future of the actor, for what takes futures: waiting, channels, published data sets, other
    /// clients. `None` for a handle that came as the argument of a task.
    pub fn future(this: &Self) -> Option<TaskFuture<Self>> {
        let handle = this.methods.link().future()?;
        Some(TaskFuture::new(handle.clone()))
    }

    /// The key of the actor.
    pub fn key(this: &Self) -> String {
        this.methods.link().key()
    }

    /// Waits until the actor is there.
    ///
    /// # Errors
    /// Why it could not be made, or why it is there no more.
    pub async fn ready(this: &Self) -> Result<()> {
        match Self::future(this) {
            Some(future) => future.await.map(drop),
            None => Ok(()),
        }
    }

    fn from_link(link: ActorLink) -> Self {
        Self {
            methods: T::Methods::new(link),
            home: None,
            marker: PhantomData,
        }
    }

    /// The result of a constructor: the actor moves in with the worker.
    pub(crate) fn house(actor: T, context: &TaskContext) -> Result<Value, TaskFailure> {
        let Some(host) = context.worker_scope().actors() else {
            let text = "actors live on workers: this is none";
            return Err(TaskFailure::new(ErrorCode::Refused, text));
        };
        let address = host.house(Resident::new(actor, context))?;
        let home = Home::new(Arc::clone(host), address.clone());
        Ok(Value::live(Self {
            home: Some(home),
            ..Self::from_link(ActorLink::of_address(address))
        }))
    }

    /// Where the actor is, if that is known.
    fn address(&self) -> Option<ActorAddress> {
        match &self.home {
            Some(home) => Some(home.address().clone()),
            None => self.methods.link().address(),
        }
    }
}

impl<T: ActorType> TaskCall<Actor<T>> {
    /// Makes the actor anew with its constructor, on another worker, when its worker is lost. Its
    /// state begins again; calls that were under way end in an error that says so. Without this, all
    /// later calls end in an error too.
    pub fn restart(self) -> Self {
        self.residence(Residence::Restarted)
    }
}

impl<T: ActorType> Deref for Actor<T> {
    type Target = T::Methods;

    fn deref(&self) -> &T::Methods {
        &self.methods
    }
}

impl<T: ActorType> Clone for Actor<T> {
    fn clone(&self) -> Self {
        // The clone of a result is no home: it must not keep the actor alive.
        Self::from_link(self.methods.link().clone())
    }
}

impl<T: ActorType> Serialize for Actor<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.address() {
            Some(address) => address.serialize(serializer),
            None => Err(S::Error::custom(format!(
                "the actor {} is not there yet: give a reference to it (`&actor`), which waits for \
                 it, or await `Actor::ready` first",
                Self::key(self)
            ))),
        }
    }
}

impl<'de, T: ActorType> Deserialize<'de> for Actor<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let address = ActorAddress::deserialize(deserializer)?;
        let address = address.of_kind(T::NAME).map_err(D::Error::custom)?;
        Ok(Self::from_link(ActorLink::of_address(address)))
    }
}

impl<T: ActorType> Actor<T> {
    fn refer(&self, arguments: &mut Arguments) {
        match self.methods.link().future() {
            Some(handle) => {
                arguments.reference(Dependency::Future(handle.clone()), Part::WHOLE);
            }
            None => arguments.value(self.clone()),
        }
    }
}

impl<T: ActorType> IntoArg<Actor<T>> for &Actor<T> {
    fn into_arg(self, arguments: &mut Arguments) {
        self.refer(arguments);
    }
}

macro_rules! rows {
    ($($row:ty),+) => {$(
        #[diagnostic::do_not_recommend]
        impl<T: ActorType> IntoArg<Vec<Actor<T>>> for $row {
            fn into_arg(self, arguments: &mut Arguments) {
                arguments.sequence(self.len());
                self.iter().for_each(|actor| actor.refer(arguments));
            }
        }
    )+};
}

rows!(&Vec<Actor<T>>, &[Actor<T>]);

impl<T: ActorType> fmt::Debug for Actor<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Actor({}, {})", T::NAME, Self::key(self))
    }
}
