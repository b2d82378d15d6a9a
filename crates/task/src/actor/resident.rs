//! An actor where it lives, with its type forgotten.

use super::kind::{ActorType, MethodRun};
use crate::argument::{Argument, assemble};
use crate::context::TaskContext;
use crate::execute::guarded;
use crate::value::Value;
use futures::FutureExt;
use futures::future::LocalBoxFuture;
use std::fmt;
use std::future::poll_fn;
use std::task::Poll;
use taskloom_core::{ArgumentNode, ErrorCode, Key, RunId, TaskFailure};

/// What came of a call.
pub type Outcome = Result<Value, Box<TaskFailure>>;

/// An actor on its worker. It answers one call at a time.
pub struct Resident {
    key: Key,
    run: RunId,
    kind: &'static str,
    context: TaskContext,
    /// `None` once it has ended.
    actor: Option<Box<dyn Living>>,
}

/// A call that has begun.
enum Begun<'a> {
    Done(Result<Value, TaskFailure>),
    Waits(LocalBoxFuture<'a, Result<Value, TaskFailure>>),
}

/// An actor of a type that is not known here.
trait Living: Send {
    fn is_async(&self, method: &str) -> bool;

    fn begin<'a>(
        &'a mut self,
        context: &'a TaskContext,
        method: &str,
        signature: u64,
        arguments: Vec<Argument>,
    ) -> Begun<'a>;
}

impl<T: ActorType> Living for T {
    fn is_async(&self, name: &str) -> bool {
        let known = T::methods().iter().find(|method| method.name == name);
        known.is_some_and(|method| matches!(method.run, MethodRun::Async(_)))
    }

    fn begin<'a>(
        &'a mut self,
        context: &'a TaskContext,
        name: &str,
        signature: u64,
        arguments: Vec<Argument>,
    ) -> Begun<'a> {
        let known = T::methods().iter().find(|method| method.name == name);
        let Some(method) = known else {
            return Begun::Done(Err(unknown::<T>(name)));
        };
        // A caller without the types, in another language, sends none.
        if signature != 0 && signature != method.signature {
            let kind = T::NAME;
            let text = format!(
                "`{name}` of {kind} has other argument or result types on this worker: build both \
                 programs from the same sources"
            );
            return Begun::Done(Err(TaskFailure::new(ErrorCode::OperationMismatch, text)));
        }
        match method.run {
            MethodRun::Thread(run) => {
                let result = guarded(context, || run(self, context, arguments)).flatten();
                Begun::Done(result)
            }
            MethodRun::Async(run) => match guarded(context, || run(self, context, arguments)) {
                Ok(waits) => Begun::Waits(waits),
                Err(failure) => Begun::Done(Err(failure)),
            },
        }
    }
}

fn unknown<T: ActorType>(name: &str) -> TaskFailure {
    let names: Vec<&str> = T::methods().iter().map(|method| method.name).collect();
    let text = format!(
        "{} has no method `{name}` on this worker; it has {}",
        T::NAME,
        names.join(", ")
    );
    TaskFailure::new(ErrorCode::OperationMismatch, text)
}

impl Resident {
    /// An actor that the run of this context has made.
    pub fn new<T: ActorType>(actor: T, constructor: &TaskContext) -> Self {
        Self {
            key: constructor.key_of_task().clone(),
            run: constructor.run(),
            kind: T::NAME,
            context: constructor.of_actor(),
            actor: Some(Box::new(actor)),
        }
    }

    /// The key of the task that made it.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// The run that made it.
    pub fn run(&self) -> RunId {
        self.run
    }

    /// The name of its type.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// The context of its methods; it is cancelled when nobody wants the actor any more.
    pub fn context(&self) -> &TaskContext {
        &self.context
    }

    /// Whether a method is async: only then may a call of it wait.
    pub fn is_async(&self, method: &str) -> bool {
        self.actor
            .as_ref()
            .is_some_and(|actor| actor.is_async(method))
    }

    /// Makes a call: a plain method runs at the first poll, an async one between awaits. Panics are
    /// caught; the actor lives on as the method left it.
    ///
    /// # Errors
    /// The failure of the method, or why it was not called.
    pub async fn call(
        &mut self,
        method: &str,
        signature: u64,
        nodes: Vec<ArgumentNode>,
    ) -> Outcome {
        let made = self.make(method, signature, nodes).await;
        made.map_err(|mut failure| {
            failure.key = self.key.as_str().to_owned();
            failure.operation = format!("{}.{method}", self.kind);
            failure.worker = self.context.worker().to_owned();
            Box::new(failure)
        })
    }

    async fn make(
        &mut self,
        method: &str,
        signature: u64,
        nodes: Vec<ArgumentNode>,
    ) -> Result<Value, TaskFailure> {
        let Some(actor) = &mut self.actor else {
            let text = "the actor has ended: it was released";
            return Err(TaskFailure::new(ErrorCode::Lost, text));
        };
        let arguments = assemble(nodes, |_, _| None)?;
        match actor.begin(&self.context, method, signature, arguments) {
            Begun::Done(result) => result,
            Begun::Waits(mut waits) => {
                let context = &self.context;
                let polled = poll_fn(|cx| match guarded(context, || waits.poll_unpin(cx)) {
                    Ok(poll) => poll.map(Ok),
                    Err(failure) => Poll::Ready(Err(failure)),
                });
                let result = polled.await.flatten();
                guarded(context, move || drop(waits))?;
                result
            }
        }
    }

    /// Ends the actor: it is dropped here and now.
    pub fn end(&mut self) {
        self.context.cancel();
        if let Some(actor) = self.actor.take()
            && let Err(failure) = guarded(&self.context, move || drop(actor))
        {
            let (key, kind) = (self.key.as_str(), self.kind);
            tracing::warn!(key, kind, %failure, "an actor panicked when it was dropped");
        }
    }
}

impl Drop for Resident {
    fn drop(&mut self) {
        self.end();
    }
}

impl fmt::Debug for Resident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Resident({}, {})", self.kind, self.key)
    }
}
