//! One stream between two parties as a pure machine.
