//! Questions on a terminal: what is asked, and what each answer leads to.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod support;

use std::fs::File;
use std::io::{Read, Write};
use std::process::Stdio;
use std::time::Duration;

use support::Project;

/// What a run on a terminal came to.
struct Talk {
    code: i32,
    /// What stood on the terminal, and on stdout.
    shown: String,
}

/// Runs the program on a terminal and answers its question, or interrupts it there.
fn answer(project: &Project, arguments: &[&str], answer: Option<&str>) -> Talk {
    let terminal = nix::pty::openpty(None, None).unwrap();
    let side = || Stdio::from(terminal.slave.try_clone().unwrap());
    let mut child = project.command(arguments).stdin(side()).stderr(side()).stdout(Stdio::piped()).spawn().unwrap();
    drop(terminal.slave);
    let mut here = File::from(terminal.master);
    let mut shown = Vec::new();
    let mut asked = false;
    let mut buffer = [0; 4096];
    // Reading fails, or ends, when the last process has closed the other side.
    while let Ok(count @ 1..) = here.read(&mut buffer) {
        shown.extend_from_slice(&buffer[..count]);
        if !asked && String::from_utf8_lossy(&shown).contains("Go on? [y/N]") {
            asked = true;
            match answer {
                Some(text) => here.write_all(text.as_bytes()).unwrap(),
                None => {
                    std::thread::sleep(Duration::from_millis(100));
                    support::interrupt(&child);
                }
            }
        }
    }
    let mut stdout = String::new();
    child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
    let code = child.wait().unwrap().code().unwrap();
    Talk { code, shown: String::from_utf8(shown).unwrap() + &stdout }
}

fn applied() -> Project {
    let project = Project::new();
    project.migration(1, "create_users_table", "CREATE TABLE users (id BIGINT PRIMARY KEY);");
    project.migration(2, "create_posts_table", "CREATE TABLE posts (id BIGINT PRIMARY KEY);");
    project.done(&["database:migrate"]);
    project
}

#[test]
fn the_question_names_the_database_and_what_will_be_lost() {
    let project = applied();
    let talk = answer(&project, &["migrate:rollback"], Some("no\n"));
    assert!(talk.shown.contains("migrate:rollback undoes 1 migration on"), "{}", talk.shown);
    assert!(talk.shown.contains("app.db") && talk.shown.contains("lost: table posts"), "{}", talk.shown);
}

#[test]
fn yes_goes_on() {
    let project = applied();
    for yes in ["y\n", "YES\n"] {
        let talk = answer(&project, &["migrate:rollback"], Some(yes));
        assert_eq!(talk.code, 0, "{}", talk.shown);
        assert!(talk.shown.contains("1 migration undone"), "{}", talk.shown);
    }
    assert_eq!(project.states(), ["pending", "pending"]);
}

#[test]
fn anything_else_does_nothing() {
    let project = applied();
    for no in ["\n", "n\n", "yessir\n", "\u{4}"] {
        let talk = answer(&project, &["migrate:reset"], Some(no));
        assert_eq!(talk.code, 7, "{}", talk.shown);
        assert!(talk.shown.contains("nothing was done"), "{}", talk.shown);
    }
    assert_eq!(project.states(), ["applied", "applied"]);
}

#[test]
fn an_interrupt_ends_the_question() {
    let project = applied();
    let talk = answer(&project, &["db:fresh"], None);
    assert_eq!(talk.code, 130, "{}", talk.shown);
    assert_eq!(project.states(), ["applied", "applied"]);
}

#[test]
fn nothing_is_asked_where_that_is_not_wanted() {
    let project = applied();
    let talk = answer(&project, &["migrate:rollback", "--no-input"], None);
    assert_eq!(talk.code, 7);
    assert!(talk.shown.contains("consent.missing"), "{}", talk.shown);
    let talk = answer(&project, &["migrate:rollback", "--no-input", "--yes"], None);
    assert_eq!(talk.code, 0, "{}", talk.shown);
}

#[test]
fn a_terminal_gets_colour_unless_it_says_otherwise() {
    let project = applied();
    assert!(answer(&project, &["migrate:rollback", "--no-input"], None).shown.contains("\u{1b}["));
    let plain = answer(&project, &["migrate:rollback", "--no-input", "--color=never"], None);
    assert!(!plain.shown.contains("\u{1b}["), "{}", plain.shown);
}
