//! One stream between two parties as a machine: send, receive, acknowledge, credit.
