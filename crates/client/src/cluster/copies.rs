//! Copies of values, and moving them.

use super::{awaited, done, names};
use crate::future_set::{FutureSet, handles};
use crate::session::Session;
use crate::{Client, Error, Result};
use std::future::poll_fn;
use std::sync::Arc;
use taskloom_core::Ticket;
use taskloom_core::message::Question;
use taskloom_task::FutureHandle;

type Handles = Vec<Arc<dyn FutureHandle>>;

/// Making copies of values: from [`Client::replicate`].
#[must_use = "nothing is copied before `.await`"]
pub struct Replicate {
    session: Arc<Session>,
    handles: Handles,
    copies: Option<u32>,
    workers: Vec<String>,
}

/// Moving values between workers: from [`Client::rebalance`].
#[must_use = "nothing is moved before `.await`"]
pub struct Rebalance {
    session: Arc<Session>,
    handles: Option<Handles>,
    workers: Vec<String>,
}

impl Client {
    /// Copies values until each lies on as many workers as wanted: all of them, unless
    /// [`Replicate::copies`] or [`Replicate::workers`] say otherwise. The tasks are waited for.
    /// Copies spread as a tree: each holder gives two at a time, so the time grows with the
    /// logarithm of their number. Gives how many were made.
    ///
    /// Copies live as long as the value does; when a worker is lost, its copies are not made again.
    ///
    /// ```no_run
    /// # use taskloom_client::{Client, TaskFuture};
    /// # async fn example(client: Client, table: TaskFuture<Vec<f64>>) -> taskloom_client::Result<()> {
    /// client.replicate(&table).copies(3).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// The error of a task that failed; [`Error::Refused`] if there are fewer workers than copies
    /// wanted, a named worker is not connected, a value is an actor, or some copies could not be
    /// made (it says which and why; the others are there).
    pub fn replicate(&self, futures: impl FutureSet) -> Replicate {
        Replicate {
            session: self.session().clone(),
            handles: handles(futures),
            copies: None,
            workers: Vec::new(),
        }
    }

    /// Moves values until workers hold about as many bytes each: from those that hold more than
    /// the mean, the largest first, to those that hold least. By default among all workers, and of
    /// all values that this client holds futures of. Gives how many were moved.
    ///
    /// Tasks may run meanwhile; what they need is found where it lies.
    ///
    /// ```no_run
    /// # async fn example(client: taskloom_client::Client) -> taskloom_client::Result<()> {
    /// let moved = client.rebalance().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`Client::replicate`].
    pub fn rebalance(&self) -> Rebalance {
        Rebalance {
            session: self.session().clone(),
            handles: None,
            workers: Vec::new(),
        }
    }
}

impl Replicate {
    /// On how many workers each value shall lie, counting those that have it already.
    pub fn copies(mut self, copies: u32) -> Self {
        self.copies = Some(copies);
        self
    }

    /// Only on workers of these names or addresses.
    pub fn workers<W: Into<String>>(mut self, workers: impl IntoIterator<Item = W>) -> Self {
        self.workers = names(workers);
        self
    }

    async fn copy(self) -> Result<u64> {
        if self.copies == Some(0) {
            return Err(Error::Refused(
                "0 copies of a value cannot be kept; drop its futures to let it go".into(),
            ));
        }
        let tickets = in_memory(&self.session, &self.handles).await?;
        let question = Question::Replicate {
            tickets,
            copies: self.copies.unwrap_or(0),
            workers: self.workers,
        };
        done(&self.session, question).await
    }
}

impl Rebalance {
    /// Only these values.
    pub fn futures(mut self, futures: impl FutureSet) -> Self {
        self.handles = Some(handles(futures));
        self
    }

    /// Only among workers of these names or addresses.
    pub fn workers<W: Into<String>>(mut self, workers: impl IntoIterator<Item = W>) -> Self {
        self.workers = names(workers);
        self
    }

    async fn even_out(self) -> Result<u64> {
        let tickets = match &self.handles {
            // None at all would stand for every value.
            Some(handles) if handles.is_empty() => return Ok(0),
            Some(handles) => in_memory(&self.session, handles).await?,
            None => Vec::new(),
        };
        let question = Question::Rebalance {
            tickets,
            workers: self.workers,
        };
        done(&self.session, question).await
    }
}

/// The tickets of tasks that have ended well, after waiting for them.
async fn in_memory(session: &Arc<Session>, handles: &Handles) -> Result<Vec<Ticket>> {
    let tickets = session.tickets_of_set(handles)?;
    for handle in handles {
        poll_fn(|cx| handle.poll_done(cx)).await;
        if let Some(error) = handle.error() {
            return Err(error);
        }
    }
    Ok(tickets)
}

awaited!(Replicate => u64, copy);
awaited!(Rebalance => u64, even_out);
