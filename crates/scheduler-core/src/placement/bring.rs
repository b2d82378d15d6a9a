//! How long it takes until a worker has the inputs of a task.

use crate::core::SchedulerCore;
use crate::state::State;

/// Inputs beyond this many are not looked at.
const INPUTS_WEIGHED: usize = 64;

/// Holders of an input beyond this many are not looked at.
const HOLDERS_WEIGHED: usize = 8;

impl SchedulerCore {
    /// In how many nanoseconds a worker could have a task's inputs, behind what it and their holders
    /// have on their links already; `None` if it cannot reach a holder of one, or if the task keeps
    /// away from it.
    pub(crate) fn bring_ns(&self, slot: u32, to: u32) -> Option<u64> {
        if self.shuns(slot, to) {
            return None;
        }
        let worker = self.workers.get(to)?;
        let (mut bytes, mut sending, mut all_here) = (0_u64, 0, true);
        let inputs = self.edges.get(self.task(slot).dependencies).iter();
        for edge in inputs.take(INPUTS_WEIGHED) {
            let State::Memory { holders, nbytes } = self.task(edge.task).state else {
                continue;
            };
            if worker.held.contains(&edge.task) || self.inline.contains_key(&edge.task) {
                continue;
            }
            all_here = false;
            if self.traffic.is_coming(edge.task, to) {
                continue;
            }
            let holders = self.holders.get(holders).iter();
            let reachable = holders.filter(|&&holder| !self.unreachable.contains(&(to, holder)));
            let busy = reachable.take(HOLDERS_WEIGHED);
            sending = sending.max(busy.map(|&holder| self.traffic.outgoing(holder)).min()?);
            bytes += nbytes;
        }
        if all_here {
            return Some(0);
        }
        let before = sending.max(self.traffic.incoming(to));
        Some(self.transfer_ns(bytes.saturating_add(before)))
    }

    /// How long it takes to bring this many bytes from another worker, if nothing else moves.
    pub(crate) fn transfer_ns(&self, nbytes: u64) -> u64 {
        if nbytes == 0 {
            return 0;
        }
        let per_second = self.config.transfer_bandwidth.max(1);
        let bytes_ns = u128::from(nbytes) * 1_000_000_000 / u128::from(per_second);
        let bytes_ns = u64::try_from(bytes_ns).unwrap_or(u64::MAX / 4);
        (self.config.transfer_latency.as_nanos() as u64).saturating_add(bytes_ns)
    }
}
