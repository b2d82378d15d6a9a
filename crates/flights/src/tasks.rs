//! The tasks of the demo.

use crate::airlines::Airlines;
use crate::month::{Month, MonthError};
use crate::report::Report;
use crate::statistics::CarrierStatistics;
use bytes::Bytes;
use taskloom_task::task;

/// Reads the gzipped CSV file of a month.
///
/// # Errors
/// If the file is not what it should be; the error names the file, the line and what stands there.
#[task(crate = taskloom_task)]
pub fn parse(file: &str, content: &Bytes, airlines: &Airlines) -> Result<Month, MonthError> {
    Month::parse(file, content, airlines)
}

/// The figures of one airline in one month.
#[task(crate = taskloom_task)]
pub fn carrier_in_month(month: &Month, carrier: u8) -> CarrierStatistics {
    month.statistics(carrier)
}

/// The figures of one airline over several months.
#[task(crate = taskloom_task)]
pub fn merge(parts: Vec<&CarrierStatistics>) -> CarrierStatistics {
    let mut all = CarrierStatistics::default();
    for part in parts {
        all.merge(part);
    }
    all
}

/// The report of all airlines, given their figures in the order of the list.
#[task(crate = taskloom_task)]
pub fn report(airlines: &Airlines, figures: Vec<&CarrierStatistics>) -> Report {
    Report::new(airlines, &figures)
}
