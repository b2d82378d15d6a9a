//! The worker's shell: executor, value store, peers, session.
