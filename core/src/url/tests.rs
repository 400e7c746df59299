//! What URLs mean, what is refused, and that no password is ever shown.

use proptest::prelude::*;

use super::*;
use crate::error::Category;

fn parse(text: &str) -> DatabaseUrl {
    DatabaseUrl::parse(text).unwrap()
}

fn refused(text: &str) -> Error {
    let error = DatabaseUrl::parse(text).unwrap_err();
    assert_eq!(error.code(), "url.malformed");
    assert_eq!(error.category(), Category::Usage);
    error
}

/// Everything that could be shown of what parsing gave.
fn everything_shown(outcome: &Result<DatabaseUrl>) -> String {
    match outcome {
        Ok(url) => {
            format!("{url} {url:?} {url:#?} {:?} {:?}", url.password(), url.file().map_err(|error| shown(&error)))
        }
        Err(error) => shown(error),
    }
}

fn shown(error: &Error) -> String {
    format!("{error} {error:?} {error:#?} {:?} {:?}", error.help(), error.details())
}

#[test]
fn a_file_in_the_project_folder_has_three_slashes() {
    let url = parse("sqlite:///./app.db");
    assert_eq!((url.scheme(), url.driver(), url.host(), url.file().unwrap()), ("sqlite", None, None, "./app.db"));
    assert_eq!(parse("sqlite:///app.db").file().unwrap(), "app.db");
    assert_eq!(parse("sqlite:///data/app.db?mode=ro").file().unwrap(), "data/app.db");
}

#[test]
fn an_absolute_file_has_four_slashes() {
    assert_eq!(parse("sqlite:////srv/app.db").file().unwrap(), "/srv/app.db");
    assert_eq!(parse("sqlite:///C:/data/app.db").file().unwrap(), "C:/data/app.db");
}

#[test]
fn a_database_in_memory_is_named_with_or_without_slashes() {
    assert_eq!(parse("sqlite::memory:").file().unwrap(), ":memory:");
    assert_eq!(parse("sqlite:///:memory:").file().unwrap(), ":memory:");
    assert_eq!(parse("sqlite::memory:?cache=shared").parameter("cache"), Some("shared"));
    assert!(!parse("sqlite::memory:").has_authority());
}

#[test]
fn a_file_url_without_a_file_says_how_to_write_one() {
    for text in ["sqlite://", "sqlite:///", "sqlite:"] {
        let error = parse(text).file().unwrap_err();
        assert_eq!((error.code(), error.category()), ("url.no-file", Category::Usage));
        assert!(error.help().unwrap().contains("sqlite:///./app.db"), "{text}: {:?}", error.help());
    }
    let error = parse("sqlite://data/app.db").file().unwrap_err();
    assert!(error.help().unwrap().starts_with("did you mean sqlite:///data/app.db?"), "{:?}", error.help());
    let error = parse("sqlite://me:secret@server/app.db").file().unwrap_err();
    assert!(!error.help().unwrap().contains("did you mean"));
}

#[test]
fn a_path_may_have_an_at_sign_and_encoded_characters() {
    assert_eq!(parse("sqlite:///./a@b.db").file().unwrap(), "./a@b.db");
    assert_eq!(parse("sqlite:///./my%20app%3F.db").file().unwrap(), "./my app?.db");
}

#[test]
fn a_server_url_has_all_its_parts() {
    let url = parse("postgresql+psycopg2://me:p%40ss%2Fword@db.example.com:5433/shop?sslmode=verify-full&a=1&a=2");
    assert_eq!((url.scheme(), url.driver()), ("postgresql", Some("psycopg2")));
    assert_eq!((url.user(), url.password().map(Secret::expose)), (Some("me"), Some("p@ss/word")));
    assert_eq!((url.host(), url.port(), url.database()), (Some("db.example.com"), Some(5433), Some("shop")));
    assert_eq!(url.parameters().collect::<Vec<_>>(), [("sslmode", "verify-full"), ("a", "1"), ("a", "2")]);
    assert_eq!(url.parameter("a"), Some("2"));
}

#[test]
fn every_spelling_that_is_documented_is_read() {
    for (text, scheme, driver, host, database) in [
        ("sqlite3:///./app.db", "sqlite3", None, None, Some("./app.db")),
        ("postgres://user:pass@host:5432/db", "postgres", None, Some("host"), Some("db")),
        ("postgresql://user:pass@host:5432/db", "postgresql", None, Some("host"), Some("db")),
        ("PostgreSQL+AsyncPG://host/db", "postgresql", Some("asyncpg"), Some("host"), Some("db")),
        ("mysql://user@host/db", "mysql", None, Some("host"), Some("db")),
        ("mysql+pymysql://user:pass@host:3306/db", "mysql", Some("pymysql"), Some("host"), Some("db")),
        ("mariadb://host", "mariadb", None, Some("host"), None),
        ("oracle://user:pass@host:1521/db", "oracle", None, Some("host"), Some("db")),
        ("oracle+cx_oracle://user:pass@host:1521/db", "oracle", Some("cx_oracle"), Some("host"), Some("db")),
        ("oracle+oci://user:pass@host/db", "oracle", Some("oci"), Some("host"), Some("db")),
        ("oracle+thin://user:pass@host/db", "oracle", Some("thin"), Some("host"), Some("db")),
        ("oracle+oracledb://user:pass@host/db", "oracle", Some("oracledb"), Some("host"), Some("db")),
        ("firestore://my-project", "firestore", None, Some("my-project"), None),
        ("firestore://my-project/other", "firestore", None, Some("my-project"), Some("other")),
        ("firebase://my-project/(default)", "firebase", None, Some("my-project"), Some("(default)")),
    ] {
        let url = parse(text);
        assert_eq!(
            (url.scheme(), url.driver(), url.host(), url.database()),
            (scheme, driver, host, database),
            "{text}"
        );
    }
}

#[test]
fn an_ipv6_host_stands_in_brackets() {
    let url = parse("postgres://me:x@[2001:db8::1]:5432/shop");
    assert_eq!((url.host(), url.port()), (Some("2001:db8::1"), Some(5432)));
    assert_eq!(url.to_string(), "postgres://me:***@[2001:db8::1]:5432/shop");
    assert_eq!(parse("postgres://[::1]/shop").host(), Some("::1"));
    assert!(refused("postgres://::1/shop").help().unwrap().contains("[::1]"));
    refused("postgres://[::1/shop");
    refused("postgres://[::1]x/shop");
    refused("postgres://[secret]/shop");
}

#[test]
fn a_unix_socket_is_an_encoded_host_or_a_parameter() {
    let url = parse("postgresql://me@%2Frun%2Fpostgresql/shop");
    assert_eq!((url.host(), url.user()), (Some("/run/postgresql"), Some("me")));
    assert_eq!(url.to_string(), "postgresql://me@%2Frun%2Fpostgresql/shop");
    let url = parse("postgresql:///shop?host=/run/postgresql&port=5433&user=me&password=secret&sslmode=disable");
    assert_eq!((url.host(), url.port(), url.user()), (Some("/run/postgresql"), Some(5433), Some("me")));
    assert_eq!(url.password().map(Secret::expose), Some("secret"));
    assert_eq!(url.parameters().collect::<Vec<_>>(), [("sslmode", "disable")]);
    assert_eq!(url.to_string(), "postgresql://me:***@%2Frun%2Fpostgresql:5433/shop?sslmode=disable");
}

#[test]
fn what_is_shown_is_the_url_with_its_password_hidden() {
    for (text, shown) in [
        ("postgresql+psycopg2://me:secret@host:1/shop", "postgresql+psycopg2://me:***@host:1/shop"),
        ("mysql://:secret@host", "mysql://:***@host"),
        ("mysql://me:@host/shop", "mysql://me:***@host/shop"),
        ("mysql://me@host/shop", "mysql://me@host/shop"),
        ("mysql://me@host/shop?password=secret", "mysql://me:***@host/shop"),
        ("mysql://me@host/shop?sslpassword=secret&ssl=1", "mysql://me@host/shop?sslpassword=***&ssl=1"),
        ("mysql://me:a@host/shop?password=secret", "mysql://me:***@host/shop?password=***"),
        ("sqlite:////srv/a@b.db", "sqlite:////srv/a%40b.db"),
        ("sqlite::memory:", "sqlite::memory:"),
    ] {
        assert_eq!(parse(text).to_string(), shown);
        assert_eq!(format!("{:?}", parse(text)), shown);
    }
}

#[test]
fn an_unencoded_sign_in_the_password_is_refused_with_the_way_to_encode_it() {
    for text in [
        "postgres://me:HUNT@HUNT@host/shop",
        "postgres://me:HUNT/HUNT@host/shop",
        "postgres://me:HUNT?HUNT@host/shop",
        "postgres://me:12/HUNT@host/shop",
        "postgres://me:12?HUNT@host/shop",
        "postgres://me:HUNT@HUNT/HUNT@host/shop",
        "postgres://me:HUNT@HUNT?HUNT@host/shop",
        "postgres://me:HUNT%@host/shop",
        "postgres://me:HUNT%ff@host/shop",
        "postgres://me:HUNT/shop",
    ] {
        let error = refused(text);
        assert!(error.help().unwrap().contains("%40"), "{text}: {:?}", error.help());
        assert!(!shown(&error).contains("HUNT"), "{text}: {error:?}");
    }
}

#[test]
fn what_is_no_url_is_refused_without_showing_it() {
    for text in [
        "",
        "   ",
        "hunter2",
        "hunter2@host/shop",
        "\"postgres://me:hunter2@host/shop\"",
        "postgres://me:hunter2\n@host/shop",
        "postgres://me:hunter2@ho st/shop",
        "postgres://me:hunter2@host:port/shop",
        "postgres://me:hunter2@host:99999/shop",
        "postgres://me:hunter2@:5432/shop",
        "postgres://me:hunter2@a,b/shop",
        "postgres:/me:hunter2@host/shop",
        "me:hunter2@host/shop",
        "://me:hunter2@host/shop",
        "postgres://me:hunter2@host/%00",
    ] {
        assert!(!shown(&refused(text)).contains("hunter2"), "{text}");
    }
    assert!(refused("'postgres://host/shop'").help().unwrap().contains("quotes"));
}

proptest! {
    #[test]
    fn no_password_is_ever_shown(
        scheme in "(sqlite|postgresql\\+psycopg2|mysql|x)",
        user in "[a-z]{0,5}",
        before in "[ -~]{0,6}",
        between in "[@/?#:%&= \\[\\],]{0,3}",
        after in "[ -~]{0,6}",
        host in "[a-z.]{0,8}",
        behind in "(:5432)?(/shop)?(\\?a=b)?",
    ) {
        // The marker is what must not be seen, whatever stands around it and wherever it cuts the URL.
        let password = format!("{before}{between}HUNTER{between}{after}");
        let outcome = DatabaseUrl::parse(&format!("{scheme}://{user}:{password}@{host}{behind}"));
        prop_assert!(!everything_shown(&outcome).contains("HUNTER"), "{}", everything_shown(&outcome));
    }

    #[test]
    fn an_encoded_password_is_read_back_and_not_shown(password in "\\PC{0,12}") {
        let password = format!("HUNTER{password}");
        let encoded: String = password.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let url = parse(&format!("mysql://me:{encoded}@host/shop?password={encoded}"));
        prop_assert_eq!(url.password().map(Secret::expose), Some(password.as_str()));
        prop_assert!(!everything_shown(&Ok(url)).contains("HUNTER"));
    }

    #[test]
    fn what_is_shown_means_the_same_apart_from_the_secrets(
        user in "[a-z@/:% ]{1,6}", host in "[a-z]{1,6}", port in proptest::option::of(1u16..), database in "\\PC{1,8}", value in "\\PC{0,8}",
    ) {
        let url = DatabaseUrl {
            scheme: "mysql".to_owned(),
            driver: None,
            authority: true,
            user: Some(user),
            password: None,
            host: Some(host),
            port,
            database: Some(database),
            parameters: vec![("charset".to_owned(), value)],
        };
        prop_assert_eq!(DatabaseUrl::parse(&url.to_string()).unwrap(), url);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,40}") {
        let _ = DatabaseUrl::parse(&text);
        let _ = DatabaseUrl::parse(&format!("postgres://{text}"));
    }
}
