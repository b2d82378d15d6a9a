//! The demo: tasks over the departures of New York City in 2013.
