//! The limits that the machine keeps, by name.

use std::time::Duration;

/// How much work, by its measured length, is handed over beyond the running tasks, per thread. It
/// hides the hand-off between threads from floods of tiny tasks.
pub const LOOK_AHEAD_WORK: Duration = Duration::from_micros(1_500);

/// Most runs handed over per thread.
pub const LOOK_AHEAD_RUNS: usize = 256;

/// Most runs of a chain that is handed to a thread as a whole; its work is limited like the
/// look-ahead of a thread.
pub const CHAIN_RUNS: usize = 256;

/// Operations with a longer average never wait in the executor: they wait in the ready queue, where
/// a more urgent run can still overtake them.
pub const TINY: Duration = Duration::from_micros(300);

/// No run is taken to cost less than this: it stands for what surrounds the task itself.
pub const RUN_OVERHEAD: Duration = Duration::from_micros(1);

/// A request to a peer is closed when its values have this many bytes. The first always goes.
pub const REQUEST_BYTES: u64 = 64 << 20;

/// Most values in one request.
pub const REQUEST_ITEMS: usize = 2_048;

/// Parallel requests to one peer.
pub const REQUESTS_PER_PEER: usize = 2;

/// Parallel requests to all peers.
pub const REQUESTS: usize = 16;

/// Values in flight may take this part of the memory limit (1 / n) ...
pub const FLIGHT_SHARE: u64 = 8;

/// ... but at least this many bytes.
pub const FLIGHT_BYTES_MIN: u64 = 64 << 20;

/// The size of a part is not known before it is here; it is taken as this part (1 / n) of the whole.
pub const PART_SHARE: u64 = 16;

/// How long a peer that was busy is left alone.
pub const BUSY_PAUSE: Duration = Duration::from_millis(100);

/// A value is given up when its holder was busy this often.
pub const BUSY_TRIES: u32 = 100;
