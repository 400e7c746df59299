//! `make:migration` and `make:model`: what they write, where, and what they leave alone.

mod support;

use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use support::Project;

const VERSIONS: &str = "database/migrations/versions";

#[test]
fn a_migration_is_a_timestamped_file_in_the_folder_of_versions() {
    let project = Project::empty();
    let outcome = project.done(&["make:migration", "create posts table"]);
    let files = project.files(VERSIONS);
    assert_eq!(files.len(), 1);
    assert_eq!(outcome.stdout, format!("{VERSIONS}/{}\n", files[0]));
    let (version, name) = files[0].split_once('_').unwrap();
    assert!(version.len() == 14 && version.bytes().all(|byte| byte.is_ascii_digit()), "{version}");
    assert_eq!(name, "create_posts_table.sql");
    assert!(project.read(&format!("{VERSIONS}/{}", files[0])).contains("CREATE TABLE posts ("));
}

#[test]
fn the_messages_of_the_documentation_make_files_of_these_names() {
    let project = Project::empty();
    for message in ["create users table", "add email column to posts", "create orders index"] {
        project.done(&["make:migration", message]);
    }
    let names: Vec<String> = project.files(VERSIONS).iter().map(|name| name[15..].to_owned()).collect();
    assert_eq!(names, ["create_users_table.sql", "add_email_column_to_posts.sql", "create_orders_index.sql"]);
}

#[test]
fn two_migrations_of_one_second_have_two_versions_in_order() {
    let project = Project::empty();
    for number in 0..5 {
        project.done(&["make:migration", &format!("step {number}")]);
    }
    let files = project.files(VERSIONS);
    let mut versions: Vec<&str> = files.iter().map(|name| &name[..14]).collect();
    versions.dedup();
    assert_eq!(versions.len(), 5);
    let names: Vec<&str> = files.iter().map(|name| &name[15..]).collect();
    assert_eq!(names, ["step_0.sql", "step_1.sql", "step_2.sql", "step_3.sql", "step_4.sql"]);
}

#[test]
fn migrations_made_at_once_have_different_versions() {
    let project = Project::empty();
    let children: Vec<_> = (0..8)
        .map(|number| {
            project
                .command(&["-q", "make:migration", &format!("at once {number}")])
                .stdout(Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let files = project.files(VERSIONS);
    let mut versions: Vec<&str> = files.iter().map(|name| &name[..14]).collect();
    versions.dedup();
    assert_eq!(versions.len(), 8, "{files:?}");
    assert_eq!(project.read("fastman.toml").matches("project_id").count(), 1);
}

#[test]
fn the_first_make_writes_the_projects_id_and_no_other_does() {
    let project = Project::empty();
    project.write("fastman.toml", "# ours\n[folders]\nmodels = \"models/{name}.sql\"\n");
    project.done(&["make:model", "post"]);
    let config = project.read("fastman.toml");
    assert!(
        config.starts_with("# ours\n") && config.ends_with("[folders]\nmodels = \"models/{name}.sql\"\n"),
        "{config}"
    );
    assert!(config.contains("project_id = \""));
    project.done(&["make:migration", "create posts table"]);
    assert_eq!(project.read("fastman.toml"), config);
    assert!(project.path("models/post.sql").is_file());
}

#[test]
fn a_model_is_a_table_named_in_the_plural() {
    let project = Project::empty();
    let outcome = project.done(&["make:model", "post"]);
    assert_eq!(outcome.stdout, "app/features/post/models.sql\n");
    assert!(project.read("app/features/post/models.sql").contains("CREATE TABLE posts ("));
    project.done(&["make:model", "BlogCategory"]);
    assert!(project.read("app/features/blog_category/models.sql").contains("CREATE TABLE blog_categories ("));
    project.done(&["make:model", "person", "--table", "staff"]);
    assert!(project.read("app/features/person/models.sql").contains("CREATE TABLE staff ("));
}

#[test]
fn a_file_that_is_there_is_not_overwritten() {
    let project = Project::empty();
    project.write("app/features/post/models.sql", "mine");
    project.fails(&["make:model", "post"], 1, "file.exists");
    assert_eq!(project.read("app/features/post/models.sql"), "mine");
}

#[test]
fn a_file_may_be_made_from_a_folder_inside() {
    let project = Project::new();
    std::fs::create_dir_all(project.path("app/features")).unwrap();
    let outcome =
        project.command(&["make:migration", "create posts table"]).current_dir(project.path("app/features")).output();
    assert!(outcome.unwrap().status.success());
    assert_eq!(project.files(VERSIONS).len(), 1);
    assert_eq!(project.files("app/features"), Vec::<String>::new());
}

#[test]
fn another_project_is_named_by_a_flag() {
    let here = Project::empty();
    let there = Project::new();
    let folder = there.root().to_string_lossy().into_owned();
    here.done(&["make:migration", "create posts table", "--project", &folder]);
    assert_eq!(there.files(VERSIONS).len(), 1);
    here.fails(&["make:migration", "x", "--project", "/nowhere/at/all"], 2, "project.not-found");
}

#[test]
fn json_says_what_was_made() {
    let project = Project::new();
    let made = project.done(&["make:migration", "create posts table", "--json"]);
    assert_eq!(made.data()["name"], "create_posts_table");
    assert_eq!(made.data()["file"].as_str().unwrap(), format!("{VERSIONS}/{}", project.files(VERSIONS)[0]));
    assert_eq!(made.stderr, "");
    assert_eq!(project.done(&["make:model", "post", "--json"]).data()["table"], "posts");
}

#[test]
fn a_message_without_a_word_and_no_message_at_all_are_refused() {
    let project = Project::new();
    project.fails(&["make:migration", "?!"], 2, "make.no-message");
    project.fails(&["make:migration"], 2, "usage.arguments");
    project.fails(&["make:model", "--", "-"], 2, "make.no-name");
}

#[test]
fn a_message_need_not_be_quoted() {
    let project = Project::new();
    project.done(&["make:migration", "create", "posts", "table"]);
    assert!(project.files(VERSIONS)[0].ends_with("_create_posts_table.sql"));
}

#[test]
fn a_folder_that_may_not_be_written_is_a_clear_error() {
    // A file where a folder is needed stops every user, the administrator too.
    let project = Project::new();
    project.write("app", "a file");
    let outcome = project.fails(&["make:model", "post"], 1, "file.unwritable");
    assert!(outcome.stderr.contains("app/features/post"), "{}", outcome.stderr);
    assert_eq!(project.read("app"), "a file");
}

#[test]
fn another_users_folder_is_a_clear_error() {
    let project = Project::new();
    project.done(&["make:migration", "first"]);
    let folder = project.path(VERSIONS);
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o555)).unwrap();
    let outcome = project.run_as_nobody(&["make:migration", "second"]);
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(outcome.code, 1, "{outcome:?}");
    assert!(
        outcome.stderr.contains("file.unwritable") && outcome.stderr.contains("may not write there"),
        "{outcome:?}"
    );
    assert_eq!(project.files(VERSIONS).len(), 1);
}

#[test]
fn a_migration_that_could_not_be_applied_as_it_stands_says_why() {
    let project = Project::new();
    let outcome = project.done(&["make:migration", "create posts table"]);
    assert!(!outcome.stderr.contains("as it stands"), "{outcome:?}");
    let outcome = project.done(&["make:migration", "create index on posts"]);
    assert!(outcome.stderr.contains("as it stands") && outcome.stderr.contains("column_name"), "{outcome:?}");
    // An older file that can't be read is in the way of a newer one.
    let outcome = project.done(&["make:migration", "create users table", "--json"]);
    assert!(outcome.data()["problems"][0].as_str().unwrap().contains("column_name"), "{outcome:?}");
    // Without a URL and without engines, nobody knows what to check it for.
    project.write(".env", "");
    assert_eq!(
        project.done(&["make:migration", "drop nothing table", "--json"]).data()["problems"],
        serde_json::json!([])
    );
}

#[test]
fn a_table_that_no_engine_can_have_is_refused_before_anything_is_written() {
    let project = Project::new();
    project.fails(&["make:model", "post", "--table", &"x".repeat(64)], 1, "name-too-long");
    assert!(!project.path("app").exists());
}
