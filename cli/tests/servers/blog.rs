//! The example blog, from `make:seeder` and `make:factory` to rows in the database, with the commands of the documentation.

use fastman_core::value::Value;

use crate::Extent;
use crate::backend::{Database, Engine};
use crate::database::example;
use crate::program::run;
use crate::seeds::digests;
use crate::support::{Outcome, Project};

fn done(project: &Project, database: &Database, arguments: &[&str]) -> Outcome {
    let outcome = run(project, &database.url, arguments);
    assert_eq!(outcome.code, 0, "{arguments:?}: {}\n{}", outcome.stdout, outcome.stderr);
    outcome
}

/// The first column of each row.
fn column(database: &Database, sql: &str) -> Vec<Value> {
    let rows = database.ask(async |store| store.query(sql, &[]).await).unwrap();
    rows.into_iter().map(|row| row.into_iter().next().unwrap()).collect()
}

fn count(database: &Database, condition: &str) -> Value {
    column(database, &format!("SELECT COUNT(*) FROM {condition}")).remove(0)
}

pub fn the_blog_is_seeded_with_the_commands_of_the_documentation(engine: Engine, _: Extent) {
    let server = engine.shared().unwrap();
    let database = engine.database(&server);
    let project = example("blog");
    for file in ["database/seeders/user_seeder.toml", "tests/factories/user_factory.toml"] {
        std::fs::remove_file(project.path(file)).unwrap();
    }
    done(&project, &database, &["database:migrate"]);
    assert_eq!(done(&project, &database, &["make:seeder", "user"]).stdout, "database/seeders/user_seeder.toml\n");
    assert_eq!(done(&project, &database, &["make:factory", "user"]).stdout, "tests/factories/user_factory.toml\n");

    // The seeder: by its class, by its file, and with all others.
    done(&project, &database, &["database:seed", "--class=UserSeeder"]);
    let password = column(&database, "SELECT password FROM users WHERE email = 'admin@example.com'");
    assert!(matches!(&password[..], [Value::Text(hash)] if hash.starts_with("$2")), "{password:?}");
    assert_eq!(count(&database, "users WHERE is_admin"), Value::Integer(1));
    let again = done(&project, &database, &["database:seed", "--class=user_seeder"]);
    assert!(again.stdout.contains("nothing changed: all 2 rows are there already"), "{again:?}");
    assert_eq!(column(&database, "SELECT password FROM users WHERE email = 'admin@example.com'"), password);
    let all = done(&project, &database, &["database:seed", "--json"]);
    let expected = [("users", 5), ("posts", 31), ("comments", 61)];
    for (table, rows) in expected {
        assert_eq!(count(&database, table), Value::Integer(rows), "{table}");
    }

    // The same rows as in a database in a file.
    project.done(&["database:migrate"]);
    project.done(&["database:seed", "--class=UserSeeder"]);
    assert_eq!(digests(&all), digests(&project.done(&["database:seed", "--json"])));

    // The factory: made and created, with overrides.
    let arguments = ["user", "--count", "2", "--set", "name=Ada", "--set", "is_admin==true"];
    let made = done(&project, &database, &[&["factory:make"][..], &arguments].concat()).stdout;
    assert_eq!(made.matches("\"name\":\"Ada\"").count(), 2, "{made}");
    assert_eq!(count(&database, "users WHERE name = 'Ada'"), Value::Integer(0));
    let created = done(&project, &database, &[&["factory:create", "--print"][..], &arguments].concat()).stdout;
    let ids: Vec<i64> = created
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["id"].as_i64().unwrap())
        .collect();
    assert_eq!(count(&database, "users WHERE name = 'Ada' AND is_admin"), Value::Integer(2));
    assert!(ids.len() == 2 && ids[0] > 5 && ids[1] == ids[0] + 1, "{created}");

    // Somebody signs up.
    let insert = "INSERT INTO users (email, name, password) VALUES ('new@example.com', 'New', 'x')";
    database.ask(async |store| store.execute(insert, &[]).await).unwrap();
    assert_eq!(count(&database, "users"), Value::Integer(8));
    database.dispose();
}
