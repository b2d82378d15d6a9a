//! Who is there, who has what, and who does what.

use super::{awaited, names};
use crate::ask::unexpected;
use crate::future_set::FutureSet;
use crate::session::Session;
use crate::{Client, Result};
use std::sync::Arc;
use taskloom_core::Ticket;
use taskloom_core::message::{Answer, HolderList, Question, WorkerContents, WorkerSummary};

/// Futures are asked about in questions of so many: the scheduler stops for none of them for long.
const ASKED_AT_ONCE: usize = 16 * 1024;

/// A question which workers hold values: from [`Client::who_has`].
#[must_use = "nothing is asked before `.await`"]
pub struct WhoHas {
    session: Arc<Session>,
    tickets: Result<Vec<Ticket>>,
}

/// A question what workers hold or do: from [`Client::has_what`] and [`Client::processing`].
#[must_use = "nothing is asked before `.await`"]
pub struct Contents {
    session: Arc<Session>,
    workers: Vec<String>,
    question: fn(Vec<String>) -> Question,
}

/// A question who is there: from [`Client::workers`].
#[must_use = "nothing is asked before `.await`"]
pub struct Workers {
    session: Arc<Session>,
}

impl Client {
    /// Which workers hold these values, in the order of the futures, and how large each is. What is
    /// not in memory lies nowhere; a small value that only the scheduler has lies nowhere too.
    ///
    /// ```no_run
    /// # use taskloom_client::{Client, TaskFuture};
    /// # async fn example(client: Client, table: TaskFuture<Vec<f64>>) -> taskloom_client::Result<()> {
    /// for list in client.who_has(&table).await? {
    ///     println!("{} bytes on {}", list.nbytes, list.workers.join(", "));
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// If a future belongs to another client, or the session ends.
    pub fn who_has(&self, futures: impl FutureSet) -> WhoHas {
        WhoHas {
            session: self.session().clone(),
            tickets: self.session().tickets_of_set(futures),
        }
    }

    /// The sizes of these values in bytes, in the order of the futures; 0 for what is not in memory.
    ///
    /// # Errors
    /// As [`Client::who_has`].
    pub async fn nbytes(&self, futures: impl FutureSet) -> Result<Vec<u64>> {
        let question = self.who_has(futures);
        let lists = question.await?;
        Ok(lists.into_iter().map(|list| list.nbytes).collect())
    }

    /// The values that each worker holds, with their sizes, oldest first. An answer names as many
    /// as 8 MiB have room for; [`WorkerContents::count`] says how many there are.
    ///
    /// ```no_run
    /// # async fn example(client: taskloom_client::Client) -> taskloom_client::Result<()> {
    /// for worker in client.has_what().workers(["worker-1"]).await? {
    ///     println!("{} holds {} values", worker.worker, worker.count);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// If a named worker is not connected, or the session ends.
    pub fn has_what(&self) -> Contents {
        self.contents(Question::HasWhat)
    }

    /// The tasks that each worker was given and has not ended, whether they run or wait there. An
    /// answer names as many as 8 MiB have room for; [`WorkerContents::count`] says how many there
    /// are.
    ///
    /// # Errors
    /// As [`Client::has_what`].
    pub fn processing(&self) -> Contents {
        self.contents(Question::Processing)
    }

    /// The workers that take tasks, by name: their addresses, threads, memory, resources, and what
    /// they have in hand. Those that are leaving are not among them.
    ///
    /// ```no_run
    /// # async fn example(client: taskloom_client::Client) -> taskloom_client::Result<()> {
    /// let workers = client.workers().await?;
    /// let threads: u32 = workers.iter().map(|worker| worker.nthreads).sum();
    /// println!("{} workers with {threads} threads", workers.len());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// If the session ends.
    pub fn workers(&self) -> Workers {
        Workers {
            session: self.session().clone(),
        }
    }

    fn contents(&self, question: fn(Vec<String>) -> Question) -> Contents {
        Contents {
            session: self.session().clone(),
            workers: Vec::new(),
            question,
        }
    }
}

impl WhoHas {
    async fn ask(self) -> Result<Vec<HolderList>> {
        let tickets = self.tickets?;
        let mut all = Vec::with_capacity(tickets.len());
        for some in tickets.chunks(ASKED_AT_ONCE) {
            match self.session.ask(Question::WhoHas(some.to_vec())).await? {
                Answer::Holders(lists) if lists.len() == some.len() => all.extend(lists),
                other => return Err(unexpected(&other)),
            }
        }
        Ok(all)
    }
}

impl Contents {
    /// Only of workers of these names or addresses.
    pub fn workers<W: Into<String>>(mut self, workers: impl IntoIterator<Item = W>) -> Self {
        self.workers = names(workers);
        self
    }

    async fn ask(self) -> Result<Vec<WorkerContents>> {
        match self.session.ask((self.question)(self.workers)).await? {
            Answer::Contents(contents) => Ok(contents),
            other => Err(unexpected(&other)),
        }
    }
}

impl Workers {
    async fn ask(self) -> Result<Vec<WorkerSummary>> {
        match self.session.ask(Question::Workers).await? {
            Answer::Workers(workers) => Ok(workers),
            other => Err(unexpected(&other)),
        }
    }
}

awaited!(WhoHas => Vec<HolderList>, ask);
awaited!(Contents => Vec<WorkerContents>, ask);
awaited!(Workers => Vec<WorkerSummary>, ask);
