//! fastman.
