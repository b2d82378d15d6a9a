//! Opening connections.

use crate::cause;
use crate::heard::LastHeard;
use crate::settings::{
    CONNECTION_WINDOW_BYTES, ConnectionKind, KEEPALIVE_INTERVAL, KEEPALIVE_TIMEOUT,
};
use crate::transport::Connection;
use bytes::Bytes;
use hyper_util::rt::TokioIo;
use std::io;
use std::time::Duration;
use tokio::net::TcpStream;
use tonic::transport::{Channel, Endpoint, Uri};

/// Why nothing was reached.
#[derive(Debug)]
pub(crate) enum DialError {
    /// In words, such as `connection refused`.
    Failed(String),
    /// No answer in time.
    Timeout,
}

/// A gRPC channel over one new TCP connection, which is not opened again when it breaks.
pub(crate) async fn dial(
    host: &str,
    port: u16,
    kind: ConnectionKind,
    timeout: Duration,
) -> Result<(Channel, LastHeard), DialError> {
    match tokio::time::timeout(timeout, open(host, port, kind)).await {
        Ok(result) => result.map_err(DialError::Failed),
        Err(_) => Err(DialError::Timeout),
    }
}

async fn open(host: &str, port: u16, kind: ConnectionKind) -> Result<(Channel, LastHeard), String> {
    let stream = TcpStream::connect((host, port))
        .await
        .map_err(|e| cause::io_words(&e))?;
    stream.set_nodelay(true).map_err(|e| cause::io_words(&e))?;
    let mut connection = Connection::new(stream, Bytes::new(), None);
    let answered = connection.answered();
    let heard = connection.heard();
    // The stream is open: the name only fills the request's authority.
    let authority = if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    };
    let uri = Uri::builder()
        .scheme("http")
        .authority(authority)
        .path_and_query("/")
        .build();
    let mut endpoint = Endpoint::from(uri.map_err(|e| e.to_string())?)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .initial_stream_window_size(kind.stream_window_bytes())
        .http2_keep_alive_interval(KEEPALIVE_INTERVAL)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT)
        .keep_alive_while_idle(true);
    if let Some(bytes) = kind.frame_bytes() {
        endpoint = endpoint.max_frame_size(bytes);
    }
    let mut once = Some(connection);
    let connector = tower::service_fn(move |_: Uri| {
        let connection = once.take();
        async move {
            connection
                .map(TokioIo::new)
                .ok_or_else(|| io::Error::new(io::ErrorKind::NotConnected, "connection closed"))
        }
    });
    let channel = endpoint
        .connect_with_connector(connector)
        .await
        .map_err(|e| cause::words(&e))?;
    // A port can be open with nobody behind it. A server's first words come without being asked.
    answered
        .await
        .map_err(|_| "the other side closed the connection".to_owned())?;
    Ok((channel, heard))
}
