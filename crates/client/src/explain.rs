//! Why a task is not running.

use crate::ask::unexpected;
use crate::{Client, Result, TaskFuture};
use taskloom_core::message::{Answer, Explanation, Question};

impl Client {
    /// Where a task has got to, and why it is not running if it is not: nobody offers it, resources,
    /// a paused worker or job, its place in the queue. Printing it says all of it in words.
    ///
    /// ```no_run
    /// # use taskloom_client::{Client, TaskFuture};
    /// # async fn example(client: Client, future: TaskFuture<i64>) -> taskloom_client::Result<()> {
    /// println!("{}", client.explain(&future).await?);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// If the future belongs to another client, its task was never submitted or is known no more, or
    /// the session ends.
    pub async fn explain<T>(&self, future: &TaskFuture<T>) -> Result<Explanation> {
        let session = self.session();
        let ticket = session.ticket_of(future.handle())?;
        match session.ask(Question::Explain(ticket)).await? {
            Answer::Explained(explanation) => Ok(explanation),
            other => Err(unexpected(&other)),
        }
    }
}
