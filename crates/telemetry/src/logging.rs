//! The subscriber of a process.

use crate::Tap;
use std::fmt;
use std::io::IsTerminal;
use std::str::FromStr;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::time::SystemTime;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The levels that a filter may name, the quietest first.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// The levels at which libraries below ours would drown everything else.
const LOUD: [&str; 2] = ["debug", "trace"];

/// Those libraries.
const CONNECTIONS: [&str; 5] = ["h2", "hyper", "hyper_util", "tonic", "tower"];

/// The target of what a program says about itself whatever is filtered, such as where it listens.
pub const ANNOUNCEMENTS: &str = "taskloom::announcements";

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogFormat {
    /// A line of text for people, coloured on a terminal.
    #[default]
    Text,
    /// One JSON object per line, for machines.
    Json,
}

/// What is logged: a level, or levels by target as in `info,taskloom_rpc=debug`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFilter(String);

/// Why logging could not be set up.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The text is neither a level nor a list of targets with levels.
    #[error(
        "{text:?} is not a log level: use off, error, warn, info, debug or trace, or levels by \
         target as in info,taskloom_rpc=debug"
    )]
    Filter {
        /// What was given.
        text: String,
    },
    /// The process logs already.
    #[error("logging is already set up in this process")]
    AlreadyStarted,
}

impl FromStr for LogFilter {
    type Err = LogError;

    fn from_str(text: &str) -> Result<Self, LogError> {
        let wrong = || LogError::Filter {
            text: text.to_owned(),
        };
        // The filter's own parser takes any word for a target, so `inof` would silently log
        // nothing: a word without `=` has to be a level here.
        for directive in text.split(',').map(str::trim) {
            let level = match directive.rsplit_once('=') {
                Some((target, _)) if target.trim().is_empty() => return Err(wrong()),
                Some((_, level)) => level,
                None => directive,
            };
            if !LEVELS
                .iter()
                .any(|known| known.eq_ignore_ascii_case(level.trim()))
            {
                return Err(wrong());
            }
        }
        let filter = Self(text.to_owned());
        filter.rules()?;
        Ok(filter)
    }
}

impl LogFilter {
    fn rules(&self) -> Result<EnvFilter, LogError> {
        let wrong = || LogError::Filter {
            text: self.0.clone(),
        };
        let mut rules = String::new();
        let mut directives = self.0.split(',').map(str::trim);
        if directives.any(|word| LOUD.iter().any(|loud| loud.eq_ignore_ascii_case(word))) {
            // Whoever looks for a mistake wants to see what Taskloom does, not every frame of every
            // connection. A later rule for the same target wins, so naming one brings it back.
            for target in CONNECTIONS {
                rules.push_str(&format!("{target}=info,"));
            }
        }
        rules.push_str(&self.0);
        EnvFilter::try_new(format!("{rules},{ANNOUNCEMENTS}=info")).map_err(|_| wrong())
    }
}

impl fmt::Display for LogFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Default for LogFilter {
    fn default() -> Self {
        Self("info".to_owned())
    }
}

/// Sends what this process logs to standard error, and to the tap if there is one. The first call
/// wins; a later one is an error.
///
/// # Errors
/// If the process logs already.
pub fn start_logging(
    filter: &LogFilter,
    format: LogFormat,
    tap: Option<Tap>,
) -> Result<(), LogError> {
    let rules = filter.rules()?;
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_timer(SystemTime)
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none());
    let registry = tracing_subscriber::registry().with(rules).with(tap);
    match format {
        LogFormat::Text => registry.with(lines).try_init(),
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).try_init(),
    }
    .map_err(|_| LogError::AlreadyStarted)
}

/// Sends what this process logs to the tap alone. The first call wins; a later one is an error.
///
/// # Errors
/// If the process logs already.
pub fn start_tap(filter: &LogFilter, tap: Tap) -> Result<(), LogError> {
    tracing_subscriber::registry()
        .with(filter.rules()?)
        .with(tap)
        .try_init()
        .map_err(|_| LogError::AlreadyStarted)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn levels_and_targets_are_understood() {
        for text in [
            "info",
            "WARN",
            "off",
            "info,taskloom_rpc=debug",
            "h2=warn, info",
        ] {
            assert_eq!(text.parse::<LogFilter>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_mistyped_level_is_refused_with_the_levels_there_are() {
        for text in ["inof", "", "info,", "=debug", "taskloom_rpc=loud", "3x"] {
            let error = text.parse::<LogFilter>().unwrap_err().to_string();
            assert!(error.contains("info, debug or trace"), "{text}: {error}");
        }
    }

    #[test]
    fn announcements_pass_every_filter() {
        for text in ["off", "warn", "info", "taskloom_rpc=debug"] {
            let rules = text.parse::<LogFilter>().unwrap().rules().unwrap();
            let registry = tracing_subscriber::registry().with(rules);
            tracing::subscriber::with_default(registry, || {
                assert!(
                    tracing::enabled!(target: ANNOUNCEMENTS, tracing::Level::INFO),
                    "{text}"
                );
            });
        }
    }

    #[test]
    fn frames_of_connections_are_logged_only_if_named() {
        let debug = |text: &str, target: &'static str| {
            let rules = text.parse::<LogFilter>().unwrap().rules().unwrap();
            rules.to_string().contains(&format!("{target}=debug"))
        };
        assert!(!debug("debug", "h2"));
        assert!(debug("debug,h2=debug", "h2"));
        let quiet = "error"
            .parse::<LogFilter>()
            .unwrap()
            .rules()
            .unwrap()
            .to_string();
        assert!(!quiet.contains("h2"), "{quiet}");
    }

    #[test]
    fn logging_starts_once() {
        start_logging(&LogFilter::default(), LogFormat::Json, None).unwrap();
        let again = start_logging(&LogFilter::default(), LogFormat::Text, None);
        assert_eq!(again, Err(LogError::AlreadyStarted));
    }
}
