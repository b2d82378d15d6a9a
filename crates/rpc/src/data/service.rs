//! The serving side of the bulk path.

use super::buffers::BufferPool;
use std::future::Future;
use std::sync::Arc;
use taskloom_core::arguments::Part;
use taskloom_core::{Encoded, TaskId, WorkerId};

/// Why a value is not served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unavailable {
    /// It is not here.
    Missing,
    /// It is here and cannot be encoded, or has no such part, and why.
    Failed(String),
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
pub struct DataService<S>(Arc<S>);

impl<S> Clone for DataService<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S: ValueSource + ValueSink> DataService<S> {
    /// A service over this store; what is brought is received into these buffers.
    pub fn new(_store: Arc<S>, _buffers: BufferPool, _limits: DataLimits) -> Self {
        todo!()
    }
}

impl<S> tonic::server::NamedService for DataService<S> {
    const NAME: &'static str = "taskloom.v1.Data";
}

impl<S: ValueSource + ValueSink> tower::Service<http::Request<tonic::body::Body>>
    for DataService<S>
{
    type Response = http::Response<tonic::body::Body>;
    type Error = std::convert::Infallible;
    type Future = futures::future::BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Self::Error>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: http::Request<tonic::body::Body>) -> Self::Future {
        todo!()
    }
}
