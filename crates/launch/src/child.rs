//! Workers that are child processes of the program that wants them.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// This program cannot be started as a worker, because it did not call [`crate::init`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this program cannot start workers as child processes: make `taskloom::init();` the first line \
     of its main, or use workers in this process"
)]
pub struct NotInitialised;

/// A worker to start as a child process, by default by running this program again.
///
/// It ends when its standard input closes, so it never outlives the program that started it,
/// however that one ends: keep the child's `stdin` for as long as the worker shall live (`wait`
/// closes it).
#[derive(Clone, Debug, Default)]
pub struct ChildWorker {
    /// The scheduler's address.
    pub scheduler: String,
    /// A worker program such as the standard `worker`; this program itself if `None`.
    pub program: Option<PathBuf>,
    /// Its name; made up if `None`.
    pub name: Option<String>,
    /// How many tasks it runs at a time; as many as there are processors if `None`.
    pub nthreads: Option<usize>,
    /// How much memory it may use, in bytes; all there is if `None`.
    pub memory_limit: Option<u64>,
    /// What it has of named resources.
    pub resources: Vec<(String, f64)>,
    /// Where it listens; all interfaces if `None`.
    pub host: Option<String>,
    /// Where it keeps files; a temporary directory if `None`.
    pub local_directory: Option<PathBuf>,
    /// Further flags, as on the command line.
    pub flags: Vec<String>,
}

impl ChildWorker {
    /// The command that starts it. Its standard input is a pipe, the rest is inherited; it is in a
    /// process group of its own, so a Ctrl-C in the terminal reaches only the program that looks
    /// after it.
    ///
    /// # Errors
    /// If this program is to be run again and did not call [`crate::init`].
    pub fn command(&self) -> Result<Command, NotInitialised> {
        let mut command = match &self.program {
            Some(program) => Command::new(program),
            None if !crate::initialised() => return Err(NotInitialised),
            None => {
                let mut command =
                    Command::new(std::env::current_exe().map_err(|_| NotInitialised)?);
                command.arg("worker");
                command
            }
        };
        command
            .args(self.arguments())
            .stdin(Stdio::piped())
            .process_group(0);
        Ok(command)
    }

    fn arguments(&self) -> Vec<OsString> {
        let mut words = vec![
            OsString::from(&self.scheduler),
            OsString::from("--lifeline"),
        ];
        let mut flag = |name: &str, value: Option<OsString>| {
            if let Some(value) = value {
                let mut word = OsString::from(format!("--{name}="));
                word.push(value);
                words.push(word);
            }
        };
        flag("name", self.name.as_ref().map(OsString::from));
        flag("nthreads", self.nthreads.map(|n| n.to_string().into()));
        flag(
            "memory-limit",
            self.memory_limit.map(|bytes| bytes.to_string().into()),
        );
        flag("host", self.host.as_ref().map(OsString::from));
        flag(
            "local-directory",
            self.local_directory.as_ref().map(OsString::from),
        );
        if !self.resources.is_empty() {
            let items = self
                .resources
                .iter()
                .map(|(name, units)| format!("{name}={units}"));
            flag(
                "resources",
                Some(items.collect::<Vec<_>>().join(" ").into()),
            );
        }
        words.extend(self.flags.iter().map(OsString::from));
        words
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::flags::{self, CommandLine};
    use crate::settings::Section;

    #[test]
    fn a_child_gets_flags_that_a_worker_understands() {
        let child = ChildWorker {
            scheduler: "127.0.0.1:8786".into(),
            program: Some("worker".into()),
            name: Some("w-0".into()),
            nthreads: Some(1),
            memory_limit: Some(1 << 30),
            resources: vec![("GPU".into(), 0.5), ("MEM".into(), 2.0)],
            host: Some("127.0.0.1".into()),
            local_directory: Some("/tmp".into()),
            flags: vec!["--log-level=warn".into()],
        };
        let command = child.command().unwrap();
        let line = CommandLine {
            program: "worker".into(),
            prefix: Vec::new(),
            arguments: command.get_args().map(OsString::from).collect(),
        };
        let flags = flags::parse(Section::Worker, &line).unwrap();
        assert!(flags.lifeline);
        let given = |key| {
            let found = flags
                .settings
                .iter()
                .find(|(setting, _)| setting.key == key);
            found.map(|(_, text)| text.as_str())
        };
        assert_eq!(given("resources"), Some("GPU=0.5 MEM=2"));
        assert_eq!(given("memory-limit"), Some("1073741824"));
        assert_eq!(given("log-level"), Some("warn"));
    }

    #[test]
    fn a_program_that_cannot_be_a_worker_says_so() {
        let error = ChildWorker::default().command().map(drop).unwrap_err();
        assert!(error.to_string().contains("taskloom::init()"));
    }
}
