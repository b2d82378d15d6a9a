//! Running expressions: in this thread, or on a cluster.

mod cluster;
mod here;
mod sizes;
