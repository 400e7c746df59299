//! Types, keys and names: a table that was made reads back as what the dialect says it stores.

use fastman_core::Result;

use super::tests;
use crate::Context;
use crate::samples::samples;

tests!("types":
    every_type_reads_back_as_it_is_stored,
    stored_is_a_fixed_point,
    defaults_read_back_and_are_used,
    identity_of_every_width_numbers_rows,
    keys_of_every_kind_read_back,
    every_deletion_rule_reads_back_and_is_obeyed,
    indexes_of_every_kind_read_back,
    a_partial_index_reads_back_and_is_partial,
    names_of_every_kind_read_back,
    names_that_only_differ_in_their_cut_stay_apart,
);

async fn every_type_reads_back_as_it_is_stored(context: Context) -> Result<()> {
    let mut session = context.session().await?;
    let mut columns = Vec::new();
    for (index, sample) in samples(context.facts().empty_string).iter().enumerate() {
        columns.push(format!("needed_{index} {} NOT NULL", sample.sql));
        columns.push(format!("optional_{index} {}", sample.sql));
    }
    session.apply(&format!("CREATE TABLE everything ({});", columns.join(", "))).await?;
    session.expect_stored().await
}

async fn stored_is_a_fixed_point(context: Context) -> Result<()> {
    let mut session = context.session().await?;
    let columns: Vec<String> = samples(context.facts().empty_string)
        .iter()
        .enumerate()
        .map(|(index, sample)| format!("c{index} {}", sample.sql))
        .collect();
    session.apply(&format!("CREATE TABLE everything ({});", columns.join(", "))).await?;
    let stored = session.dialect().stored(&session.table("everything"));
    assert_eq!(session.dialect().stored(&stored), stored);
    Ok(())
}

async fn defaults_read_back_and_are_used(context: Context) -> Result<()> {
    let mut session = context.session().await?;
    session
        .apply(
            "CREATE TABLE defaults (
                 id INTEGER PRIMARY KEY,
                 small SMALLINT DEFAULT -7,
                 big BIGINT DEFAULT 9223372036854775807,
                 price DECIMAL(10, 2) DEFAULT 1.50,
                 precise DECIMAL(30, 10) DEFAULT 12345678901234567890.0123456789,
                 ratio DOUBLE PRECISION DEFAULT 0.25,
                 yes BOOLEAN NOT NULL DEFAULT TRUE,
                 no BOOLEAN NOT NULL DEFAULT FALSE,
                 word VARCHAR(50) DEFAULT 'it''s \"so\" \\ ä🦀',
                 digits VARCHAR(10) DEFAULT '007',
                 prose TEXT DEFAULT 'long',
                 born DATE DEFAULT DATE '2001-02-03',
                 opens TIME DEFAULT TIME '08:30:00',
                 since TIMESTAMP DEFAULT TIMESTAMP '2001-02-03 04:05:06.789',
                 today DATE DEFAULT CURRENT_DATE,
                 now TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
                 instant TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP
             );
             INSERT INTO defaults (id) VALUES (1);
             INSERT INTO defaults (id, small, yes, now) VALUES (2, DEFAULT, DEFAULT, DEFAULT);",
        )
        .await?;
    session.expect_stored().await?;
    let rows = session.rows("defaults").await?;
    assert_eq!(rows.len(), 2);
    for row in &rows {
        let shown: Vec<String> = row[1..=14].iter().map(|value| format!("{value:?}")).collect();
        let expected = [
            "Integer(-7)",
            "Integer(9223372036854775807)",
            "1.50",
            "12345678901234567890.0123456789",
            "Double(0.25)",
            "Boolean(true)",
            "Boolean(false)",
            "Text(\"it's \\\"so\\\" \\\\ ä🦀\")",
            "Text(\"007\")",
            "Text(\"long\")",
            "Date(2001-02-03)",
            "Time(08:30:00)",
            "Timestamp(2001-02-03T04:05:06.789)",
        ];
        for (index, (actual, expected)) in shown.iter().zip(expected).enumerate() {
            match &row[index + 1] {
                fastman_core::value::Value::Decimal(number) => {
                    assert_eq!(*number, expected.parse().unwrap(), "column {}", index + 1);
                }
                _ => assert_eq!(actual, expected, "column {}", index + 1),
            }
        }
    }
    let now = chrono::Utc::now();
    for row in &rows {
        let [
            fastman_core::value::Value::Date(today),
            fastman_core::value::Value::Timestamp(timestamp),
            fastman_core::value::Value::TimestampTz(instant),
        ] = &row[14..=16]
        else {
            panic!("the current time is {:?}", &row[14..=16]);
        };
        assert!((now - *instant).num_minutes().abs() < 5, "{instant} is now");
        assert!((now.naive_utc() - *timestamp).num_minutes().abs() < 5, "{timestamp} is now, in UTC");
        assert!((now.date_naive() - *today).num_days().abs() <= 1, "{today} is today");
    }
    Ok(())
}

async fn identity_of_every_width_numbers_rows(context: Context) -> Result<()> {
    let mut session = context.session().await?;
    for width in ["SMALLINT", "INTEGER", "BIGINT"] {
        let table = format!("t_{}", width.to_lowercase());
        session
            .apply(&format!(
                "CREATE TABLE {table} (id {width} GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, name VARCHAR(10) NOT NULL);
                 INSERT INTO {table} (name) VALUES ('one');
                 INSERT INTO {table} (name) VALUES ('two');"
            ))
            .await?;
        let rows = session.rows(&table).await?;
        assert_eq!(rows.len(), 2);
        assert_ne!(rows[0][0], rows[1][0]);
    }
    session.expect_stored().await
}

async fn keys_of_every_kind_read_back(context: Context) -> Result<()> {
    let mut session = context.session().await?;
    session
        .apply(
            "CREATE TABLE parents (
                 region VARCHAR(10),
                 number INTEGER,
                 code CHAR(4) NOT NULL UNIQUE,
                 low INTEGER NOT NULL CHECK (low > 0),
                 high INTEGER,
                 CONSTRAINT parents_key PRIMARY KEY (number, region),
                 CONSTRAINT parents_both UNIQUE (low, high),
                 CONSTRAINT parents_order CHECK (high IS NULL OR high >= low)
             );
             CREATE TABLE children (
                 id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
                 parent_number INTEGER,
                 parent_region VARCHAR(10),
                 code CHAR(4) REFERENCES parents (code),
                 older BIGINT REFERENCES children (id),
                 CONSTRAINT children_parent FOREIGN KEY (parent_number, parent_region) REFERENCES parents (number, region)
             );
             CREATE TABLE keyless (anything INTEGER);
             CREATE TABLE letters (letter CHAR(1) PRIMARY KEY);
             CREATE TABLE numbers (number BIGINT PRIMARY KEY);",
        )
        .await?;
    session.expect_stored().await
}

async fn every_deletion_rule_reads_back_and_is_obeyed(context: Context) -> Result<()> {
    let mut session = context.session().await?;
    session
        .apply(
            "CREATE TABLE parents (id INTEGER PRIMARY KEY);
             CREATE TABLE plain (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents (id));
             CREATE TABLE restricted (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents (id) ON DELETE RESTRICT);
             CREATE TABLE cascading (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents (id) ON DELETE CASCADE);
             CREATE TABLE nulling (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents (id) ON DELETE SET NULL);
             INSERT INTO parents (id) VALUES (1), (2), (3), (4);
             INSERT INTO plain (id, parent) VALUES (1, 1);
             INSERT INTO restricted (id, parent) VALUES (1, 2);
             INSERT INTO cascading (id, parent) VALUES (1, 3), (2, 4);
             INSERT INTO nulling (id, parent) VALUES (1, 3), (2, 4);",
        )
        .await?;
    session.expect_stored().await?;
    for refused in [1, 2] {
        let outcome = session.apply(&format!("DELETE FROM parents WHERE id = {refused};")).await;
        let error = outcome.err().unwrap_or_else(|| panic!("parent {refused} has a child"));
        assert_eq!(error.code(), "db.foreign-key-violation");
    }
    session.apply("DELETE FROM parents WHERE id = 3;").await?;
    assert_eq!(session.number("SELECT COUNT(*) FROM parents").await?, 3);
    assert_eq!(session.number("SELECT COUNT(*) FROM cascading").await?, 1);
    assert_eq!(session.number("SELECT COUNT(*) FROM nulling WHERE parent IS NULL").await?, 1);
    assert_eq!(session.number("SELECT COUNT(*) FROM nulling WHERE parent = 4").await?, 1);
    Ok(())
}

async fn indexes_of_every_kind_read_back(context: Context) -> Result<()> {
    let mut session = context.session().await?;
    session
        .apply(
            "CREATE TABLE posts (id INTEGER PRIMARY KEY, title VARCHAR(200), slug VARCHAR(200), rank INTEGER, live BOOLEAN NOT NULL);
             CREATE INDEX ix_posts_title ON posts (title);
             CREATE UNIQUE INDEX ux_posts_slug ON posts (slug);
             CREATE INDEX ix_posts_rank_title ON posts (rank DESC, title);",
        )
        .await?;
    session.expect_stored().await
}

async fn a_partial_index_reads_back_and_is_partial(context: Context) -> Result<()> {
    let mut session = context.session().await?;
    session
        .apply(
            "CREATE TABLE posts (id INTEGER PRIMARY KEY, slug VARCHAR(200), live BOOLEAN NOT NULL);
             CREATE UNIQUE INDEX ux_posts_live_slug ON posts (slug) WHERE live AND slug <> '';
             INSERT INTO posts (id, slug, live) VALUES (1, 'a', TRUE), (2, 'a', FALSE), (3, 'a', FALSE), (4, 'b', TRUE);",
        )
        .await?;
    session.expect_stored().await?;
    let error = session.apply("UPDATE posts SET live = TRUE WHERE id = 2;").await.err();
    assert_eq!(error.map(|error| error.code()), Some("db.unique-violation"));
    Ok(())
}

async fn names_of_every_kind_read_back(context: Context) -> Result<()> {
    let mut session = context.session().await?;
    let longest = "n".repeat(63);
    session
        .apply(&format!(
            "CREATE TABLE order (select INTEGER PRIMARY KEY, from VARCHAR(10), group INTEGER, User INTEGER);
             CREATE INDEX table_index ON order (group, \"user\");
             CREATE TABLE \"MixedCase\" (\"Id\" INTEGER PRIMARY KEY, \"two words\" INTEGER, \"quo\"\"te\" INTEGER, \"ünïcode\" INTEGER);
             CREATE INDEX \"Mixed Index\" ON \"MixedCase\" (\"two words\", \"quo\"\"te\");
             CREATE TABLE {longest} (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES \"MixedCase\" (\"Id\"), {longest} INTEGER UNIQUE);
             INSERT INTO order (\"select\", from, group, user) VALUES (1, 'x', 2, 3);
             INSERT INTO \"MixedCase\" (\"Id\", \"two words\", \"quo\"\"te\", \"ünïcode\") VALUES (1, 2, 3, 4);"
        ))
        .await?;
    session.expect_stored().await?;
    assert_eq!(session.rows("order").await?.len(), 1);
    assert_eq!(session.rows("mixedcase").await?.len(), 1);
    Ok(())
}

async fn names_that_only_differ_in_their_cut_stay_apart(context: Context) -> Result<()> {
    let mut session = context.session().await?;
    let stem = "a_rather_long_name_that_leaves_no_room_for_a_prefix_or_suffix";
    session
        .apply(&format!(
            "CREATE TABLE {stem}_x (id INTEGER PRIMARY KEY, value_of_the_first_column INTEGER UNIQUE, value_of_the_second INTEGER UNIQUE);
             CREATE TABLE {stem}_y (id INTEGER PRIMARY KEY, value_of_the_first_column INTEGER UNIQUE, value_of_the_second INTEGER UNIQUE);"
        ))
        .await?;
    session.expect_stored().await
}
