//! Portable SQL in and out: lexing, sections, parsing, binding, checksums, scripts, and rendering what every dialect shares.

pub mod ast;
