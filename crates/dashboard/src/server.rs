//! The thread that answers.

use crate::pages::router;
use crate::{DashboardError, HttpAddress};
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use taskloom_telemetry::Metrics;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot};

/// Connections at a time; further ones wait in the system's queue.
const CONNECTIONS_MAX: usize = 64;

/// How long a connection may be without the head of a request. Nobody can keep others out for longer
/// by saying nothing.
const IDLE: Duration = Duration::from_secs(10);

/// How long to wait when no connection can be accepted, which is when descriptors have run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Whom the pages are about.
#[derive(Clone, Debug)]
pub struct Subject {
    /// What stands above them, such as the name of the daemon.
    pub title: String,
    /// What it counts and times.
    pub metrics: Metrics,
}

/// Pages that are being served. Dropping it ends that.
///
/// ```
/// use taskloom_dashboard::{Dashboard, Subject};
/// use taskloom_telemetry::Metrics;
///
/// let subject = Subject { title: "scheduler".into(), metrics: Metrics::new("scheduler") };
/// let pages = Dashboard::start(&"127.0.0.1:0".parse()?, subject)?;
/// assert!(pages.url().starts_with("http://127.0.0.1:"));
/// # Ok::<(), taskloom_dashboard::DashboardError>(())
/// ```
#[derive(Debug)]
pub struct Dashboard {
    address: SocketAddr,
    moved: bool,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Dashboard {
    /// Serves pages on a thread of their own. If the port is taken they are on any free one: see
    /// [`Self::moved`].
    ///
    /// # Errors
    /// If the address is not one of this machine, or the thread cannot be started.
    pub fn start(address: &HttpAddress, subject: Subject) -> Result<Self, DashboardError> {
        let listener = address.listen()?;
        let bound = listener.local_addr().map_err(DashboardError::Thread)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(DashboardError::Thread)?;
        let (end, ended) = oneshot::channel();
        let work = move || {
            runtime.block_on(async {
                tokio::select! {
                    // The sender says nothing; it goes away.
                    _ = ended => {}
                    () = serve(listener, router(subject)) => {}
                }
            });
            runtime.shutdown_background();
        };
        let thread = std::thread::Builder::new().name("taskloom-pages".into());
        let thread = thread.spawn(work).map_err(DashboardError::Thread)?;
        Ok(Self {
            address: bound,
            moved: address.port != 0 && address.port != bound.port(),
            end: Some(end),
            thread: Some(thread),
        })
    }

    /// Where the pages are.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address as it is typed into a browser.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Whether the port that was asked for was taken, and the pages are on another one.
    #[must_use]
    pub fn moved(&self) -> bool {
        self.moved
    }
}

impl Drop for Dashboard {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // It answers from memory, so it is never busy for long. What it panicked of was said.
            let _ = thread.join();
        }
    }
}

async fn serve(listener: std::net::TcpListener, router: Router) {
    let listener = match TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => {
            tracing::error!(%error, "the pages cannot be served");
            return;
        }
    };
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    // The semaphore is never closed, so waiting for a place does not fail.
    while let Ok(place) = places.clone().acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => {
                let answering = answer(stream, router.clone());
                tokio::spawn(async move {
                    answering.await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "no connection to the pages can be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Answers one connection until it ends.
async fn answer(stream: TcpStream, router: Router) {
    let answered = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .await;
    if let Err(error) = answered {
        // Whoever asks may go away or talk nonsense; that is nobody's trouble but theirs.
        tracing::debug!(%error, "a connection to the pages broke");
    }
}
