//! Where pages are to be served.

use crate::DashboardError;
use std::fmt;
use std::net::{IpAddr, SocketAddr, TcpListener, ToSocketAddrs};
use std::str::FromStr;

/// Where pages are to be served: `host:port`, an IPv6 address in brackets.
///
/// ```
/// use taskloom_dashboard::HttpAddress;
///
/// let address: HttpAddress = "[::1]:8787".parse()?;
/// assert_eq!((address.host.as_str(), address.port), ("::1", 8787));
/// assert_eq!(address.to_string(), "[::1]:8787");
/// # Ok::<(), taskloom_dashboard::DashboardError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpAddress {
    /// An address of this machine, or a name of it.
    pub host: String,
    /// The port; 0 takes any free one.
    pub port: u16,
}

impl FromStr for HttpAddress {
    type Err = DashboardError;

    fn from_str(text: &str) -> Result<Self, DashboardError> {
        let wrong = || DashboardError::Address(text.to_owned());
        let (host, port) = text.trim().rsplit_once(':').ok_or_else(wrong)?;
        let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
        // Without brackets the colons of an IPv6 address would be taken for that before the port.
        let host = match bare {
            Some(bare) => bare.parse::<IpAddr>().map(|_| bare).map_err(|_| wrong())?,
            None if host.is_empty() || host.contains([':', '/', '[', ']']) => return Err(wrong()),
            None => host,
        };
        Ok(Self {
            host: host.to_owned(),
            port: port.parse().map_err(|_| wrong())?,
        })
    }
}

impl fmt::Display for HttpAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (host, port) = (&self.host, self.port);
        if host.contains(':') {
            write!(f, "[{host}]:{port}")
        } else {
            write!(f, "{host}:{port}")
        }
    }
}

impl HttpAddress {
    /// Listens there; on any free port if the port is taken.
    pub(crate) fn listen(&self) -> Result<TcpListener, DashboardError> {
        let cannot = |source| DashboardError::Listen {
            address: self.to_string(),
            source,
        };
        let found = (self.host.as_str(), self.port).to_socket_addrs();
        let found: Vec<SocketAddr> = found.map_err(cannot)?.collect();
        let listener = match TcpListener::bind(&*found) {
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                let free = found.into_iter().map(|at| SocketAddr::new(at.ip(), 0));
                TcpListener::bind(&*free.collect::<Vec<_>>())
            }
            bound => bound,
        };
        let listener = listener.map_err(cannot)?;
        listener.set_nonblocking(true).map_err(cannot)?;
        Ok(listener)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn addresses_need_a_host_and_a_port() {
        for text in ["127.0.0.1:8787", "localhost:0", "[::1]:80", "0.0.0.0:1"] {
            assert_eq!(text.parse::<HttpAddress>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "8787",
            ":8787",
            "localhost",
            "::1:80",
            "[::1]",
            "[x]:80",
            "host:99999",
            "http://host:80",
        ] {
            let error = text.parse::<HttpAddress>().unwrap_err().to_string();
            assert!(error.contains("host:port"), "{text}: {error}");
        }
    }
}
