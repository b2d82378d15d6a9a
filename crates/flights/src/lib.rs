//! The demo: a year of departures from New York City, summed up by airline on a cluster.
//!
//! What lives here: the data with their origin (`data/`), the tasks that read and count them
//! ([`tasks`]), the [`job`] that makes a graph of them, and the table that shows the answer. The
//! standard worker links this crate, so every cluster of standard workers can run the demo.
//!
//! What does not: anything that another program needs. To see how tasks are written for a service,
//! read `docs/tasks.md`; this crate is the same with a real job.

pub mod airlines;
pub mod delays;
pub mod files;
pub mod job;
pub mod month;
pub mod report;
pub mod statistics;
pub mod table;
pub mod tasks;

pub use airlines::{Airline, Airlines};
pub use files::Files;
pub use month::Month;
pub use report::{Report, Row};
pub use statistics::CarrierStatistics;
