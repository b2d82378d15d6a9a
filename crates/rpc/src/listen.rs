//! Binding a port, and finding out under which address others reach it.

use crate::address::SchedulerAddress;
use std::net::{IpAddr, SocketAddr};

/// Where to listen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listen {
    /// A name or IP address; all interfaces if `None`.
    pub host: Option<String>,
    /// 0 for any free port.
    pub port: u16,
    /// The name of a network interface, such as `eth0`, in place of a host.
    pub interface: Option<String>,
}

/// A bound port.
#[derive(Debug)]
pub struct Listener {
    /// The socket, in non-blocking mode.
    pub socket: std::net::TcpListener,
    /// Where it is bound.
    pub address: SocketAddr,
}

/// Why a port could not be bound.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// The port is taken.
    #[error("cannot listen on {address}: address already in use\n  hint: {hint}")]
    InUse {
        /// Where.
        address: String,
        /// What to do.
        hint: String,
    },
    /// Anything else.
    #[error("cannot listen on {address}: {reason}")]
    Failed {
        /// Where.
        address: String,
        /// Why not.
        reason: String,
    },
}

impl Listener {
    /// Binds. Needs no runtime.
    ///
    /// # Errors
    /// If the host or interface is not known here, or the port is taken.
    pub fn bind(_listen: &Listen) -> Result<Self, ListenError> {
        todo!()
    }
}

/// The address under which others reach a port that is bound at `bound`: its own if it is bound to
/// one interface, else the one that this machine uses towards `peer`, else the one towards the
/// outside world, else loopback.
pub async fn contact_ip(_bound: SocketAddr, _peer: Option<&SchedulerAddress>) -> IpAddr {
    todo!()
}
