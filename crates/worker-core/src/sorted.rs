//! The sorted vector under the queues, alone in its module: the macro writes code into it.

use crate::queue::{Entry, Urgency};
use sortedvec::sortedvec;

sortedvec! {
    /// Entries by urgency; the most urgent is the last, where taking it is cheap.
    #[derive(Debug)]
    pub(crate) struct Sorted {
        fn derive_key(entry: &Entry) -> Urgency { entry.urgency }
    }
}
