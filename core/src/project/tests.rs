//! How a project is found, where its settings come from, and what is wrong with them.

use std::fs;

use super::*;
use crate::error::Category;
use crate::flavour::{Flavour, LexicalRules};

const EAST: Flavour = Flavour { name: "east", fallback: None, lexical: LexicalRules::STANDARD };
const WEST: Flavour = Flavour { name: "west", fallback: None, lexical: LexicalRules::STANDARD };
const FLAVOURS: Flavours = Flavours::new(&[&EAST, &WEST]);

fn project(config: &str) -> (tempfile::TempDir, Result<Project>) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(CONFIG_FILE), config).unwrap();
    let project = Project::open(folder.path(), &FLAVOURS);
    (folder, project)
}

fn config_error(config: &str) -> Error {
    project(config).1.unwrap_err()
}

fn environment(file: &str, process: fn(&str) -> Option<String>) -> Environment {
    Environment::parse(Path::new("/p/.env"), file, process).unwrap()
}

#[test]
fn a_project_is_the_nearest_folder_with_a_config_file_or_a_database_folder() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir_all(root.join("outer/database/migrations/versions")).unwrap();
    fs::create_dir_all(root.join("outer/inner/app/features")).unwrap();
    assert_eq!(Project::find(&root.join("outer/inner/app/features")), Some(root.join("outer")));
    assert_eq!(Project::find(&root.join("outer/database/migrations")), Some(root.join("outer")));
    fs::write(root.join("outer/inner/fastman.toml"), "").unwrap();
    assert_eq!(Project::find(&root.join("outer/inner/app")), Some(root.join("outer/inner")));
}

#[test]
fn no_project_says_where_it_looked_and_how_to_start_one() {
    let folder = tempfile::tempdir().unwrap();
    let error = Project::discover(folder.path(), &FLAVOURS).unwrap_err();
    assert_eq!((error.code(), error.category()), ("project.not-found", Category::Usage));
    assert!(error.message().contains(&folder.path().display().to_string()));
    assert!(error.help().unwrap().contains("make:migration"));
}

#[test]
fn everything_a_config_file_may_say_is_read() {
    let (_folder, project) = project(
        "project_id = \"abc\"\nurl = \"east:///./a.db\"\nengines = [\"east\", \"west\"]\nguard = [\"prod/*\"]\n\
         [folders]\nmigrations = \"m\"\nmodels = \"models/{name}.sql\"\n\
         [databases.reporting]\nurl = \"west://host/r\"\nmigrations = \"m/reporting\"\n",
    );
    let project = project.unwrap();
    let config = project.config();
    assert_eq!(config.project_id.as_deref(), Some("abc"));
    assert_eq!(config.engines, [&EAST, &WEST]);
    assert_eq!(config.guards, [Guard::new("prod/*")]);
    assert_eq!(project.migrations_folder(None), project.root().join("m"));
    assert_eq!(project.migrations_folder(Some("reporting")), project.root().join("m/reporting"));
    assert_eq!(project.model_path("post"), project.root().join("models/post.sql"));
}

#[test]
fn without_a_config_file_the_folders_are_the_usual_ones() {
    let folder = tempfile::tempdir().unwrap();
    let project = Project::open(folder.path(), &FLAVOURS).unwrap();
    assert_eq!(project.migrations_folder(None), folder.path().join("database/migrations/versions"));
    assert_eq!(project.model_path("post"), folder.path().join("app/features/post/models.sql"));
    assert_eq!(project.shown(&project.model_path("post")), "app/features/post/models.sql");
}

#[test]
fn a_misspelt_setting_is_an_error_at_its_place_with_the_nearest() {
    for (config, place, suggestion) in [
        ("\n engine = []", "fastman.toml:2:2", "did you mean engines?"),
        ("[folders]\nmigration = \"m\"", "fastman.toml:2:1", "did you mean migrations?"),
        ("[databases.a]\nurI = \"x\"", "fastman.toml:2:1", "did you mean url?"),
        ("zebra = 1", "fastman.toml:1:1", "known here: project_id"),
    ] {
        let error = config_error(config);
        assert_eq!(error.code(), "config.unknown-key");
        assert_eq!(error.location().unwrap().to_string(), place);
        assert!(error.help().unwrap().starts_with(suggestion), "{:?}", error.help());
    }
}

#[test]
fn a_setting_of_the_wrong_kind_says_what_it_must_be() {
    for (config, message) in [
        ("url = 1", "url must be a text in quotes"),
        ("engines = \"east\"", "engines must be a list of texts"),
        ("engines = [1]", "engines must be a list of texts"),
        ("folders = 1", "folders must be a table: [folders]"),
        ("databases.x = \"east://h/x\"", "databases.x must be a table: [databases.x]"),
    ] {
        let error = config_error(config);
        assert_eq!(error.code(), "config.wrong-type");
        assert!(error.message().starts_with(message), "{error}");
        assert!(error.location().is_some());
    }
}

#[test]
fn an_unknown_engine_is_an_error_with_the_nearest() {
    let error = config_error("engines = [\"east\", \"wets\"]");
    assert_eq!(error.code(), "config.unknown-engine");
    assert_eq!(error.location().unwrap().to_string(), "fastman.toml:1:20");
    assert!(error.help().unwrap().starts_with("did you mean west?"));
}

#[test]
fn a_pattern_of_models_needs_the_name() {
    assert_eq!(config_error("folders.models = \"models.sql\"").code(), "config.bad-pattern");
}

#[test]
fn a_folder_without_a_name_is_an_error_at_its_place() {
    for (text, place) in [
        ("[folders]\nmigrations = \"\"", "fastman.toml:2:14"),
        ("[folders]\nseeders = \" \"", "fastman.toml:2:11"),
        ("[databases.a]\nmigrations = \"\"", "fastman.toml:2:14"),
    ] {
        let error = config_error(text);
        assert_eq!((error.code(), error.location().unwrap().to_string().as_str()), ("config.no-folder", place));
    }
}

#[test]
fn a_guard_that_would_guard_nothing_is_an_error_at_its_place() {
    let error = config_error("guard = [\"db.example.com/*\",\n  \"postgres://me:hunter2@db.example.com/shop\"]");
    assert_eq!(error.code(), "config.bad-pattern");
    assert_eq!(error.location().unwrap().to_string(), "fastman.toml:2:3");
    assert_eq!(error.help(), Some("write \"db.example.com/shop\""));
    let error = config_error("guard = [\"me:hunter2@db.example.com/shop\"]");
    assert_eq!(error.help(), Some("write \"db.example.com/shop\""));
    for text in ["postgres://me:hunter2@host/x", "me:hunter2@host/x"] {
        assert!(!format!("{:?}", config_error(&format!("guard = [\"{text}\"]"))).contains("hunter2"), "{text}");
    }
}

#[test]
fn a_config_file_that_is_not_toml_is_an_error_at_its_place() {
    let error = config_error("url = \"east://me:hunter2@host/x\"\nengines = [\n");
    assert_eq!(error.code(), "config.syntax");
    assert!(error.location().unwrap().source.text.contains("engines = ["));
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
}

#[test]
fn a_malformed_url_in_the_config_file_is_pointed_at_and_hidden() {
    let error = config_error("[databases.r]\nurl = \"east://me:hun@ter2@host/x\"\n");
    assert_eq!((error.code(), error.category()), ("url.malformed", Category::Usage));
    assert_eq!(error.location().unwrap().to_string(), "fastman.toml:2:7");
    assert!(!format!("{error:?}").contains("ter2"), "{error:?}");
}

#[test]
fn the_flag_wins_over_the_environment_over_the_file_over_the_config() {
    let (_folder, project) = project("url = \"east://config/x\"");
    let project = project.unwrap();
    let none = environment("", |_| None);
    let file = environment("DATABASE_URL=east://file/x", |_| None);
    let both = environment("DATABASE_URL=east://file/x", |_| Some("east://process/x".to_owned()));
    let empty = environment("DATABASE_URL=east://file/x", |_| Some(String::new()));
    let host = |choice: Choice<'_>, environment: &Environment| {
        let target = project.target(choice, environment).unwrap();
        (target.url.host().unwrap().to_owned(), target.origin.to_string())
    };
    assert_eq!(host(Choice { url: Some("east://flag/x"), database: None }, &both).0, "flag");
    assert_eq!(host(Choice::default(), &both), ("process".into(), "the environment variable DATABASE_URL".into()));
    assert_eq!(host(Choice::default(), &file), ("file".into(), "DATABASE_URL in /p/.env".into()));
    assert_eq!(host(Choice::default(), &empty).0, "file");
    assert_eq!(host(Choice::default(), &none).0, "config");
}

#[test]
fn a_named_database_has_its_own_variable_and_section() {
    let (_folder, project) = project("[databases.big-reports]\nurl = \"east://config/x\"\n[databases.other]\n");
    let project = project.unwrap();
    let choose = |database| Choice { url: None, database: Some(database) };
    let variables = environment("DATABASE_URL=east://no/x\nDATABASE_URL_BIG_REPORTS=east://file/x", |_| None);
    assert_eq!(project.target(choose("big-reports"), &variables).unwrap().url.host(), Some("file"));
    let none = environment("DATABASE_URL=east://no/x", |_| None);
    assert_eq!(project.target(choose("big-reports"), &none).unwrap().url.host(), Some("config"));
    let error = project.target(choose("other"), &none).unwrap_err();
    assert!(error.message().contains("DATABASE_URL_OTHER is set nowhere"), "{error}");
    let error = project.target(choose("big-report"), &none).unwrap_err();
    assert_eq!((error.code(), error.category()), ("database.unknown", Category::Usage));
    assert!(error.help().unwrap().starts_with("did you mean big-reports?"));
}

#[test]
fn no_url_says_where_it_looked_and_what_to_write() {
    let folder = tempfile::tempdir().unwrap();
    let project = Project::open(folder.path(), &FLAVOURS).unwrap();
    let variables = Environment::parse(&folder.path().join(".env"), "", |_| None).unwrap();
    let error = project.target(Choice::default(), &variables).unwrap_err();
    assert_eq!((error.code(), error.category()), ("url.missing", Category::Usage));
    let details = error.details().join("\n");
    for place in ["--url", "variable DATABASE_URL is not set", ".env is not there", "fastman.toml is not there"] {
        assert!(details.contains(place), "{place}: {details}");
    }
    assert!(error.help().unwrap().starts_with("write it to .env: DATABASE_URL="));
}

#[test]
fn a_malformed_url_of_the_environment_names_its_place_and_not_the_password() {
    let project = project("").1.unwrap();
    let variables = environment("DATABASE_URL='east://me:hun@ter2@host/x'", |_| None);
    let error = project.target(Choice::default(), &variables).unwrap_err();
    assert_eq!(error.details(), ["it comes from DATABASE_URL in /p/.env"]);
    assert!(!format!("{error:?}").contains("ter2"));
}

#[test]
fn an_environment_file_that_cannot_be_read_gives_the_line_and_no_value() {
    let text = "A=1\nDATABASE_URL=east://me:hunter2@host/x\nhunter2 is no variable\n";
    let error = Environment::parse(Path::new("/p/.env"), text, |_| None).unwrap_err();
    assert_eq!(error.code(), "env.syntax");
    assert!(error.message().contains("line 3"), "{error}");
    assert_eq!(error.location().unwrap().to_string(), ".env:3:1");
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
}

#[test]
fn an_environment_file_may_have_quotes_comments_and_the_line_ends_of_windows() {
    let text =
        "\u{feff}# ours\r\nexport DATABASE_URL='east://me:a$b#c@host/x' # here\r\nDATABASE_URL=east://second/x\r\n";
    let (url, _) = environment(text, |_| None).find("DATABASE_URL").unwrap();
    assert_eq!(url, "east://me:a$b#c@host/x");
}

#[test]
fn an_environment_file_that_was_asked_for_must_be_there() {
    let folder = tempfile::tempdir().unwrap();
    let project = Project::open(folder.path(), &FLAVOURS).unwrap();
    assert_eq!(project.environment(Some(Path::new("/none/.env"))).unwrap_err().code(), "env.unreadable");
    assert!(project.environment(None).is_ok());
}

#[test]
fn a_guarded_database_is_refused() {
    let project = project("guard = [\"*.prod.example.com\"]").1.unwrap();
    let url = DatabaseUrl::parse("east://me:hunter2@db.prod.example.com/shop").unwrap();
    let error = project.check_guards(&url, "migrate:reset", None).unwrap_err();
    assert_eq!((error.code(), error.category()), ("guard.refused", Category::Refused));
    assert!(!format!("{error:?}").contains("hunter2"));
    assert!(error.help().unwrap().contains("FASTMAN_ALLOW_GUARDED=db.prod.example.com/shop"), "{error:?}");
    let other = project.check_guards(&url, "migrate:reset", Some("db.prod.example.com/*")).unwrap_err();
    assert!(other.details()[0].contains("db.prod.example.com/*"), "{other:?}");
    project.check_guards(&url, "migrate:reset", Some("db.prod.example.com/shop")).unwrap();
    assert!(project.check_guards(&DatabaseUrl::parse("east://localhost/shop").unwrap(), "migrate:reset", None).is_ok());
}
