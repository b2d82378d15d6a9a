//! What tasks print and log, for clients that listen.

use crate::Client;
use crate::session::Session;
use futures::Stream;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use taskloom_client_core::Event;
use taskloom_core::message::LogLine;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};

/// Lines that are kept for a listener that is slow; older ones are dropped.
pub(crate) const REMEMBERED: usize = 4096;

/// What tasks of a client print and log, from [`Client::logs`] on: a [`Stream`] of lines, with
/// [`Logs::next`] for those who need no more.
///
/// Tasks do not wait for listeners. Between a task and a listener that is slow, lines are dropped:
/// here the oldest of those that wait, which [`Logs::missed`] counts.
#[must_use = "a stream does nothing unless it is read"]
pub struct Logs {
    next: Pin<Box<dyn Future<Output = (Received, Lines)> + Send>>,
    missed: u64,
    ended: bool,
    _listener: Arc<Listener>,
}

type Lines = (broadcast::Receiver<LogLine>, watch::Receiver<bool>);

enum Received {
    Line(Box<LogLine>),
    Missed(u64),
    Ended,
}

/// While one of these is there, the scheduler sends lines.
struct Listener(Arc<Session>);

impl Listener {
    fn new(session: Arc<Session>) -> Self {
        session.listen(1);
        Self(session)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.listen(-1);
    }
}

impl Session {
    /// One listener more or less. The scheduler hears of the first and of the last.
    fn listen(self: &Arc<Self>, change: i64) {
        let mut locked = self.lock();
        let listeners = &mut locked.tables.listeners;
        let before = *listeners;
        *listeners += change;
        let after = *listeners;
        if (before == 0) != (after == 0) {
            locked.handle(Event::Listen(after > 0));
        }
    }
}

impl Client {
    /// What the tasks of this client print and log, from now on. Without a listener nothing of it
    /// leaves the workers.
    ///
    /// ```no_run
    /// # async fn example(client: taskloom_client::Client) {
    /// let mut logs = client.logs();
    /// while let Some(line) = logs.next().await {
    ///     println!("{} on {}: {}", line.key, line.worker, line.text);
    /// }
    /// # }
    /// ```
    pub fn logs(&self) -> Logs {
        let session = self.session();
        let lines = (session.logs.subscribe(), session.ended.subscribe());
        Logs {
            next: Box::pin(receive(lines)),
            missed: 0,
            ended: false,
            _listener: Arc::new(Listener::new(session.clone())),
        }
    }

    /// Writes what the tasks of this client print to the standard output of this program, and what
    /// they log to its log, until the session ends. Each line begins with the worker and the key of
    /// the task.
    pub fn forward_logs(&self) {
        let mut logs = self.logs();
        self.session().runtime.spawn(async move {
            let mut told = 0;
            while let Some(line) = logs.next().await {
                let missed = logs.missed();
                if missed > told {
                    tracing::warn!("{} lines of tasks were missed", missed - told);
                    told = missed;
                }
                write(&line);
            }
        });
    }
}

/// Puts a line where this program's own lines go. Without a log of its own, what tasks log goes to
/// the standard error.
#[allow(clippy::print_stdout, clippy::print_stderr)] // That is what was asked for.
fn write(line: &LogLine) {
    let LogLine {
        key,
        worker,
        level,
        text,
    } = line;
    let (key, worker) = (key.as_str(), worker.as_str());
    match level {
        1.. if !tracing::dispatcher::has_been_set() => eprintln!("{worker} {key}: {text}"),
        1 => tracing::error!(worker, key, "{text}"),
        2 => tracing::warn!(worker, key, "{text}"),
        3 => tracing::info!(worker, key, "{text}"),
        4 => tracing::debug!(worker, key, "{text}"),
        5 => tracing::trace!(worker, key, "{text}"),
        _ => println!("{worker} {key}: {text}"),
    }
}

async fn receive(mut lines: Lines) -> (Received, Lines) {
    let (receiver, ended) = &mut lines;
    let received = {
        let ended = pin!(ended.wait_for(|ended| *ended));
        tokio::select! {
            biased;
            line = receiver.recv() => match line {
                Ok(line) => Received::Line(Box::new(line)),
                Err(RecvError::Lagged(missed)) => Received::Missed(missed),
                Err(RecvError::Closed) => Received::Ended,
            },
            _ = ended => Received::Ended,
        }
    };
    (received, lines)
}

impl Logs {
    /// The next line; `None` when the session has ended. Safe to cancel.
    pub async fn next(&mut self) -> Option<LogLine> {
        poll_fn(|cx| self.poll_line(cx)).await
    }

    /// How many lines were dropped here because this listener was slow.
    pub fn missed(&self) -> u64 {
        self.missed
    }

    fn poll_line(&mut self, cx: &mut Context<'_>) -> Poll<Option<LogLine>> {
        while !self.ended {
            let (received, lines) = std::task::ready!(self.next.as_mut().poll(cx));
            self.next = Box::pin(receive(lines));
            match received {
                Received::Line(line) => return Poll::Ready(Some(*line)),
                Received::Missed(lines) => self.missed += lines,
                Received::Ended => self.ended = true,
            }
        }
        Poll::Ready(None)
    }
}

impl Stream for Logs {
    type Item = LogLine;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<LogLine>> {
        self.poll_line(cx)
    }
}
