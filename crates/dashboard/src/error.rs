//! Why pages cannot be served.

use std::io;

/// Why pages cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DashboardError {
    /// The text is not an address.
    #[error("{0:?} is not an address for pages: write it as host:port, such as 127.0.0.1:8787")]
    Address(String),
    /// The address cannot be listened on.
    #[error("cannot serve pages on {address}: {source}")]
    Listen {
        /// Where.
        address: String,
        /// What the system says.
        source: io::Error,
    },
    /// The thread of the pages cannot be started.
    #[error("cannot start the thread of the pages: {0}")]
    Thread(io::Error),
}
