//! Files of rows, and every mistake in one.

use super::*;
use crate::error::SourceText;
use crate::seed::seeder::Block;
use crate::seed::testing::{BLOG, pointed_at, schema, tables};

/// A folder with a file, and the block that loads it.
struct Case {
    folder: tempfile::TempDir,
    seeder: Seeder,
}

fn case(file: &str, content: impl AsRef<[u8]>, more: &str) -> Case {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(file), content).unwrap();
    let text = format!("[[seeder.load]]\ntable = \"users\"\nfile = \"{file}\"\n{more}");
    let source = SourceText::new("database/seeders/user_seeder.toml", text);
    Case { folder, seeder: Seeder::parse("UserSeeder", &source).unwrap() }
}

impl Case {
    fn open(&self, tables: &Tables) -> Result<LoadFile> {
        let Some(Block::Load(load)) = self.seeder.blocks.first() else { panic!("no load") };
        LoadFile::open(load, &self.seeder, self.folder.path(), tables)
    }

    fn rows(&self, tables: &Tables) -> Result<Vec<Vec<Value>>> {
        let mut file = self.open(tables)?;
        let mut batch = Batch::default();
        let mut rows = Vec::new();
        while file.fill(&mut batch, 2)? > 0 {
            rows.extend(batch.rows().map(<[Value]>::to_vec));
        }
        Ok(rows)
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[test]
fn fields_take_the_form_of_their_columns_and_an_empty_one_is_null() {
    let file = "email,name,balance,is_admin,settings,born\n\
                a@x.org,Ada,19.9,true,\"{\"\"a\"\": 1}\",1815-12-10\n\
                b@x.org,\"\",,0,,\n";
    let rows = case("users.csv", file, "").rows(&tables(BLOG)).unwrap();
    let born = chrono::NaiveDate::from_ymd_opt(1815, 12, 10).unwrap();
    assert_eq!(
        rows,
        [
            vec![
                text("a@x.org"),
                text("Ada"),
                Value::Decimal("19.90".parse().unwrap()),
                Value::Boolean(true),
                Value::Json("{\"a\": 1}".into()),
                Value::Date(born),
            ],
            vec![text("b@x.org"), text(""), Value::Null, Value::Boolean(false), Value::Null, Value::Null],
        ]
    );
}

#[test]
fn quotes_keep_separators_line_ends_and_quotes_in_every_file_of_windows_too() {
    let file = "\u{feff}email, name\r\n\"a\",\"x, \"\"y\"\"\r\nz\"\r\n\r\nb,\"say \"\"\"\r\n";
    let rows = case("users.csv", file, "").rows(&tables(BLOG)).unwrap();
    assert_eq!(rows, [vec![text("a"), text("x, \"y\"\nz")], vec![text("b"), text("say \"")]]);
}

#[test]
fn the_last_line_needs_no_end_and_other_separators_are_said() {
    for (file, content, more) in [
        ("users.tsv", "email\tname\na\tb, c", ""),
        ("users.csv", "email;name\na;b, c", "separator = \";\""),
        ("users.txt", "email|name\na|b, c\r", "format = \"csv\"\nseparator = \"|\""),
    ] {
        assert_eq!(case(file, content, more).rows(&tables(BLOG)).unwrap(), [vec![text("a"), text("b, c")]], "{file}");
    }
}

#[test]
fn another_word_for_null_counts_only_without_quotes() {
    let case = case("users.csv", "email,name,balance\na,\"\\N\",\\N\n", "null = '\\N'");
    assert_eq!(case.rows(&tables(BLOG)).unwrap(), [vec![text("a"), text("\\N"), Value::Null]]);
}

#[test]
fn fields_longer_than_the_buffer_and_split_at_its_edge_are_whole() {
    let mut file = String::from("email,name\n");
    for row in 0..3000 {
        file.push_str(&format!("{row},\"{}\"\"\"\n", "ä".repeat(row % 90)));
    }
    let rows = case("users.csv", &file, "").rows(&tables(BLOG)).unwrap();
    assert_eq!(rows.len(), 3000);
    for (place, row) in rows.iter().enumerate() {
        assert_eq!(row[0], text(&place.to_string()));
        assert_eq!(row[1], text(&format!("{}\"", "ä".repeat(place % 90))));
    }
}

#[test]
fn json_lines_keep_digits_and_nesting() {
    let file = "{\"email\": \"a\", \"name\": \"A\\n\", \"balance\": 12345678.90, \"settings\": {\"x\": [1.0]}, \"born\": null}\n\n\
                {\"name\": \"B\", \"email\": \"b\"}\n";
    let rows = case("users.jsonl", file, "").rows(&tables(BLOG)).unwrap();
    let balance = Value::Decimal("12345678.90".parse().unwrap());
    let settings = Value::Json("{\"x\": [1.0]}".into());
    assert_eq!(
        rows,
        [
            vec![text("a"), text("A\n"), balance, settings, Value::Null],
            vec![text("b"), text("B"), Value::Null, Value::Null, Value::Null]
        ]
    );
}

#[test]
fn a_document_store_takes_any_column_and_an_id() {
    let tables = Tables::of_documents(schema("CREATE TABLE users (email TEXT NOT NULL, balance DECIMAL(5, 2));"));
    let file = "{\"_id\": \"ada\", \"email\": \"a\", \"balance\": 1.5, \"score\": 1.50, \"tags\": [\"x\", {\"y\": 1}]}";
    let case = case("users.jsonl", file, "");
    assert_eq!(case.open(&tables).unwrap().shape.document_id, Some(0));
    let tags = Value::Array(vec![text("x"), Value::Map(vec![("y".into(), Value::Integer(1))])]);
    let balance = Value::Decimal("1.50".parse().unwrap());
    assert_eq!(case.rows(&tables).unwrap(), [vec![text("ada"), text("a"), balance, Value::Double(1.5), tags]]);
}

#[test]
fn a_row_is_found_again_by_its_number() {
    let file = "email,name\n\na,\"x\ny\"\nb,c\n";
    let opened = case("users.csv", file, "");
    let opened = opened.open(&tables(BLOG)).map(|file| (file.place_of(0), file.place_of(1), file.place_of(9))).unwrap();
    let at = |line: &str| format!("database/seeders/users.csv{line}");
    assert_eq!(opened, (at(":3"), at(":5"), at("")));
    let lines = case("users.jsonl", "{\"email\": \"a\", \"name\": \"a\"}\n\n{\"email\": \"b\", \"name\": \"b\"}\n", "");
    assert_eq!(lines.open(&tables(BLOG)).unwrap().place_of(1), "database/seeders/users.jsonl:3");
}

#[test]
fn every_mistake_names_the_line_and_the_column() {
    for (file, content, code, message, help) in [
        ("u.csv", "", "seed.file-syntax", "u.csv:1: the file is empty", "names the columns"),
        ("u.csv", "email,,name", "seed.file-syntax", "u.csv:1: column 2 has no name", ""),
        ("u.csv", "email,emial,name\n", "seed.unknown-column", "u.csv:1: users has no column \"emial\"", "mean email"),
        ("u.csv", "email;name\n", "seed.unknown-column", "u.csv:1: users has no column", "separator"),
        ("u.csv", "email,name,Email\n", "seed.duplicate", "u.csv:1: the column email comes twice", ""),
        ("u.csv", "email\n", "seed.missing-column", "u.csv:1: the column users.name is missing, which every", "NULL"),
        (
            "u.csv",
            "email,name\na,b\nc\n",
            "seed.missing-column",
            "u.csv:3: the row has 1 of 2 fields: column users.name is missing",
            "every",
        ),
        ("u.csv", "email,name\na,b,c\n", "seed.file-syntax", "u.csv:2: the row has 3 fields for 2 columns", "quotes"),
        (
            "u.csv",
            "email,name\na,\n",
            "seed.no-value",
            "u.csv:2: column users.name takes no NULL",
            "\"\" for the empty text",
        ),
        (
            "u.csv",
            "email,name,balance\n\"a\nb\",c,1\na,b,1.234\n",
            "seed.bad-value",
            "u.csv:4: column users.balance: 1.234 has more",
            "keeps 2",
        ),
        (
            "u.csv",
            "email,name,born\na,b,2023-02-29\n",
            "seed.bad-value",
            "u.csv:2: column users.born: \"2023-02-29\" is not a DATE",
            "no such day",
        ),
        (
            "u.csv",
            "email,name\na,\"b\n\nc\n",
            "seed.file-syntax",
            "u.csv:2: a quote that begins here never ends",
            "closing",
        ),
        (
            "u.csv",
            "email,name\na,\"b\"c\n",
            "seed.file-syntax",
            "u.csv:2: something stands behind a closing quote",
            "twice",
        ),
        ("u.jsonl", "\n", "seed.file-syntax", "u.jsonl:1: the file is empty", "object a line"),
        (
            "u.jsonl",
            "[{\"email\": \"a\"}]",
            "seed.file-syntax",
            "u.jsonl:1: this is no JSON object",
            "without brackets",
        ),
        (
            "u.jsonl",
            "{\"email\": \"a\", \"name\": }",
            "seed.file-syntax",
            "u.jsonl:1: this is no JSON object, at column 24",
            "",
        ),
        (
            "u.jsonl",
            "{\"email\": \"a\", \"name\": \"b\"}\n{\"email\": \"a\"}",
            "seed.missing-column",
            "u.jsonl:2: column users.name is missing",
            "",
        ),
        (
            "u.jsonl",
            "{\"email\": \"a\", \"name\": \"b\"}\n{\"email\": \"a\", \"nam\": \"b\"}",
            "seed.unknown-column",
            "u.jsonl:2: the key \"nam\"",
            "mean name",
        ),
        (
            "u.jsonl",
            "{\"email\": \"a\", \"name\": \"b\", \"created_at\": null}\n{\"email\": \"a\", \"name\": \"b\"}",
            "seed.missing-column",
            "u.jsonl:2: column users.created_at is missing",
            "",
        ),
        (
            "u.jsonl",
            "{\"email\": \"a\", \"name\": 5}",
            "seed.bad-value",
            "u.jsonl:1: column users.name: 5 is not a VARCHAR(200)",
            "quotes",
        ),
        ("u.jsonl", "{\"email\": \"a\", \"name\": \"b\", \"email\": \"c\"}", "seed.duplicate", "u.jsonl:1", ""),
        (
            "u.jsonl",
            "{\"email\": \"a\", \"name\": null}",
            "seed.no-value",
            "u.jsonl:1: column users.name takes no NULL",
            "",
        ),
    ] {
        let error = case(file, content, "").rows(&tables(BLOG)).unwrap_err();
        assert_eq!(error.code(), code, "{content}\n{error}");
        assert!(error.message().starts_with(&format!("database/seeders/{message}")), "{content}\n{error}");
        assert!(error.help().unwrap_or_default().contains(help), "{content}\n{:?}", error.help());
        assert_eq!(pointed_at(&error), "3:8");
    }
}

#[test]
fn files_that_can_not_be_read_are_errors_that_point_at_the_seeder() {
    let wrong = case("users.csv", "", "");
    std::fs::rename(wrong.folder.path().join("users.csv"), wrong.folder.path().join("user.csv")).unwrap();
    let error = wrong.open(&tables(BLOG)).unwrap_err();
    assert_eq!((error.code(), error.help()), ("seed.unreadable", Some("did you mean user.csv?")));
    assert_eq!(pointed_at(&error), "3:8");
    for (content, line) in [(&b"email,name\na,\xff\n"[..], 2), (b"\xff\xfee\0m\0", 1), (b"email,nam\xff\n", 1)] {
        let error = case("users.csv", content, "").rows(&tables(BLOG)).unwrap_err();
        assert_eq!(error.code(), "seed.unreadable", "{error}");
        assert!(error.message().starts_with(&format!("database/seeders/users.csv:{line}: ")), "{error}");
    }
    let error = case("users.jsonl", b"{\"email\": \"\xff\"}", "").rows(&tables(BLOG)).unwrap_err();
    assert_eq!(error.code(), "seed.unreadable");
}
