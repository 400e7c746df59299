//! Dialect tests.
