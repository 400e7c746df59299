//! The functions that formulas may call.

#[allow(dead_code)]
pub mod locale;

/// A function as `factory:functions` lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FunctionInfo {
    /// Its name in lower case.
    pub name: &'static str,
    /// How it is called: `int(low, high)`.
    pub signature: &'static str,
    /// What it gives, in a few words.
    pub summary: &'static str,
    /// A formula with it, without the `=`.
    pub example: &'static str,
    /// Its heading in the list: `names`, `dates`, ...
    pub group: &'static str,
}

/// All functions, by group.
pub fn list() -> &'static [FunctionInfo] {
    &[]
}
