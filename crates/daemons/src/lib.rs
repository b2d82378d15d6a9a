//! The binaries scheduler and worker.
