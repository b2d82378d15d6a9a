//! The decisions of the client, as a pure state machine.
