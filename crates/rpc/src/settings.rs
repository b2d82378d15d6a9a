//! The transport's settings for the two kinds of connections, in one place.

use std::time::Duration;

/// What a connection is for. A client of a data connection announces large frames, by which the
/// scheduler's port tells the two apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionKind {
    /// Sessions and administration: small messages, low latency.
    Control,
    /// Values: large frames, wide windows.
    Data,
}

/// Window of a whole connection. It also bounds how many small unread frames the transport takes
/// before it gives the connection up, so it is wide on control connections too.
pub const CONNECTION_WINDOW_BYTES: u32 = 64 * 1024 * 1024;

/// Largest frame that a receiver of bulk data announces.
pub const DATA_FRAME_BYTES: u32 = 1024 * 1024;

/// A new connection that announces frames of at least this size is a data connection.
pub const DATA_FRAME_THRESHOLD: u32 = 256 * 1024;

/// How often a silent connection is probed.
pub const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);

/// How long the answer to a probe may take.
pub const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);

impl ConnectionKind {
    /// Window of one stream.
    pub const fn stream_window_bytes(self) -> u32 {
        match self {
            Self::Control => 4 * 1024 * 1024,
            Self::Data => 16 * 1024 * 1024,
        }
    }

    /// The frame size to announce; `None` for the transport's own.
    pub const fn frame_bytes(self) -> Option<u32> {
        match self {
            Self::Control => None,
            Self::Data => Some(DATA_FRAME_BYTES),
        }
    }
}
