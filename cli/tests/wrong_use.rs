//! Wrong use: each gets a helpful error, and the exit code that belongs to it.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use support::{FILE_URL, Project, migration_path, version};

/// A project with one migration that is applied.
fn applied() -> Project {
    let project = Project::new();
    project.migration(5, "create_users_table", "CREATE TABLE users (id BIGINT PRIMARY KEY);");
    project.done(&["database:migrate"]);
    project
}

/// A project with one migration of that SQL, which is not applied.
fn with_sql(sql: &str) -> Project {
    let project = Project::new();
    project.migration(1, "wrong", sql);
    project
}

#[test]
fn no_project() {
    let folder = Project::empty();
    for command in ["database:migrate", "migrate:status", "migrate:reset", "schema:show", "db:fresh"] {
        let outcome = folder.fails(&[command], 2, "project.not-found");
        assert!(
            outcome.stderr.contains("fastman.toml") && outcome.stderr.contains("make:migration"),
            "{}",
            outcome.stderr
        );
    }
}

#[test]
fn no_database_url() {
    let project = Project::new();
    project.write(".env", "DATABASE_URL=\n");
    let outcome = project.fails(&["database:migrate"], 2, "url.missing");
    for text in
        ["--url", "environment variable DATABASE_URL", ".env", "fastman.toml", "DATABASE_URL=sqlite:///./app.db"]
    {
        assert!(outcome.stderr.contains(text), "{text}: {}", outcome.stderr);
    }
}

#[test]
fn a_malformed_url_whose_password_is_not_printed() {
    let project = Project::new();
    for url in [
        "postgres://me:hunter2@secret@host/db",
        "postgres://me:hun/ter2@host/db",
        "hunter2@host",
        "postgres:/me:hunter2@h",
    ] {
        for arguments in [vec!["database:migrate"], vec!["doctor"], vec!["-vv", "--json", "migrate:status"]] {
            let output = project.command(&arguments).env("DATABASE_URL", url).output().unwrap();
            let outcome = support::Outcome::of(output);
            assert_eq!(outcome.code, 2, "{outcome:?}");
            assert!(outcome.stderr.contains("url.malformed"), "{outcome:?}");
            let all = outcome.stdout + &outcome.stderr;
            assert!(!all.contains("hunter2") && !all.contains("ter2@") && !all.contains("secret"), "{all}");
        }
    }
    project.write("fastman.toml", "[databases.x]\nurl = \"postgres://me:hunter2@sec@host/db\"\n");
    let outcome = project.fails(&["database:migrate"], 2, "url.malformed");
    assert!(outcome.stderr.contains("fastman.toml:2:7") && !outcome.stderr.contains("hunter2"), "{}", outcome.stderr);
}

#[test]
fn an_unknown_scheme_and_one_whose_adapter_is_not_built() {
    let project = Project::new();
    let outcome = project.fails(&["migrate:status", "--url", "sqllite:///./app.db"], 2, "url.unknown-scheme");
    assert!(outcome.stderr.contains("did you mean sqlite://?"), "{}", outcome.stderr);
    for scheme in ["oracle", "oracle+cx_oracle"] {
        let url = format!("{scheme}://user:pass@host/db");
        let outcome = project.fails(&["migrate:status", "--url", &url], 2, "url.scheme-not-built");
        assert!(!outcome.stderr.contains("pass@"), "{}", outcome.stderr);
    }
}

#[test]
fn a_store_of_documents_has_nothing_to_migrate() {
    let project = Project::new();
    project.migration(1, "make users", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    for command in [
        &["database:migrate"][..],
        &["database:migrate", "--pretend"],
        &["migrate:status"],
        &["migrate:rollback"],
        &["migrate:redo"],
        &["migrate:reset"],
        &["migrate:baseline", "20240101000001"],
        &["migrate:baseline", "no such version"],
        &["migrate:repair"],
        &["migrate:repair", "no such version", "--applied"],
        &["migrate:sql"],
        &["migrate:sql", "--dialect", "firestore"],
    ] {
        // No connection is made, or this would take a while and end in another error.
        let arguments = [command, &["--yes", "--url", "firestore://no-such-project"]].concat();
        let outcome = project.fails(&arguments, 7, "store.no-schema");
        assert!(outcome.stderr.contains("Firestore has no schema to migrate"), "{}", outcome.stderr);
        assert!(outcome.stderr.contains("database:seed"), "{}", outcome.stderr);
    }
    let outcome = project.fails(&["db:fresh", "--yes", "--url", "firebase://no-such-project"], 2, "fresh.collections");
    assert!(outcome.stderr.contains("--collections users,posts"), "{}", outcome.stderr);
    project.fails(&["db:fresh", "--yes", "--collections", "users"], 2, "fresh.collections");
}

#[test]
fn an_emulator_that_is_down_and_credentials_that_are_missing() {
    let project = Project::new();
    let outcome = project.fails(&["doctor", "--url", "firestore://p?emulator=127.0.0.1:1"], 1, "db.unreachable");
    assert!(outcome.stderr.contains("is the emulator running?"), "{}", outcome.stderr);
    // The project's environment file counts, and its paths start from the project.
    project.write(".env", "DATABASE_URL=firestore://p\nFIREBASE_CREDENTIALS_PATH=keys/none.json\n");
    let outcome = project.fails(&["doctor"], 1, "firestore.credentials");
    assert!(outcome.stderr.replace('\n', "").contains("keys/none.json"), "{}", outcome.stderr);
    project.write(".env", "DATABASE_URL=firestore://p\nFIRESTORE_EMULATOR_HOST=127.0.0.1:1\n");
    project.fails(&["doctor"], 1, "db.unreachable");
}

#[test]
fn an_environment_file_that_cannot_be_read() {
    let project = Project::new();
    project.write(".env", "A=1\nDATABASE_URL='postgres://me:hunter2@host/db\n");
    let outcome = project.fails(&["migrate:status"], 1, "env.syntax");
    assert!(outcome.stderr.contains("line 2") && !outcome.stderr.contains("hunter2"), "{}", outcome.stderr);
    project.fails(&["migrate:status", "--env-file", "none.env"], 2, "env.unreadable");
}

#[test]
fn a_database_that_can_not_be_reached() {
    let project = applied();
    project.fails(&["database:migrate", "--url", "sqlite:////no/such/folder/app.db"], 1, "db.unreachable");
    fs::write(project.path("app.db"), "this is no database, and long enough to be looked at as one").unwrap();
    project.fails(&["database:migrate"], 1, "db.corrupt");
}

#[test]
fn a_database_that_another_holds_locked() {
    let project = applied();
    project.migration(6, "create_posts_table", "CREATE TABLE posts (id BIGINT PRIMARY KEY);");
    let other = rusqlite::Connection::open(project.path("app.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let outcome = project.fails(&["database:migrate", "--lock-timeout", "1"], 5, "migrate.locked");
    assert!(outcome.stderr.contains("--lock-timeout"), "{}", outcome.stderr);
    other.execute_batch("ROLLBACK").unwrap();
    project.done(&["database:migrate"]);
}

#[test]
fn whoever_only_looks_at_a_locked_database_says_that_he_waits_and_what_helps() {
    let project = applied();
    let other = rusqlite::Connection::open(project.path("app.db")).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let url = format!("{FILE_URL}?busy_timeout=1500");
    let outcome = project.fails(&["migrate:status", "--lock-timeout", "1", "--url", &url], 5, "migrate.locked");
    assert!(outcome.stderr.contains("note: the database does not answer yet"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("--lock-timeout"), "{}", outcome.stderr);
    let outcome = project.fails(&["doctor", "--wait", "1", "--url", &url], 5, "migrate.locked");
    assert!(outcome.stderr.contains("--wait") && !outcome.stderr.contains("--lock-timeout"), "{}", outcome.stderr);
}

#[test]
fn an_unknown_type() {
    let outcome = with_sql("CREATE TABLE t (\n    id BIGINT PRIMARY KEY,\n    name VARCHARR(20)\n);").fails(
        &["database:migrate"],
        1,
        "schema.unknown-type",
    );
    assert!(outcome.stderr.contains(&format!("{}:6:10", migration_path(1, "wrong"))), "{}", outcome.stderr);
}

#[test]
fn a_syntax_error_at_a_line() {
    let outcome = with_sql("CREATE TABLE t (\n    id BIGINT PRIMARY KEY,,\n    name VARCHAR(20)\n);").fails(
        &["database:migrate"],
        1,
        "sql.syntax",
    );
    assert!(outcome.stderr.contains(&format!("{}:5:27", migration_path(1, "wrong"))), "{}", outcome.stderr);
    insta::assert_snapshot!(outcome.stderr, @r"
    sql.syntax

      × expected a column or a constraint, found `,`
       ╭─[database/migrations/versions/20260101000001_wrong.sql:5:27]
     4 │ CREATE TABLE t (
     5 │     id BIGINT PRIMARY KEY,,
       ·                           ─
     6 │     name VARCHAR(20)
       ╰────
    ");
}

#[test]
fn an_unknown_section_name() {
    let project = Project::new();
    project.write(&migration_path(1, "wrong"), "-- migrate:upp\nCREATE TABLE t (id BIGINT PRIMARY KEY);\n");
    for command in ["database:migrate", "migrate:status"] {
        let outcome = project.fails(&[command], 1, "migration.unknown-section");
        assert!(outcome.stderr.contains("migrate:up"), "{}", outcome.stderr);
    }
    project.write(&migration_path(1, "wrong"), "-- migrate:up postgress\nSELECT 1;\n");
    project.fails(&["migrate:status"], 1, "migration.unknown-flavour");
}

#[test]
fn two_files_with_one_version() {
    let project = applied();
    project.migration(5, "create_posts_table", "CREATE TABLE posts (id BIGINT PRIMARY KEY);");
    let outcome = project.fails(&["migrate:status"], 1, "migration.duplicate-version");
    assert!(outcome.stderr.contains("rename"), "{}", outcome.stderr);
}

#[test]
fn an_applied_file_that_was_edited() {
    let project = applied();
    project.migration(5, "create_users_table", "CREATE TABLE users (id BIGINT PRIMARY KEY, name VARCHAR(20));");
    assert_eq!(project.states(), ["modified"]);
    project.fails(&["database:migrate"], 4, "migrate.modified");
    assert_eq!(project.run(&["migrate:status", "--check"]).code, 4);
    // What means nothing changes nothing.
    project.write(
        &migration_path(5, "create_users_table"),
        "-- other words\r\n-- migrate:up\r\n\r\nCREATE TABLE users (id BIGINT -- here\n PRIMARY KEY);",
    );
    assert_eq!(project.run(&["migrate:status", "--check"]).code, 0);
}

#[test]
fn an_applied_file_that_is_missing() {
    let project = applied();
    fs::remove_file(project.path(&migration_path(5, "create_users_table"))).unwrap();
    assert_eq!(project.states(), ["missing"]);
    project.fails(&["database:migrate"], 4, "migrate.missing");
    project.done(&["migrate:repair", "--prune"]);
    assert_eq!(project.states(), Vec::<String>::new());
}

#[test]
fn an_older_version_that_was_merged_late() {
    let project = applied();
    project.migration(1, "create_posts_table", "CREATE TABLE posts (id BIGINT PRIMARY KEY);");
    let outcome = project.fails(&["database:migrate"], 7, "migrate.out-of-order");
    assert!(outcome.stderr.contains("--allow-out-of-order"), "{}", outcome.stderr);
    project.done(&["database:migrate", "--allow-out-of-order"]);
    assert_eq!(project.states(), ["applied", "applied"]);
}

#[test]
fn an_irreversible_rollback() {
    let project = applied();
    project.migration(6, "add_first_user", "INSERT INTO users (id) VALUES (1);");
    project.done(&["database:migrate"]);
    project.fails(&["migrate:rollback", "--yes"], 7, "migrate.irreversible");
    assert_eq!(project.states(), ["applied", "applied"]);
}

#[test]
fn a_table_that_exists_already() {
    let project = applied();
    let database = rusqlite::Connection::open(project.path("app.db")).unwrap();
    database.execute_batch("CREATE TABLE posts (id INTEGER)").unwrap();
    drop(database);
    project.migration(6, "create_posts_table", "CREATE TABLE posts (id BIGINT PRIMARY KEY);");
    let outcome = project.fails(&["database:migrate"], 1, "db.already-exists");
    assert!(outcome.stderr.contains(&migration_path(6, "create_posts_table")), "{}", outcome.stderr);
    assert_eq!(project.states(), ["applied", "pending"]);
}

#[test]
fn a_database_that_has_tables_but_no_history() {
    let project = Project::new();
    let database = rusqlite::Connection::open(project.path("app.db")).unwrap();
    database.execute_batch("CREATE TABLE users (id INTEGER)").unwrap();
    drop(database);
    project.migration(5, "create_users_table", "CREATE TABLE users (id BIGINT PRIMARY KEY);");
    let outcome = project.fails(&["database:migrate"], 7, "migrate.unmanaged");
    assert!(outcome.stderr.contains("migrate:baseline"), "{}", outcome.stderr);
}

#[test]
fn a_history_of_another_project() {
    let project = Project::new();
    project.done(&["make:migration", "create users table"]);
    project.done(&["database:migrate"]);
    project.write("fastman.toml", "project_id = \"another\"\n");
    project.fails(&["database:migrate"], 7, "migrate.foreign-project");
    assert!(project.done(&["migrate:status"]).stdout.contains("another project"));
}

#[test]
fn a_guarded_database() {
    let project = applied();
    project.write("fastman.toml", "guard = [\"*app.db\"]\n");
    for arguments in [
        vec!["database:migrate"],
        vec!["migrate:rollback", "--yes"],
        vec!["migrate:reset", "-y"],
        vec!["db:fresh", "--force"],
    ] {
        project.fails(&arguments, 7, "guard.refused");
    }
    assert_eq!(project.states(), ["applied"]);
    project.done(&["database:migrate", "--url", "sqlite:///./other.sqlite"]);
}

#[test]
fn a_guarded_database_is_changed_by_who_names_it() {
    let project = applied();
    project.write("fastman.toml", "guard = [\"*app.db\"]\n");
    let outcome = project.fails(&["migrate:rollback", "--yes"], 7, "guard.refused");
    assert!(outcome.stderr.contains("--allow-guarded /"), "{}", outcome.stderr);
    project.fails(&["migrate:rollback", "--yes", "--allow-guarded", "other.db"], 7, "guard.refused");
    project.fails(&["migrate:rollback", "--yes", "--allow-guarded", "*"], 7, "guard.refused");
    project.done(&["migrate:rollback", "--yes", "--allow-guarded", "./app.db"]);
    assert_eq!(project.states(), ["pending"]);
    let allowed = [("FASTMAN_ALLOW_GUARDED", "./app.db")];
    let in_file = format!("{}FASTMAN_ALLOW_GUARDED=./app.db\n", project.read(".env"));
    project.write(".env", &in_file);
    project.fails(&["database:migrate"], 7, "guard.refused");
    assert!(project.command(&["database:migrate", "-q"]).envs(allowed).status().unwrap().success());
    assert_eq!(project.states(), ["applied"]);
}

#[test]
fn a_file_that_may_not_be_written() {
    let project = applied();
    project.migration(6, "create_posts_table", "CREATE TABLE posts (id BIGINT PRIMARY KEY);");
    let outcome = project.run_as_nobody(&["database:migrate"]);
    assert_eq!(outcome.code, 1, "{outcome:?}");
    assert!(outcome.stderr.contains("db.read-only"), "{outcome:?}");
    assert_eq!(project.states(), ["applied", "pending"]);
}

#[test]
fn the_doctor_says_of_a_file_that_may_only_be_read_that_it_may_not_be_written() {
    let project = applied();
    fs::set_permissions(project.path("app.db"), fs::Permissions::from_mode(0o444)).unwrap();
    let found = project.run_as_nobody(&["doctor", "--json"]).data();
    assert_eq!((&found["may_write"], &found["may_create_tables"]), (&false.into(), &false.into()), "{found}");
    assert!(found["why_not"].as_str().unwrap().contains("readonly"), "{found}");
}

#[test]
fn a_database_in_wal_mode_that_may_only_be_read_says_what_is_missing_and_what_helps() {
    let project = applied();
    rusqlite::Connection::open(project.path("app.db"))
        .unwrap()
        .query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))
        .unwrap();
    fs::set_permissions(project.root(), fs::Permissions::from_mode(0o555)).unwrap();
    let outcome = project.run_as_nobody(&["migrate:status"]);
    fs::set_permissions(project.root(), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(outcome.code, 1, "{outcome:?}");
    assert!(outcome.stderr.contains("is in WAL mode") && outcome.stderr.contains("journal_mode"), "{outcome:?}");
}

#[test]
fn a_full_disk() {
    let project = applied();
    project.write(
        &migration_path(6, "too_big"),
        "-- migrate:up sqlite\nPRAGMA max_page_count = 20;\nCREATE TABLE big (text TEXT);\n\
         INSERT INTO big SELECT printf('%.*c', 1000000, 'x');\n",
    );
    project.fails(&["database:migrate"], 1, "db.full");
    assert_eq!(project.states(), ["applied", "pending"]);
}

#[test]
fn a_closed_pipe() {
    let project = applied();
    project.migration(6, "create_posts_table", "CREATE TABLE posts (id BIGINT PRIMARY KEY);");
    for arguments in
        [vec!["database:migrate"], vec!["migrate:status"], vec!["migrate:status", "--json"], vec!["--help"]]
    {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = project.command(&arguments).stdout(writer).output().unwrap();
        assert_eq!(
            (output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()),
            (Some(141), ""),
            "{arguments:?}"
        );
    }
    assert_eq!(project.states(), ["applied", "applied"], "the work goes on where nobody reads of it");
}

#[test]
fn an_unknown_database_name() {
    let project = applied();
    project.write("fastman.toml", &format!("[databases.reporting]\nurl = \"{FILE_URL}\"\n"));
    let outcome = project.fails(&["migrate:status", "--database", "reprting"], 2, "database.unknown");
    assert!(outcome.stderr.contains("did you mean reporting?"), "{}", outcome.stderr);
}

#[test]
fn a_version_that_is_not_there() {
    let project = applied();
    project.fails(&["database:migrate", "--to", "nothing"], 2, "migrate.unknown-version");
    let outcome =
        project.fails(&["migrate:rollback", "--to", "create_user_table", "--yes"], 2, "migrate.unknown-version");
    assert!(outcome.stderr.contains("did you mean create_users_table?"), "{}", outcome.stderr);
    project.fails(&["migrate:rollback", "--steps=3", "--to", &version(5)], 2, "usage.arguments");
    project.fails(&["migrate:rollback", "--steps=0"], 2, "usage.arguments");
}

#[test]
fn a_sqlite_url_with_two_slashes() {
    let outcome = Project::new().fails(&["migrate:status", "--url", "sqlite://app.db"], 2, "url.no-file");
    assert!(outcome.stderr.contains("did you mean sqlite:///app.db?"), "{}", outcome.stderr);
}
