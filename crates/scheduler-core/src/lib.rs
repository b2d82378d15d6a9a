//! The decisions of the scheduler, as a pure state machine.
