//! Bodies that carry values: the answer to a fetch and the request of a put.

use super::grpc;
use super::meters::ServeMeters;
use super::packing::Packing;
use super::service::{Unavailable, ValueSource};
use super::shared::{Reference, SegmentPool};
use super::writer::{Begin, FrameWriter, Range, Sending};
use bytes::Bytes;
use futures::future::BoxFuture;
use http_body::{Body, Frame};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;
use taskloom_core::arguments::Part;
use taskloom_core::{Encoded, TaskId, WorkerId};
use taskloom_wire::proto::{self, DataStatus};
use tokio::sync::OwnedSemaphorePermit;

type Asked = BoxFuture<'static, Result<Ready, Unavailable>>;

/// A value that can be sent.
enum Ready {
    /// As it is.
    Value(Encoded),
    /// By reference.
    Shared(Begin, Reference),
}

/// The values of a fetch, one after the other. Each is asked for when the one before is on its way,
/// so no more than one large value is held for a slow reader.
pub(super) struct FetchBody<S> {
    source: Arc<S>,
    items: std::vec::IntoIter<proto::FetchItem>,
    next_item: u32,
    asked: Option<(u32, Range, Asked)>,
    sending: Option<Sending>,
    /// Since when the value is being sent.
    since: Instant,
    meters: ServeMeters,
    writer: FrameWriter,
    /// For readers that can map it.
    segments: Option<Arc<Sharing>>,
    packing: Packing,
    trailers_sent: bool,
    _permit: OwnedSemaphorePermit,
}

impl<S: ValueSource> FetchBody<S> {
    pub(super) fn new(
        source: Arc<S>,
        asked: proto::FetchRequest,
        pool: Option<SegmentPool>,
        permit: OwnedSemaphorePermit,
        meters: ServeMeters,
    ) -> Self {
        // Between processes of one host there is nothing to be gained by packing.
        let pool = pool.filter(|_| !asked.memory.is_empty());
        let near = super::shared::here() == Some(asked.memory.as_str());
        let packing = match asked.packing() {
            proto::Packing::Lz4 if !near => Packing::Lz4,
            _ => Packing::None,
        };
        Self {
            source,
            items: asked.items.into_iter(),
            next_item: 0,
            asked: None,
            sending: None,
            since: Instant::now(),
            meters,
            writer: FrameWriter::fetch(),
            segments: pool.map(|pool| {
                Arc::new(Sharing {
                    pool,
                    memory: asked.memory,
                })
            }),
            packing,
            trailers_sent: false,
            _permit: permit,
        }
    }

    /// Asks for the next value; `false` if there is none.
    fn ask(&mut self) -> bool {
        let Some(item) = self.items.next() else {
            return false;
        };
        let number = self.next_item;
        self.next_item += 1;
        let source = self.source.clone();
        let segments = self.segments.clone().filter(|_| item.offset == 0);
        let holder = (item.holder != 0).then(|| WorkerId::from_bits(item.holder));
        let load = self.meters.load.clone();
        let value = async move {
            let _loading = load.start();
            let (task, part) = (TaskId::from_bits(item.task), Part::from_number(item.part));
            let value = source.value_from(task, part, holder).await?;
            Ok(match segments {
                Some(segments) => segments.ready(value).await,
                None => Ready::Value(value),
            })
        };
        let range = Range {
            offset: item.offset,
            limit: item.limit,
        };
        self.asked = Some((number, range, Box::pin(value)));
        true
    }

    fn answered(&mut self, item: u32, range: Range, answer: Result<Ready, Unavailable>) {
        match answer {
            Ok(Ready::Shared(begin, reference)) => {
                self.meters.served.add(begin.bytes());
                self.meters.shared.add(begin.bytes());
                self.writer.refer(item, &begin, reference);
            }
            Ok(Ready::Value(value)) => {
                let sending = Sending::new(item, value, range, self.packing);
                self.since = Instant::now();
                self.meters.served.add(sending.bytes());
                self.sending = Some(sending);
            }
            Err(Unavailable::Missing) => self.writer.refuse(item, DataStatus::Missing, ""),
            Err(Unavailable::Failed(why)) => self.writer.refuse(item, DataStatus::Failed, &why),
            Err(Unavailable::Unreachable(why)) => {
                self.writer.refuse(item, DataStatus::Unreachable, &why);
            }
        }
    }
}

/// What is shared with a reader.
struct Sharing {
    pool: SegmentPool,
    /// The memory that the reader can map.
    memory: String,
}

impl Sharing {
    /// Puts a large value into shared memory, unless there is no room.
    async fn ready(&self, value: Encoded) -> Ready {
        if !self.pool.suits(&self.memory, value.nbytes()) {
            return Ready::Value(value);
        }
        let (pool, copied) = (self.pool.clone(), value.clone());
        let copying = tokio::task::spawn_blocking(move || {
            let (begin, rows) = Begin::shared(copied);
            pool.hand_out(&rows).map(|reference| (begin, reference))
        });
        match copying.await {
            Ok(Ok((begin, reference))) => Ready::Shared(begin, reference),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a value goes over the wire to a reader on this host");
                Ready::Value(value)
            }
            Err(_) => Ready::Value(value),
        }
    }
}

impl<S> Unpin for FetchBody<S> {}

impl<S: ValueSource> Body for FetchBody<S> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = &mut *self;
        loop {
            if let Some(chunk) = this.writer.next_chunk() {
                return Poll::Ready(Some(Ok(Frame::data(chunk))));
            }
            if let Some(sending) = &mut this.sending {
                if sending.step(&mut this.writer) {
                    this.sending = None;
                    this.meters.send.record(this.since.elapsed());
                }
            } else if let Some((item, range, asked)) = &mut this.asked {
                match asked.as_mut().poll(cx) {
                    Poll::Ready(answer) => {
                        let (item, range) = (*item, *range);
                        this.asked = None;
                        this.answered(item, range, answer);
                    }
                    Poll::Pending => {
                        // What is there already need not wait for what is not.
                        this.writer.flush();
                        match this.writer.next_chunk() {
                            Some(chunk) => return Poll::Ready(Some(Ok(Frame::data(chunk)))),
                            None => return Poll::Pending,
                        }
                    }
                }
            } else if !this.ask() {
                this.writer.flush();
                return Poll::Ready(match this.writer.next_chunk() {
                    Some(chunk) => Some(Ok(Frame::data(chunk))),
                    None if this.trailers_sent => None,
                    None => {
                        this.trailers_sent = true;
                        Some(Ok(Frame::trailers(grpc::ok_trailers())))
                    }
                });
            }
        }
    }
}

/// One value on its way to a peer.
pub(super) struct PutBody {
    sending: Option<Sending>,
    writer: FrameWriter,
}

impl PutBody {
    pub(super) fn new(task: TaskId, value: Encoded, target: Option<WorkerId>) -> Self {
        let sending = Some(Sending::new(0, value, Range::default(), Packing::None));
        Self {
            sending,
            writer: FrameWriter::put(task, target),
        }
    }
}

impl Body for PutBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = &mut *self;
        loop {
            if let Some(chunk) = this.writer.next_chunk() {
                return Poll::Ready(Some(Ok(Frame::data(chunk))));
            }
            let Some(sending) = &mut this.sending else {
                return Poll::Ready(None);
            };
            if sending.step(&mut this.writer) {
                this.sending = None;
            }
        }
    }
}
