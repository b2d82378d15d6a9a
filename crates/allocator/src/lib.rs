//! The memory allocator of the programs, and for how long freed memory is kept.
//!
//! What lives here: the global allocator of every program that links this crate, and the one setting of
//! it that workers need. What does not: buffers that are used again on purpose, which belong to those who
//! use them.

use libmimalloc_sys::{mi_option_set_default, mi_option_t};
use std::ffi::c_long;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay` of mimalloc 2, in milliseconds, which the bindings do not name. The test below
/// notices if its number changes.
const PURGE_DELAY: mi_option_t = 15;

/// How long a worker keeps memory that was freed, in milliseconds. Tasks on large blocks free and take
/// megabytes every few hundred milliseconds, and fresh pages cost more than many a task: the system clears
/// them.
const KEPT_MS: c_long = 1000;

/// Has freed memory kept for a second before it goes back to the system, instead of for 10 ms; whole
/// pieces of many megabytes for ten times as long. For workers, at their start.
///
/// Whoever sets the environment variable `MIMALLOC_PURGE_DELAY` (in milliseconds) has it that way.
pub fn keep_freed_memory() {
    // SAFETY: the option exists, and setting it changes when memory is given back, nothing else.
    unsafe { mi_option_set_default(PURGE_DELAY, KEPT_MS) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use libmimalloc_sys::mi_option_get;

    fn kept_ms() -> c_long {
        // SAFETY: reads an option that exists.
        unsafe { mi_option_get(PURGE_DELAY) }
    }

    #[test]
    fn freed_memory_is_kept() {
        // A number that means another option has another default.
        let before = kept_ms();
        if std::env::var_os("MIMALLOC_PURGE_DELAY").is_none() {
            assert_eq!(before, 10);
            keep_freed_memory();
            assert_eq!(kept_ms(), KEPT_MS);
        } else {
            keep_freed_memory();
            assert_eq!(kept_ms(), before);
        }
    }
}
