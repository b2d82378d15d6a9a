//! One leaf of a sorted list: a sorted vector of at most a few hundred entries.

use sortedvec::sortedvec;

sortedvec! {
    /// Entries in ascending order.
    #[derive(Debug, Clone)]
    pub(super) struct Leaf {
        fn derive_key(entry: &u128) -> u128 { *entry }
    }
}
