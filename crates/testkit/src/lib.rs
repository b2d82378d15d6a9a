//! Builders and graph fixtures for tests.
