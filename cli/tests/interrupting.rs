//! Ctrl-C: the first one takes back what is under way, a second one ends the process at once.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod support;

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use support::{Outcome, Project, interrupt, migration_path};

/// A statement that takes far longer than any test waits, after one that is quick.
const LONG: &str = "-- migrate:up sqlite\nCREATE TABLE quick (id INTEGER);\nCREATE TABLE long AS\n\
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 100000000000)\n\
    SELECT max(n) AS n FROM numbers;\n";

fn start(project: &Project, arguments: &[&str]) -> Child {
    project.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits until the file's content passes the test.
fn wait_until(what: &str, mut reached: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !reached() {
        assert!(Instant::now() < end, "{what} did not come");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn end_of(child: Child) -> (Outcome, Duration) {
    let started = Instant::now();
    let outcome = Outcome::of(child.wait_with_output().unwrap());
    (outcome, started.elapsed())
}

#[test]
fn it_takes_back_the_migration_that_runs() {
    let project = Project::new();
    project.migration(1, "create_users_table", "CREATE TABLE users (id BIGINT PRIMARY KEY);");
    project.write(&migration_path(2, "long"), LONG);
    let child = start(&project, &["database:migrate"]);
    // The first one is applied, and the second one has begun to write: its journal is there.
    wait_until("the second migration", || {
        project.path("app.db-journal").exists() && project.states().first().is_some_and(|state| state == "applied")
    });
    std::thread::sleep(Duration::from_millis(200));
    interrupt(&child);
    let (outcome, took) = end_of(child);
    assert_eq!(outcome.code, 130, "{outcome:?}");
    assert!(outcome.stderr.contains("interrupted"), "{outcome:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!(project.states(), ["applied", "pending"]);
    assert!(!project.path("app.db-journal").exists(), "it is rolled back, not left to the next one");
}

#[test]
fn it_does_not_claim_to_take_back_what_no_transaction_holds() {
    let project = Project::new();
    project.write(&migration_path(1, "long"), &LONG.replace("sqlite\n", "sqlite transaction:false\n"));
    let child = start(&project, &["database:migrate"]);
    wait_until("the second statement", || {
        let status = project.run(&["migrate:status", "--json"]);
        status.code == 0 && status.data()["migrations"][0]["unfinished"]["done"] == 1
    });
    assert_eq!(project.run(&["migrate:status", "--check"]).code, 3, "it is at work");
    interrupt(&child);
    let (outcome, _) = end_of(child);
    assert_eq!(outcome.code, 130, "{outcome:?}");
    assert!(outcome.stderr.contains("migrate:status") && !outcome.stderr.contains("rolled back"), "{outcome:?}");
    assert_eq!(project.run(&["migrate:status", "--check"]).code, 6, "it is half applied");
}

#[test]
fn it_takes_back_the_seeder_that_runs_and_says_which_ones_stay() {
    let project = Project::new();
    project.migration(1, "create_logs_table", "CREATE TABLE logs (line VARCHAR(200) NOT NULL);");
    project.done(&["database:migrate"]);
    project.write("tests/factories/log_factory.toml", "table = \"logs\"\n[fields]\nline = \"=sentence()\"\n");
    project.write("database/seeders/a_seeder.toml", "[[logs]]\nline = \"the first\"\n");
    let endless = "[seeder]\nafter = [\"ASeeder\"]\n[[seeder.make]]\nfactory = \"LogFactory\"\ncount = 100000000000\n";
    project.write("database/seeders/endless_seeder.toml", endless);
    let count = || {
        let connection = rusqlite::Connection::open(project.path("app.db")).unwrap();
        connection.query_row("SELECT COUNT(*) FROM logs", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    let child = start(&project, &["database:seed"]);
    wait_until("the second seeder", || count() == 1 && project.path("app.db-journal").exists());
    std::thread::sleep(Duration::from_millis(200));
    interrupt(&child);
    let (outcome, took) = end_of(child);
    assert_eq!(outcome.code, 130, "{outcome:?}");
    let said = "interrupted; nothing that EndlessSeeder wrote was kept; done, and kept: ASeeder";
    assert!(outcome.stderr.contains(said), "{outcome:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!(count(), 1);
    let child = start(&project, &["database:seed", "--pretend"]);
    std::thread::sleep(Duration::from_millis(500));
    interrupt(&child);
    let (outcome, _) = end_of(child);
    assert_eq!((outcome.code, outcome.stderr.trim_end()), (130, "interrupted"));
    assert_eq!(count(), 1);
}

#[test]
fn it_ends_the_wait_for_another_migrator() {
    let project = Project::new();
    project.migration(1, "create_users_table", "CREATE TABLE users (id BIGINT PRIMARY KEY);");
    project.done(&["db:create"]);
    let other = rusqlite::Connection::open(project.path("app.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let child = start(&project, &["database:migrate", "--lock-timeout", "60"]);
    // It has tried once for the lock by then, and says that it waits.
    std::thread::sleep(Duration::from_millis(2_500));
    interrupt(&child);
    let (outcome, took) = end_of(child);
    assert_eq!(outcome.code, 130, "{outcome:?}");
    assert!(outcome.stderr.contains("the database is locked by another session"), "{outcome:?}");
    assert!(outcome.stderr.trim_end().ends_with("interrupted"), "nothing was begun: {outcome:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn it_ends_the_doctors_wait() {
    let project = Project::new();
    let child = start(&project, &["doctor", "--wait", "60", "--url", "sqlite:////no/such/folder/app.db"]);
    std::thread::sleep(Duration::from_millis(500));
    interrupt(&child);
    assert_eq!(end_of(child).0.code, 130);
}
