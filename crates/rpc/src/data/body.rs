//! Bodies that carry values: the answer to a fetch and the request of a put.

use super::grpc;
use super::meters::ServeMeters;
use super::service::{Unavailable, ValueSource};
use super::writer::{FrameWriter, Sending};
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

type Asked = BoxFuture<'static, Result<Encoded, Unavailable>>;

/// The values of a fetch, one after the other. Each is asked for when the one before is on its way,
/// so no more than one large value is held for a slow reader.
pub(super) struct FetchBody<S> {
    source: Arc<S>,
    items: std::vec::IntoIter<proto::FetchItem>,
    next_item: u32,
    asked: Option<(u32, u64, Asked)>,
    sending: Option<Sending>,
    /// Since when the value is being sent.
    since: Instant,
    meters: ServeMeters,
    writer: FrameWriter,
    trailers_sent: bool,
    _permit: OwnedSemaphorePermit,
}

impl<S: ValueSource> FetchBody<S> {
    pub(super) fn new(
        source: Arc<S>,
        items: Vec<proto::FetchItem>,
        permit: OwnedSemaphorePermit,
        meters: ServeMeters,
    ) -> Self {
        Self {
            source,
            items: items.into_iter(),
            next_item: 0,
            asked: None,
            sending: None,
            since: Instant::now(),
            meters,
            writer: FrameWriter::fetch(),
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
        let holder = (item.holder != 0).then(|| WorkerId::from_bits(item.holder));
        let load = self.meters.load.clone();
        let value = async move {
            let _loading = load.start();
            let (task, part) = (TaskId::from_bits(item.task), Part::from_number(item.part));
            source.value_from(task, part, holder).await
        };
        self.asked = Some((number, item.offset, Box::pin(value)));
        true
    }

    fn answered(&mut self, item: u32, offset: u64, answer: Result<Encoded, Unavailable>) {
        match answer {
            Ok(value) => {
                self.since = Instant::now();
                self.meters.served.add(value.nbytes());
                self.sending = Some(Sending::new(item, value, offset));
            }
            Err(Unavailable::Missing) => self.writer.refuse(item, DataStatus::Missing, ""),
            Err(Unavailable::Failed(why)) => self.writer.refuse(item, DataStatus::Failed, &why),
            Err(Unavailable::Unreachable(why)) => {
                self.writer.refuse(item, DataStatus::Unreachable, &why);
            }
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
            } else if let Some((item, offset, asked)) = &mut this.asked {
                match asked.as_mut().poll(cx) {
                    Poll::Ready(answer) => {
                        let (item, offset) = (*item, *offset);
                        this.asked = None;
                        this.answered(item, offset, answer);
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
        let sending = Some(Sending::new(0, value, 0));
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
