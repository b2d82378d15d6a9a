//! What can be wrong with a configuration.

use config::ConfigError;
use std::path::PathBuf;

/// What is wrong with a configuration, and where.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LayerError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {}: {source}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("the configuration file {} is not valid TOML: {reason}", path.display())]
    NotToml {
        /// Which file.
        path: PathBuf,
        /// Line, column and what is wrong.
        reason: String,
    },
    /// There is no such setting.
    #[error("{place}: unknown key {key}{}", nearest(near.as_deref()))]
    UnknownKey {
        /// The file, or `the environment`.
        place: String,
        /// The key or variable.
        key: String,
        /// The one that may have been meant.
        near: Option<String>,
    },
    /// A value cannot be used.
    #[error("{place}: {reason}")]
    Value {
        /// Flag, variable, or file and key.
        place: String,
        /// What is wrong with it and what would be right.
        reason: String,
    },
    /// Two settings say the same thing.
    #[error("{place}: {first} and {second} exclude each other: give one of them")]
    Both {
        /// The layer.
        place: String,
        /// One of them.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// A setting that is needed is nowhere.
    #[error("{0}")]
    Missing(String),
    /// The layers cannot be put together.
    #[error("cannot put the configuration together: {0}")]
    Build(#[from] ConfigError),
}

fn nearest(near: Option<&str>) -> String {
    near.map_or_else(String::new, |near| format!("; did you mean {near}?"))
}
