//! The registry of invariants: each has an id, is stated once, and is checked with [`check!`](crate::check).
//!
//! A broken invariant never stops a daemon: it is reported through the hook that the shell installs
//! (tests install one that panics).

use std::sync::OnceLock;

macro_rules! invariants {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        /// The name of an invariant.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum InvariantId { $($(#[doc = $doc])+ $name,)+ }

        impl InvariantId {
            /// What must hold.
            pub const fn statement(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),+),)+ }
            }
        }
    };
}

invariants! {
    /// A waiting task's counter of missing inputs equals the number of its dependencies that are
    /// not in memory.
    MissingCount,
    /// Dependencies and dependents mirror each other.
    EdgesMirror,
    /// A task stands in exactly the queue or worker table that its state says, and in no other.
    OnePlace,
    /// A worker's occupancy and free resources equal the sums over the tasks it was given.
    OccupancySum,
    /// The holders of a value and the values that a worker holds mirror each other.
    HoldersMirror,
    /// A task in memory has a living holder or a value kept by the scheduler.
    MemoryIsSomewhere,
    /// A task that nobody wants and nothing waits for holds no value.
    UnwantedIsReleased,
    /// A record that has neither wants nor dependents is forgotten.
    UnneededIsForgotten,
    /// A message goes only to a living incarnation.
    LivingAddressee,
    /// The tables of keys, arguments and edges hold exactly what living tasks refer to.
    TablesMatch,
    /// No worker has a free thread for a task that waits in a queue and could run there.
    WorkConserving,
    /// The lists of workers and jobs in order hold each in the place that it should have.
    OrderMatches,
    /// A transition between two states that have no edge between them was asked for.
    KnownTransition,
}

type Hook = fn(InvariantId, &str);
static HOOK: OnceLock<Hook> = OnceLock::new();

/// Installs what is called when an invariant is broken. The first one stays.
pub fn install_hook(hook: Hook) {
    let _ = HOOK.set(hook);
}

/// Reports a broken invariant. Use [`check!`](crate::check).
pub fn report(id: InvariantId, details: &str) {
    match HOOK.get() {
        Some(hook) => hook(id, details),
        None => debug_report(id, details),
    }
}

#[allow(clippy::panic)] // Debug builds without a hook are tests: they must stop here.
fn debug_report(id: InvariantId, details: &str) {
    if cfg!(debug_assertions) {
        panic!("invariant {id:?} is broken ({}): {details}", id.statement());
    }
}

/// Checks an invariant; the details are formatted only if it is broken.
#[macro_export]
macro_rules! check {
    ($id:ident, $condition:expr, $($details:tt)+) => {
        if !$condition {
            $crate::invariants::report(
                $crate::invariants::InvariantId::$id,
                &format!($($details)+),
            );
        }
    };
}
