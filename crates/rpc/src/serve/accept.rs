//! Accepting connections and bringing each to the runtime that serves its kind.

use super::preface::{self, Judgement};
use super::seldom::Seldom;
use crate::cause;
use crate::descriptors::DescriptorLimit;
use crate::listen::Listener;
use crate::settings::ConnectionKind;
use crate::transport::Connection;
use bytes::{Bytes, BytesMut};
use futures::Stream;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// How long a new connection may take to show what it is.
const PREFACE_TIMEOUT: Duration = Duration::from_secs(10);

/// Connections that have not shown yet what they are.
const UNJUDGED_MAX: usize = 4096;

/// After an error of accepting, such as too many open files, before the next try.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

const HTTP1_ANSWER: &[u8] = b"HTTP/1.1 505 HTTP Version Not Supported\r\n\
    content-type: text/plain\r\nconnection: close\r\n\r\n\
    This is a port of Taskloom. It speaks gRPC, not HTTP/1.\n";

/// Where accepted connections go in.
#[derive(Clone, Debug)]
pub struct Lobby(mpsc::UnboundedSender<Accepted>);

/// Accepted connections for [`super::serve`].
#[derive(Debug)]
pub struct Incoming(mpsc::UnboundedReceiver<Accepted>);

/// A connection between two runtimes.
#[derive(Debug)]
struct Accepted {
    stream: std::net::TcpStream,
    front: Bytes,
    remote: SocketAddr,
    place: OwnedSemaphorePermit,
}

/// A queue of accepted connections between [`accept`] and [`super::serve`], which may run on
/// different runtimes.
pub fn lobby() -> (Lobby, Incoming) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (Lobby(sender), Incoming(receiver))
}

impl Stream for Incoming {
    type Item = io::Result<Connection>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(Accepted {
            stream,
            front,
            remote,
            place,
        }) = ready!(self.0.poll_recv(cx))
        else {
            return Poll::Ready(None);
        };
        // Registers the stream with the runtime that serves it.
        let stream = TcpStream::from_std(stream);
        Poll::Ready(Some(stream.map(|stream| {
            Connection::new(stream, front, Some(remote)).holding(place)
        })))
    }
}

/// Accepts connections until `shutdown` resolves. What does not begin like HTTP/2 is closed.
/// Connections that announce large frames go to `bulk`, if there is one, all others to `control`.
///
/// There are never more connections than this process may have descriptors, but for a reserve: those
/// that come then are closed at once, so that they need not wait for an answer that cannot come.
///
/// # Errors
/// If the socket cannot be used on this runtime.
pub async fn accept(
    listener: Listener,
    control: Lobby,
    bulk: Option<Lobby>,
    shutdown: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener.socket)?;
    let unjudged = Arc::new(Semaphore::new(UNJUDGED_MAX));
    let most = match DescriptorLimit::get() {
        Ok(limit) => limit.connections().min(Semaphore::MAX_PERMITS),
        Err(error) => {
            tracing::warn!(error = %cause::io_words(&error), "how many files may be open is not known");
            Semaphore::MAX_PERMITS
        }
    };
    let places = Arc::new(Semaphore::new(most));
    let (mut failed, mut crowded, mut full) = (Seldom::new(), Seldom::new(), Seldom::new());
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => return Ok(()),
            accepted = listener.accept() => accepted,
        };
        let (stream, remote) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // A connection that died in the queue, or a limit of the system: both pass. What waits
                // to be accepted stays in the queue.
                if let Some(times) = failed.now() {
                    let error = cause::io_words(&error);
                    tracing::warn!(%error, times, "cannot accept connections");
                }
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Ok(permit) = unjudged.clone().try_acquire_owned() else {
            if let Some(times) = crowded.now() {
                tracing::warn!(%remote, times, "too many new connections at once: closed");
            }
            continue;
        };
        let Ok(place) = places.clone().try_acquire_owned() else {
            if let Some(times) = full.now() {
                tracing::warn!(
                    %remote,
                    times,
                    "{most} connections are open, more than this process may have descriptors for: \
                     closed; raise its limit of open files (ulimit -n, LimitNOFILE)"
                );
            }
            continue;
        };
        let (control, bulk) = (control.clone(), bulk.clone());
        tokio::spawn(async move {
            let judged = tokio::time::timeout(PREFACE_TIMEOUT, judge(stream, remote, place)).await;
            drop(permit);
            match judged {
                Ok(Ok(Some((ConnectionKind::Data, accepted)))) => {
                    bulk.unwrap_or(control).take(accepted);
                }
                Ok(Ok(Some((ConnectionKind::Control, accepted)))) => control.take(accepted),
                Ok(Ok(None)) => {}
                Ok(Err(error)) => {
                    tracing::debug!(%remote, error = %cause::io_words(&error), "a connection broke");
                }
                Err(_) => tracing::warn!(%remote, "a connection stayed silent and is closed"),
            }
        });
    }
}

impl Lobby {
    fn take(&self, accepted: Accepted) {
        // Without a server at the other end the connection is closed, as it should be.
        let _ = self.0.send(accepted);
    }
}

/// Reads until it is clear what a connection is; `None` if it is not for us.
async fn judge(
    mut stream: TcpStream,
    remote: SocketAddr,
    place: OwnedSemaphorePermit,
) -> io::Result<Option<(ConnectionKind, Accepted)>> {
    stream.set_nodelay(true)?;
    let mut front = BytesMut::with_capacity(preface::READ_BYTES_MAX);
    loop {
        let read = stream.read_buf(&mut front).await?;
        match preface::judge(&front) {
            Judgement::More if read == 0 => {
                // Ports are probed by connecting and hanging up: not worth a word.
                tracing::debug!(%remote, bytes = front.len(), "a connection closed at once");
                return Ok(None);
            }
            Judgement::More => {}
            Judgement::Http2(kind) => {
                let front = front.freeze();
                return Ok(Some((
                    kind,
                    Accepted {
                        stream: stream.into_std()?,
                        front,
                        remote,
                        place,
                    },
                )));
            }
            Judgement::Http1 => {
                tracing::debug!(%remote, "a connection speaks HTTP/1 and is closed");
                stream.write_all(HTTP1_ANSWER).await?;
                stream.shutdown().await?;
                return Ok(None);
            }
            Judgement::Garbage => {
                tracing::warn!(%remote, "a connection does not speak HTTP/2 and is closed");
                return Ok(None);
            }
        }
    }
}
