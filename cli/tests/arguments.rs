//! The command line itself: help, typing errors, JSON and colour.

mod support;

use support::Project;

#[test]
fn without_a_command_there_is_help() {
    let outcome = Project::empty().done(&[]);
    for text in ["Usage: fastman", "make:migration", "migrate:status", "--url", "Examples:"] {
        assert!(outcome.stdout.contains(text), "{text}: {}", outcome.stdout);
    }
    assert_eq!(outcome.stderr, "");
    assert!(Project::empty().done(&["--version"]).stdout.starts_with("fastman 0."));
    for command in ["make:migration", "make:model", "migrate:status", "doctor"] {
        assert!(
            Project::empty().done(&[command, "--help"]).stdout.contains("Examples:") || command == "make:migration"
        );
        assert!(Project::empty().done(&["help", command]).stdout.contains("Usage: fastman"));
    }
}

#[test]
fn a_command_that_is_not_there_suggests_the_one_that_was_meant() {
    let project = Project::empty();
    for (arguments, meant) in [
        (vec!["migrate", "status"], "migrate:status"),
        (vec!["migrate-status"], "migrate:status"),
        (vec!["status"], "migrate:status"),
        (vec!["make:migraton", "x"], "make:migration"),
        (vec!["make", "model", "post"], "make:model"),
        (vec!["--json", "--color", "never", "migrate:stats"], "migrate:status"),
    ] {
        let outcome = project.fails(&arguments, 2, "usage.unknown-command");
        assert!(outcome.stderr.contains(&format!("did you mean `fastman {meant}`?")), "{}", outcome.stderr);
    }
    assert!(!project.fails(&["zebra"], 2, "usage.unknown-command").stderr.contains("did you mean"));
}

#[test]
fn a_flag_that_is_not_there_suggests_the_nearest() {
    let outcome = Project::empty().fails(&["doctor", "--wiat", "3"], 2, "usage.arguments");
    assert!(outcome.stderr.contains("--wait"), "{}", outcome.stderr);
    let outcome = Project::empty().fails(&["doctor", "--wait", "soon"], 2, "usage.arguments");
    assert!(outcome.stderr.contains("not a whole number"), "{}", outcome.stderr);
}

#[test]
fn json_errors_have_code_message_help_place_and_details() {
    let project = Project::new();
    project.write("fastman.toml", "\nengine = []\n");
    let error = project.fails(&["migrate:status", "--json"], 1, "config.unknown-key").error();
    assert_eq!(error["code"], "config.unknown-key");
    assert_eq!(error["location"]["file"], "fastman.toml");
    assert_eq!((&error["location"]["line"], &error["location"]["column"]), (&2.into(), &1.into()));
    assert!(error["help"].as_str().unwrap().contains("engines"));
    assert_eq!(error["details"], serde_json::json!([]));
    let error = project.fails(&["--json", "zebra"], 2, "usage.unknown-command").error();
    assert_eq!(error["code"], "usage.unknown-command");
}

#[test]
fn an_error_points_at_its_place() {
    let project = Project::new();
    project.write("fastman.toml", "engines = [\"sqlite\", \"postgre\"]\n");
    let outcome = project.fails(&["migrate:status"], 1, "config.unknown-engine");
    insta::assert_snapshot!(outcome.stderr, @r#"
    config.unknown-engine

      × unknown engine "postgre"
       ╭─[fastman.toml:1:22]
     1 │ engines = ["sqlite", "postgre"]
       ·                      ────┬────
       ·                          ╰── no engine has this name
       ╰────
      help: did you mean postgres? known engines: sqlite, postgres, mysql, mariadb, oracle
    "#);
}

#[test]
fn colour_is_for_terminals_and_for_those_who_ask() {
    let project = Project::empty();
    let escape = |arguments: &[&str]| project.run(arguments).stderr.contains('\x1b');
    assert!(!escape(&["doctor"]));
    assert!(escape(&["doctor", "--color", "always"]));
    assert!(!escape(&["doctor", "--color=never"]));
    let output = project.command(&["doctor", "--color=always", "--json"]).output().unwrap();
    assert!(!output.stderr.contains(&0x1b));
}

#[test]
fn where_the_locale_has_no_utf8_an_error_is_plain_ascii() {
    let project = Project::new();
    project.write("fastman.toml", "zebra = 1\n");
    let output = project.command(&["doctor"]).env("LC_ALL", "C").output().unwrap();
    assert!(output.stderr.is_ascii(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn completions_are_printed_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let outcome = Project::empty().done(&["completions", shell]);
        assert!(outcome.stdout.contains("make:migration"), "{shell}");
    }
    assert!(Project::empty().done(&["completions", "zsh"]).stdout.contains("'make\\:migration:Make a migration file'"));
    Project::empty().fails(&["completions", "cmd"], 2, "usage.arguments");
}

#[test]
fn a_closed_pipe_ends_it_quietly() {
    let project = Project::empty();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = project.command(&["completions", "bash"]).stdout(writer).output().unwrap();
    assert_eq!((output.status.code(), &*output.stderr), (Some(141), &b""[..]));
}

#[cfg(feature = "postgres")]
#[test]
fn verbose_says_more_and_still_no_password() {
    let project = Project::new();
    let url = "postgres://me:hunter2@host/db?sslpassword=hunter2";
    let outcome = project.fails(&["doctor", "-v", "--url", url], 2, "url.parameter");
    assert!(!(outcome.stdout + &outcome.stderr).contains("hunter2"));
    project.migration(1, "create_users_table", "CREATE TABLE users (id BIGINT PRIMARY KEY);");
    let outcome = project.done(&["database:migrate", "-v"]);
    assert!(outcome.stderr.contains("connecting url=sqlite:///./app.db"), "{}", outcome.stderr);
}

#[test]
fn a_url_in_the_wrong_place_is_not_printed() {
    let project = Project::new();
    let url = "postgres://me:hunter2@host/db?a=b";
    for arguments in [
        vec![url],
        vec!["migrate:status", url],
        vec!["migrate:status", "--ulr", url],
        vec!["migrate:status", &format!("--ulr={url}")],
        vec!["migrate:status", &format!("--color={url}")],
        vec!["migrate:status", "--check=me:hunter2@host"],
        vec!["doctor", "--wait", url],
        vec!["--json", "completions", url],
    ] {
        let outcome = project.run(&arguments);
        assert_eq!(outcome.code, 2, "{outcome:?}");
        assert!(!(outcome.stdout + &outcome.stderr).contains("hunter2"), "{arguments:?}");
    }
}

#[test]
fn a_word_that_an_option_was_forgotten_for_is_told_which() {
    for (arguments, option) in [
        (vec!["migrate:rollback", "3"], "--steps=3"),
        (vec!["migrate:rollback", "20260131120000"], "--to=20260131120000"),
        (vec!["--url", "sqlite:///./app.db", "database:seed", "UserSeeder"], "--class=UserSeeder"),
        (vec!["database:migrate", "2026"], "--to=2026"),
        (vec!["factory:create", "user", "10"], "--count=10"),
    ] {
        let outcome = Project::empty().fails(&arguments, 2, "usage.arguments");
        assert!(outcome.stderr.contains(&format!("did you mean {option}?")), "{}", outcome.stderr);
    }
    let outcome = Project::empty().fails(&["migrate:status", "now"], 2, "usage.arguments");
    assert!(!outcome.stderr.contains("did you mean"), "{}", outcome.stderr);
}
