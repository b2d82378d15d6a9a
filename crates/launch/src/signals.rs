//! The signals that end a daemon, and the other ends of its life.

use crate::exit::{Exit, Failure};
use std::io::Read;
use std::time::{Duration, Instant};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

/// A worker whose parent is gone has this long to tidy up.
const LIFELINE_GRACE: Duration = Duration::from_secs(5);

/// Signals that come this soon after the one before are the same wish: a key press or a service
/// manager may reach a process twice, directly and through its parent (`timeout` does that).
const SAME_WISH: Duration = Duration::from_millis(200);

/// SIGINT and SIGTERM, from the moment that this was made.
#[derive(Debug)]
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    wishes: Wishes,
}

/// A signal that asks for an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EndSignal {
    /// Its name.
    pub name: &'static str,
    /// Its number.
    pub number: u8,
}

impl Signals {
    /// From now on the signals arrive here. It needs a runtime around it.
    pub(crate) fn install() -> Result<Self, Failure> {
        let install = |kind| {
            signal(kind).map_err(|error| {
                Failure::new(Exit::Failure, format!("cannot handle signals: {error}"))
            })
        };
        Ok(Self {
            interrupt: install(SignalKind::interrupt())?,
            terminate: install(SignalKind::terminate())?,
            wishes: Wishes::default(),
        })
    }

    /// The next signal that is a wish of its own.
    pub(crate) async fn next(&mut self) -> EndSignal {
        loop {
            let signal = tokio::select! {
                _ = self.interrupt.recv() => EndSignal { name: "SIGINT", number: 2 },
                _ = self.terminate.recv() => EndSignal { name: "SIGTERM", number: 15 },
            };
            if self.wishes.is_new(Instant::now()) {
                return signal;
            }
        }
    }
}

/// Tells signals that are wishes of their own from the echoes of one.
#[derive(Debug, Default)]
struct Wishes {
    last: Option<Instant>,
}

impl Wishes {
    fn is_new(&mut self, now: Instant) -> bool {
        let echo = self.last.is_some_and(|last| now < last + SAME_WISH);
        if !echo {
            self.last = Some(now);
        }
        !echo
    }
}

/// Ends the process at once, because of a second signal.
pub(crate) fn end_at_once(signal: EndSignal) -> ! {
    crate::announce::warning(&format!("{} again: ended at once", signal.name));
    // SAFETY: it only ends the process. Handlers that run at an ordinary exit could wait for
    // threads, and whoever signals twice does not want to wait.
    unsafe { libc::_exit(i32::from(Exit::Signal(signal.number).code())) }
}

/// Waits until standard input closes, if that is a lifeline: whoever started this process is gone or
/// lets go of it. The process ends soon after that even if nobody listens. Without a lifeline it
/// waits for ever.
pub(crate) fn parent_gone(lifeline: bool) -> Result<impl Future<Output = ()>, Failure> {
    let when_closed = lifeline.then(watch_standard_input).transpose()?;
    Ok(async move {
        match when_closed {
            Some(closed) => drop(closed.await),
            None => std::future::pending().await,
        }
    })
}

fn watch_standard_input() -> Result<oneshot::Receiver<()>, Failure> {
    let (closed, when_closed) = oneshot::channel();
    let watch = move || {
        let mut input = std::io::stdin().lock();
        let mut ignored = [0; 512];
        // An error is as much an end as a closed pipe is.
        while matches!(input.read(&mut ignored), Ok(read) if read > 0) {}
        let _ = closed.send(());
        std::thread::sleep(LIFELINE_GRACE);
        // SAFETY: it only ends the process.
        unsafe { libc::_exit(i32::from(Exit::Failure.code())) }
    };
    std::thread::Builder::new()
        .name("lifeline".into())
        .spawn(watch)
        .map_err(|error| Failure::new(Exit::Failure, format!("cannot start a thread: {error}")))?;
    Ok(when_closed)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn echoes_of_a_signal_are_no_second_wish() {
        let (mut wishes, start) = (Wishes::default(), Instant::now());
        let mut at = |millis| wishes.is_new(start + Duration::from_millis(millis));
        assert!(at(0));
        assert!(!at(1) && !at(150));
        assert!(at(200));
        assert!(!at(399) && at(400));
    }
}
