//! Where a scheduler is, as people write it.

use std::fmt;
use std::str::FromStr;

/// The port of a scheduler when none is written.
pub const DEFAULT_PORT: u16 = 8786;

/// The address of a scheduler: a host and a port.
///
/// ```
/// # use taskloom_rpc::SchedulerAddress;
/// let address: SchedulerAddress = "tcp://scheduler".parse()?;
/// assert_eq!(address.to_string(), "scheduler:8786");
/// let address: SchedulerAddress = "[::1]:9000".parse()?;
/// assert_eq!((address.host(), address.port()), ("::1", 9000));
/// # Ok::<(), taskloom_rpc::AddressError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SchedulerAddress {
    host: String,
    port: u16,
}

/// Why some text is not the address of a scheduler.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not an address of a scheduler: {reason} (write host:port, such as scheduler:8786)"
)]
pub struct AddressError {
    /// What was written.
    pub text: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl SchedulerAddress {
    /// The address of this host and port. IPv6 addresses are written without brackets here.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self {
            host: host.into(),
            port,
        }
    }

    /// The name or IP address of the host; IPv6 addresses without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl From<std::net::SocketAddr> for SchedulerAddress {
    fn from(address: std::net::SocketAddr) -> Self {
        Self::new(address.ip().to_string(), address.port())
    }
}

impl FromStr for SchedulerAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let error = |reason| AddressError {
            text: text.to_owned(),
            reason,
        };
        let rest = text.trim();
        let rest = match rest.split_once("://") {
            Some(("tcp" | "http" | "grpc", rest)) => rest,
            Some(("https" | "tls", _)) => return Err(error("TLS is not supported")),
            Some(_) => return Err(error("the scheme is not known; tcp:// and http:// are")),
            None => rest,
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = split(rest).map_err(error)?;
        let port = match port {
            None => DEFAULT_PORT,
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => digits
                .parse()
                .map_err(|_| error("the port is not a number from 1 to 65535"))?,
            Some(_) => return Err(error("the port is not a number from 1 to 65535")),
        };
        if port == 0 {
            return Err(error("the port is not a number from 1 to 65535"));
        }
        if host.is_empty() {
            return Err(error("the host is missing"));
        }
        let fits = |c: char| c.is_ascii_alphanumeric() || "-_.:%".contains(c);
        if !host.chars().all(fits) {
            return Err(error("the host has characters that no host name has"));
        }
        Ok(Self::new(host, port))
    }
}

/// The host and, if one is written, the port.
fn split(text: &str) -> Result<(&str, Option<&str>), &'static str> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, after) = rest.split_once(']').ok_or("a bracket is not closed")?;
        if host.parse::<std::net::Ipv6Addr>().is_err() {
            return Err("what stands in brackets is not an IPv6 address");
        }
        return match after.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if after.is_empty() => Ok((host, None)),
            None => Err("a colon and the port should follow the bracket"),
        };
    }
    match text.matches(':').count() {
        0 => Ok((text, None)),
        1 => Ok(text
            .split_once(':')
            .map_or((text, None), |(host, port)| (host, Some(port)))),
        _ if text.parse::<std::net::Ipv6Addr>().is_ok() => Ok((text, None)),
        _ => Err("it has several colons; IPv6 addresses stand in brackets"),
    }
}

impl fmt::Display for SchedulerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn addresses_are_read_as_people_write_them() {
        for (text, shown) in [
            ("scheduler", "scheduler:8786"),
            ("10.0.0.5:9000", "10.0.0.5:9000"),
            (" tcp://a-b.example:1 ", "a-b.example:1"),
            ("http://localhost:8786/", "localhost:8786"),
            ("::1", "[::1]:8786"),
            ("[fe80::1]", "[fe80::1]:8786"),
            ("[::1]:8786", "[::1]:8786"),
        ] {
            let address: SchedulerAddress = text.parse().unwrap();
            assert_eq!(address.to_string(), shown);
            assert_eq!(address.to_string().parse(), Ok(address));
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_words() {
        let cases = [
            "",
            ":8786",
            "a:b",
            "a:0",
            "a:65536",
            "a:+1",
            "a:",
            "[::1",
            "[x]:1",
            "[::1]x",
            "1:2:3",
            "ftp://a",
            "https://a",
            "a b",
            "a/b:1",
            "ä",
        ];
        for text in cases {
            let error = text.parse::<SchedulerAddress>().expect_err(text);
            assert!(error.to_string().contains("host:port"), "{error}");
        }
    }
}
