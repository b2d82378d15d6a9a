//! How many files and sockets this process may have open.

use std::io;

/// Descriptors that a port leaves to everything else in its process: logs, timers, connections that it
/// opens itself, files.
pub const RESERVED: u64 = 64;

/// How many descriptors a process may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DescriptorLimit {
    /// The limit that holds.
    pub soft: u64,
    /// What a process may raise it to by itself.
    pub hard: u64,
}

impl DescriptorLimit {
    /// The limit of this process.
    ///
    /// ```
    /// let limit = taskloom_rpc::descriptors::DescriptorLimit::get()?;
    /// assert!(limit.soft <= limit.hard);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the system does not say.
    pub fn get() -> io::Result<Self> {
        let mut limit = libc::rlimit {
            rlim_cur: 0,
            rlim_max: 0,
        };
        // SAFETY: the call writes the structure that it is given.
        match unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) } {
            0 => Ok(Self {
                soft: limit.rlim_cur,
                hard: limit.rlim_max,
            }),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// Raises the soft limit of this process to the hard one, and returns what holds then.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn raise() -> io::Result<Self> {
        let Self { hard, .. } = Self::get()?;
        let limit = libc::rlimit {
            rlim_cur: hard,
            rlim_max: hard,
        };
        // SAFETY: the call reads the structure that it is given.
        match unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) } {
            0 => Self::get(),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// How many connections a port may take: what holds now, but for those that are [`RESERVED`].
    pub fn connections(self) -> usize {
        let connections = self.soft.saturating_sub(RESERVED).max(1);
        usize::try_from(connections).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn the_soft_limit_can_be_raised_to_the_hard_one() {
        let before = DescriptorLimit::get().unwrap();
        let raised = DescriptorLimit::raise().unwrap();
        assert_eq!((raised.soft, raised.hard), (before.hard, before.hard));
        assert_eq!(DescriptorLimit::get().unwrap(), raised);
    }

    #[test]
    fn some_are_left_to_the_rest_of_the_process() {
        let limit = |soft| DescriptorLimit { soft, hard: soft };
        assert_eq!(limit(1024).connections(), 960);
        assert_eq!(limit(10).connections(), 1);
        assert!(limit(u64::MAX).connections() > 1 << 40);
    }
}
