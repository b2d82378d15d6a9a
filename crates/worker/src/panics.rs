//! Code of users' types that runs beside their tasks: encoding, sizes, drops.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs it; if it panics, what it said.
pub(crate) fn no_panic<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "something that is no text".into())
    })
}
