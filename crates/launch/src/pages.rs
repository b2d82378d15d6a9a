//! The pages of a daemon, as its settings want them.

use crate::announce;
use crate::exit::{Exit, Failure};
use crate::layers::{LayerError, Layers};
use taskloom_dashboard::{Dashboard, DashboardError, HttpAddress, Subject};
use taskloom_telemetry::Metrics;

/// The setting that both daemons have.
pub(crate) const HTTP_ADDRESS: &str = "http-address";

/// Where pages are wanted; nowhere if it is set to nothing.
pub(crate) fn read(layers: &Layers) -> Result<Option<HttpAddress>, LayerError> {
    layers.read(HTTP_ADDRESS, str::parse)
}

/// The same for the `n`th of several daemons: a port that is given counts up.
pub(crate) fn nth(address: &HttpAddress, n: u16) -> HttpAddress {
    let mut address = address.clone();
    if address.port != 0 {
        address.port = address.port.saturating_add(n);
    }
    address
}

/// Serves pages if they are wanted, and says where.
pub(crate) fn start(
    address: Option<&HttpAddress>,
    title: &str,
    metrics: &Metrics,
) -> Result<Option<Dashboard>, Failure> {
    let Some(address) = address else {
        return Ok(None);
    };
    let subject = Subject {
        title: title.to_owned(),
        metrics: metrics.clone(),
    };
    let pages = Dashboard::start(address, subject)?;
    if pages.moved() {
        announce::warning(&format!(
            "{address} is taken: the pages of {title} are at {}",
            pages.url()
        ));
    } else {
        announce::line(&format!("pages of {title} at {}", pages.url()));
    }
    Ok(Some(pages))
}

impl From<DashboardError> for Failure {
    fn from(error: DashboardError) -> Self {
        match error {
            DashboardError::Listen { .. } => Self::new(
                Exit::CannotListen,
                format!(
                    "{error}\n  hint: set --{HTTP_ADDRESS} to an address of this machine, or to \
                     nothing for no pages"
                ),
            ),
            _ => Self::new(Exit::Failure, error),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::flags::{self, CommandLine};
    use crate::settings::Section;

    fn wanted(section: Section, words: &[&str]) -> Result<Option<String>, String> {
        let line = CommandLine {
            program: "x".into(),
            prefix: Vec::new(),
            arguments: words.iter().map(std::ffi::OsString::from).collect(),
        };
        let flags = flags::parse(section, &line).unwrap();
        let layers = Layers::new(section, &flags, std::iter::empty()).unwrap();
        let address = read(&layers).map_err(|error| error.to_string())?;
        Ok(address.map(|address| address.to_string()))
    }

    #[test]
    fn pages_are_on_loopback_unless_told_otherwise_and_can_be_left_out() {
        let scheduler = |words: &[&str]| wanted(Section::Scheduler, words);
        assert_eq!(scheduler(&[]).unwrap().unwrap(), "127.0.0.1:8787");
        assert_eq!(scheduler(&["--http-address="]).unwrap(), None);
        let given = scheduler(&["--http-address", "0.0.0.0:80"]);
        assert_eq!(given.unwrap().unwrap(), "0.0.0.0:80");
        let worker = wanted(Section::Worker, &["s:1"]);
        assert_eq!(worker.unwrap().unwrap(), "127.0.0.1:0");
        let error = scheduler(&["--http-address", "8787"]).unwrap_err();
        assert!(error.starts_with("--http-address: "), "{error}");
    }

    #[test]
    fn ports_that_are_given_count_up() {
        let at = |text: &str| nth(&text.parse().unwrap(), 2).port;
        assert_eq!((at("h:80"), at("h:0"), at("h:65535")), (82, 0, 65535));
    }
}
