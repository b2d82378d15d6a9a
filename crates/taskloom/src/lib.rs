//! Taskloom: a distributed task engine. This crate is the face that users depend on.
