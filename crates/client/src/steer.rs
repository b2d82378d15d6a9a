//! What becomes of tasks that were submitted: ended, run again, or left going.

use crate::future_set::{FutureSet, handles};
use crate::session::Session;
use crate::{Client, Result};
use std::sync::Arc;
use taskloom_client_core::Event;
use taskloom_core::Ticket;
use taskloom_core::message::Question;
use taskloom_task::FutureHandle;

impl Client {
    /// Cancels tasks for all who wait for them, except those that another client wants too: their
    /// futures end at once, and so do those of what depends on them. A task that runs is told so
    /// through its context, and its result is dropped. What has ended is left as it is.
    pub fn cancel(&self, futures: impl FutureSet) {
        let session = self.session();
        let number = session.number();
        let (own, others): (Vec<_>, Vec<_>) = handles(futures)
            .into_iter()
            .partition(|handle| handle.session() == number);
        session.cancel_all(&own);
        others.iter().for_each(|handle| handle.cancel());
    }

    /// Has tasks that failed run again, together with those that they need and that failed. When
    /// this returns the futures are pending again, or have their new results already. Futures of
    /// tasks that did not fail are left as they are, and so are those of tasks that were cancelled
    /// or refused: submit these again.
    ///
    /// ```no_run
    /// # use taskloom_client::{Client, TaskFuture};
    /// # async fn example(client: Client, future: TaskFuture<i64>) -> taskloom_client::Result<()> {
    /// if (&future).await.is_err_and(|error| error.is_task_failure()) {
    ///     client.retry(&future).await?;
    ///     println!("{}", future.await?);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// If a future belongs to another client, or its task was never submitted, or the session ends.
    pub async fn retry(&self, futures: impl FutureSet) -> Result<()> {
        let session = self.session();
        let tickets = session.tickets_of_set(futures)?;
        session.steer(Event::Retry(tickets))?;
        // What the scheduler makes of it arrives before the answer.
        session.ask(Question::Sync).await?;
        Ok(())
    }

    /// Lets tasks go on until they have ended although nobody holds their futures any more, also
    /// after this client has gone. Their results are dropped; what they do beside that stays done.
    ///
    /// ```no_run
    /// # use taskloom_client::Client;
    /// # use taskloom_task::TaskCall;
    /// # fn example(client: Client, call: TaskCall<()>) -> taskloom_client::Result<()> {
    /// client.fire_and_forget(client.submit(call))?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`Client::retry`].
    pub fn fire_and_forget(&self, futures: impl FutureSet) -> Result<()> {
        let session = self.session();
        let tickets = session.tickets_of_set(&futures)?;
        session.steer(Event::Detach(tickets))?;
        // The wish waits to be sent, before the release of what is dropped here.
        drop(futures);
        Ok(())
    }
}

impl Session {
    fn steer(self: &Arc<Self>, event: Event) -> Result<()> {
        let mut locked = self.lock();
        if let Some(closed) = locked.closed() {
            return Err(closed);
        }
        locked.handle(event);
        locked.call_pump();
        Ok(())
    }

    /// Cancels tasks of this session.
    fn cancel_all(self: &Arc<Self>, handles: &[Arc<dyn FutureHandle>]) {
        let mut locked = self.lock();
        for handle in handles {
            let ticket: Ticket = handle.ticket();
            locked.cancel(ticket, &handle.key());
        }
        locked.call_pump();
    }
}
