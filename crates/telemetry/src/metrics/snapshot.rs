//! All series at one moment, as data.

use super::Item;
use crate::TDigest;
use std::collections::BTreeMap;

/// A label that tells series of one name apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label {
    /// What kind of thing it is, such as `state`.
    pub name: Box<str>,
    /// Which one, such as `waiting`.
    pub value: Box<str>,
}

/// A series of measurements.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DigestSeen {
    /// Its name.
    pub name: Box<str>,
    /// The windows of [`WINDOWS`](crate::WINDOWS), the shortest first.
    pub windows: [TDigest; 3],
    /// How many measurements there ever were.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
}

/// A series that counts items.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CounterSeen {
    /// Its name.
    pub name: Box<str>,
    /// The windows of [`WINDOWS`](crate::WINDOWS), the shortest first: weights by item.
    pub windows: [BTreeMap<Item, f64>; 3],
    /// How often each item was ever counted.
    pub totals: BTreeMap<Item, u64>,
}

/// A series that is one number.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NumberSeen {
    /// Its name.
    pub name: Box<str>,
    /// What tells it from others of that name.
    pub label: Option<Label>,
    /// The number.
    pub value: f64,
}

/// All series of a daemon at one moment, each kind in the order of names.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Snapshot {
    /// The kind of the daemon.
    pub daemon: Box<str>,
    /// Measurements.
    pub digests: Vec<DigestSeen>,
    /// Counted items.
    pub counters: Vec<CounterSeen>,
    /// Numbers that only rise.
    pub totals: Vec<NumberSeen>,
    /// Numbers that move both ways.
    pub gauges: Vec<NumberSeen>,
    /// What series are, by name, as far as somebody said it.
    pub helps: BTreeMap<Box<str>, Box<str>>,
}
