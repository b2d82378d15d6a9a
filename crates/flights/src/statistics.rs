//! What is known of one airline over some months.

use crate::delays::DelayCounts;
use serde::{Deserialize, Serialize};

/// A departure is late when it is later than this many minutes.
pub const LATE_MINUTES: i16 = 15;

/// The figures of one airline, for a month or for several that were merged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarrierStatistics {
    /// Flights that were planned.
    pub flights: u64,
    /// The delays of those that departed.
    pub delays: DelayCounts,
}

impl CarrierStatistics {
    /// The figures of so many planned flights, of which these departed.
    pub fn of(flights: u64, delays: &mut [i16]) -> Self {
        Self {
            flights,
            delays: DelayCounts::of(delays),
        }
    }

    /// Adds the figures of other months.
    pub fn merge(&mut self, other: &Self) {
        self.flights += other.flights;
        self.delays.merge(&other.delays);
    }

    /// Flights that departed.
    pub fn departed(&self) -> u64 {
        self.delays.total()
    }

    /// The sum of the delays in minutes; an early departure counts below zero.
    pub fn delay_sum(&self) -> i64 {
        self.delays.sum()
    }

    /// Departures later than [`LATE_MINUTES`].
    pub fn late(&self) -> u64 {
        self.delays.later_than(LATE_MINUTES)
    }
}
