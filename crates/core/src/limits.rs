//! The limits that every party keeps, by name.

use std::time::Duration;

/// The version of the protocol in `proto/`. Parties of another version are refused.
pub const PROTOCOL_VERSION: u32 = 1;

/// Longest key in bytes.
pub const KEY_BYTES_MAX: usize = 1024;

/// Longest operation or worker name in bytes.
pub const NAME_BYTES_MAX: usize = 512;

/// Results up to this size travel inside completions, notices and dispatches.
pub const INLINE_BYTES_MAX: u64 = 4 * 1024;

/// Largest message on a session stream, in bytes.
pub const MESSAGE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A sender closes a batch when it holds this many bytes.
pub const BATCH_BYTES: usize = 512 * 1024;

/// The client starts a new graph chunk when one holds this many bytes of keys and arguments.
pub const GRAPH_CHUNK_BYTES: usize = 512 * 1024;

/// The client starts a new graph chunk when one holds this many tasks.
pub const GRAPH_CHUNK_TASKS: usize = 16 * 1024;

/// Most tasks in one chunk that the scheduler accepts.
pub const GRAPH_CHUNK_TASKS_MAX: usize = 1024 * 1024;

/// Most argument nodes of one task.
pub const ARGUMENT_NODES_MAX: usize = 1024 * 1024;

/// Largest arguments of one task, in bytes. Larger inputs are to be scattered.
pub const ARGUMENT_BYTES_MAX: usize = 8 * 1024 * 1024;

/// A client warns about inline arguments above this size.
pub const ARGUMENT_BYTES_WARN: usize = 1024 * 1024;

/// Unacknowledged bytes that one direction of a session may have.
pub const SESSION_WINDOW_BYTES: u64 = 32 * 1024 * 1024;

/// Most live tasks of one scheduler.
pub const TASKS_MAX: usize = 1 << 28;

/// Most workers of one scheduler.
pub const WORKERS_MAX: usize = 65_536;

/// Most clients of one scheduler.
pub const CLIENTS_MAX: usize = 65_536;

/// Most operations a worker may offer.
pub const OPERATIONS_MAX: usize = 65_536;

/// Frames of bulk data carry at most this many bytes.
pub const BULK_FRAME_BYTES: usize = 1024 * 1024;

/// A worker is gone if nothing was heard of it for this long.
pub const LEASE: Duration = Duration::from_secs(30);

/// A task errs when no connected worker offered its operation for this long.
pub const NO_WORKER_TIMEOUT: Duration = Duration::from_secs(30);

/// How many workers may die under a task that had started before it errs.
pub const SUSPICION_LIMIT: u8 = 3;

/// What a client keeps of scattered bytes, to supply them again.
pub const SCATTER_KEEP_BYTES: u64 = 256 * 1024 * 1024;

/// The pause before the first retry of a task, if its call names none.
pub const BACKOFF: Duration = Duration::from_millis(100);

/// The longest pause before a retry.
pub const BACKOFF_MAX: Duration = Duration::from_secs(60);

/// Longest label or name of a job, in bytes.
pub const LABEL_BYTES_MAX: usize = 512;

/// Largest message of a call of an extension, or of its reply, in bytes. Larger data are to be
/// scattered, and their future passed on.
pub const CALL_BYTES_MAX: usize = 1024 * 1024;

/// Most futures in one call of an extension, or in its reply.
pub const CALL_FUTURES_MAX: usize = 64 * 1024;

/// Most questions of one client that wait for their answers.
pub const QUESTIONS_MAX: usize = 1024;

/// Most calls of one client that wait for their replies.
pub const CALLS_OPEN_MAX: usize = 1 << 20;

/// Most jobs that one scheduler tells apart.
pub const JOBS_MAX: usize = 65_536;

/// Longest line that a task prints, in bytes; longer ones are cut.
pub const LOG_BYTES_MAX: usize = 16 * 1024;

/// The story of a failure has at most this many lines: the first and the latest runs.
pub const STORY_LINES_MAX: usize = 16;

/// A thread whose task was cancelled or ran out of time is replaced when the task has not let go of
/// it for this long.
pub const STUCK_AFTER: Duration = Duration::from_secs(5);
