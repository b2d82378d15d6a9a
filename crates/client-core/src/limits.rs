//! The limits of the client, by name.

use std::time::Duration;

/// One fetch asks for at most this many values.
pub const FETCH_ITEMS: usize = 4096;

/// One fetch asks for at most this many bytes, unless a single value has more.
pub const FETCH_BYTES: u64 = 16 * 1024 * 1024;

/// Fetches that may be under way from one source.
pub const FETCHES_PER_SOURCE: usize = 4;

/// Uploads that may be under way.
pub const UPLOADS: usize = 32;

/// How often a value is looked for before its future ends in an error.
pub const FETCH_ATTEMPTS: u32 = 32;

/// How often the relay is asked for a value whose holder it cannot reach, before the scheduler is
/// told that the value is not to be had there and makes it again.
pub const RELAY_ATTEMPTS: u32 = 8;

/// The pause before the second attempt; it doubles from attempt to attempt.
pub const FETCH_PAUSE: Duration = Duration::from_millis(5);

/// The longest pause between two attempts.
pub const FETCH_PAUSE_MAX: Duration = Duration::from_secs(1);

/// How long a worker that could not be reached is asked through the scheduler.
pub const UNREACHABLE_FOR: Duration = Duration::from_secs(60);

/// Unreachable workers that are remembered.
pub const UNREACHABLE_MAX: usize = 65_536;

/// One request to locate values names at most this many.
pub const LOCATE_TICKETS: usize = 64 * 1024;

/// One message of releases or cancellations names at most this many.
pub const RELEASE_TICKETS: usize = 256 * 1024;
