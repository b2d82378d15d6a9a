//! Programs as tasks: the built-in operation that runs a command on a worker.
//!
//! What lives here: the description of a program to run ([`Program`]), what comes of it
//! ([`ProgramOutput`]), and the tasks that run it and give its files. What does not: the command line
//! tool that submits many (`taskloom-launch` and `taskloom-daemons`), and the network.
//!
//! ```
//! use taskloom_programs::Program;
//!
//! let call = Program::new("sort").arg("-n").stdin("3\n1\n2\n").task(); // for client.submit
//! assert_eq!(call.operation().to_string(), "taskloom::program/1");
//! ```

mod capture;
mod error;
mod files;
mod group;
mod input;
mod output;
mod program;
mod run;

pub use error::ProgramError;
pub use files::program_file;
pub use input::IntoInput;
pub use output::{Captured, Ending, ProgramOutput};
pub use program::{OUTPUT_LIMIT, OUTPUT_LIMIT_MAX, Program};
