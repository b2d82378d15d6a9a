//! Child processes: this program started again in another role, and ended by its id.

use anyhow::{Context as _, Result, bail};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a child may take to end when it is asked to.
const END_WITHIN: Duration = Duration::from_secs(5);

/// A child process that ends with this value.
pub struct Process {
    role: String,
    child: Child,
    lines: BufReader<ChildStdout>,
    started: Instant,
}

impl Process {
    /// Starts this program with other arguments.
    pub fn this_program(args: &[&str]) -> Result<Self> {
        let program = std::env::current_exe().context("cannot find this program's own file")?;
        Self::start(
            Command::new(program).args(args),
            args.first().copied().unwrap_or("child"),
        )
    }

    /// Starts a command whose first lines on standard output matter.
    pub fn start(command: &mut Command, role: &str) -> Result<Self> {
        end_with_parent(command);
        let started = Instant::now();
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {role}"))?;
        let Some(stdout) = child.stdout.take() else {
            bail!("{role} has no standard output")
        };
        Ok(Self {
            role: role.to_owned(),
            child,
            lines: BufReader::new(stdout),
            started,
        })
    }

    /// When it was started.
    pub fn started(&self) -> Instant {
        self.started
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Writes a line to its standard input.
    pub fn say(&mut self, line: &str) -> Result<()> {
        let Some(stdin) = &mut self.child.stdin else {
            bail!("{} has no standard input", self.role)
        };
        writeln!(stdin, "{line}").with_context(|| format!("{} does not listen", self.role))
    }

    /// Its next line on standard output.
    pub fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        let read = self.lines.read_line(&mut line);
        if read.with_context(|| format!("cannot read what {} says", self.role))? == 0 {
            let status = self.child.wait()?;
            bail!("{} ended before it was ready: {status}", self.role);
        }
        Ok(line.trim_end().to_owned())
    }

    /// Waits for a line in which `find` finds something.
    pub fn wait_for<T>(&mut self, mut find: impl FnMut(&str) -> Option<T>) -> Result<T> {
        loop {
            if let Some(found) = find(&self.line()?) {
                return Ok(found);
            }
        }
    }

    /// How much processor time it has used.
    pub fn cpu(&self) -> Result<Duration> {
        cpu(self.id())
    }

    /// How many descriptors it has open.
    pub fn descriptors(&self) -> Result<usize> {
        Ok(std::fs::read_dir(format!("/proc/{}/fd", self.id()))?.count())
    }

    /// How many bytes of memory it has resident.
    pub fn resident(&self) -> Result<u64> {
        resident(self.id())
    }

    /// How many bytes of memory it had resident at most.
    pub fn peak_resident(&self) -> Result<u64> {
        peak_resident(self.id())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A child that waits for its standard input to end does so now; the others get a signal.
        drop(self.child.stdin.take());
        if let Ok(id) = i32::try_from(self.child.id()) {
            // SAFETY: the child has not been waited for, so its id is still its own.
            unsafe { libc::kill(id, libc::SIGTERM) };
        }
        let deadline = Instant::now() + END_WITHIN;
        while Instant::now() < deadline {
            match self.child.try_wait() {
                Ok(None) => std::thread::sleep(Duration::from_millis(5)),
                _ => return,
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks the kernel to end the child when this process dies without cleaning up.
fn end_with_parent(command: &mut Command) {
    use std::os::unix::process::CommandExt as _;
    // SAFETY: prctl is safe to call between fork and exec, and touches no memory of ours.
    unsafe {
        command.pre_exec(|| {
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            Ok(())
        });
    }
}

/// Processor time of all threads of a process, to the nanosecond.
pub fn cpu(id: u32) -> Result<Duration> {
    let mut total = Duration::ZERO;
    for thread in std::fs::read_dir(format!("/proc/{id}/task"))? {
        // A thread that has just ended takes its share with it.
        let Ok(text) = std::fs::read_to_string(thread?.path().join("schedstat")) else {
            continue;
        };
        let on_cpu = text
            .split_whitespace()
            .next()
            .and_then(|word| word.parse().ok());
        total += Duration::from_nanos(on_cpu.unwrap_or(0));
    }
    Ok(total)
}

/// Processor time of this thread: unlike the time that passes, it does not grow when others use the
/// processors.
pub fn thread_cpu() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the pointer is valid for the call, which writes nothing else.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// How many bytes of memory a process has resident.
pub fn resident(id: u32) -> Result<u64> {
    status(id, "VmRSS:")
}

/// How many bytes of memory a process had resident at most, since [`forget_peak`] if that was said.
pub fn peak_resident(id: u32) -> Result<u64> {
    status(id, "VmHWM:")
}

/// Begins anew with the most that this process had resident.
pub fn forget_peak() -> Result<()> {
    std::fs::write("/proc/self/clear_refs", "5").context("cannot forget the peak of memory")
}

/// A line of what the kernel says about a process, in bytes.
fn status(id: u32, name: &str) -> Result<u64> {
    let text = std::fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let kib = line
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|n| n.parse().ok());
    let kib: u64 = kib.with_context(|| format!("process {id} does not say how large it is"))?;
    Ok(kib * 1024)
}
