//! What each event does, one idea per file.

mod ask;
mod notices;
mod release;
pub(crate) mod retrieve;
mod scatter;
mod submit;
