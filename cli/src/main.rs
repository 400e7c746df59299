//! The fastman binary.

fn main() {}
