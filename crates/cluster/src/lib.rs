//! A whole cluster in one process or in child processes.
