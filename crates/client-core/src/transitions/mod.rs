//! What each event does, one idea per file.

mod ask;
mod by_name;
pub(crate) mod calls;
mod notices;
mod release;
pub(crate) mod retrieve;
mod scatter;
mod submit;
