//! One call on one connection: what is asked, and how the answer is taken in.

use super::assembly::{Assembly, HEAD_BYTES};
use super::body::PutBody;
use super::buffers::BufferPool;
use super::connections::{Lease, PoolOptions};
use super::packing::Packing;
use super::pool::{FetchError, FetchItem};
use super::reader::{BEGIN, FAILED, FrameReader, MISSING, MORE, PieceHead, PieceSink, UNREACHABLE};
use super::shared::{self, Reference};
use super::{MESSAGE_BYTES_MAX, grpc};
use crate::cause;
use bytes::Bytes;
use http::{HeaderMap, Response};
use http_body_util::BodyExt;
use taskloom_core::{Encoded, TaskId, WorkerId};
use taskloom_wire::proto;
use tonic::Code;
use tonic::body::Body;
use tower::{Service, ServiceExt};

/// How a call ended that did not go well.
#[derive(Debug)]
pub(super) enum CallError {
    /// Too many calls are being served.
    Busy,
    /// The connection broke, or the peer is going.
    Broken(String),
    /// The peer refused, in its words.
    Refused(String),
    /// The peer broke the protocol.
    Protocol(String),
    /// It referred to shared memory that cannot be mapped here. Another call without will do.
    Unshared,
}

/// A fetch over all its calls.
pub(super) struct FetchJob {
    items: Vec<FetchItem>,
    slots: Vec<Slot>,
    /// The slot of each item of the current call.
    asked: Vec<Asked>,
    /// The slot that data go to.
    current: Option<usize>,
    buffers: BufferPool,
    bytes_max: u64,
    /// Counts everything that came in, to tell a call that got somewhere.
    progress: u64,
    /// Bytes that lie in shared memory.
    mapped: u64,
    /// Whether values may come in shared memory.
    sharing: bool,
    packing: Packing,
    /// Buffers from this size on come in several streams.
    split_from: u64,
    /// A value came in shared memory that cannot be mapped.
    unshared: bool,
}

/// An item of a call.
struct Asked {
    slot: usize,
    /// The data were asked for up to here; all of them if it is 0.
    end: u64,
}

enum Slot {
    Waiting,
    Coming(Assembly),
    Done(Result<Encoded, FetchError>),
}

impl FetchJob {
    pub(super) fn new(items: Vec<FetchItem>, buffers: BufferPool, options: &PoolOptions) -> Self {
        let slots = items.iter().map(|_| Slot::Waiting).collect();
        Self {
            items,
            slots,
            asked: Vec::new(),
            current: None,
            buffers,
            bytes_max: options.value_bytes_max,
            progress: 0,
            mapped: 0,
            sharing: options.share,
            packing: options.packing,
            split_from: match options.streams {
                0 | 1 => u64::MAX,
                _ => options.split_from.max(2 * HEAD_BYTES),
            },
            unshared: false,
        }
    }

    /// What came in so far, in no unit.
    pub(super) fn progress(&self) -> u64 {
        self.progress
    }

    /// Bytes that lie in shared memory.
    pub(super) fn mapped(&self) -> u64 {
        self.mapped
    }

    /// Whether anything was answered.
    pub(super) fn has_answers(&self) -> bool {
        self.slots.iter().any(|slot| matches!(slot, Slot::Done(_)))
    }

    /// The answers; what was not answered ends with this error.
    pub(super) fn finish(self, error: &FetchError) -> Vec<Result<Encoded, FetchError>> {
        let answer = |slot| match slot {
            Slot::Done(answer) => answer,
            Slot::Waiting | Slot::Coming(_) => Err(error.clone()),
        };
        self.slots.into_iter().map(answer).collect()
    }

    /// The request for what is still wanted.
    fn request(&mut self) -> proto::FetchRequest {
        self.asked.clear();
        self.current = None;
        let mut items = Vec::with_capacity(self.items.len());
        for (at, (item, slot)) in self.items.iter().zip(&self.slots).enumerate() {
            let (offset, limit) = match slot {
                Slot::Waiting if item.expected >= self.split_from => (0, HEAD_BYTES),
                Slot::Waiting => (0, 0),
                Slot::Coming(assembly) => (assembly.received(), assembly.limit(self.split_from)),
                Slot::Done(_) => continue,
            };
            let end = if limit > 0 { offset + limit } else { 0 };
            self.asked.push(Asked { slot: at, end });
            items.push(proto::FetchItem {
                task: item.task.to_bits(),
                part: item.part.number(),
                offset,
                holder: item.holder.map_or(0, WorkerId::to_bits),
                limit,
            });
        }
        let memory = if self.sharing { shared::here() } else { None };
        proto::FetchRequest {
            items,
            memory: memory.unwrap_or_default().to_owned(),
            packing: packing_word(self.packing).into(),
        }
    }

    /// As after a request, without one.
    #[cfg(test)]
    pub(super) fn ask_for_all(&mut self) {
        self.request();
    }

    /// Asks for everything that is still wanted and takes the answer in.
    pub(super) async fn call(&mut self, lease: &Lease) -> Result<(), CallError> {
        self.sharing &= lease.may_share();
        let request = self.request();
        ask(lease, &request, self).await?;
        if self.unshared {
            lease.shares_nothing();
            (self.sharing, self.unshared) = (false, false);
            return Err(CallError::Unshared);
        }
        self.check_all_answered()
    }

    fn check_all_answered(&self) -> Result<(), CallError> {
        let is_answered = |asked: &Asked| match &self.slots[asked.slot] {
            Slot::Done(_) => true,
            Slot::Coming(assembly) => asked.end > 0 && assembly.received() == asked.end,
            Slot::Waiting => false,
        };
        match self.asked.iter().all(is_answered) {
            true => Ok(()),
            false => Err(CallError::Protocol(
                "the answer ended before all values".to_owned(),
            )),
        }
    }

    /// Whether every item has its answer.
    pub(super) fn is_done(&self) -> bool {
        self.slots.iter().all(|slot| matches!(slot, Slot::Done(_)))
    }

    /// A value of which so much is to come that it is worth several streams, and its place.
    pub(super) fn next_to_split(&mut self) -> Option<(usize, FetchItem, &mut Assembly)> {
        let slots = self.items.iter().zip(&mut self.slots).enumerate();
        for (at, (item, slot)) in slots {
            if let Slot::Coming(assembly) = slot
                && assembly.splits(self.split_from)
            {
                return Some((at, *item, assembly));
            }
        }
        None
    }

    /// The buffer that came in several streams is here, or why not.
    pub(super) fn joined(&mut self, at: usize, joined: Result<(), FetchError>) {
        match joined {
            Ok(()) => self.settle(at),
            Err(error) => self.slots[at] = Slot::Done(Err(error)),
        }
    }

    /// A value whose data lie in shared memory. If they cannot be mapped it is asked for again.
    fn map(&mut self, mut assembly: Assembly, reference: &Reference) -> Result<Slot, String> {
        if !self.sharing {
            return Err("shared memory came that was not asked for".to_owned());
        }
        match assembly.map(reference) {
            Ok(()) => {
                self.mapped += assembly.received();
                Ok(Slot::Coming(assembly))
            }
            Err(error) => {
                tracing::debug!(%error, "shared memory of a peer on this host cannot be mapped");
                self.unshared = true;
                Ok(Slot::Waiting)
            }
        }
    }

    /// Closes the current value if all of it is here.
    fn settle(&mut self, at: usize) {
        let slot = &mut self.slots[at];
        if matches!(&*slot, Slot::Coming(assembly) if assembly.is_complete())
            && let Slot::Coming(assembly) = std::mem::replace(slot, Slot::Waiting)
        {
            *slot = Slot::Done(Ok(assembly.finish()));
        }
    }
}

impl PieceSink for FetchJob {
    fn begin(&mut self, head: PieceHead) -> Result<(), String> {
        let at = self.asked.get(head.item as usize).map(|asked| asked.slot);
        let at = at.ok_or_else(|| format!("item {} was not asked for", head.item))?;
        self.current = Some(at);
        self.progress += 1;
        match (head.status, &self.slots[at]) {
            (BEGIN, Slot::Waiting) => {
                // A value that cannot be taken in spoils neither the call nor the other values.
                let reference = head.shared.clone();
                let begun = Assembly::begin(head, &self.buffers, self.bytes_max);
                let slot = match (begun, reference) {
                    (Ok(assembly), Some(reference)) => self.map(assembly, &reference)?,
                    (Ok(assembly), None) => Slot::Coming(assembly),
                    (Err(why), _) => Slot::Done(Err(FetchError::Failed(why))),
                };
                self.slots[at] = slot;
            }
            (BEGIN, Slot::Coming(old)) => {
                let new = Assembly::begin(head, &self.buffers, self.bytes_max)?;
                if !old.is_same(&new) {
                    return Err("a value changed between two calls".to_owned());
                }
            }
            (MORE, Slot::Coming(_) | Slot::Done(Err(_))) => {}
            (MISSING, Slot::Waiting | Slot::Coming(_)) => {
                self.slots[at] = Slot::Done(Err(FetchError::Missing));
            }
            (FAILED, Slot::Waiting | Slot::Coming(_)) => {
                self.slots[at] = Slot::Done(Err(FetchError::Failed(head.error)));
            }
            (UNREACHABLE, Slot::Waiting | Slot::Coming(_)) => {
                self.slots[at] = Slot::Done(Err(FetchError::Unreachable {
                    address: "a holder through the relay".to_owned(),
                    reason: head.error,
                }));
            }
            (MORE..=UNREACHABLE, _) => return Err("a piece came out of turn".to_owned()),
            (status, _) => return Err(format!("a piece has the status {status}")),
        }
        self.settle(at);
        Ok(())
    }

    fn data(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.progress += bytes.len() as u64;
        let Some(at) = self.current else {
            return Ok(());
        };
        match &mut self.slots[at] {
            Slot::Coming(assembly) => assembly.data(bytes)?,
            Slot::Done(Err(_)) => return Ok(()),
            Slot::Waiting | Slot::Done(Ok(_)) => {
                return Err("data came out of turn".to_owned());
            }
        }
        self.settle(at);
        Ok(())
    }
}

/// How packing is asked for.
pub(super) fn packing_word(packing: Packing) -> proto::Packing {
    match packing {
        Packing::None => proto::Packing::None,
        Packing::Lz4 => proto::Packing::Lz4,
    }
}

/// Asks for data and hands what comes to a sink.
pub(super) async fn ask(
    lease: &Lease,
    request: &proto::FetchRequest,
    sink: &mut impl PieceSink,
) -> Result<(), CallError> {
    let body = Body::new(http_body_util::Full::new(grpc::framed(request)));
    let mut answer = send(lease, grpc::FETCH, body).await?;
    let mut reader = FrameReader::fetch();
    while let Some(frame) = answer.body_mut().frame().await {
        let frame = frame.map_err(|error| CallError::Broken(cause::words(&error)))?;
        match frame.into_data() {
            Ok(bytes) => reader.push(&bytes, sink).map_err(CallError::Protocol)?,
            Err(frame) => {
                if let Ok(trailers) = frame.into_trailers() {
                    return check_end(&trailers);
                }
            }
        }
    }
    Err(CallError::Broken(
        "the answer ended without a status".to_owned(),
    ))
}

/// Brings a value; returns the bytes that the peer counts.
pub(super) async fn put(
    lease: &Lease,
    task: TaskId,
    value: Encoded,
    target: Option<WorkerId>,
) -> Result<u64, CallError> {
    let body = Body::new(PutBody::new(task, value, target));
    let answer = send(lease, grpc::PUT, body).await?;
    let mut body = http_body_util::Limited::new(answer.into_body(), MESSAGE_BYTES_MAX);
    let mut message = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| CallError::Broken(cause::words(&*error)))?;
        match frame.into_data() {
            Ok(bytes) => message.extend_from_slice(&bytes),
            Err(frame) => {
                if let Ok(trailers) = frame.into_trailers() {
                    check_end(&trailers)?;
                    return reply(message).await;
                }
            }
        }
    }
    Err(CallError::Broken(
        "the answer ended without a status".to_owned(),
    ))
}

async fn reply(message: Vec<u8>) -> Result<u64, CallError> {
    let body = http_body_util::Full::new(Bytes::from(message));
    let reply = grpc::only_message::<proto::PutReply, _>(body, MESSAGE_BYTES_MAX).await;
    match reply {
        Ok(reply) => Ok(reply.nbytes),
        Err(status) => Err(CallError::Protocol(status.message().to_owned())),
    }
}

/// Sends a call and waits for the beginning of its answer.
async fn send(lease: &Lease, path: &'static str, body: Body) -> Result<Response<Body>, CallError> {
    let broken = |error: tonic::transport::Error| CallError::Broken(cause::words(&error));
    let mut channel = lease.channel();
    let ready = channel.ready().await.map_err(broken)?;
    let answer = ready
        .call(grpc::request(path, body))
        .await
        .map_err(broken)?;
    if answer.status() != http::StatusCode::OK {
        return Err(CallError::Protocol(format!(
            "it answered with HTTP {}",
            answer.status()
        )));
    }
    check_end(answer.headers())?;
    Ok(answer)
}

/// What headers or trailers say about the end of a call.
fn check_end(headers: &HeaderMap) -> Result<(), CallError> {
    match grpc::end_of_call(headers) {
        None | Some((Code::Ok, _)) => Ok(()),
        Some((Code::ResourceExhausted, _)) => Err(CallError::Busy),
        Some((Code::Unavailable | Code::Cancelled, words)) => Err(CallError::Broken(words)),
        Some((Code::InvalidArgument | Code::Unimplemented, words)) => {
            Err(CallError::Protocol(words))
        }
        Some((_, words)) => Err(CallError::Refused(words)),
    }
}
