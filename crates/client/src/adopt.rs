//! Tasks of others: by their keys, and futures of other clients.

use crate::futures::{Handle, Refused};
use crate::session::Session;
use crate::{Client, Error, Result, TaskFuture};
use std::any::Any;
use std::sync::Arc;
use taskloom_client_core::Event;
use taskloom_core::message::Question;
use taskloom_core::{ErrorCode, Key};
use taskloom_task::{FutureHandle, TaskValue};

impl Client {
    /// A future of the task that has this key, whoever submitted it. The type is for the caller to
    /// know: a result of another type is an error when it is awaited.
    ///
    /// If the scheduler knows no such task, the future ends with the code
    /// [`UnknownKey`](taskloom_core::ErrorCode::UnknownKey): a task is known while somebody wants it,
    /// or something that depends on it.
    ///
    /// ```no_run
    /// # async fn example(client: taskloom_client::Client) -> taskloom_client::Result<()> {
    /// let model = client.future_of::<Vec<f64>>("fit-0.1");
    /// println!("{:?}", model.await?);
    /// # Ok(()) }
    /// ```
    pub fn future_of<T: TaskValue>(&self, key: impl Into<String>) -> TaskFuture<T> {
        let key = key.into();
        TaskFuture::new(match Key::new(key.clone()) {
            Ok(key) => self.session().want(key),
            Err(error) => {
                let error = Error::Setup(format!("{key:?} cannot be the key of a task: {error}"));
                Refused::handle(None, error)
            }
        })
    }

    /// A future of this client for the task of another client's future. From then on the task is
    /// wanted here too, whatever becomes of the other.
    ///
    /// ```no_run
    /// # use taskloom_client::{Client, TaskFuture};
    /// # async fn example(client: Client, theirs: TaskFuture<i64>) -> taskloom_client::Result<()> {
    /// let ours = client.adopt(&theirs).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// If the other client is one of another cluster, or closed; if the task was never submitted, or
    /// its scheduler knows it no more.
    pub async fn adopt<T>(&self, future: &TaskFuture<T>) -> Result<TaskFuture<T>> {
        let session = self.session();
        let handle = future.handle();
        if handle.session() == session.number() {
            return Ok(future.clone());
        }
        let Some(theirs) = session_of(handle) else {
            return Err(never_submitted(handle));
        };
        if !session.shares_scheduler_with(theirs) {
            return Err(foreign(session, handle));
        }
        // The scheduler hears of the task from the other client, and of the wish from this one: the
        // first must have arrived before the second leaves, and the second before the other client
        // may let go.
        theirs.ask(Question::Sync).await?;
        let ours = TaskFuture::new(session.want(handle.key()));
        session.ask(Question::Sync).await?;
        match ours.exception() {
            Some(error) if error.code() == Some(ErrorCode::UnknownKey) => Err(error),
            _ => Ok(ours),
        }
    }
}

impl Session {
    /// The handle of the task of a key.
    fn want(self: &Arc<Self>, key: Key) -> Arc<dyn FutureHandle> {
        let mut locked = self.lock();
        if let Some(error) = locked.refuses() {
            return Refused::handle(Some(key), error);
        }
        let ticket = locked.next_ticket();
        locked.insert(ticket);
        locked.handle(Event::Want(key.clone()));
        drop(locked);
        self.handle_of(ticket, key)
    }

    /// Whether both are sessions of one scheduler, under whatever address.
    fn shares_scheduler_with(&self, other: &Self) -> bool {
        self.epoch == other.epoch
    }
}

/// The session of a future, if its task was submitted.
fn session_of(handle: &Arc<dyn FutureHandle>) -> Option<&Arc<Session>> {
    let handle: &dyn Any = &**handle;
    Some(&handle.downcast_ref::<Handle>()?.session)
}

fn never_submitted(handle: &Arc<dyn FutureHandle>) -> Error {
    handle.error().unwrap_or_else(|| Error::Foreign {
        key: handle.key().to_string(),
        reason: "is not one that a client made".into(),
    })
}

/// What to say about a future that is not of this session.
pub(crate) fn foreign(session: &Session, handle: &Arc<dyn FutureHandle>) -> Error {
    let Some(theirs) = session_of(handle) else {
        // A task that was never submitted passes its error on.
        return never_submitted(handle);
    };
    let reason = if session.shares_scheduler_with(theirs) {
        "belongs to another client: take it over with `client.adopt(&future).await`".to_owned()
    } else {
        format!(
            "belongs to another cluster, that of the scheduler at {}, and this client to that of the \
             one at {}: fetch its result and scatter it here",
            theirs.address, session.address,
        )
    };
    Error::Foreign {
        key: handle.key().to_string(),
        reason,
    }
}
