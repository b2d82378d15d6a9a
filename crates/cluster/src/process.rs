//! A worker process: started, watched, ended.

use crate::ClusterError;
use std::io;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// A child process that is reaped as soon as it ends. Dropping it kills the process.
#[derive(Debug)]
pub(crate) struct Process {
    pid: u32,
    child: Arc<Mutex<Child>>,
    /// The process ends when this closes, so it does not outlive this one, however this one ends.
    lifeline: Option<ChildStdin>,
    /// How it ended, once it has.
    ended: watch::Receiver<Option<ExitStatus>>,
}

impl Process {
    /// Starts the command and watches it.
    pub(crate) fn start(name: &str, mut command: Command) -> Result<Self, ClusterError> {
        let program = command.get_program().into();
        let spawned = command.stdin(Stdio::piped()).spawn();
        let mut child = spawned.map_err(|source| {
            let name = name.to_owned();
            ClusterError::Start {
                name,
                program,
                source,
            }
        })?;
        let (end, ended) = watch::channel(None);
        let (pid, lifeline) = (child.id(), child.stdin.take());
        let child = Arc::new(Mutex::new(child));
        let process = Self {
            pid,
            child: Arc::clone(&child),
            lifeline,
            ended,
        };
        let watch = move || {
            wait_without_reaping(pid);
            let status = lock(&child).wait();
            end.send_replace(status.ok());
        };
        let thread = std::thread::Builder::new()
            .name(format!("watch {name}"))
            .spawn(watch);
        // On an error the process is killed when `process` is dropped.
        thread.map_err(|source| ClusterError::Io {
            what: "thread",
            source,
        })?;
        Ok(process)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    pub(crate) fn has_ended(&self) -> bool {
        // The sender is dropped right after it has told the end.
        self.ended.borrow().is_some() || self.ended.has_changed().is_err()
    }

    /// Waits until the process has ended; says how.
    pub(crate) async fn ended(&self) -> String {
        let mut ended = self.ended.clone();
        let status = ended
            .wait_for(Option::is_some)
            .await
            .ok()
            .and_then(|status| *status);
        status.map_or_else(|| "nobody knows how".into(), |status| status.to_string())
    }

    /// Kills it (SIGKILL).
    pub(crate) fn kill(&self) {
        // An error means that it has ended.
        let _ = lock(&self.child).kill();
    }

    /// Asks it to leave in order (SIGTERM).
    pub(crate) fn terminate(&self) {
        let mut child = lock(&self.child);
        // It can only be reaped under the lock: while it is not, the id is its own.
        if matches!(child.try_wait(), Ok(None)) {
            // SAFETY: it only sends a signal, to a child of this process.
            unsafe { libc::kill(self.pid.cast_signed(), libc::SIGTERM) };
        }
    }

    /// Lets go of it: it ends by itself.
    pub(crate) fn let_go(&mut self) {
        self.lifeline = None;
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn lock(child: &Mutex<Child>) -> MutexGuard<'_, Child> {
    // What panicked while it had the lock did not leave a child half changed.
    child.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Blocks until the child has ended, but leaves it to be reaped by its owner: until that happens
/// its id cannot become another's, so it stays safe to send it signals.
fn wait_without_reaping(pid: u32) {
    loop {
        // SAFETY: all zeroes is a valid value of this plain struct.
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        // SAFETY: `info` is a valid place for the answer.
        let answer = unsafe {
            libc::waitid(
                libc::P_PID,
                pid,
                &raw mut info,
                libc::WEXITED | libc::WNOWAIT,
            )
        };
        let interrupted = io::Error::last_os_error().kind() == io::ErrorKind::Interrupted;
        if answer == 0 || !interrupted {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn sleeper() -> Process {
        // `cat` lives as long as its standard input is open, which is what a worker does.
        Process::start("sleeper", Command::new("cat")).unwrap()
    }

    #[tokio::test]
    async fn a_process_that_is_let_go_ends() {
        let mut process = sleeper();
        assert!(!process.has_ended());
        process.let_go();
        assert_eq!(process.ended().await, "exit status: 0");
        assert!(process.has_ended());
        process.kill();
    }

    #[tokio::test]
    async fn a_process_can_be_asked_and_forced_to_end() {
        let process = sleeper();
        process.terminate();
        assert!(process.ended().await.contains("15"));
        process.terminate();
        let process = sleeper();
        process.kill();
        assert!(process.ended().await.contains('9'));
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let command = Command::new("/no/such/program");
        let error = Process::start("worker-0", command).unwrap_err().to_string();
        assert!(
            error.contains("/no/such/program") && error.contains("worker-0"),
            "{error}"
        );
    }
}
