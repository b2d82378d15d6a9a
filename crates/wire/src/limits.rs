//! Limits on what one message may hold, so that a small message cannot become a large table.

/// Most fields at the top of one message: a frame holds at most this many messages.
pub const FIELDS_MAX: usize = 256 * 1024;

/// Most buffers of one value.
pub const BUFFERS_MAX: usize = 64 * 1024;

/// Most resources of a worker or a task.
pub const RESOURCES_MAX: usize = 1024;

/// Most worker names in one list.
pub const WORKER_NAMES_MAX: usize = 65_536;

/// Longest address in bytes.
pub const ADDRESS_BYTES_MAX: usize = 512;

/// Values up to this size are copied out of the message they came in, so that they do not keep it
/// in memory.
pub const COPY_OUT_BYTES_MAX: usize = 4 * 1024;
