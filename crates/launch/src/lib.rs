//! Flags, configuration layers, signals; worker_main, scheduler_main, init.
