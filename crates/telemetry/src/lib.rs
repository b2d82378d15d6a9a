//! Logging set-up for the daemons and programs of Taskloom.
