//! docs/ADAPTERS.md says what is there: its blocks are pieces of this adapter's files, and core knows nothing of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "all of this is tests")]

use std::fs;
use std::path::{Path, PathBuf};

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn root() -> PathBuf {
    here().join("../../..")
}

fn page() -> String {
    fs::read_to_string(root().join("docs/ADAPTERS.md")).unwrap()
}

/// The blocks that name a file: the line of the page, the file's path and the text.
fn blocks(page: &str) -> Vec<(usize, String, String)> {
    let mut found = Vec::new();
    let mut lines = page.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(info) = line.strip_prefix("```") else { continue };
        let text: Vec<&str> = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect();
        if let Some((_, path)) = info.split_once(' ') {
            found.push((number + 1, path.to_owned(), text.join("\n")));
        }
    }
    found
}

#[test]
fn every_block_of_the_page_is_a_piece_of_the_file_that_it_names() {
    let blocks = blocks(&page());
    assert!(blocks.len() > 10);
    for (line, path, text) in blocks {
        let file =
            fs::read_to_string(here().join(&path)).unwrap_or_else(|error| panic!("line {line}: {path}: {error}"));
        assert!(!text.trim().is_empty() && file.contains(&text), "line {line}: {path} has no such piece:\n{text}");
    }
}

#[test]
fn every_file_that_the_page_names_is_there() {
    let page = page();
    let words =
        page.lines().filter(|line| !line.starts_with("```")).flat_map(|line| line.split('`').skip(1).step_by(2));
    let paths: Vec<&str> = words.filter(|word| [".rs", ".yml", ".sh"].iter().any(|end| word.ends_with(end))).collect();
    assert!(paths.len() > 5);
    for path in paths {
        assert!(here().join(path).exists() || root().join(path).exists(), "{path}");
    }
}

#[test]
fn core_and_the_suite_know_nothing_of_the_engine() {
    let mut folders = vec![root().join("core/src"), root().join("conformance-tests/src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap().to_lowercase();
            let mut words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
            assert!(!words.any(|word| word == "spg"), "{}", path.display());
        }
    }
}
