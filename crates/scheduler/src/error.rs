//! Why a scheduler cannot start.

use std::io;

/// Why a scheduler cannot start or go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SchedulerError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {}", reason(source))]
    Listen {
        /// What was asked for, as `host:port`.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// The host name has no address.
    #[error("cannot listen on {host}: the name has no address ({source})")]
    Resolve {
        /// The name.
        host: String,
        /// What the system said.
        source: io::Error,
    },
    /// A thread or its runtime cannot be started.
    #[error("cannot start the scheduler's {what}: {source}")]
    Start {
        /// Which part.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A setting makes no sense.
    #[error("the setting {setting} is not valid: {reason}")]
    Setting {
        /// Which.
        setting: &'static str,
        /// Why.
        reason: String,
    },
    /// A part of the scheduler ended that never should: a defect of Taskloom.
    #[error("the scheduler's {0} ended unexpectedly; its log says why")]
    Defect(&'static str),
}

impl SchedulerError {
    /// Whether somebody else listens on the address.
    pub fn is_address_in_use(&self) -> bool {
        matches!(self, Self::Listen { source, .. } if source.kind() == io::ErrorKind::AddrInUse)
    }
}

/// The system's words without its error number, which means nothing to most people.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => "address already in use".into(),
        io::ErrorKind::PermissionDenied => "permission denied (ports below 1024 need privileges)".into(),
        io::ErrorKind::AddrNotAvailable => "this machine has no such address".into(),
        _ => error.to_string(),
    }
}
