//! The clients' side of the coordination tools, a file each; their machines, which run beside the
//! scheduler, are in `taskloom-extensions`.
