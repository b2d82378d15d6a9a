//! The answer: one row per airline.

use crate::airlines::Airlines;
use crate::statistics::CarrierStatistics;
use serde::{Deserialize, Serialize};

/// The figures of one airline, or of all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The airline's code; empty for the total.
    pub code: String,
    /// The airline's name.
    pub name: String,
    /// Flights that were planned.
    pub flights: u64,
    /// Flights that departed.
    pub departed: u64,
    /// The sum of the departure delays in minutes.
    pub delay_sum: i64,
    /// The median departure delay in minutes, if any departed.
    pub median: Option<f64>,
    /// Departures more than 15 minutes late.
    pub late: u64,
}

impl Row {
    fn new(code: &str, name: &str, statistics: &CarrierStatistics) -> Self {
        Self {
            code: code.to_owned(),
            name: name.to_owned(),
            flights: statistics.flights,
            departed: statistics.departed(),
            delay_sum: statistics.delay_sum(),
            median: statistics.delays.median(),
            late: statistics.late(),
        }
    }

    /// The mean departure delay in minutes, if any departed.
    pub fn mean(&self) -> Option<f64> {
        (self.departed > 0).then(|| self.delay_sum as f64 / self.departed as f64)
    }

    /// Which share of the departures was late, if any departed.
    pub fn late_share(&self) -> Option<f64> {
        (self.departed > 0).then(|| self.late as f64 / self.departed as f64)
    }
}

/// The whole answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// One row per airline that planned a flight, those with the most flights first.
    pub rows: Vec<Row>,
    /// All airlines together.
    pub total: Row,
}

impl Report {
    /// The report of the airlines and their figures, in the order of the airlines' places.
    pub fn new(airlines: &Airlines, figures: &[&CarrierStatistics]) -> Self {
        let mut rows: Vec<Row> = airlines
            .iter()
            .zip(figures)
            .filter(|(_, figures)| figures.flights > 0)
            .map(|(airline, figures)| Row::new(&airline.code, &airline.name, figures))
            .collect();
        rows.sort_by(|a, b| b.flights.cmp(&a.flights).then_with(|| a.code.cmp(&b.code)));
        let mut total = CarrierStatistics::default();
        for figures in figures {
            total.merge(figures);
        }
        Self {
            rows,
            total: Row::new("", "all airlines", &total),
        }
    }
}
