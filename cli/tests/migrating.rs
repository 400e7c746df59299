//! The commands of the documentation, spelled as it spells them, on a database in a file.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod support;

use support::{Project, migration_path, version};

/// A project with three migrations: users, posts, and a column of posts.
fn blog() -> Project {
    let project = Project::new();
    project.migration(
        1,
        "create_users_table",
        "CREATE TABLE users (id BIGINT PRIMARY KEY, email VARCHAR(255) NOT NULL);",
    );
    project.migration(
        2,
        "create_posts_table",
        "CREATE TABLE posts (id BIGINT PRIMARY KEY, author_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE);",
    );
    project.migration(3, "add_title_to_posts", "ALTER TABLE posts ADD COLUMN title VARCHAR(200);");
    project
}

#[test]
fn the_documentations_commands_do_what_it_says() {
    let project = Project::new();
    project.done(&["make:migration", "create posts table"]);
    assert_eq!(project.states(), ["pending"]);
    let outcome = project.done(&["database:migrate"]);
    assert!(
        outcome.stdout.contains("create_posts_table") && outcome.stdout.ends_with("1 migration applied\n"),
        "{outcome:?}"
    );
    assert_eq!(project.states(), ["applied"]);
    assert!(project.done(&["migrate:status"]).stdout.contains("1 applied"));
    project.done(&["migrate:rollback", "--yes"]);
    assert_eq!(project.states(), ["pending"]);
    for message in ["create users table", "create tags table", "create notes table"] {
        project.done(&["make:migration", message]);
    }
    project.done(&["database:migrate"]);
    project.done(&["migrate:rollback", "--steps=3", "--force"]);
    assert_eq!(project.states(), ["applied", "pending", "pending", "pending"]);
    project.done(&["migrate:reset", "-y"]);
    assert_eq!(project.states(), ["pending"; 4]);
    project.done(&["make:model", "post"]);
}

#[test]
fn status_shows_every_migration_and_changes_nothing() {
    let project = blog();
    let outcome = project.done(&["migrate:status"]);
    assert!(outcome.stdout.contains("3 pending"), "{outcome:?}");
    assert!(!project.path("app.db").exists());
    project.done(&["database:migrate", "--to", &version(2)]);
    let before = std::fs::read(project.path("app.db")).unwrap();
    assert!(project.done(&["migrate:status"]).stdout.contains("2 applied, 1 pending"));
    assert_eq!(std::fs::read(project.path("app.db")).unwrap(), before);
    assert_eq!(project.files("."), [".env", "app.db", "database"]);
}

#[test]
fn check_tells_pending_by_its_exit_code() {
    let project = blog();
    assert_eq!(project.run(&["migrate:status", "--check"]).code, 3);
    project.done(&["database:migrate"]);
    assert_eq!(project.run(&["migrate:status", "--check"]).code, 0);
}

#[test]
fn migrating_twice_applies_nothing_the_second_time() {
    let project = blog();
    let report = project.done(&["database:migrate", "--json"]).data();
    assert_eq!(report["migrations"].as_array().unwrap().len(), 3);
    let outcome = project.done(&["database:migrate"]);
    assert_eq!(outcome.stdout, "nothing to apply: every migration is applied already\n");
    assert_eq!(project.done(&["database:migrate", "-q"]).stdout, "");
}

#[test]
fn pretending_prints_the_statements_and_makes_nothing() {
    let project = blog();
    project.done(&["database:migrate", "--to", "create_users_table"]);
    let before = std::fs::read(project.path("app.db")).unwrap();
    let outcome = project.done(&["database:migrate", "--pretend"]);
    assert!(outcome.stdout.contains("CREATE TABLE \"posts\""), "{}", outcome.stdout);
    assert!(outcome.stdout.contains("fastman_migrations"), "{}", outcome.stdout);
    let outcome = project.done(&["migrate:rollback", "--pretend"]);
    assert!(outcome.stdout.contains("DROP TABLE \"users\""), "{}", outcome.stdout);
    assert_eq!(std::fs::read(project.path("app.db")).unwrap(), before);
}

#[test]
fn pretending_without_a_database_prints_what_an_empty_one_would_get() {
    let project = blog();
    let outcome = project.done(&["database:migrate", "--pretend"]);
    assert!(
        outcome.stdout.contains("CREATE TABLE \"users\"") && outcome.stderr.contains("not there yet"),
        "{outcome:?}"
    );
    let report: serde_json::Value =
        serde_json::from_str(&project.done(&["database:migrate", "--pretend", "--json"]).stdout).unwrap();
    let statements = report["migrations"][0]["statements"].to_string();
    assert!(report["pretended"] == true && statements.contains("CREATE TABLE"), "{report}");
    assert_eq!(project.files("."), [".env", "database"]);
}

#[test]
fn destructive_commands_ask_and_without_a_terminal_refuse() {
    let project = blog();
    project.done(&["database:migrate"]);
    for command in ["migrate:rollback", "migrate:reset", "migrate:redo", "db:fresh"] {
        let outcome = project.fails(&[command], 7, "consent.missing");
        assert!(outcome.stderr.contains("app.db") && outcome.stderr.contains("--yes"), "{}", outcome.stderr);
        assert!(outcome.stderr.contains("posts"), "{}", outcome.stderr);
        assert_eq!(project.states(), ["applied"; 3]);
    }
    let error = project.fails(&["migrate:reset", "--json"], 7, "consent.missing").error();
    assert_eq!(error["details"].as_array().unwrap().len(), 3);
}

#[test]
fn nothing_was_applied_after_the_last_one() {
    let project = blog();
    project.done(&["database:migrate"]);
    let outcome = project.done(&["migrate:rollback", "--to", &version(3)]);
    assert_eq!(outcome.stdout, format!("nothing to undo: no migration was applied after {}\n", version(3)));
    assert_eq!(project.states(), ["applied"; 3]);
}

#[test]
fn redo_undoes_and_applies_again() {
    let project = blog();
    project.done(&["database:migrate"]);
    let report = project.done(&["migrate:redo", "--steps=2", "--yes", "--json"]).data();
    assert_eq!(report["rolled_back"].as_array().unwrap().len(), 2);
    assert_eq!(report["applied"].as_array().unwrap().len(), 2);
    assert_eq!(project.states(), ["applied"; 3]);
}

#[test]
fn a_rollback_works_after_the_file_is_gone() {
    let project = blog();
    project.done(&["database:migrate"]);
    std::fs::remove_file(project.path(&migration_path(3, "add_title_to_posts"))).unwrap();
    project.done(&["migrate:rollback", "--yes"]);
    assert_eq!(project.states(), ["applied", "applied"]);
}

#[test]
fn the_doctor_says_what_it_finds_without_changing_anything() {
    let project = blog();
    project.done(&["database:migrate", "--to", &version(1)]);
    let before = std::fs::read(project.path("app.db")).unwrap();
    let data = project.done(&["doctor", "--json"]).data();
    assert_eq!((&data["may_write"], &data["may_create_tables"]), (&true.into(), &true.into()));
    assert!(data["server"].as_str().unwrap().starts_with("SQLite 3."), "{data}");
    assert_eq!((&data["migrations"]["applied"], &data["migrations"]["pending"]), (&1.into(), &2.into()));
    assert_eq!(std::fs::read(project.path("app.db")).unwrap(), before);
    assert!(project.done(&["doctor"]).stdout.contains("sqlite:///./app.db"));
}

#[test]
fn a_database_is_made_on_request() {
    let project = Project::new();
    assert!(project.done(&["db:create"]).stdout.contains("made"));
    assert!(project.path("app.db").exists());
    assert!(project.done(&["db:create"]).stdout.contains("is there already"));
}

#[test]
fn commands_work_from_a_folder_inside() {
    let project = blog();
    std::fs::create_dir_all(project.path("app/features")).unwrap();
    let output = project.command(&["database:migrate"]).current_dir(project.path("app/features")).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(project.path("app.db").exists(), "a relative path in the URL starts from the project's folder");
}

#[test]
fn a_flag_wins_over_the_environment_over_the_file_over_the_config() {
    let project = blog();
    let file = |name: &str| format!("sqlite:///./{name}.db");
    project.write(
        "fastman.toml",
        &format!("url = \"{}\"\n[databases.reporting]\nurl = \"{}\"\n", file("config"), file("reporting")),
    );
    let made = |arguments: &[&str], environment: Option<String>, expected: &str| {
        let mut command = project.command(arguments);
        if let Some(url) = environment {
            command.env("DATABASE_URL", url);
        }
        assert!(command.output().unwrap().status.success());
        assert!(project.path(expected).exists(), "{expected}");
        std::fs::remove_file(project.path(expected)).unwrap();
    };
    project.write(".env", "");
    made(&["db:create"], None, "config.db");
    project.write(".env", &format!("DATABASE_URL={}\n", file("file")));
    made(&["db:create"], None, "file.db");
    made(&["db:create"], Some(file("process")), "process.db");
    made(&["db:create", "--url", &file("flag")], Some(file("process")), "flag.db");
    made(&["db:create", "--database", "reporting"], Some(file("process")), "reporting.db");
    project.write("other.env", &format!("DATABASE_URL={}\n", file("other")));
    made(&["db:create", "--env-file", "other.env"], None, "other.db");
}

#[test]
fn fresh_drops_what_the_migrations_made_and_applies_them_anew() {
    let project = blog();
    project.done(&["database:migrate", "--to", &version(2)]);
    project.done(&["db:fresh", "--yes"]);
    assert_eq!(project.states(), ["applied"; 3]);
}

/// A project with a table that fastman knows, and one that a section for this engine made.
fn audited(down: &str) -> (Project, rusqlite::Connection) {
    let project = Project::new();
    project.migration(1, "a", "CREATE TABLE t (id BIGINT PRIMARY KEY);");
    project.write(&migration_path(2, "audit"), &format!("-- migrate:up sqlite\nCREATE TABLE audit (x);\n{down}"));
    project.done(&["database:migrate"]);
    let database = rusqlite::Connection::open(project.path("app.db")).unwrap();
    database.execute_batch("INSERT INTO audit VALUES (1)").unwrap();
    (project, database)
}

fn audited_rows(database: &rusqlite::Connection) -> i64 {
    database.query_row("SELECT count(*) FROM audit", [], |row| row.get(0)).unwrap()
}

#[test]
fn fresh_says_that_it_does_not_know_what_a_section_for_this_engine_drops() {
    let (project, database) = audited("-- migrate:down sqlite\nDROP TABLE audit;\n");
    let outcome = project.fails(&["db:fresh"], 7, "consent.missing");
    assert!(outcome.stderr.contains("lost: table t"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("written for sqlite") && outcome.stderr.contains("_audit"), "{}", outcome.stderr);
    assert!(!outcome.stderr.contains("kept"), "{}", outcome.stderr);
    project.done(&["db:fresh", "--yes"]);
    assert_eq!(audited_rows(&database), 0);
}

#[test]
fn fresh_that_fails_in_the_middle_leaves_everything_as_it_was() {
    let (project, database) = audited("-- migrate:down sqlite\nDROP TABLE audit;\n");
    database
        .execute_batch("INSERT INTO t VALUES (1); CREATE TABLE theirs (t_id BIGINT REFERENCES t (id)); INSERT INTO theirs VALUES (1)")
        .unwrap();
    assert_eq!(project.run(&["db:fresh", "--yes"]).code, 1);
    assert_eq!(audited_rows(&database), 1);
    assert_eq!(project.states(), ["applied"; 2]);
}

#[test]
fn fresh_refuses_before_it_drops_anything_where_a_section_for_this_engine_has_no_way_back() {
    let (project, database) = audited("");
    let outcome = project.fails(&["db:fresh", "--yes"], 7, "migrate.in-the-way");
    assert!(outcome.stderr.contains("_audit") && outcome.stderr.contains("migrate:down"), "{}", outcome.stderr);
    assert_eq!((audited_rows(&database), project.states()), (1, vec!["applied".to_owned(); 2]));
    database.execute_batch("DROP TABLE audit").unwrap();
    project.done(&["db:fresh", "--yes"]);
    assert_eq!(project.states(), ["applied"; 2]);
}

#[cfg(feature = "postgres")]
#[test]
fn a_script_needs_no_database() {
    let project = blog();
    let outcome = project.done(&["migrate:sql", "--dialect", "sqlite"]);
    assert!(outcome.stdout.contains("CREATE TABLE \"users\"") && outcome.stdout.contains("fastman_migrations"));
    let outcome = project.done(&["migrate:sql", "--from", &version(2)]);
    assert!(
        !outcome.stdout.contains("CREATE TABLE \"users\"") && outcome.stdout.contains("title"),
        "{}",
        outcome.stdout
    );
    assert!(!project.path("app.db").exists());
    let outcome = project.done(&["migrate:sql", "--dialect", "postgres"]);
    assert!(outcome.stdout.contains("-- fastman 0.1.0: migrations for postgres 13"), "{}", outcome.stdout);
    let data = project.done(&["migrate:sql", "--dialect", "sqlite", "--json"]).data();
    assert_eq!((&data["dialect"], data["migrations"].as_array().unwrap().len()), (&"sqlite".into(), 3), "{data}");
    let statements = data["migrations"][0]["statements"].as_array().unwrap();
    let is = |text: &str| statements.iter().any(|statement| statement.as_str().unwrap().starts_with(text));
    assert!(is("CREATE TABLE \"users\"") && is("INSERT INTO \"fastman_migrations\""), "{data}");
    project.fails(&["migrate:sql", "--dialect", "oracle"], 2, "engine.not-built");
    project.fails(&["migrate:sql", "--dialect", "sqlit"], 2, "engine.unknown");
    project.fails(&["migrate:sql", "--server-version", "new"], 2, "sql.server-version");
}

#[test]
fn a_baseline_adopts_a_database() {
    let project = blog();
    let database = rusqlite::Connection::open(project.path("app.db")).unwrap();
    database
        .execute_batch("CREATE TABLE users (id INTEGER PRIMARY KEY); CREATE TABLE posts (id INTEGER PRIMARY KEY)")
        .unwrap();
    drop(database);
    let outcome = project.done(&["migrate:baseline", &version(2)]);
    assert!(outcome.stdout.contains("2 migrations recorded as applied"), "{}", outcome.stdout);
    assert_eq!(project.states(), ["baseline", "baseline", "pending"]);
    project.fails(&["migrate:baseline", "nothing"], 2, "migrate.unknown-version");
}

#[test]
fn the_schema_is_shown_as_portable_sql() {
    let project = blog();
    let outcome = project.done(&["schema:show"]);
    assert!(outcome.stdout.contains("CREATE TABLE posts (") && outcome.stdout.contains("title"), "{}", outcome.stdout);
    let data = project.done(&["schema:show", "--json"]).data();
    assert!(data.to_string().contains("posts"), "{data}");
    assert!(!project.path("app.db").exists());
}

#[test]
fn a_changed_file_is_taken_as_it_is_on_request() {
    let project = blog();
    project.done(&["database:migrate"]);
    project.migration(3, "add_title_to_posts", "ALTER TABLE posts ADD COLUMN title VARCHAR(300);");
    let outcome = project.fails(&["migrate:repair"], 2, "repair.undecided");
    assert!(outcome.stderr.contains(&version(3)) && outcome.stderr.contains("--accept-checksum"), "{outcome:?}");
    let outcome = project.done(&["migrate:repair", "--accept-checksum", &version(3)]);
    assert!(outcome.stdout.contains("1 migration settled"), "{outcome:?}");
    assert_eq!(project.states(), ["applied"; 3]);
    assert_eq!(project.done(&["migrate:repair"]).stdout, "nothing to be settled\n");
    project.fails(&["migrate:repair", "--applied", "--prune"], 2, "usage.arguments");
}

#[test]
fn what_a_person_sees() {
    let project = blog();
    insta::assert_snapshot!(project.done(&["migrate:status"]).stdout, @r"
    version         name                state    applied (UTC)  took
    20260101000001  create_users_table  pending
    20260101000002  create_posts_table  pending
    20260101000003  add_title_to_posts  pending

    3 pending
    ");
    project.done(&["database:migrate"]);
    let outcome = project.fails(&["migrate:rollback", "--steps=2"], 7, "consent.missing");
    insta::assert_snapshot!(project.stable(&outcome.stderr).replace(&server(&project), "SERVER"), @r"
    consent.missing

      × migrate:rollback undoes 2 migrations on PROJECT/app.db (SERVER), and nobody can be asked here
      │ - 20260101000003 add_title_to_posts (lost: column posts.title)
      │ - 20260101000002 create_posts_table (lost: table posts)
      help: if that is what you want, give the same command with --yes
    ");
    insta::assert_snapshot!(project.done(&["schema:show", "posts"]).stdout, @r"
    CREATE TABLE posts (
        id        BIGINT,
        author_id BIGINT NOT NULL,
        title     VARCHAR(200),
        CONSTRAINT pk_posts PRIMARY KEY (id),
        CONSTRAINT fk_posts_author_id FOREIGN KEY (author_id) REFERENCES users (id) ON DELETE CASCADE
    );
    ");
}

/// The server's name and version, as the doctor tells them.
fn server(project: &Project) -> String {
    project.done(&["doctor", "--json"]).data()["server"].as_str().unwrap().to_owned()
}

#[test]
fn where_there_are_no_migrations_it_is_said_how_to_make_one() {
    let project = Project::new();
    std::fs::create_dir_all(project.path("database/migrations/versions")).unwrap();
    for arguments in [["database:migrate"], ["migrate:status"]] {
        let outcome = project.done(&arguments);
        let said = "no migrations in database/migrations/versions yet; the first is made by: fastman make:migration";
        assert!(outcome.stdout.contains(said), "{}", outcome.stdout);
    }
    std::fs::remove_dir(project.path("database/migrations/versions")).unwrap();
    let outcome = project.fails(&["migrate:status"], 1, "migration.no-folder");
    assert!(outcome.stderr.contains("make:migration"), "{}", outcome.stderr);
}
