//! Portable SQL in and out: lexing, sections, parsing, binding, checksums, scripts, and rendering what every dialect shares.

pub mod ast;
pub mod binder;
pub mod checksum;
pub mod lexer;
pub mod parser;
pub mod portable;
pub mod script;
pub mod section;
pub mod text;

#[cfg(test)]
pub(crate) mod test_flavours;
