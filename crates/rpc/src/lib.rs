//! Connections that drive a session, the bulk data path, addresses and settings.
