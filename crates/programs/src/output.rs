//! What comes of a program.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// What a program that has ended left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProgramOutput {
    /// How it ended.
    pub ending: Ending,
    /// What it wrote to standard output.
    pub stdout: Captured,
    /// What it wrote to standard error.
    pub stderr: Captured,
    /// The files that were asked for, by name.
    pub files: Vec<(String, Bytes)>,
    /// How long it ran.
    pub elapsed: Duration,
    /// The worker it ran on.
    pub worker: String,
}

impl ProgramOutput {
    /// Whether it exited with 0.
    pub fn is_success(&self) -> bool {
        self.ending == Ending::Exited(0)
    }

    /// The contents of a file that it wrote and that was asked for.
    pub fn file(&self, name: &str) -> Option<&Bytes> {
        let found = self.files.iter().find(|(known, _)| known == name);
        found.map(|(_, contents)| contents)
    }
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Ending {
    /// It exited with this code.
    Exited(i32),
    /// This signal killed it.
    Killed(i32),
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(code) => write!(f, "exited with code {code}"),
            Self::Killed(signal) => write!(f, "was killed by signal {signal}"),
        }
    }
}

/// What a program wrote to one of its outputs. Shown, it is text, with a note where some is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Captured {
    /// The beginning; all of it if nothing was left out.
    pub head: Bytes,
    /// How many bytes were left out after the beginning.
    pub left_out: u64,
    /// The end, if something was left out.
    pub tail: Bytes,
}

impl fmt::Display for Captured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.head))?;
        if self.left_out > 0 {
            write!(f, "\n[{} bytes left out]\n", self.left_out)?;
            f.write_str(&String::from_utf8_lossy(&self.tail))?;
        }
        Ok(())
    }
}
