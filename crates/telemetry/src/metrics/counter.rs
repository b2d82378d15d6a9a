//! Series that count items.

use super::stripes::{Stripes, lock};
use super::windows::{Leaky, Mass};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

/// How many different items a series counts; further ones are counted as [`OTHER`]. Items are meant
/// to be few: names of operations, lengths of batches.
pub const MOST_ITEMS: usize = 1_000;

/// The item under which those above [`MOST_ITEMS`] are counted.
pub const OTHER: &str = "other";

/// What is counted: a word or a number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Item {
    /// A number, such as the length of a batch.
    Number(u64),
    /// A word, such as the name of an operation.
    Word(Box<str>),
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Word(word) => word.fmt(f),
        }
    }
}

impl From<&str> for Item {
    fn from(word: &str) -> Self {
        Self::Word(word.into())
    }
}

impl From<u64> for Item {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

/// An item as it is recorded: borrowed, so that counting one that is known makes nothing new.
#[derive(Clone, Copy, Debug)]
pub enum ItemRef<'a> {
    /// A number.
    Number(u64),
    /// A word.
    Word(&'a str),
}

impl<'a> From<&'a str> for ItemRef<'a> {
    fn from(word: &'a str) -> Self {
        Self::Word(word)
    }
}

impl From<u64> for ItemRef<'_> {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for ItemRef<'_> {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<usize> for ItemRef<'_> {
    fn from(number: usize) -> Self {
        // A usize has at most 64 bits.
        Self::Number(number as u64)
    }
}

/// What is in a window: a weight per item.
pub(super) type Items = BTreeMap<Item, f64>;

impl Mass for Items {
    fn share(&self, share: f64) -> Self {
        self.iter()
            .map(|(item, weight)| (item.clone(), weight * share))
            .collect()
    }

    fn absorb(&mut self, other: &Self) {
        for (item, weight) in other {
            match self.get_mut(item) {
                Some(there) => *there += weight,
                None => {
                    self.insert(item.clone(), *weight);
                }
            }
        }
    }

    fn is_empty(&self) -> bool {
        BTreeMap::is_empty(self)
    }
}

/// What one thread counted since somebody looked. Items stay when they are zero.
#[derive(Default)]
struct Fresh {
    words: FxHashMap<Box<str>, u64>,
    numbers: FxHashMap<u64, u64>,
}

impl Fresh {
    fn add(&mut self, item: ItemRef<'_>, times: u64) {
        let full = self.words.len() + self.numbers.len() >= MOST_ITEMS;
        match item {
            ItemRef::Number(number) if !full || self.numbers.contains_key(&number) => {
                *self.numbers.entry(number).or_default() += times;
            }
            ItemRef::Word(word) => match self.words.get_mut(word) {
                Some(count) => *count += times,
                None if full => self.add_other(times),
                None => {
                    self.words.insert(word.into(), times);
                }
            },
            ItemRef::Number(_) => self.add_other(times),
        }
    }

    fn add_other(&mut self, times: u64) {
        *self.words.entry(OTHER.into()).or_default() += times;
    }

    fn take(&mut self) -> impl Iterator<Item = (Item, u64)> {
        let numbers = self.numbers.iter_mut();
        let numbers = numbers.map(|(n, count)| (Item::Number(*n), std::mem::take(count)));
        let words = self.words.iter_mut();
        let words = words.map(|(w, count)| (Item::Word(w.clone()), std::mem::take(count)));
        numbers.chain(words).filter(|(_, count)| *count > 0)
    }
}

/// What was gathered from the threads.
#[derive(Clone, Debug, Default)]
pub(super) struct Gathered {
    pub(super) windows: Leaky<Items>,
    pub(super) totals: BTreeMap<Item, u64>,
}

impl Gathered {
    fn add(&mut self, item: Item, count: u64) {
        let full = self.totals.len() >= MOST_ITEMS && !self.totals.contains_key(&item);
        let item = if full { Item::from(OTHER) } else { item };
        *self.totals.entry(item.clone()).or_default() += count;
        *self.windows.0[0].entry(item).or_default() += count as f64;
    }
}

/// The series itself.
#[derive(Default)]
pub(super) struct CounterSeries {
    fresh: Stripes<Fresh>,
    gathered: Mutex<Gathered>,
}

impl CounterSeries {
    /// Brings what the threads counted into the first window, and runs this with all of it.
    pub(super) fn gather<R>(&self, run: impl FnOnce(&mut Gathered) -> R) -> R {
        let mut gathered = lock(&self.gathered);
        self.fresh.each(|fresh| {
            for (item, count) in fresh.take() {
                gathered.add(item, count);
            }
        });
        run(&mut gathered)
    }
}

/// A series that counts items, of which there are few. A clone counts into the same series.
///
/// ```
/// use taskloom_telemetry::Metrics;
///
/// let metrics = Metrics::new("example");
/// let ops = metrics.counter("op");
/// ops.add("who_has");
/// ops.add("who_has");
/// assert_eq!(ops.total("who_has"), 2);
/// ```
#[derive(Clone)]
pub struct Counter(pub(super) Arc<CounterSeries>);

impl fmt::Debug for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Counter")
    }
}

impl Counter {
    /// Counts an item: a word or a number.
    pub fn add<'a>(&self, item: impl Into<ItemRef<'a>>) {
        self.add_times(item, 1);
    }

    /// Counts an item several times.
    pub fn add_times<'a>(&self, item: impl Into<ItemRef<'a>>, times: u64) {
        let item = item.into();
        self.0.fresh.with(|fresh| fresh.add(item, times));
    }

    /// Lets the windows leak once. [`Metrics::shift`](crate::Metrics::shift) does it for all series.
    pub fn shift(&self) {
        self.0.gather(|gathered| gathered.windows.shift());
    }

    /// The weight in each window, the shortest first.
    #[must_use]
    pub fn size(&self) -> [f64; 3] {
        self.0.gather(|gathered| {
            let windows = gathered.windows.0.each_ref();
            windows.map(|items| items.values().sum())
        })
    }

    /// A copy of the windows, the shortest first: the weight of each item.
    #[must_use]
    pub fn windows(&self) -> [BTreeMap<Item, f64>; 3] {
        self.0.gather(|gathered| gathered.windows.0.clone())
    }

    /// How often the item was ever counted.
    #[must_use]
    pub fn total(&self, item: impl Into<Item>) -> u64 {
        let item = item.into();
        self.0
            .gather(|gathered| gathered.totals.get(&item).copied().unwrap_or(0))
    }
}
