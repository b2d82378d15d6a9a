//! A month of departures: from a gzipped CSV file to two compact columns.

use crate::airlines::Airlines;
use crate::statistics::CarrierStatistics;
use csv::{ByteRecord, Reader};
use flate2::read::MultiGzDecoder;
use serde::{Deserialize, Serialize};
use std::io::Read;
use taskloom_task::Buffer;

/// Largest file after inflating: a corrupt or hostile one must not fill a worker's memory.
const INFLATED_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Stands in the column of delays for a flight that never departed.
const NEVER: i16 = i16::MIN;

/// The departures of one month in columns: three bytes per flight, moved between workers without
/// being encoded again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Month {
    /// Per flight the place of its airline.
    carriers: Buffer,
    /// Per flight the delay in minutes as two bytes, little end first.
    delays: Buffer,
}

/// Why a month cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum MonthError {
    /// The file is not gzip, not CSV, or broken off.
    #[error("{file} cannot be read")]
    Unreadable {
        /// The file.
        file: String,
        /// What the reader says.
        source: csv::Error,
    },
    /// A column is not there.
    #[error("{file} has no column {column}")]
    NoColumn {
        /// The file.
        file: String,
        /// The column.
        column: &'static str,
    },
    /// A carrier that the list of airlines does not have.
    #[error("{file}, line {line}: carrier {carrier} is not in the list of airlines")]
    UnknownCarrier {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// The carrier's code.
        carrier: String,
    },
    /// A delay that is no whole number of minutes.
    #[error("{file}, line {line}: {text:?} is not a delay in minutes")]
    BadDelay {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// What stands there.
        text: String,
    },
    /// The file is longer than a month of one city can be.
    #[error("{file} inflates to more than {INFLATED_BYTES_MAX} bytes")]
    TooLarge {
        /// The file.
        file: String,
    },
}

impl Month {
    /// Reads a gzipped CSV file that has the columns `carrier` and `dep_delay`; `file` is its name
    /// for messages.
    ///
    /// # Errors
    /// If the file cannot be read, lacks a column, or a row has an unknown carrier or a bad delay.
    pub fn parse(file: &str, gzipped: &[u8], airlines: &Airlines) -> Result<Self, MonthError> {
        let unreadable = |source| MonthError::Unreadable {
            file: file.to_owned(),
            source,
        };
        let mut inflated = MultiGzDecoder::new(gzipped).take(INFLATED_BYTES_MAX);
        let mut reader = Reader::from_reader(&mut inflated);
        let header = reader.byte_headers().map_err(unreadable)?;
        let carrier_at = column(file, header, "carrier")?;
        let delay_at = column(file, header, "dep_delay")?;

        // A compressed row takes about 23 bytes.
        let mut carriers = Vec::with_capacity(gzipped.len() / 16);
        let mut delays = Vec::with_capacity(gzipped.len() / 8);
        let mut row = ByteRecord::new();
        while reader.read_byte_record(&mut row).map_err(unreadable)? {
            let line = row.position().map_or(0, csv::Position::line);
            let text = |at: usize| String::from_utf8_lossy(&row[at]).into_owned();
            let carrier = airlines.place(&row[carrier_at]).ok_or_else(|| {
                let carrier = text(carrier_at);
                MonthError::UnknownCarrier {
                    file: file.to_owned(),
                    line,
                    carrier,
                }
            })?;
            let delay = minutes(&row[delay_at]).ok_or_else(|| {
                let text = text(delay_at);
                MonthError::BadDelay {
                    file: file.to_owned(),
                    line,
                    text,
                }
            })?;
            carriers.push(carrier);
            delays.extend_from_slice(&delay.to_le_bytes());
        }
        drop(reader);
        if inflated.limit() == 0 {
            return Err(MonthError::TooLarge {
                file: file.to_owned(),
            });
        }
        Ok(Self {
            carriers: Buffer::from(carriers),
            delays: Buffer::from(delays),
        })
    }

    /// How many flights were planned.
    pub fn flights(&self) -> usize {
        self.carriers.len()
    }

    /// The statistics of the airline at this place.
    pub fn statistics(&self, carrier: u8) -> CarrierStatistics {
        let mut flights = 0;
        let mut delays = Vec::new();
        for (&at, delay) in self.carriers.iter().zip(self.delays.as_chunks().0) {
            if at == carrier {
                flights += 1;
                let delay = i16::from_le_bytes(*delay);
                if delay != NEVER {
                    delays.push(delay);
                }
            }
        }
        CarrierStatistics::of(flights, &mut delays)
    }
}

/// Where a column stands in the header.
fn column(file: &str, header: &ByteRecord, column: &'static str) -> Result<usize, MonthError> {
    let found = header.iter().position(|name| name == column.as_bytes());
    found.ok_or_else(|| MonthError::NoColumn {
        file: file.to_owned(),
        column,
    })
}

/// The delay that a field holds; [`NEVER`] if it is empty or `NA`.
fn minutes(field: &[u8]) -> Option<i16> {
    if matches!(field, b"" | b"NA") {
        return Some(NEVER);
    }
    let minutes: i16 = std::str::from_utf8(field).ok()?.parse().ok()?;
    (minutes != NEVER).then_some(minutes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    fn gzipped(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    fn parse(text: &str) -> Result<Month, MonthError> {
        let airlines = Airlines::parse(b"carrier,name\nAA,American\nUA,United\n").unwrap();
        Month::parse("m.csv.gz", &gzipped(text), &airlines)
    }

    #[test]
    fn flights_that_never_departed_count_as_flights_only() {
        let month = parse("dep_delay,carrier\n2,UA\n,UA\nNA,UA\n-7,AA\n30,UA\n").unwrap();
        assert_eq!(month.flights(), 5);
        let united = month.statistics(1);
        assert_eq!((united.flights, united.departed()), (4, 2));
        assert_eq!((united.delay_sum(), united.late()), (32, 1));
        assert_eq!(month.statistics(0).delay_sum(), -7);
        assert_eq!(month.statistics(7).flights, 0);
    }

    #[test]
    fn errors_name_the_place() {
        let says = |text| parse(text).unwrap_err().to_string();
        assert_eq!(says("carrier\nUA\n"), "m.csv.gz has no column dep_delay");
        assert_eq!(
            says("carrier,dep_delay\nUA,1\nZZ,1\n"),
            "m.csv.gz, line 3: carrier ZZ is not in the list of airlines"
        );
        assert_eq!(
            says("carrier,dep_delay\nUA,soon\n"),
            "m.csv.gz, line 2: \"soon\" is not a delay in minutes"
        );
        assert_eq!(
            says("carrier,dep_delay\nUA,1,2\n"),
            "m.csv.gz cannot be read"
        );
    }

    #[test]
    fn a_broken_file_is_an_error() {
        let airlines = Airlines::parse(b"carrier,name\nUA,United\n").unwrap();
        let whole = gzipped("carrier,dep_delay\nUA,1\n");
        assert!(Month::parse("m", b"no gzip at all", &airlines).is_err());
        assert!(Month::parse("m", &whole[..whole.len() - 9], &airlines).is_err());
    }
}
