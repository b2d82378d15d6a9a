//! Operations on workers, outside scheduling.

use super::{awaited, names, within};
use crate::ask::unexpected;
use crate::session::Session;
use crate::submit::check_length;
use crate::{Client, Error, Result};
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;
use taskloom_core::message::{Answer, Question};
use taskloom_task::{CallParts, TaskCall, TaskValue, Value};
use taskloom_wire::arguments;

/// An operation on workers, outside scheduling: from [`Client::run`].
#[must_use = "nothing runs before `.await`"]
pub struct Run<T> {
    session: Arc<Session>,
    call: Result<CallParts>,
    workers: Vec<String>,
    timeout: Option<Duration>,
    marker: PhantomData<fn() -> T>,
}

impl Client {
    /// Runs a call at once on every worker, outside scheduling: it waits for no thread, is not run
    /// again, and its result is not kept. For looking at workers and for preparing them. Gives the
    /// names of the workers with what each returned, or how it failed there.
    ///
    /// Arguments are values, not futures. Of the call's options only the named workers count.
    ///
    /// ```no_run
    /// # use taskloom_client::Client;
    /// # use taskloom_task::task;
    /// #[task(crate = taskloom_task)]
    /// fn open_files() -> u64 {
    ///     std::fs::read_dir("/proc/self/fd").map_or(0, |files| files.count() as u64)
    /// }
    ///
    /// # async fn example(client: Client) -> taskloom_client::Result<()> {
    /// for (worker, files) in client.run(open_files::task()).await? {
    ///     println!("{worker}: {} open files", files?);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// If the call is not valid or has futures as arguments, no worker is connected, or a named one
    /// is not; with [`Error::Timeout`] after the time that was given.
    pub fn run<T: TaskValue>(&self, call: TaskCall<T>) -> Run<T> {
        let call = call.into_parts();
        let options = call.as_ref().ok().and_then(|call| call.options.as_ref());
        let workers = options.map(|options| options.workers.clone());
        Run {
            session: self.session().clone(),
            workers: workers.unwrap_or_default(),
            call,
            timeout: None,
            marker: PhantomData,
        }
    }
}

impl<T: TaskValue> Run<T> {
    /// Only on workers of these names or addresses.
    pub fn workers<W: Into<String>>(mut self, workers: impl IntoIterator<Item = W>) -> Self {
        self.workers = names(workers);
        self
    }

    /// The longest to wait for the results. What runs then goes on.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    async fn everywhere(self) -> Result<Vec<(String, Result<T>)>> {
        let call = self.call?;
        let operation = call.operation().clone();
        if !call.dependencies.is_empty() {
            return Err(Error::Call {
                operation: operation.to_string(),
                reason: "it runs outside scheduling, so futures cannot be its arguments: await \
                         them first"
                    .into(),
            });
        }
        check_length(&call, arguments::encoded_len(&call.nodes))?;
        let mut encoded = Vec::new();
        arguments::encode_into(&call.nodes, &mut encoded);
        let question = Question::Run {
            operation: operation.clone(),
            arguments: encoded.into(),
            workers: self.workers,
        };
        let what = || format!("running {operation} on workers");
        match within(self.timeout, what, self.session.ask(question)).await? {
            Answer::Ran(results) => {
                let decoded = results.into_iter().map(|(worker, result)| {
                    let value = result.map_err(Error::from).and_then(|encoded| {
                        Value::from_encoded(encoded).take().map_err(Error::from)
                    });
                    (worker, value)
                });
                Ok(decoded.collect())
            }
            other => Err(unexpected(&other)),
        }
    }
}

awaited!(Run<T: TaskValue> => Vec<(String, Result<T>)>, everywhere);
