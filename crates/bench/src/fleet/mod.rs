//! Many simulated workers in one process, each with a real session of its own.
//!
//! What lives here: [`Fleet`], by which a case starts such a process and talks to it, and
//! [`role`], which is what that process does. The two speak in lines over the pipes of the process:
//! it says how long connecting took, then answers each command with a line.

pub mod role;

use crate::processes::Process;
use crate::simulated::Load;
use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::time::Duration;

/// The beginning of the keys of tasks whose way through the scheduler is timed. The moment of their
/// submission follows, as [`monotonic`] tells it.
pub const PROBE: &str = "probe-";

/// What a fleet says.
#[derive(Debug, Serialize, Deserialize)]
enum Said {
    /// All workers are registered.
    Connected {
        /// How long that took from the first to the last, in microseconds.
        micros: u64,
    },
    /// Messages were exchanged.
    Talked {
        /// For how long, in microseconds.
        micros: u64,
    },
    /// How long probes took from their submission to a worker, in microseconds.
    Probes {
        /// One number for each.
        micros: Vec<f64>,
    },
}

/// What a fleet is asked.
#[derive(Debug, Serialize, Deserialize)]
enum Ask {
    /// Send messages that the scheduler answers one by one: so many of them, so many in a frame.
    Talk { messages: u64, burst: u64 },
    /// Give out, and forget, what was timed.
    Probes,
}

/// A process with simulated workers that are registered. It ends with this value.
pub struct Fleet {
    process: Process,
    /// How long it took until all were registered.
    pub connecting: Duration,
}

impl Fleet {
    /// Starts one and waits until all of its workers are registered.
    pub fn start(scheduler: SocketAddr, workers: u32, threads: u32, load: Load) -> Result<Self> {
        let mut process = Process::this_program(&[
            "peer",
            "fleet",
            &scheduler.to_string(),
            &workers.to_string(),
            &threads.to_string(),
            &load.durations.to_string(),
            &load.sizes.to_string(),
        ])?;
        let Said::Connected { micros } = said(&mut process)? else {
            bail!("a fleet begins with something else than its connections");
        };
        Ok(Self {
            process,
            connecting: Duration::from_micros(micros),
        })
    }

    /// How much processor time it has used.
    pub fn cpu(&self) -> Result<Duration> {
        self.process.cpu()
    }

    /// Has the workers send messages, all of them at once, each its next burst when the last was
    /// answered. How long it took.
    pub fn talk(&mut self, messages: u64, burst: u64) -> Result<Duration> {
        match self.ask(&Ask::Talk { messages, burst })? {
            Said::Talked { micros } => Ok(Duration::from_micros(micros)),
            other => bail!("unexpected: {other:?}"),
        }
    }

    /// How long the probes since the last call took, in microseconds.
    pub fn probes(&mut self) -> Result<Vec<f64>> {
        match self.ask(&Ask::Probes)? {
            Said::Probes { micros } => Ok(micros),
            other => bail!("unexpected: {other:?}"),
        }
    }

    fn ask(&mut self, ask: &Ask) -> Result<Said> {
        self.process.say(&serde_json::to_string(ask)?)?;
        said(&mut self.process)
    }
}

fn said(process: &mut Process) -> Result<Said> {
    let line = process.line()?;
    serde_json::from_str(&line).with_context(|| format!("a fleet says `{line}`"))
}

/// Nanoseconds on a clock that all processes of this machine share.
pub fn monotonic() -> u64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the pointer is valid for the call, which writes nothing else.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
