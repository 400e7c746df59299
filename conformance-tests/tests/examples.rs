//! The example projects are what they say: portable SQL from end to end, and the blog's models are what its migrations
//! add up to.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests all the way down")]

use std::path::{Path, PathBuf};

use fastman_core::error::SourceText;
use fastman_core::migrate::{Direction, Folder, in_order};
use fastman_core::schema::{Change, Schema};
use fastman_core::sql::binder::bind_all;
use fastman_core::sql::section::parse_migration;

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(name)
}

/// Every migration's portable up, bound in order; the schemas after each.
fn replay(name: &str) -> Vec<Schema> {
    let folder = Folder::new(example(name).join("database/migrations/versions"), format!("examples/{name}"));
    let mut schemas = vec![Schema::default()];
    for file in in_order(&folder).unwrap() {
        let script = parse_migration(&file.source, &fastman_flavours::ALL).unwrap_or_else(|error| panic!("{error:#?}"));
        let mut schema = schemas.last().unwrap().clone();
        let up = script.portable(Direction::Up).unwrap_or_else(|| panic!("{} has no portable up", file.name));
        bind_all(&file.source, up.body.clone(), &mut schema).unwrap_or_else(|error| panic!("{error:#?}"));
        if let Some(down) = script.portable(Direction::Down) {
            let mut undone = schema.clone();
            bind_all(&file.source, down.body.clone(), &mut undone).unwrap_or_else(|error| panic!("{error:#?}"));
            let before: Vec<_> = schemas.last().unwrap().tables().map(|table| table.name.clone()).collect();
            assert_eq!(undone.tables().map(|table| table.name.clone()).collect::<Vec<_>>(), before, "{}", file.name);
        }
        schemas.push(schema);
    }
    schemas
}

#[test]
fn the_migrations_of_the_examples_are_portable() {
    assert!(replay("blog").len() > 4);
    assert!(replay("chinook").len() > 6);
}

#[test]
fn the_music_store_has_its_eleven_tables_with_keys_and_an_index_on_each_foreign_key() {
    let schema = replay("chinook").pop().unwrap();
    let tables: Vec<&str> = schema.tables().map(|table| table.name.as_str()).collect();
    assert_eq!(
        tables,
        [
            "album",
            "artist",
            "customer",
            "employee",
            "genre",
            "invoice",
            "invoice_line",
            "media_type",
            "playlist",
            "playlist_track",
            "track"
        ]
    );
    let mut foreign_keys = 0;
    for table in schema.tables() {
        assert!(!table.primary_key().is_empty(), "{}", table.name);
        for (name, key) in table.foreign_keys() {
            foreign_keys += 1;
            let indexed = table.indexes.iter().any(|index| index.columns[0].name == key.columns[0])
                || table.primary_key()[0] == key.columns[0];
            assert!(indexed, "{name} of {} has no index", table.name);
        }
    }
    assert_eq!(foreign_keys, 11);
}

#[test]
fn the_models_of_the_blog_are_what_its_migrations_add_up_to() {
    let migrated = replay("blog").pop().unwrap();
    let mut modelled = Schema::default();
    for name in ["user", "post"] {
        let path = example("blog").join(format!("app/features/{name}/models.sql"));
        let text = std::fs::read_to_string(path).unwrap();
        let source = SourceText::new(format!("app/features/{name}/models.sql"), text);
        let bound = bind_all(&source, 0..source.text.len(), &mut modelled).unwrap_or_else(|error| panic!("{error:#?}"));
        assert!(matches!(bound[0].change, Change::CreateTable(_)));
    }
    for table in modelled.tables() {
        let mut migrated = (**migrated.table(&table.name).unwrap()).clone();
        let mut modelled = (**table).clone();
        // Constraints and indexes are the same whatever the order in which they came.
        for table in [&mut migrated, &mut modelled] {
            table.constraints.sort_by(|left, right| left.name.cmp(&right.name));
            table.indexes.sort_by(|left, right| left.name.cmp(&right.name));
        }
        assert_eq!(migrated, modelled);
    }
}
