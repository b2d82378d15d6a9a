//! The scheduler's shell: run loop, sessions, administration, relay.
