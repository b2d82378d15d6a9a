//! From expressions to tasks.
//!
//! A plan walks from the wanted blocks, users before what they use, so blocks that nobody wants are
//! never looked at (`plan.rs`). It decides per block whether it gets a task of its own or is computed
//! within the task of its one user. Then tasks are made, each after what it uses (`emit.rs`).

mod emit;
mod plan;
#[cfg(test)]
mod tests;

pub(crate) use emit::{Input, Target};
pub(crate) use plan::Plan;
