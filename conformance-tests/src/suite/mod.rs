//! The tests, grouped by what they are about.

mod changes;
mod errors;
mod examples;
mod facts;
mod introspection;
mod loading;
mod locking;
mod migrating;
mod racing;
mod refusing;
mod resuming;
mod seeding;
mod settling;
mod stores;
mod types;
mod values;
mod writing;

use std::pin::Pin;

use fastman_core::Result;
use fastman_core::dialect::Facts;

use crate::Context;
use crate::stores::Stores;

/// What a test comes to; it stays on the thread that it was started on.
pub type Outcome = Pin<Box<dyn Future<Output = Result<()>>>>;

/// One test.
#[derive(Clone, Copy)]
pub struct Test {
    /// The file it is in.
    pub group: &'static str,
    /// What it proves, as the name of a function.
    pub sentence: &'static str,
    /// Whether it applies to an engine of such facts; if not, why.
    pub applies: fn(&Facts) -> Result<(), &'static str>,
    /// The test itself: an error or a panic is a failure.
    pub run: Run,
}

/// What a test takes.
#[derive(Clone, Copy)]
pub enum Run {
    /// A backend with SQL.
    Sql(fn(Context) -> Outcome),
    /// Any backend that takes rows.
    Store(fn(Stores) -> Outcome),
}

impl Test {
    /// Group and sentence.
    pub fn name(&self) -> String {
        format!("{}::{}", self.group, self.sentence)
    }
}

/// Lists the tests of a group: `tests!("values": a, b)`, or with a condition `tests!("resuming" if committing: a, b)`; those that
/// take any store: `tests!("stores" of any store: a, b)`.
macro_rules! tests {
    ($group:literal: $($name:ident),* $(,)?) => {
        $crate::suite::tests!($group if (|_| Ok(())): $($name),*);
    };
    ($group:literal if $applies:expr => $($name:ident),* $(,)?) => {
        $crate::suite::tests!($group if ($applies): $($name),*);
    };
    ($group:literal if ($applies:expr): $($name:ident),* $(,)?) => {
        /// The tests of this group.
        pub(super) fn tests() -> Vec<$crate::suite::Test> {
            vec![$($crate::suite::Test {
                group: $group,
                sentence: stringify!($name),
                applies: $applies,
                run: $crate::suite::Run::Sql(|context| Box::pin($name(context))),
            }),*]
        }
    };
    ($group:literal of any store: $($name:ident),* $(,)?) => {
        /// The tests of this group.
        pub(super) fn tests() -> Vec<$crate::suite::Test> {
            vec![$($crate::suite::Test {
                group: $group,
                sentence: stringify!($name),
                applies: |_| Ok(()),
                run: $crate::suite::Run::Store(|stores| Box::pin($name(stores))),
            }),*]
        }
    };
}
use tests;

/// Every test of the suite.
pub fn all() -> Vec<Test> {
    [
        facts::tests(),
        types::tests(),
        values::tests(),
        changes::tests(),
        introspection::tests(),
        writing::tests(),
        seeding::tests(),
        loading::tests(),
        errors::tests(),
        locking::tests(),
        migrating::tests(),
        refusing::tests(),
        settling::tests(),
        stores::tests(),
        racing::tests(),
        resuming::tests(),
        examples::tests(),
    ]
    .concat()
}
