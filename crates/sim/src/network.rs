//! What values cost on their way from worker to worker.
//!
//! Each worker has a link to a switch that never is the bottleneck: so many bytes per second out,
//! and as many in at the same time. Values that share a link share it evenly; a value moves as fast as
//! the slower of its two links lets it. (What one value leaves unused because its other link is
//! slower is not given to others, so the model errs on the slow side.)

use std::collections::BTreeMap;
use taskloom_core::Time;

/// A transfer under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FlowId(u64);

/// When a transfer will be over, unless its links get fuller or emptier before; then another
/// forecast with a greater number replaces this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Forecast {
    pub(crate) flow: FlowId,
    pub(crate) number: u64,
    pub(crate) at: Time,
}

#[derive(Debug)]
struct Flow {
    from: usize,
    to: usize,
    /// Bytes to go at `since`.
    left: f64,
    since: Time,
    /// Bytes per nanosecond from then on.
    rate: f64,
    number: u64,
}

/// The two directions of a worker's link, each with what moves on it.
#[derive(Debug, Default)]
struct Link {
    out: Vec<FlowId>,
    into: Vec<FlowId>,
}

/// All links and what moves on them.
#[derive(Debug)]
pub(crate) struct Network {
    /// Bytes per nanosecond in each direction of a link.
    capacity: f64,
    links: Vec<Link>,
    flows: BTreeMap<FlowId, Flow>,
    next: u64,
    numbers: u64,
}

impl Network {
    /// Links of this many bytes per second for so many workers.
    pub(crate) fn new(workers: usize, bandwidth: u64) -> Self {
        Self {
            capacity: bandwidth.max(1) as f64 / 1e9,
            links: (0..workers).map(|_| Link::default()).collect(),
            flows: BTreeMap::new(),
            next: 0,
            numbers: 0,
        }
    }

    /// Begins to move bytes. Forecasts for it and all that get slower by it are added to `forecasts`.
    pub(crate) fn start(
        &mut self,
        now: Time,
        from: usize,
        to: usize,
        bytes: u64,
        forecasts: &mut Vec<Forecast>,
    ) -> FlowId {
        let id = FlowId(self.next);
        self.next += 1;
        self.flows.insert(
            id,
            Flow {
                from,
                to,
                left: bytes as f64,
                since: now,
                rate: 0.0,
                number: 0,
            },
        );
        self.links[from].out.push(id);
        self.links[to].into.push(id);
        self.share(now, from, to, forecasts);
        id
    }

    /// Ends a transfer if this forecast of it still holds. Forecasts of those that get faster are
    /// added to `forecasts`.
    pub(crate) fn end(&mut self, forecast: Forecast, forecasts: &mut Vec<Forecast>) -> bool {
        let holds = |flow: &Flow| flow.number == forecast.number;
        if !self.flows.get(&forecast.flow).is_some_and(holds) {
            return false;
        }
        self.remove(forecast.at, forecast.flow, forecasts);
        true
    }

    /// Stops a transfer that nobody waits for.
    pub(crate) fn stop(&mut self, now: Time, flow: FlowId, forecasts: &mut Vec<Forecast>) {
        self.remove(now, flow, forecasts);
    }

    fn remove(&mut self, now: Time, id: FlowId, forecasts: &mut Vec<Forecast>) {
        let Some(flow) = self.flows.remove(&id) else {
            return;
        };
        self.links[flow.from].out.retain(|&other| other != id);
        self.links[flow.to].into.retain(|&other| other != id);
        self.share(now, flow.from, flow.to, forecasts);
    }

    /// Works out the rates of all that leaves one worker or comes to another.
    fn share(&mut self, now: Time, from: usize, to: usize, forecasts: &mut Vec<Forecast>) {
        let touched = self.links[from].out.iter().chain(
            self.links[to]
                .into
                .iter()
                .filter(|id| !self.links[from].out.contains(id)),
        );
        let touched: Vec<FlowId> = touched.copied().collect();
        for id in touched {
            let Some(flow) = self.flows.get_mut(&id) else {
                continue;
            };
            let sharers = self.links[flow.from]
                .out
                .len()
                .max(self.links[flow.to].into.len());
            let rate = self.capacity / sharers.max(1) as f64;
            if rate == flow.rate {
                continue;
            }
            let passed = now.0.saturating_sub(flow.since.0) as f64;
            flow.left = (flow.left - passed * flow.rate).max(0.0);
            (flow.since, flow.rate) = (now, rate);
            self.numbers += 1;
            flow.number = self.numbers;
            let at = Time(now.0 + (flow.left / rate).ceil() as u64);
            forecasts.push(Forecast {
                flow: id,
                number: flow.number,
                at,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    /// Starts all at time 0 and gives the times at which they end.
    fn ends(transfers: &[(usize, usize, u64)]) -> Vec<u64> {
        let mut network = Network::new(4, 1_000_000_000);
        let mut forecasts = Vec::new();
        let flows: Vec<FlowId> = transfers
            .iter()
            .map(|&(from, to, bytes)| network.start(Time::ZERO, from, to, bytes, &mut forecasts))
            .collect();
        let mut ends = vec![0; flows.len()];
        while !forecasts.is_empty() {
            let first = (0..forecasts.len())
                .min_by_key(|&i| forecasts[i].at)
                .unwrap();
            let forecast = forecasts.remove(first);
            if network.end(forecast, &mut forecasts) {
                let which = flows.iter().position(|&flow| flow == forecast.flow);
                ends[which.unwrap()] = forecast.at.0;
            }
        }
        ends
    }

    #[test]
    fn one_value_has_the_link_for_itself() {
        assert_eq!(ends(&[(0, 1, 1_000)]), [1_000]);
    }

    #[test]
    fn a_link_has_its_full_speed_in_both_directions() {
        assert_eq!(ends(&[(0, 1, 1_000), (1, 0, 1_000)]), [1_000, 1_000]);
    }

    #[test]
    fn values_that_share_a_link_share_it_evenly() {
        assert_eq!(ends(&[(0, 1, 1_000), (0, 2, 1_000)]), [2_000, 2_000]);
        // When the short one is over, the other has the link for itself.
        assert_eq!(ends(&[(0, 2, 1_000), (1, 2, 3_000)]), [2_000, 4_000]);
        assert_eq!(ends(&[(0, 1, 1_000), (2, 3, 1_000)]), [1_000, 1_000]);
    }

    #[test]
    fn a_value_that_is_stopped_leaves_room() {
        let mut network = Network::new(3, 1_000_000_000);
        let mut forecasts = Vec::new();
        let first = network.start(Time::ZERO, 0, 1, 1_000, &mut forecasts);
        network.start(Time::ZERO, 0, 2, 1_000, &mut forecasts);
        network.stop(Time(1_000), first, &mut forecasts);
        assert_eq!(forecasts.last().unwrap().at, Time(1_500));
        assert!(network.links[0].into.is_empty() && network.links[1].into.is_empty());
    }
}
