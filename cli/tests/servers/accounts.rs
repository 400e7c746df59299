//! What `doctor` says of accounts that may do less than everything.

use serde_json::Value;

use crate::Extent;
use crate::backend::{Database, Engine};
use crate::program::{migrate, run};
use crate::support::Project;

/// An account and what it may do: write, make tables, alter them.
type Account = (&'static str, &'static [&'static str], [Option<bool>; 3]);

const YES: Option<bool> = Some(true);
const NO: Option<bool> = Some(false);

/// On MySQL and MariaDB, with the privileges on the database.
const COMMITTING: [Account; 4] = [
    ("only_reads", &["GRANT SELECT ON {database}.* TO {account}"], [NO, NO, NO]),
    ("only_rows", &["GRANT SELECT, INSERT, UPDATE, DELETE ON {database}.* TO {account}"], [YES, NO, NO]),
    ("never_alters", &["GRANT SELECT, INSERT, UPDATE, DELETE, CREATE ON {database}.* TO {account}"], [YES, YES, NO]),
    ("may_all", &["GRANT ALL ON {database}.* TO {account}"], [YES, YES, YES]),
];

/// On PostgreSQL.
const TRANSACTIONAL: [Account; 3] = [
    ("only_reads", &["GRANT SELECT ON ALL TABLES IN SCHEMA public TO {account}"], [NO, NO, None]),
    (
        "only_rows",
        &["GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {account}"],
        [YES, NO, None],
    ),
    (
        "may_all",
        &["GRANT ALL ON ALL TABLES IN SCHEMA public TO {account}", "GRANT ALL ON SCHEMA public TO {account}"],
        [YES, YES, None],
    ),
];

fn make(database: &Database, account: &Account) -> String {
    let name = format!("{}_{}", account.0, std::process::id());
    let (user, made) = match database.engine {
        Engine::Mysql(_) => (format!("'{name}'@'%'"), format!("CREATE USER '{name}'@'%'")),
        _ => (name.clone(), format!("CREATE ROLE {name} LOGIN")),
    };
    let granted = database.ask(async |store| {
        store.execute(&made, &[]).await?;
        for grant in account.1 {
            store.execute(&grant.replace("{account}", &user).replace("{database}", &database.name), &[]).await?;
        }
        Ok(())
    });
    granted.unwrap();
    name
}

pub fn the_doctor_tells_what_an_account_may_do(engine: Engine, _: Extent) {
    let server = engine.shared().unwrap();
    let database = engine.database(&server);
    let project = Project::new();
    project.migration(1, "create_users", "CREATE TABLE users (id BIGINT PRIMARY KEY, name VARCHAR(20));");
    migrate(&project, &database, "the doctor");
    let before = database.content();
    let accounts: &[Account] = if engine.is_transactional() { &TRANSACTIONAL } else { &COMMITTING };
    for account in accounts {
        let name = make(&database, account);
        let url = server.url_as(&name, &database.name);
        let outcome = run(&project, &url, &["doctor", "--json"]);
        assert_eq!(outcome.code, 0, "{outcome:?}");
        let found = outcome.data();
        let said = ["may_write", "may_create_tables", "may_alter_tables"].map(|key| found[key].as_bool());
        assert_eq!(said, account.2, "{name}: {found}");
        assert_eq!(found["why_not"] != Value::Null, said.contains(&NO), "{found}");
    }
    database.content().assert_same(&before, "looking changes nothing");
}
