//! The control thread: it keeps the session with the scheduler, tells the machine what happens, and
//! does what the machine decides.

mod connect;
mod session;
mod turn;

pub(crate) use connect::Connector;
pub(crate) use turn::{Parts, Turn};

use crate::config::{News, WorkerConfig};
use crate::data::Transfer;
use crate::error::WorkerExit;
use crate::host::Host;
use crate::progress::Progress;
use connect::Found;
use session::SessionEnd;
use std::sync::Arc;
use tokio::sync::mpsc;

/// What the owner of the worker asks of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Leave in order.
    Drain,
    /// End at once.
    Stop,
}

/// The control thread's things.
pub(crate) struct Control {
    pub(crate) config: WorkerConfig,
    pub(crate) connector: Connector,
    pub(crate) turn: Turn,
    pub(crate) transfers: mpsc::UnboundedReceiver<Transfer>,
    pub(crate) progress: Arc<Progress>,
    pub(crate) host: Arc<Host>,
}

impl Control {
    /// Runs until the worker is to end.
    pub(crate) async fn run(
        mut self,
        commands: &mut mpsc::UnboundedReceiver<Command>,
    ) -> WorkerExit {
        loop {
            let found = tokio::select! {
                biased;
                command = commands.recv() => return exit_of(command),
                found = self.connector.find(&self.config, &self.progress) => found,
            };
            let link = match found {
                Found::Link(link) => link,
                Found::Exit(exit) => return exit,
            };
            match self.session(*link, commands).await {
                SessionEnd::Exit(exit) => return exit,
                SessionEnd::Lost { reason, announced } => {
                    let scheduler = self.config.scheduler.clone();
                    if announced {
                        tracing::info!(%scheduler, reason, "the session with the scheduler ended");
                    } else {
                        tracing::warn!(%scheduler, reason, "the session with the scheduler ended");
                    }
                    self.progress.lost();
                    self.config.tell(&News::Lost { scheduler, reason });
                }
            }
        }
    }
}

/// Without a session there is nothing to hand over, so both ways to end are the same.
fn exit_of(command: Option<Command>) -> WorkerExit {
    match command {
        Some(Command::Drain) => WorkerExit::Drained,
        Some(Command::Stop) | None => WorkerExit::Stopped,
    }
}
