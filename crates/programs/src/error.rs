//! Why a program did not end well.

use crate::output::Ending;
use std::io;

/// Why a program could not be run, or did not end well.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProgramError {
    /// It could not be started.
    #[error("{program} cannot be started in {directory}: {reason}")]
    Start {
        /// The program.
        program: String,
        /// Where it was to run.
        directory: String,
        /// Why.
        reason: String,
    },
    /// The directory that it is to run in is not on this worker.
    #[error(
        "the directory {0} is not on this worker; name one that all workers have, or leave it out \
         and give files with `input`"
    )]
    Directory(String),
    /// A name of a file that leads out of the program's directory.
    #[error(
        "{0:?} is no name of a file below the program's directory: it must be relative, without `..`"
    )]
    Name(String),
    /// An input file could not be written.
    #[error("the input file {name} cannot be written: {reason}")]
    Input {
        /// Its name.
        name: String,
        /// Why.
        #[source]
        reason: io::Error,
    },
    /// An output file is not there, or cannot be read.
    #[error("{program} has not left the file {name}: {reason}")]
    Output {
        /// The program.
        program: String,
        /// The name of the file.
        name: String,
        /// Why.
        #[source]
        reason: io::Error,
    },
    /// The connection to the running program broke.
    #[error("lost touch with {program}: {reason}")]
    Wait {
        /// The program.
        program: String,
        /// What happened.
        #[source]
        reason: io::Error,
    },
    /// It ended, and not well.
    #[error("{program} {ending}{}", at_last(.stderr))]
    Failed {
        /// The program with its arguments.
        program: String,
        /// How it ended.
        ending: Ending,
        /// The end of what it wrote to standard error.
        stderr: String,
    },
    /// A file that was asked for and is not among those that were brought back.
    #[error("the program brought back no file {name:?}; there are: {known}")]
    NoFile {
        /// The name.
        name: String,
        /// Those that there are.
        known: String,
    },
}

fn at_last(stderr: &str) -> String {
    if stderr.is_empty() {
        return "; it wrote nothing to standard error".into();
    }
    format!("; the end of its standard error: {stderr}")
}
