//! The program against real servers, also such as are lost, killed and fought over: throwaway PostgreSQL (also behind PgBouncer), MySQL
//! and MariaDB.
//!
//! `cargo test` runs a sample. `FASTMAN_KILLS=long cargo test -p fastman --test servers` runs it all: more than 200 kills of the
//! program and 20 of the server an engine, which takes a while. The seed is printed; `FASTMAN_KILL_SEED` repeats one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests all the way down"
)]

#[path = "servers/accounts.rs"]
mod accounts;
#[path = "servers/backend.rs"]
mod backend;
#[path = "servers/blog.rs"]
mod blog;
#[path = "servers/crashing.rs"]
mod crashing;
mod database;
#[path = "servers/killing.rs"]
mod killing;
#[path = "servers/losing.rs"]
mod losing;
#[path = "servers/program.rs"]
mod program;
#[path = "servers/proxy.rs"]
mod proxy;
#[path = "servers/racing.rs"]
mod racing;
mod random;
#[path = "servers/seeding.rs"]
mod seeding;
mod seeds;
mod support;

use std::process::ExitCode;

use backend::Engine;
use fastman_test_servers::Product;
use libtest_mimic::{Arguments, Completion, Trial};

/// How much is run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    pub is_long: bool,
    pub seed: u64,
}

impl Extent {
    /// The one number in a sample, the other in the long version.
    pub fn of(self, sample: u32, long: u32) -> u32 {
        if self.is_long { long } else { sample }
    }

    /// How often the large table's eight rows are doubled. In the long version, altering it takes seconds.
    pub fn doublings(self) -> u32 {
        random::number("FASTMAN_KILL_DOUBLINGS").map_or(self.of(13, 17), |number| u32::try_from(number).unwrap())
    }
}

/// Something that the reader of the test's output should know.
pub(crate) fn note(text: &str) {
    println!("{text}");
}

/// A test of one engine.
type Test = fn(Engine, Extent);

fn trials(extent: Extent) -> Vec<Trial> {
    let tests: [(&str, Test); 12] = [
        (
            "killed_anywhere_a_rerun_ends_in_the_same_schema_and_rows",
            killing::killed_anywhere_a_rerun_ends_in_the_same_schema_and_rows,
        ),
        (
            "killed_inside_a_long_statement_a_rerun_ends_in_the_same_schema_and_rows",
            killing::killed_inside_a_long_statement_a_rerun_ends_in_the_same_schema_and_rows,
        ),
        ("an_index_that_a_kill_left_invalid_is_made_again", killing::an_index_that_a_kill_left_invalid_is_made_again),
        (
            "a_killed_holder_s_lock_is_free_soon_after_its_statement",
            killing::a_killed_holder_s_lock_is_free_soon_after_its_statement,
        ),
        (
            "when_the_server_is_killed_and_started_again_a_rerun_ends_in_the_same",
            crashing::when_the_server_is_killed_and_started_again_a_rerun_ends_in_the_same,
        ),
        (
            "a_lost_connection_is_an_error_that_says_so_and_a_rerun_finishes",
            losing::a_lost_connection_is_an_error_that_says_so_and_a_rerun_finishes,
        ),
        (
            "sixteen_runners_apply_each_migration_once_though_holders_of_the_lock_are_killed",
            racing::sixteen_runners_apply_each_migration_once_though_holders_of_the_lock_are_killed,
        ),
        (
            "a_seeder_that_is_killed_is_there_as_a_whole_or_not_at_all",
            seeding::a_seeder_that_is_killed_is_there_as_a_whole_or_not_at_all,
        ),
        (
            "interrupted_in_the_middle_of_a_load_nothing_of_the_seeder_stays",
            seeding::interrupted_in_the_middle_of_a_load_nothing_of_the_seeder_stays,
        ),
        ("the_doctor_tells_what_an_account_may_do", accounts::the_doctor_tells_what_an_account_may_do),
        (
            "a_seeder_that_lost_a_deadlock_is_tried_again_by_itself",
            seeding::a_seeder_that_lost_a_deadlock_is_tried_again_by_itself,
        ),
        (
            "the_blog_is_seeded_with_the_commands_of_the_documentation",
            blog::the_blog_is_seeded_with_the_commands_of_the_documentation,
        ),
    ];
    let mut trials = Vec::new();
    for engine in Engine::ALL {
        for (name, test) in tests {
            // The server behind the pooler is the same one, and lets the administrator alone in; making an index CONCURRENTLY is
            // PostgreSQL's alone, and wants a session; keys are locked, and not drawn, on MySQL.
            if engine == Engine::PgBouncer && name.starts_with("when_the_server")
                || engine != Engine::Postgres && name.starts_with("an_index")
                || engine == Engine::PgBouncer && name.starts_with("the_doctor")
                || engine.is_transactional() && name.starts_with("a_seeder_that_lost")
            {
                continue;
            }
            // Debian's sid, which MySQL comes from, moves.
            let required = engine != Engine::Mysql(Product::MySql);
            trials.push(Trial::ignorable_test(format!("{}::{name}", engine.name()), move || match engine.shared() {
                Ok(_) => {
                    test(engine, extent);
                    Ok(Completion::Completed)
                }
                Err(reason) if required && is_ci() => Err(format!("{reason}; try: {}", engine.command()).into()),
                Err(reason) => Ok(Completion::ignored_with(format!("{reason}; try: {}", engine.command()))),
            }));
        }
    }
    trials
}

/// Whether every server must be there.
fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true" || value == "1")
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let extent =
        Extent { is_long: std::env::var("FASTMAN_KILLS").is_ok_and(|value| value == "long"), seed: random::seed() };
    note(&format!("FASTMAN_KILL_SEED={}{}", extent.seed, if extent.is_long { " FASTMAN_KILLS=long" } else { "" }));
    let conclusion = libtest_mimic::run(&arguments, trials(extent));
    backend::stop();
    conclusion.exit_code()
}
