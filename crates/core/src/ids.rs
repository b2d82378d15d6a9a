//! Ids: dense indexes with generations inside the scheduler, newtypes everywhere.

use std::fmt;

macro_rules! generational_id {
    ($(#[$doc:meta])* $name:ident, $letter:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name {
            /// Slot in the scheduler's arena.
            pub index: u32,
            /// How often the slot was re-used; a stale id never names a new occupant.
            pub generation: u32,
        }

        impl $name {
            /// The id for a slot and its generation.
            pub const fn new(index: u32, generation: u32) -> Self {
                Self { index, generation }
            }

            /// The id as one number, as it travels.
            pub const fn to_bits(self) -> u64 {
                ((self.generation as u64) << 32) | self.index as u64
            }

            /// The id that [`Self::to_bits`] made.
            pub const fn from_bits(bits: u64) -> Self {
                Self { index: bits as u32, generation: (bits >> 32) as u32 }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($letter, "{}.{}"), self.index, self.generation)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    };
}

generational_id! {
    /// A task in the scheduler's table. Workers store values under it.
    TaskId, "t"
}
generational_id! {
    /// One incarnation of a worker: the same name that comes back is another `WorkerId`.
    WorkerId, "w"
}
generational_id! {
    /// One session of a client.
    ClientId, "c"
}

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident, $letter:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($letter, "{}"), self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    };
}

number_id! {
    /// A client's own number for a task it submitted: dense, ascending, never re-used in a session.
    Ticket, "#"
}
number_id! {
    /// A client's own number for one submitted graph, which may travel in several chunks.
    GraphId, "g"
}
number_id! {
    /// One dispatch of a task to a worker. Completions of any other run are dropped. The upper 16
    /// bits are the scheduler's epoch, so runs of an earlier scheduler are never taken for ours.
    RunId, "r"
}

impl RunId {
    /// The run with this number in this epoch of the scheduler.
    pub const fn new(epoch: u16, number: u64) -> Self {
        Self(((epoch as u64) << 48) | (number & ((1 << 48) - 1)))
    }

    /// The scheduler's epoch that dispatched it.
    pub const fn epoch(self) -> u16 {
        (self.0 >> 48) as u16
    }
}

impl Ticket {
    /// Tickets from here on are numbers that the scheduler gave, for tasks that came to the client
    /// from elsewhere: out of a channel, a queue, a published data set.
    pub const FIRST_GRANTED: Self = Self(1 << 40);

    /// Whether the scheduler gave it.
    pub const fn is_granted(self) -> bool {
        self.0 >= Self::FIRST_GRANTED.0
    }

    /// The ticket `n` places after this one.
    pub const fn offset(self, n: u64) -> Self {
        Self(self.0 + n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_survive_the_trip_through_bits() {
        let id = TaskId::new(7, u32::MAX);
        assert_eq!(TaskId::from_bits(id.to_bits()), id);
    }

    #[test]
    fn a_run_carries_its_epoch() {
        assert_eq!(RunId::new(9, 1).epoch(), 9);
        assert_ne!(RunId::new(9, 1), RunId::new(10, 1));
    }
}
