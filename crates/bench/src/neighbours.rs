//! Whether something else uses the machine: figures taken beside it say little.

use std::time::Duration;

const LOOK_FOR: Duration = Duration::from_millis(300);
/// The share of the processors that a machine at rest uses at most.
const AT_REST: f64 = 0.1;

/// Says so on standard error if the machine is busy before anything was started.
pub fn warn() {
    let Some(before) = Ticks::now() else { return };
    std::thread::sleep(LOOK_FOR);
    let Some(after) = Ticks::now() else { return };
    let busy = after.busy_since(before);
    if busy > AT_REST {
        let percent = (busy * 100.0).round();
        eprintln!(
            "warning: something else uses {percent} % of this machine's processors, so the figures \
             will be lower than they should be, and the ratios off"
        );
    }
}

/// Clock ticks of all processors since the system started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ticks {
    all: u64,
    idle: u64,
}

impl Ticks {
    fn now() -> Option<Self> {
        Self::parse(&std::fs::read_to_string("/proc/stat").ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let fields = text.lines().next()?.strip_prefix("cpu ")?;
        // user nice system idle iowait irq softirq steal; guest times are part of user.
        let ticks: Vec<u64> = fields
            .split_whitespace()
            .take(8)
            .map_while(|field| field.parse().ok())
            .collect();
        Some(Self {
            all: ticks.iter().sum(),
            idle: ticks.get(3)? + ticks.get(4)?,
        })
    }

    fn busy_since(self, before: Self) -> f64 {
        let all = self.all.saturating_sub(before.all);
        let idle = self.idle.saturating_sub(before.idle);
        if all == 0 {
            0.0
        } else {
            1.0 - idle as f64 / all as f64
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn idle_and_waiting_for_disks_count_as_rest() {
        let before = Ticks::parse("cpu  100 0 50 1000 20 0 5 0 7 0\ncpu0 1 2\n").unwrap();
        assert_eq!(
            before,
            Ticks {
                all: 1_175,
                idle: 1_020
            }
        );
        let after = Ticks {
            all: 1_275,
            idle: 1_095,
        };
        assert_eq!(after.busy_since(before), 0.25);
        assert_eq!(before.busy_since(before), 0.0);
        assert!(Ticks::parse("intr 1 2").is_none());
    }
}
