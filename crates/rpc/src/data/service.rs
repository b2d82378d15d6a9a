//! The serving side of the bulk path.

use super::assembly::Assembly;
use super::body::FetchBody;
use super::buffers::BufferPool;
use super::meters::ServeMeters;
use super::reader::{BEGIN, FrameReader, MORE, PieceHead, PieceSink};
use super::shared::SegmentPool;
use super::{MESSAGE_BYTES_MAX, grpc};
use futures::future::BoxFuture;
use http::{Request, Response};
use http_body_util::BodyExt;
use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll};
use taskloom_core::arguments::Part;
use taskloom_core::{Encoded, TaskId, WorkerId};
use taskloom_telemetry::Metrics;
use taskloom_wire::proto;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::Status;
use tonic::body::Body;
use tonic::server::NamedService;
use tower::Service;

/// Why a value is not served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unavailable {
    /// It is not here.
    Missing,
    /// It is here and cannot be encoded, or has no such part, and why.
    Failed(String),
    /// A relay cannot reach who has it, and why.
    Unreachable(String),
}

/// Where served values come from.
pub trait ValueSource: Send + Sync + 'static {
    /// The value of a task or an element of it, in encoded form.
    fn value(
        &self,
        task: TaskId,
        part: Part,
    ) -> impl Future<Output = Result<Encoded, Unavailable>> + Send;

    /// The same, asked for from a certain holder: for the scheduler's relay, which alone overrides
    /// this.
    fn value_from(
        &self,
        task: TaskId,
        part: Part,
        _holder: Option<WorkerId>,
    ) -> impl Future<Output = Result<Encoded, Unavailable>> + Send {
        self.value(task, part)
    }
}

/// Where values that are brought go.
pub trait ValueSink: Send + Sync + 'static {
    /// Takes a value; returns the bytes it counts. `target` is set for the scheduler's relay.
    fn put(
        &self,
        task: TaskId,
        value: Encoded,
        target: Option<WorkerId>,
    ) -> impl Future<Output = Result<u64, String>> + Send;
}

/// The limits of the serving side.
#[derive(Clone, Debug)]
pub struct DataLimits {
    /// Calls at a time; more are answered with RESOURCE_EXHAUSTED.
    pub calls: usize,
    /// Largest value that is taken.
    pub value_bytes_max: u64,
}

impl Default for DataLimits {
    fn default() -> Self {
        Self {
            calls: 256,
            value_bytes_max: 1 << 40,
        }
    }
}

/// The gRPC service `Data` over a store.
pub struct DataService<S> {
    store: Arc<S>,
    buffers: BufferPool,
    calls: Arc<Semaphore>,
    value_bytes_max: u64,
    segments: Option<SegmentPool>,
    meters: ServeMeters,
}

impl<S> Clone for DataService<S> {
    fn clone(&self) -> Self {
        Self {
            store: self.store.clone(),
            buffers: self.buffers.clone(),
            calls: self.calls.clone(),
            value_bytes_max: self.value_bytes_max,
            segments: self.segments.clone(),
            meters: self.meters.clone(),
        }
    }
}

impl<S: ValueSource + ValueSink> DataService<S> {
    /// A service over this store; what is brought is received into these buffers.
    pub fn new(store: Arc<S>, buffers: BufferPool, limits: DataLimits) -> Self {
        Self::with_metrics(store, buffers, limits, &Metrics::new("service"))
    }

    /// A service that counts and times what it does in these metrics.
    pub fn with_metrics(
        store: Arc<S>,
        buffers: BufferPool,
        limits: DataLimits,
        metrics: &Metrics,
    ) -> Self {
        let calls = Arc::new(Semaphore::new(limits.calls.min(Semaphore::MAX_PERMITS)));
        Self {
            store,
            buffers,
            calls,
            value_bytes_max: limits.value_bytes_max,
            segments: None,
            meters: ServeMeters::new(metrics),
        }
    }

    /// Large values go to readers of the same host in this memory.
    pub fn sharing(mut self, segments: SegmentPool) -> Self {
        self.segments = Some(segments);
        self
    }

    fn permit(&self) -> Result<OwnedSemaphorePermit, Status> {
        let busy = |_| Status::resource_exhausted("too many calls at once: try again in a moment");
        self.calls.clone().try_acquire_owned().map_err(busy)
    }

    async fn fetch(&self, request: Request<Body>) -> Result<Response<Body>, Status> {
        let permit = self.permit()?;
        let body = request.into_body();
        let asked: proto::FetchRequest = grpc::only_message(body, MESSAGE_BYTES_MAX).await?;
        if asked.items.is_empty() {
            return Err(Status::invalid_argument("nothing is asked for"));
        }
        let (pool, meters) = (self.segments.clone(), self.meters.clone());
        let body = FetchBody::new(self.store.clone(), asked, pool, permit, meters);
        Ok(grpc::response(Body::new(body)))
    }

    async fn put(&self, request: Request<Body>) -> Result<Response<Body>, Status> {
        let _permit = self.permit()?;
        let mut body = request.into_body();
        let mut reader = FrameReader::put();
        let mut brought = Brought {
            buffers: self.buffers.clone(),
            bytes_max: self.value_bytes_max,
            value: None,
        };
        while let Some(frame) = body.frame().await {
            let Ok(bytes) = frame?.into_data() else {
                continue;
            };
            reader
                .push(&bytes, &mut brought)
                .map_err(Status::invalid_argument)?;
        }
        let task = reader.fixed(1).map(TaskId::from_bits);
        let target = reader
            .fixed(3)
            .filter(|&bits| bits != 0)
            .map(WorkerId::from_bits);
        let (Some(task), Some(value)) = (task, brought.value) else {
            return Err(Status::invalid_argument("no task or no value was brought"));
        };
        if !value.is_complete() || !reader.is_between_messages() {
            return Err(Status::invalid_argument(
                "the call ended in the middle of the value",
            ));
        }
        let value = value.finish();
        self.meters.taken.add(value.nbytes());
        match self.store.put(task, value, target).await {
            Ok(nbytes) => Ok(grpc::reply(&proto::PutReply { nbytes })),
            Err(why) => Err(Status::failed_precondition(why)),
        }
    }
}

/// The value of a put.
struct Brought {
    buffers: BufferPool,
    bytes_max: u64,
    value: Option<Assembly>,
}

impl PieceSink for Brought {
    fn begin(&mut self, head: PieceHead) -> Result<(), String> {
        match (head.status, &self.value) {
            (BEGIN, None) => {
                self.value = Some(Assembly::begin(head, &self.buffers, self.bytes_max)?);
                Ok(())
            }
            (BEGIN, Some(_)) => Err("a second value begins".to_owned()),
            (MORE, Some(_)) => Ok(()),
            (MORE, None) => Err("data come before the value begins".to_owned()),
            (status, _) => Err(format!("a piece has the status {status}")),
        }
    }

    fn data(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.value
            .as_mut()
            .map_or(Ok(()), |value| value.data(bytes))
    }
}

impl<S> NamedService for DataService<S> {
    const NAME: &'static str = "taskloom.v1.Data";
}

impl<S: ValueSource + ValueSink> Service<Request<Body>> for DataService<S> {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let service = self.clone();
        Box::pin(async move {
            let answer = match request.uri().path() {
                grpc::FETCH => service.fetch(request).await,
                grpc::PUT => service.put(request).await,
                path => Err(Status::unimplemented(format!("there is no call {path}"))),
            };
            Ok(answer.unwrap_or_else(Status::into_http))
        })
    }
}
