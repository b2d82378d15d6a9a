//! One caller's stream to one worker.

use super::pool::Shared;
use super::{FRAME_BYTES, FRAME_CALLS};
use crate::cause;
use crate::dial::{DialError, dial};
use crate::settings::ConnectionKind;
use futures::Stream;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use taskloom_core::WorkerId;
use taskloom_core::actor::{ActorCall, ActorLine, CallEnd};
use taskloom_core::limits::MESSAGE_BYTES_MAX;
use taskloom_wire::actor::{call_into, reply_from};
use taskloom_wire::proto;
use taskloom_wire::proto::actors_client::ActorsClient;
use tokio::sync::{Notify, mpsc};
use tonic::transport::Channel;
use tonic::{Status, Streaming};

/// A stream without a call for this long is closed.
const IDLE: Duration = Duration::from_secs(60);

/// Frames between this and the transport.
const FRAMES: usize = 2;

/// Calls on their way to one worker.
pub(super) struct Line {
    place: (String, WorkerId),
    state: Mutex<State>,
    /// A call was queued.
    queued: Notify,
}

struct State {
    queue: VecDeque<Box<dyn ActorCall>>,
    closed: Option<Closed>,
}

#[derive(Clone)]
enum Closed {
    /// Nobody used it.
    Idle,
    Broken(String),
}

impl Line {
    pub(super) fn new(place: (String, WorkerId)) -> Arc<Self> {
        Arc::new(Self {
            place,
            state: Mutex::new(State {
                queue: VecDeque::new(),
                closed: None,
            }),
            queued: Notify::new(),
        })
    }

    /// Where it leads.
    pub(super) fn place(&self) -> &(String, WorkerId) {
        &self.place
    }

    pub(super) fn is_open(&self) -> bool {
        self.lock().closed.is_none()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it is closed now: only if no call waits.
    fn close_idle(&self) -> bool {
        let mut state = self.lock();
        if state.queue.is_empty() {
            state.closed.get_or_insert(Closed::Idle);
            return true;
        }
        false
    }

    /// Closes it; calls that were not sent come back.
    fn break_off(&self, reason: &str) {
        let mut state = self.lock();
        if state.closed.is_none() {
            state.closed = Some(Closed::Broken(reason.to_owned()));
        }
        let queue = std::mem::take(&mut state.queue);
        drop(state);
        for call in queue {
            call.end(CallEnd::NotSent(reason.to_owned()));
        }
    }

    /// The next calls for a frame.
    fn take(&self) -> Vec<Box<dyn ActorCall>> {
        let mut state = self.lock();
        let mut nbytes = 0;
        let mut calls = Vec::new();
        while calls.len() < FRAME_CALLS
            && let Some(call) = state.queue.pop_front()
        {
            nbytes += taskloom_wire::arguments::encoded_len(call.nodes());
            if nbytes > FRAME_BYTES && !calls.is_empty() {
                state.queue.push_front(call);
                break;
            }
            calls.push(call);
        }
        calls
    }

    /// Waits for a call to send and for room to send it.
    async fn ready<'a>(
        &self,
        frames: &'a mpsc::Sender<proto::ActorCalls>,
    ) -> Option<mpsc::Permit<'a, proto::ActorCalls>> {
        loop {
            if !self.lock().queue.is_empty() {
                return frames.reserve().await.ok();
            }
            self.queued.notified().await;
        }
    }
}

impl ActorLine for Line {
    fn send(&self, call: Box<dyn ActorCall>) {
        let mut state = self.lock();
        let end = match &state.closed {
            None => {
                state.queue.push_back(call);
                drop(state);
                self.queued.notify_one();
                return;
            }
            Some(Closed::Idle) => CallEnd::Closed,
            Some(Closed::Broken(reason)) => CallEnd::NotSent(reason.clone()),
        };
        drop(state);
        call.end(end);
    }
}

/// What moves the calls of a line. When it ends, or is dropped with its runtime, the line is closed.
pub(super) struct Driving {
    line: Arc<Line>,
    shared: Arc<Shared>,
    /// Calls that were sent, by number.
    sent: BTreeMap<u64, Box<dyn ActorCall>>,
    reason: Option<String>,
}

impl Driving {
    pub(super) fn new(line: Arc<Line>, shared: Arc<Shared>) -> Self {
        Self {
            line,
            shared,
            sent: BTreeMap::new(),
            reason: None,
        }
    }

    /// Lives as long as the line.
    pub(super) async fn run(mut self) {
        if let Err(reason) = self.drive().await {
            self.reason = Some(reason);
        }
    }

    async fn drive(&mut self) -> Result<(), String> {
        let actors = self.connect().await?;
        let (frames, outgoing) = mpsc::channel(FRAMES);
        let (_, worker) = self.line.place;
        let first = proto::ActorCalls {
            target: worker.to_bits(),
            calls: Vec::new(),
        };
        // There is room for the first one.
        let _ = frames.try_send(first);
        let outgoing = futures::stream::unfold(outgoing, async |mut outgoing| {
            outgoing.recv().await.map(|frame| (frame, outgoing))
        });
        // Calls are sent when the other side has taken the stream: until then they are certain not to
        // have been made.
        let mut replies = open(actors, outgoing).await.map_err(words)?;
        let mut next = 0;
        loop {
            tokio::select! {
                frame = replies.message() => match frame.map_err(words)? {
                    Some(frame) => self.answered(frame)?,
                    None => return Err("the worker has closed the stream".into()),
                },
                permit = self.line.ready(&frames) => {
                    let Some(permit) = permit else {
                        return Err("the stream was closed".into());
                    };
                    let mut calls = Vec::new();
                    for call in self.line.take() {
                        next += 1;
                        calls.push(call_into(next, &*call));
                        self.sent.insert(next, call);
                    }
                    permit.send(proto::ActorCalls { target: 0, calls });
                }
                () = tokio::time::sleep(IDLE), if self.sent.is_empty() => {
                    if self.line.close_idle() {
                        return Ok(());
                    }
                }
            }
        }
    }

    async fn connect(&self) -> Result<ActorsClient<Channel>, String> {
        let (address, _) = &self.line.place;
        let options = &self.shared.options;
        let relay = options.relay.as_ref().map(ToString::to_string);
        if options.relay_only
            && let Some(relay) = &relay
        {
            return actors_at(relay, options.connect_timeout).await;
        }
        let direct = actors_at(address, options.connect_timeout).await;
        match (direct, relay) {
            (Err(reason), Some(relay)) => {
                tracing::debug!(address, reason, "calls of actors go through the scheduler");
                let relayed = actors_at(&relay, options.connect_timeout).await;
                relayed.map_err(|_| reason)
            }
            (direct, _) => direct,
        }
    }

    fn answered(&mut self, frame: proto::ActorReplies) -> Result<(), String> {
        for reply in frame.replies {
            let (number, end) = reply_from(reply).map_err(|error| error.to_string())?;
            if let Some(call) = self.sent.remove(&number) {
                call.end(end);
            }
        }
        Ok(())
    }
}

impl Drop for Driving {
    fn drop(&mut self) {
        let ended = || "the runtime of the caller has ended".to_owned();
        let reason = self.reason.take().unwrap_or_else(ended);
        self.line.break_off(&reason);
        self.shared.forget(&self.line);
        for (_, call) in std::mem::take(&mut self.sent) {
            call.end(CallEnd::Broken(reason.clone()));
        }
    }
}

/// The actors of whoever listens there.
pub(super) async fn actors_at(
    address: &str,
    timeout: Duration,
) -> Result<ActorsClient<Channel>, String> {
    let bad = || format!("`{address}` is not host:port");
    let (host, port) = address.rsplit_once(':').ok_or_else(bad)?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = port.parse().map_err(|_| bad())?;
    match dial(host, port, ConnectionKind::Data, timeout).await {
        Ok((channel, _)) => Ok(ActorsClient::new(channel)
            .max_decoding_message_size(MESSAGE_BYTES_MAX)
            .max_encoding_message_size(MESSAGE_BYTES_MAX)),
        Err(DialError::Failed(reason)) => Err(format!("{address}: {reason}")),
        Err(DialError::Timeout) => Err(format!("{address}: no answer within {timeout:?}")),
    }
}

/// Opens a stream of calls.
pub(super) async fn open(
    mut actors: ActorsClient<Channel>,
    calls: impl Stream<Item = proto::ActorCalls> + Send + 'static,
) -> Result<Streaming<proto::ActorReplies>, Status> {
    actors.call(calls).await.map(tonic::Response::into_inner)
}

fn words(status: Status) -> String {
    match std::error::Error::source(&status) {
        Some(source) => cause::words(source),
        None => status.message().to_owned(),
    }
}
