//! TCP streams as the transport uses them: they note when bytes arrive, and can give back bytes that
//! were read off their front.

use crate::heard::LastHeard;
use bytes::{Buf, Bytes};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tonic::transport::server::Connected;

/// A TCP stream that notes when bytes arrive.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    /// Bytes that were read before, to be read again.
    front: Bytes,
    heard: LastHeard,
    /// Told when the first bytes arrive.
    answered: Option<oneshot::Sender<()>>,
    remote: Option<SocketAddr>,
    /// Its place among the connections of its port, if it came to one.
    _place: Option<OwnedSemaphorePermit>,
}

/// What the services are told about a connection.
#[derive(Clone, Debug)]
pub struct ConnectionInfo {
    /// When bytes last arrived on it.
    pub heard: LastHeard,
    /// Where it comes from.
    pub remote: Option<SocketAddr>,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream, front: Bytes, remote: Option<SocketAddr>) -> Self {
        Self {
            stream,
            front,
            heard: LastHeard::now(),
            answered: None,
            remote,
            _place: None,
        }
    }

    /// Keeps a place until the connection is dropped.
    pub(crate) fn holding(self, place: OwnedSemaphorePermit) -> Self {
        Self {
            _place: Some(place),
            ..self
        }
    }

    /// Resolves when the first bytes arrive, or fails when the connection is gone before.
    pub(crate) fn answered(&mut self) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        self.answered = Some(sender);
        receiver
    }

    pub(crate) fn heard(&self) -> LastHeard {
        self.heard.clone()
    }
}

impl Connected for Connection {
    type ConnectInfo = ConnectionInfo;

    fn connect_info(&self) -> ConnectionInfo {
        ConnectionInfo {
            heard: self.heard.clone(),
            remote: self.remote,
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.front.is_empty() {
            let length = self.front.len().min(buf.remaining());
            buf.put_slice(&self.front[..length]);
            self.front.advance(length);
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        let poll = Pin::new(&mut self.stream).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.heard.stamp();
            if let Some(answered) = self.answered.take() {
                let _ = answered.send(());
            }
        }
        poll
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
