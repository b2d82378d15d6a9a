//! The decisions of the worker, as a pure state machine.
