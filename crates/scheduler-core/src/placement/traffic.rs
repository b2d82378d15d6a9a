//! What is on its way between workers, because tasks that were given out need it.
//!
//! A worker can send only so much at a time. When many tasks need one large value, those that are
//! given to other workers at once all fetch it from the same holder; each has to be taken to wait for
//! those before it.

use std::collections::BTreeMap;

/// A value on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Move {
    from: u32,
    bytes: u64,
}

/// What a worker is sending and getting, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Link {
    out: u64,
    into: u64,
    /// How many values it gets.
    values: u32,
}

/// See the module. Values are named by the slots of their tasks.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    /// By the value and the worker that gets it.
    moves: BTreeMap<(u32, u32), Move>,
    /// By the worker's slot.
    links: Vec<Link>,
}

impl Traffic {
    /// A worker was told to get a value from another; that it was told before changes nothing.
    pub(crate) fn begin(&mut self, value: u32, to: u32, from: u32, bytes: u64) {
        if self.moves.contains_key(&(value, to)) {
            return;
        }
        self.moves.insert((value, to), Move { from, bytes });
        self.link(from).out += bytes;
        let link = self.link(to);
        link.into += bytes;
        link.values += 1;
    }

    /// A value has come to a worker, on whatever way, or will not come.
    pub(crate) fn arrived(&mut self, value: u32, to: u32) {
        if let Some(Move { from, bytes }) = self.moves.remove(&(value, to)) {
            self.link(from).out -= bytes;
            let link = self.link(to);
            link.into -= bytes;
            link.values -= 1;
        }
    }

    /// A value is gone: nobody gets it any more.
    pub(crate) fn value_gone(&mut self, value: u32) {
        if self.moves.is_empty() {
            return;
        }
        let to = self.moves.range((value, 0)..=(value, u32::MAX));
        let to: Vec<u32> = to.map(|(&(_, to), _)| to).collect();
        for to in to {
            self.arrived(value, to);
        }
    }

    /// A worker is gone: it sends and gets nothing any more.
    pub(crate) fn worker_gone(&mut self, worker: u32) {
        let ends = self.moves.iter();
        let ends = ends.filter(|&(&(_, to), of)| to == worker || of.from == worker);
        let ends: Vec<(u32, u32)> = ends.map(|(&of, _)| of).collect();
        for (value, to) in ends {
            self.arrived(value, to);
        }
    }

    /// Whether a worker was told to get a value and does not have it.
    pub(crate) fn is_coming(&self, value: u32, to: u32) -> bool {
        !self.moves.is_empty() && self.moves.contains_key(&(value, to))
    }

    /// Bytes that others get from a worker.
    pub(crate) fn outgoing(&self, worker: u32) -> u64 {
        self.links.get(worker as usize).map_or(0, |link| link.out)
    }

    /// Bytes that a worker gets from others.
    pub(crate) fn incoming(&self, worker: u32) -> u64 {
        self.links.get(worker as usize).map_or(0, |link| link.into)
    }

    /// How many values a worker gets from others.
    pub(crate) fn values_into(&self, worker: u32) -> usize {
        self.links
            .get(worker as usize)
            .map_or(0, |link| link.values as usize)
    }

    /// Whether the sums are those of what is on its way, and every value is one of which this is true.
    pub(crate) fn is_consistent(&self, is_there: impl Fn(u32) -> bool) -> bool {
        let mut links = vec![Link::default(); self.links.len()];
        for (&(value, to), of) in &self.moves {
            links[of.from as usize].out += of.bytes;
            links[to as usize].into += of.bytes;
            links[to as usize].values += 1;
            if !is_there(value) {
                return false;
            }
        }
        links == self.links
    }

    fn link(&mut self, worker: u32) -> &mut Link {
        let at = worker as usize;
        if self.links.len() <= at {
            self.links.resize(at + 1, Link::default());
        }
        &mut self.links[at]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_on_its_way_counts_at_both_ends_until_it_is_over() {
        let mut traffic = Traffic::default();
        traffic.begin(7, 1, 0, 100);
        traffic.begin(7, 1, 2, 100);
        traffic.begin(7, 2, 0, 100);
        traffic.begin(8, 0, 1, 50);
        assert_eq!((traffic.outgoing(0), traffic.incoming(0)), (200, 50));
        let values = [0, 1, 2].map(|worker| traffic.values_into(worker));
        assert_eq!(values, [1, 1, 1]);
        assert!(traffic.is_coming(7, 1) && !traffic.is_coming(8, 1));
        assert!(traffic.is_consistent(|value| value >= 7));
        assert!(!traffic.is_consistent(|value| value == 7));
        traffic.arrived(7, 1);
        traffic.arrived(7, 1);
        assert_eq!(
            (
                traffic.outgoing(0),
                traffic.incoming(1),
                traffic.outgoing(1)
            ),
            (100, 0, 50)
        );
        assert_eq!(traffic.values_into(1), 0);
        traffic.value_gone(7);
        assert_eq!((traffic.outgoing(0), traffic.incoming(2)), (0, 0));
        traffic.worker_gone(1);
        assert_eq!(traffic.incoming(0), 0);
        assert!(traffic.is_consistent(|_| false));
    }
}
