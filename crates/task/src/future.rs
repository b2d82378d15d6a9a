//! Futures of results, as users hold them.

use crate::error::{Error, Result};
use crate::value::{TaskValue, Value};
use futures::future::BoxFuture;
use std::any::Any;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use taskloom_core::actor::ActorTransport;
use taskloom_core::arguments::Part;
use taskloom_core::{Key, Ticket};

/// How far a task has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status {
    /// It waits or runs.
    Pending,
    /// Its result is there.
    Finished,
    /// It failed, or one that it depends on did.
    Erred,
    /// It was cancelled.
    Cancelled,
    /// Its data are gone together with their source.
    Lost,
    /// A run of it took longer than its timeout.
    TimedOut,
}

/// What a client keeps for one future. The client implements it; the last handle to be dropped
/// releases the result.
pub trait FutureHandle: Any + Send + Sync {
    /// A number of the session that no other session of this process has.
    fn session(&self) -> u64;

    /// The client's number of the task in its session.
    fn ticket(&self) -> Ticket;

    /// The key of the task.
    fn key(&self) -> Key;

    /// How far the task has come.
    fn status(&self) -> Status;

    /// The error of a task that has ended badly.
    fn error(&self) -> Option<Error>;

    /// The result, fetched from where it lies if it is not here. Wakers of several callers must be
    /// kept at the same time.
    fn poll_value(&self, cx: &mut Context<'_>) -> Poll<Result<Value>>;

    /// A part of the result. The default takes it out of the whole.
    fn poll_part(&self, part: Part, cx: &mut Context<'_>) -> Poll<Result<Value>> {
        self.poll_value(cx).map(|whole| match part.index() {
            None => whole,
            Some(index) => Ok(whole?.part(index)?),
        })
    }

    /// Whether the task has ended, well or badly, without fetching its result. The waker is called
    /// when it has.
    fn poll_done(&self, cx: &mut Context<'_>) -> Poll<()>;

    /// Asks for the end of the task for all who wait for it.
    fn cancel(&self);

    /// Runs a future beside the session. The default runs it here and now, which is for handles whose
    /// tasks have ended.
    fn spawn(&self, work: BoxFuture<'static, ()>) {
        futures::executor::block_on(work);
    }

    /// How calls reach the actor that the result is, if the client has a way of its own.
    fn actor_transport(&self) -> Option<Arc<dyn ActorTransport>> {
        None
    }

    /// Why this thread must not wait for the result by blocking, if so.
    fn forbids_blocking(&self) -> Option<Error> {
        None
    }
}

/// The future result of a task: returned at once, while the task waits, runs, or is done.
///
/// Await it for the result: by value (`future.await?`), or by reference (`(&future).await?`), which
/// keeps the handle and so the result alive. Give it, or a reference to it, where a task wants a
/// `T`. A clone is another handle of the same task; when the last one is dropped the result is
/// released. Waiting can be abandoned at any time without harm.
#[must_use = "the task is released when its last future is dropped"]
pub struct TaskFuture<T> {
    pub(crate) handle: Arc<dyn FutureHandle>,
    marker: PhantomData<fn() -> T>,
}

impl<T> TaskFuture<T> {
    /// The typed face of a handle; called by clients, who answer for the type.
    pub fn new(handle: Arc<dyn FutureHandle>) -> Self {
        Self {
            handle,
            marker: PhantomData,
        }
    }

    /// The handle behind this future.
    pub fn handle(&self) -> &Arc<dyn FutureHandle> {
        &self.handle
    }

    /// The key of the task.
    pub fn key(&self) -> Key {
        self.handle.key()
    }

    /// How far the task has come.
    pub fn status(&self) -> Status {
        self.handle.status()
    }

    /// The error of a task that has ended badly; `None` while it is under way and if it ended well.
    pub fn exception(&self) -> Option<Error> {
        self.handle.error()
    }

    /// Cancels the task for all who wait for it, unless another client wants it too. A task that
    /// already runs is told so through its context, and its result is dropped.
    pub fn cancel(&self) {
        self.handle.cancel();
    }

    /// Waits until the task has ended, well or badly, without fetching its result.
    pub async fn done(&self) {
        std::future::poll_fn(|cx| self.handle.poll_done(cx)).await;
    }

    /// Calls this with the future when the task has ended, well or badly; at once if it has. The
    /// future is held until then, so the task is wanted. The call comes from the runtime of the
    /// client: it must not block, and its panic ends nothing else. It does not come if that runtime
    /// ends before the task.
    ///
    /// ```no_run
    /// # use taskloom_task::TaskFuture;
    /// # fn example(future: TaskFuture<i64>) {
    /// future.on_done(|future| match future.exception() {
    ///     None => println!("{} is there", future.key()),
    ///     Some(error) => eprintln!("{error}"),
    /// });
    /// # }
    /// ```
    pub fn on_done(&self, call: impl FnOnce(Self) + Send + 'static)
    where
        T: 'static,
    {
        let future = self.clone();
        self.handle.spawn(Box::pin(async move {
            future.done().await;
            call(future);
        }));
    }

    /// Lets go of this handle, as dropping it does: the result is released with the last one.
    pub fn release(self) {}
}

impl<T: TaskValue> TaskFuture<T> {
    /// Waits for the result by blocking this thread: for programs without async. In async code
    /// await the future instead.
    ///
    /// # Errors
    /// What awaiting gives, or [`Error::WouldBlock`] on a thread that drives async tasks.
    pub fn result(&self) -> Result<T> {
        match self.handle.forbids_blocking() {
            Some(error) => Err(error),
            None => futures::executor::block_on(self.into_future()),
        }
    }
}

impl<U> TaskFuture<Vec<U>> {
    /// The future of one element of the result, which moves without the others.
    pub fn element(&self, index: usize) -> Element<U> {
        Element::new(self.handle.clone(), index)
    }
}

/// The future of one element of a task's result: of a vector with [`TaskFuture::element`], of a
/// tuple with `TaskFuture::split`. Only that element moves to the task or client that wants it.
#[must_use = "the task is released when its last future is dropped"]
pub struct Element<T> {
    pub(crate) handle: Arc<dyn FutureHandle>,
    pub(crate) part: Part,
    marker: PhantomData<fn() -> T>,
}

impl<T> Element<T> {
    pub(crate) fn new(handle: Arc<dyn FutureHandle>, index: usize) -> Self {
        Self {
            handle,
            part: part_of(index),
            marker: PhantomData,
        }
    }

    /// The handle of the task whose result has the element.
    pub fn handle(&self) -> &Arc<dyn FutureHandle> {
        &self.handle
    }

    /// Which part of the result it is.
    pub fn part(&self) -> Part {
        self.part
    }

    /// The key of the task whose result has the element.
    pub fn key(&self) -> Key {
        self.handle.key()
    }
}

impl<T: TaskValue> Element<T> {
    /// Waits for the element by blocking this thread, as [`TaskFuture::result`] does.
    ///
    /// # Errors
    /// As [`TaskFuture::result`], and if the result has no such element.
    pub fn result(&self) -> Result<T> {
        match self.handle.forbids_blocking() {
            Some(error) => Err(error),
            None => futures::executor::block_on(self.into_future()),
        }
    }
}

/// The part at an index; one beyond what can be named is the last that can, which no value has.
pub(crate) fn part_of(index: usize) -> Part {
    Part::element(u32::try_from(index).unwrap_or(u32::MAX))
}

/// What awaiting a [`TaskFuture`] or an [`Element`] waits on.
#[must_use = "futures do nothing unless awaited"]
pub struct Await<T> {
    handle: Arc<dyn FutureHandle>,
    part: Part,
    marker: PhantomData<fn() -> T>,
}

impl<T: TaskValue> Future for Await<T> {
    type Output = Result<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let polled = match self.part {
            Part::WHOLE => self.handle.poll_value(cx),
            part => self.handle.poll_part(part, cx),
        };
        polled.map(|value| Ok(value?.take()?))
    }
}

macro_rules! awaited {
    ($($whom:ty, $part:expr;)*) => {$(
        impl<T: TaskValue> IntoFuture for $whom {
            type Output = Result<T>;
            type IntoFuture = Await<T>;

            fn into_future(self) -> Await<T> {
                let part: fn(&$whom) -> Part = $part;
                Await { part: part(&self), handle: self.handle.clone(), marker: PhantomData }
            }
        }
    )*};
}

awaited! {
    TaskFuture<T>, |_| Part::WHOLE;
    &TaskFuture<T>, |_| Part::WHOLE;
    Element<T>, |element| element.part;
    &Element<T>, |element| element.part;
}

macro_rules! split {
    ($($name:ident $index:literal),+) => {
        impl<$($name),+> TaskFuture<($($name,)+)> {
            /// The futures of the members of the result, each of which moves without the others.
            pub fn split(&self) -> ($(Element<$name>,)+) {
                ($(Element::<$name>::new(self.handle.clone(), $index),)+)
            }
        }

        impl<$($name),+> crate::node::Node<($($name,)+)> {
            /// The members of the result, each of which moves without the others.
            pub fn split(&self) -> ($(crate::node::Node<$name>,)+) {
                ($(self.narrowed::<$name>($index),)+)
            }
        }
    };
}

split!(A 0, B 1);
split!(A 0, B 1, C 2);
split!(A 0, B 1, C 2, D 3);

impl<T> Clone for TaskFuture<T> {
    fn clone(&self) -> Self {
        Self::new(self.handle.clone())
    }
}

impl<T> Clone for Element<T> {
    fn clone(&self) -> Self {
        Self {
            handle: self.handle.clone(),
            part: self.part,
            marker: PhantomData,
        }
    }
}

impl<T> fmt::Debug for TaskFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TaskFuture({}, {:?})", self.key(), self.status())
    }
}

impl<T> fmt::Debug for Element<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let index = self.part.index().unwrap_or_default();
        write!(
            f,
            "Element({}[{index}], {:?})",
            self.key(),
            self.handle.status()
        )
    }
}
