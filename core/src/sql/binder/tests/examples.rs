//! The examples of this repository are bound from their first migration to their last.

use std::path::Path;

use crate::schema::Schema;
use crate::sql::binder::bind_all;
use crate::sql::section::{Direction, parse_migration};
use crate::sql::test_flavours::ALL;

fn replay(example: &str) -> Schema {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(example).join("database/migrations/versions");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut schema = Schema::default();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let source = crate::error::SourceText::new(file.display().to_string(), text);
        let script = parse_migration(&source, &ALL).unwrap();
        let before = schema.clone();
        let up = script.portable(Direction::Up).unwrap();
        let place = |error: &crate::Error| error.location().map(ToString::to_string);
        if let Err(error) = bind_all(&source, up.body.clone(), &mut schema) {
            panic!("{error} {:?} {:?}", place(&error), error.help());
        }
        if let Some(down) = script.portable(Direction::Down).filter(|down| !down.none) {
            let mut after = schema.clone();
            bind_all(&source, down.body.clone(), &mut after).unwrap();
            assert_eq!(after, before, "down of {}", file.display());
        }
    }
    schema
}

#[test]
fn the_blog() {
    assert!(replay("blog").tables().count() > 2);
}

#[test]
fn the_music_store() {
    assert!(replay("chinook").tables().count() > 5);
}
