//! The client library: typed futures, graphs, scatter and gather.
