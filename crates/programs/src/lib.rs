//! Programs as tasks: the built-in operation that runs a command on a worker.
//!
//! What lives here: the description of a program to run, its result, and the task that runs it. What
//! does not: the command line tool that submits many (`taskloom-launch` and `taskloom-daemons`).
