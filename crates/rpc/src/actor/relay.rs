//! The relay: the same stream, passed on to a worker, for callers that cannot reach it themselves.

use super::Replies;
use super::line::{actors_at, open};
use futures::{StreamExt, stream};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use taskloom_core::WorkerId;
use taskloom_wire::proto;
use taskloom_wire::proto::actors_server::Actors;
use tokio::sync::Semaphore;
use tonic::{Request, Response, Status, Streaming};

/// Streams that are passed on at a time. Each takes a connection.
const STREAMS_MAX: usize = 1024;

/// How long a caller may take to name the worker, and the worker to answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Knows where workers are.
pub trait FindWorker: Send + Sync + 'static {
    /// The addresses of a worker, the likeliest first, or why there are none.
    fn find(&self, worker: WorkerId) -> impl Future<Output = Result<Vec<String>, String>> + Send;
}

/// The service of a scheduler: it passes streams on to workers.
#[derive(Debug)]
pub struct ActorRelay<F> {
    workers: Arc<F>,
    streams: Arc<Semaphore>,
}

impl<F: FindWorker> ActorRelay<F> {
    /// A relay to the workers that this finds.
    pub fn new(workers: F) -> Self {
        Self {
            workers: Arc::new(workers),
            streams: Arc::new(Semaphore::new(STREAMS_MAX)),
        }
    }
}

#[tonic::async_trait]
impl<F: FindWorker> Actors for ActorRelay<F> {
    type CallStream = Replies;

    async fn call(
        &self,
        request: Request<Streaming<proto::ActorCalls>>,
    ) -> Result<Response<Replies>, Status> {
        let permit = Arc::clone(&self.streams).try_acquire_owned();
        let permit = permit.map_err(|_| Status::resource_exhausted("too many streams at once"))?;
        let mut calls = request.into_inner();
        let first = match tokio::time::timeout(TIMEOUT, calls.message()).await {
            Ok(first) => first?,
            Err(_) => {
                return Err(Status::deadline_exceeded(
                    "the stream does not say where to",
                ));
            }
        };
        let first = first.ok_or_else(|| Status::invalid_argument("the stream is empty"))?;
        let worker = WorkerId::from_bits(first.target);
        let addresses = self
            .workers
            .find(worker)
            .await
            .map_err(Status::unavailable)?;
        let mut last = format!("worker {worker} has no address");
        for address in addresses {
            let actors = match actors_at(&address, TIMEOUT).await {
                Ok(actors) => actors,
                Err(reason) => {
                    last = reason;
                    continue;
                }
            };
            // What the caller breaks off ends here too.
            let rest = calls.filter_map(|frame| std::future::ready(frame.ok()));
            let outgoing = stream::once(std::future::ready(first)).chain(rest);
            let replies = open(actors, outgoing).await?;
            let held = replies.map(move |frame| {
                let _permit = &permit;
                frame
            });
            return Ok(Response::new(held.boxed()));
        }
        Err(Status::unavailable(last))
    }
}
