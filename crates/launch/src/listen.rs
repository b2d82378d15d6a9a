//! Where a daemon listens and how others reach it, from its settings.

use crate::layers::{LayerError, Layers};
use crate::values::{HostPort, parse_port};
use std::convert::Infallible;
use taskloom_rpc::listen::Listen;

/// The settings about addresses that scheduler and worker share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listening {
    /// Where to listen.
    pub listen: Listen,
    /// Where others reach it, if that is not to be found out; without a port it is the one that is
    /// listened on.
    pub contact: Option<HostPort>,
}

impl Listening {
    /// Reads them.
    pub(crate) fn read(layers: &Layers) -> Result<Self, LayerError> {
        let contact = layers.read("contact-address", HostPort::parse)?;
        let word = |text: &str| Ok::<_, Infallible>(text.to_owned());
        let listen = match layers.read("listen-address", HostPort::parse_with_port)? {
            Some((host, port)) => Listen {
                host: Some(host),
                port,
                interface: None,
            },
            None => Listen {
                host: layers.read("host", word)?,
                port: layers.require("port", parse_port)?,
                interface: layers.read("interface", word)?,
            },
        };
        Self { listen, contact }.with_contact_port(layers)
    }

    /// A contact address without a port takes the port that is listened on, so there has to be one.
    fn with_contact_port(mut self, layers: &Layers) -> Result<Self, LayerError> {
        if let Some(contact) = &mut self.contact
            && contact.port.is_none()
        {
            if self.listen.port == 0 {
                return Err(LayerError::Value {
                    place: layers.place("contact-address"),
                    reason: format!(
                        "the address {} has no port, and the port to listen on is any free one; \
                         give one of them",
                        contact.host
                    ),
                });
            }
            contact.port = Some(self.listen.port);
        }
        Ok(self)
    }

    /// The same for the `n`th of several daemons: ports that are given count up.
    pub(crate) fn nth(&self, n: u16) -> Self {
        let mut nth = self.clone();
        if nth.listen.port != 0 {
            nth.listen.port = nth.listen.port.saturating_add(n);
        }
        if let Some(port) = nth
            .contact
            .as_mut()
            .and_then(|contact| contact.port.as_mut())
        {
            *port = port.saturating_add(n);
        }
        nth
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::flags::{self, CommandLine};
    use crate::settings::Section;

    fn read(words: &[&str]) -> Result<Listening, String> {
        let arguments = words.iter().map(std::ffi::OsString::from).collect();
        let line = CommandLine {
            program: "scheduler".into(),
            prefix: Vec::new(),
            arguments,
        };
        let flags = flags::parse(Section::Scheduler, &line).unwrap();
        let layers = Layers::new(Section::Scheduler, &flags, std::iter::empty()).unwrap();
        Listening::read(&layers).map_err(|error| error.to_string())
    }

    #[test]
    fn the_default_is_every_interface_and_the_known_port() {
        let listen = read(&[]).unwrap().listen;
        assert_eq!(
            (listen.host.as_deref(), listen.port),
            (Some("0.0.0.0"), 8786)
        );
    }

    #[test]
    fn an_interface_or_an_address_stands_in_for_the_default() {
        let listen = read(&["--interface", "eth1", "--port", "5"])
            .unwrap()
            .listen;
        let expected = Listen {
            host: None,
            port: 5,
            interface: Some("eth1".into()),
        };
        assert_eq!(listen, expected);
        let listen = read(&["--listen-address", "[::1]:0"]).unwrap().listen;
        assert_eq!(
            listen,
            Listen {
                host: Some("::1".into()),
                port: 0,
                interface: None
            }
        );
        assert!(
            read(&["--listen-address", "node1"])
                .unwrap_err()
                .contains("has no port")
        );
    }

    #[test]
    fn a_contact_address_takes_the_port_that_is_listened_on() {
        let contact = |words: &[&str]| read(words).map(|all| all.contact.unwrap().to_string());
        assert_eq!(
            contact(&["--contact-address", "outside"]).unwrap(),
            "outside:8786"
        );
        assert_eq!(
            contact(&["--contact-address", "outside:1"]).unwrap(),
            "outside:1"
        );
        let error = contact(&["--contact-address", "outside", "--port", "0"]).unwrap_err();
        assert!(error.starts_with("--contact-address: "), "{error}");
    }

    #[test]
    fn ports_of_several_daemons_count_up() {
        let first = read(&["--port", "7000", "--contact-address", "outside:80"]).unwrap();
        let third = first.nth(2);
        assert_eq!(third.listen.port, 7002);
        assert_eq!(third.contact.unwrap().port, Some(82));
        assert_eq!(read(&["--port", "0"]).unwrap().nth(2).listen.port, 0);
    }
}
