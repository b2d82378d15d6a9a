//! Looking for the scheduler, with back-off, for as long as the settings say.

use crate::config::{News, WorkerConfig};
use crate::error::WorkerExit;
use crate::progress::Progress;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use taskloom_core::message::WorkerHello;
use taskloom_rpc::{ConnectError, ConnectOptions, RefusedAs, WorkerLink, connect_worker, listen};

/// The first pause between two tries.
const PAUSE_MIN: Duration = Duration::from_millis(50);

/// The longest pause between two tries.
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// How often a worker that was never registered finds its name taken before it gives up: an old self
/// that has just been killed is gone by then, another worker is not.
const NAME_TRIES: u32 = 5;

/// Finds the scheduler and introduces the worker.
pub(crate) struct Connector {
    hello: WorkerHello,
    bound: SocketAddr,
    was_registered: bool,
}

/// What came of looking for a scheduler.
pub(crate) enum Found {
    /// A session.
    Link(Box<WorkerLink>),
    /// It is of no use to go on.
    Exit(WorkerExit),
}

impl Connector {
    /// A connector for a worker that introduces itself like this and is bound there. The address of
    /// the hello is worked out when a scheduler is found, unless the settings fix it.
    pub(crate) fn new(hello: WorkerHello, bound: SocketAddr) -> Self {
        Self {
            hello,
            bound,
            was_registered: false,
        }
    }

    /// Looks for the scheduler until there is a session or no hope. Safe to cancel.
    pub(crate) async fn find(&mut self, config: &WorkerConfig, progress: &Progress) -> Found {
        let begun = Instant::now();
        let mut pause = PAUSE_MIN;
        let mut names_taken = 0;
        loop {
            self.hello.address = self.contact_address(config).await;
            let options = ConnectOptions::default();
            let connecting = connect_worker(&config.scheduler, self.hello.clone(), &options);
            let error = match within(connecting, config.death_timeout, begun).await {
                Some(Ok(link)) => {
                    self.was_registered = true;
                    self.registered(config, progress);
                    return Found::Link(Box::new(link));
                }
                Some(Err(error)) => error,
                None => return no_scheduler(config, begun, "no answer".into()),
            };
            if let ConnectError::Refused {
                reason: RefusedAs::NameTaken,
                ..
            } = &error
            {
                names_taken += 1;
            }
            if let Some(exit) = self.hopeless(&error, names_taken) {
                return Found::Exit(exit);
            }
            let reason = error.to_string();
            if config
                .death_timeout
                .is_some_and(|limit| begun.elapsed() + pause > limit)
            {
                return no_scheduler(config, begun, reason);
            }
            tracing::debug!(scheduler = %config.scheduler, reason, ?pause, "no session yet");
            let scheduler = config.scheduler.clone();
            config.tell(&News::Waiting {
                scheduler,
                reason,
                next_try: pause,
            });
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    async fn contact_address(&self, config: &WorkerConfig) -> String {
        match &config.contact_address {
            Some(address) => address.clone(),
            None => {
                let ip = listen::contact_ip(self.bound, Some(&config.scheduler)).await;
                SocketAddr::new(ip, self.bound.port()).to_string()
            }
        }
    }

    fn registered(&self, config: &WorkerConfig, progress: &Progress) {
        config.tell(&News::Registered {
            name: self.hello.name.clone(),
            scheduler: config.scheduler.clone(),
            address: self.hello.address.clone(),
            nthreads: config.nthreads,
            memory_limit: config.memory_limit,
            operations: self.hello.operations.len(),
        });
        // Whoever waits for this finds the news told.
        progress.registered(self.hello.address.clone());
    }

    /// Why trying again cannot help.
    fn hopeless(&self, error: &ConnectError, names_taken: u32) -> Option<WorkerExit> {
        match error {
            ConnectError::Refused {
                reason: RefusedAs::NameTaken,
                message,
            } => {
                // A worker that was here before waits until its broken stream is noticed.
                let other = !self.was_registered && names_taken >= NAME_TRIES;
                other.then(|| WorkerExit::Refused(message.clone()))
            }
            ConnectError::Refused { message, .. } if !error.is_temporary() => {
                Some(WorkerExit::Refused(message.clone()))
            }
            // Whatever stands in for a scheduler that was here before may go again.
            error if error.is_temporary() || self.was_registered => None,
            error => Some(WorkerExit::NotAScheduler(error.to_string())),
        }
    }
}

/// Waits no longer than the limit that began to count then.
async fn within<T>(
    future: impl Future<Output = T>,
    limit: Option<Duration>,
    begun: Instant,
) -> Option<T> {
    match limit {
        Some(limit) => tokio::time::timeout(limit.saturating_sub(begun.elapsed()), future)
            .await
            .ok(),
        None => Some(future.await),
    }
}

fn no_scheduler(config: &WorkerConfig, begun: Instant, reason: String) -> Found {
    let scheduler = config.scheduler.clone();
    let waited = begun.elapsed();
    Found::Exit(WorkerExit::NoScheduler {
        scheduler,
        waited,
        reason,
    })
}
