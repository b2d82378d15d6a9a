//! Binding a port, and finding out under which address others reach it.

use crate::address::{DEFAULT_PORT, SchedulerAddress};
use crate::{cause, interface};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket};

/// How many connections may wait to be accepted.
const BACKLOG: i32 = 8192;

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
    pub fn bind(listen: &Listen) -> Result<Self, ListenError> {
        let shown = listen.shown();
        let failed = |error: io::Error| ListenError::Failed {
            address: shown.clone(),
            reason: cause::io_words(&error),
        };
        let mut last = None;
        for address in listen.addresses()? {
            match bind(address) {
                Ok(socket) => {
                    let address = socket.local_addr().map_err(failed)?;
                    return Ok(Self { socket, address });
                }
                Err(error) => last = Some((address, error)),
            }
        }
        Err(match last {
            Some((address, error)) if error.kind() == io::ErrorKind::AddrInUse => {
                let who = match address.port() {
                    DEFAULT_PORT => "another scheduler may run here",
                    _ => "another program listens there",
                };
                let hint = format!("{who}; choose --port 0 for any free port");
                ListenError::InUse {
                    address: address.to_string(),
                    hint,
                }
            }
            Some((_, error)) => failed(error),
            None => failed(io::Error::other("the name has no address")),
        })
    }
}

impl Listen {
    /// The addresses to try, the first that can be bound counts.
    fn addresses(&self) -> Result<Vec<SocketAddr>, ListenError> {
        let failed = |reason: String| ListenError::Failed {
            address: self.shown(),
            reason,
        };
        match (&self.host, &self.interface) {
            (Some(_), Some(_)) => Err(failed("give a host or an interface, not both".to_owned())),
            (Some(host), None) => {
                let host = host.trim_start_matches('[').trim_end_matches(']');
                let found = (host, self.port).to_socket_addrs();
                Ok(found
                    .map_err(|error| failed(cause::io_words(&error)))?
                    .collect())
            }
            (None, Some(name)) => match interface::address(name) {
                Ok(ip) => Ok(vec![SocketAddr::new(ip, self.port)]),
                Err(known) if known.is_empty() => Err(failed("no such interface".to_owned())),
                Err(known) => {
                    let known = known.join(", ");
                    Err(failed(format!(
                        "no such interface with an address; there are {known}"
                    )))
                }
            },
            (None, None) => Ok(vec![SocketAddr::new(
                Ipv4Addr::UNSPECIFIED.into(),
                self.port,
            )]),
        }
    }

    fn shown(&self) -> String {
        match (&self.host, &self.interface) {
            (Some(host), _) if host.contains(':') && !host.starts_with('[') => {
                format!("[{host}]:{}", self.port)
            }
            (Some(host), _) => format!("{host}:{}", self.port),
            (None, Some(interface)) => format!("{interface} port {}", self.port),
            (None, None) => format!("0.0.0.0:{}", self.port),
        }
    }
}

fn bind(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let domain = socket2::Domain::for_address(address);
    let socket = socket2::Socket::new(domain, socket2::Type::STREAM, Some(socket2::Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    // Thousands of workers may come at once. The system's own limit (on Linux net.core.somaxconn, 4,096
    // unless set otherwise) caps this.
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// The address under which others reach a port that is bound at `bound`: its own if it is bound to
/// one interface, else the one that this machine uses towards `peer`, else the one towards the
/// outside world, else loopback.
pub async fn contact_ip(bound: SocketAddr, peer: Option<&SchedulerAddress>) -> IpAddr {
    if !bound.ip().is_unspecified() {
        return bound.ip();
    }
    if let Some(peer) = peer
        && let Ok(found) = tokio::net::lookup_host((peer.host(), peer.port())).await
    {
        for address in found {
            if let Some(ip) = ip_towards(address) {
                return ip;
            }
        }
    }
    // An address that is reserved for documents: it is routed like any other and nobody has it.
    let outside = SocketAddr::new(Ipv4Addr::new(192, 0, 2, 1).into(), 9);
    ip_towards(outside).unwrap_or(Ipv4Addr::LOCALHOST.into())
}

/// The address that this machine would send from. Connecting a datagram socket sends nothing.
fn ip_towards(peer: SocketAddr) -> Option<IpAddr> {
    let any: IpAddr = match peer {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect(peer).ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_unspecified()).then_some(ip)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn on(host: &str, port: u16) -> Listen {
        Listen {
            host: Some(host.to_owned()),
            port,
            interface: None,
        }
    }

    #[test]
    fn a_port_in_use_is_told_with_a_way_out() {
        let first = Listener::bind(&on("127.0.0.1", 0)).unwrap();
        let port = first.address.port();
        let error = Listener::bind(&on("127.0.0.1", port))
            .unwrap_err()
            .to_string();
        assert_eq!(
            error,
            format!(
                "cannot listen on 127.0.0.1:{port}: address already in use\n  hint: another \
                 program listens there; choose --port 0 for any free port"
            )
        );
    }

    #[test]
    fn interfaces_are_found_by_name() {
        let listen = Listen {
            interface: Some("lo".to_owned()),
            ..Default::default()
        };
        assert_eq!(
            Listener::bind(&listen).unwrap().address.ip(),
            Ipv4Addr::LOCALHOST
        );
        let listen = Listen {
            interface: Some("none9".to_owned()),
            ..Default::default()
        };
        let error = Listener::bind(&listen).unwrap_err().to_string();
        assert!(error.contains("none9") && error.contains("lo"), "{error}");
        let both = Listen {
            host: Some("::1".to_owned()),
            ..listen
        };
        assert!(
            Listener::bind(&both)
                .unwrap_err()
                .to_string()
                .contains("not both")
        );
    }

    #[tokio::test]
    async fn the_contact_address_is_the_one_towards_the_peer() {
        let any: SocketAddr = "0.0.0.0:1".parse().unwrap();
        let peer: SchedulerAddress = "127.0.0.1:9".parse().unwrap();
        assert_eq!(contact_ip(any, Some(&peer)).await, Ipv4Addr::LOCALHOST);
        let bound: SocketAddr = "127.0.0.7:1".parse().unwrap();
        assert_eq!(contact_ip(bound, None).await, bound.ip());
    }
}
