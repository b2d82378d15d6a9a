//! Chunked arrays, also where chunk sizes are unknown.
