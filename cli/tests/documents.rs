//! The program on Google's Firestore emulator: what each command does where there are documents and no tables.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "all of this is tests"
)]

mod database;
#[path = "documents/digests.rs"]
mod digests;
#[path = "../../adapters/firestore/tests/support/mod.rs"]
mod emulator;
#[path = "documents/killing.rs"]
mod killing;
mod random;
#[path = "documents/refusing.rs"]
mod refusing;
#[path = "../../adapters/firestore/tests/support/scripted.rs"]
mod scripted;
mod support;

use std::process::ExitCode;
use std::sync::Arc;

use emulator::{Emulator, Rows, block_on, connect, target, text};
use fastman_core::Result;
use fastman_core::store::{Store, WriteMode};
use fastman_core::value::Value;
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use support::Project;

type Test = (&'static str, fn(&Emulator) -> Result<()>);

const TESTS: &[Test] = &[
    ("doctor_says_what_it_sees", doctor_says_what_it_sees),
    (
        "beginning_anew_clears_the_collections_named_and_no_others",
        beginning_anew_clears_the_collections_named_and_no_others,
    ),
    ("seeders_run_as_they_are_and_again_after_beginning_anew", seeders_run_as_they_are_and_again_after_beginning_anew),
    (
        "the_blogs_seeders_make_the_same_rows_in_sqlite_and_in_documents",
        digests::the_blogs_seeders_make_the_same_rows_in_sqlite_and_in_documents,
    ),
    ("numbering_is_the_same_where_nothing_is_numbered", digests::numbering_is_the_same_where_nothing_is_numbered),
    ("killed_anywhere_a_rerun_ends_in_the_same_documents", killing::killed_anywhere_a_rerun_ends_in_the_same_documents),
    (
        "interrupted_it_says_that_doing_it_again_completes_it",
        killing::interrupted_it_says_that_doing_it_again_completes_it,
    ),
    (
        "what_firestore_would_refuse_is_cited_with_file_collection_and_document",
        refusing::what_firestore_would_refuse_is_cited_with_file_collection_and_document,
    ),
    (
        "a_seeding_that_fails_says_what_was_written_and_is_kept",
        refusing::a_seeding_that_fails_says_what_was_written_and_is_kept,
    ),
    ("who_may_not_write_is_told_so_in_time", refusing::who_may_not_write_is_told_so_in_time),
    ("nobody_there_is_an_error_in_time", refusing::nobody_there_is_an_error_in_time),
    (
        "sub_collections_and_values_that_only_documents_have_are_seeded",
        sub_collections_and_values_that_only_documents_have_are_seeded,
    ),
    ("a_database_is_there_already", a_database_is_there_already),
    ("a_build_without_the_feature_has_none_of_its_crates", a_build_without_the_feature_has_none_of_its_crates),
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let emulator = Arc::new(if arguments.list { Err("listing".to_owned()) } else { Emulator::find() });
    let ci = std::env::var("CI").is_ok_and(|value| value == "true" || value == "1") && emulator::must_be_had();
    let trials = TESTS.iter().map(|(name, run)| {
        let emulator = emulator.clone();
        Trial::ignorable_test(*name, move || match &*emulator {
            Ok(emulator) => {
                run(emulator).map(|()| Completion::Completed).map_err(|error| Failed::from(emulator::said(&error)))
            }
            Err(reason) if ci => Err(Failed::from(format!("{reason}; try: {}", emulator::COMMAND))),
            Err(reason) => Ok(Completion::ignored_with(format!("{reason}; try: {}", emulator::COMMAND))),
        })
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    drop(emulator);
    conclusion.exit_code()
}

/// Writes three documents to each collection.
fn write(url: &str, collections: &[&str]) -> Result<()> {
    block_on(async {
        let mut store = connect(url).await?;
        for collection in collections {
            let rows = (0..3).map(|number| vec![text(format!("d{number}")), text("x")]);
            store.write(&target(collection, &["id", "v"], WriteMode::Insert), &mut Rows(rows)).await?;
        }
        Ok(())
    })
}

fn count(url: &str, collection: &str) -> Result<usize> {
    block_on(async { Ok(connect(url).await?.documents(collection).await?.len()) })
}

fn doctor_says_what_it_sees(emulator: &Emulator) -> Result<()> {
    let project = Project::new();
    let url = emulator.project();
    let said = project.done(&["doctor", "--url", &url]).stdout;
    for words in ["Firestore emulator", emulator.address(), "documents, which are seeded and not migrated"] {
        assert!(said.contains(words), "{words} in {said}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&project.done(&["doctor", "--json", "--url", &url]).stdout).unwrap();
    assert_eq!(json["holds"], "documents");
    assert!(json.get("migrations").is_none(), "{json}");
    Ok(())
}

fn beginning_anew_clears_the_collections_named_and_no_others(emulator: &Emulator) -> Result<()> {
    let project = Project::new();
    let url = emulator.project();
    write(&url, &["users", "users/d0/posts", "tags"])?;
    let fresh = ["db:fresh", "--collections", "users,tags", "--url", &url];
    let outcome = project.fails(&fresh, 7, "consent.missing");
    for words in ["lost: users", "lost: tags", "fastman-test-", emulator.address()] {
        assert!(outcome.stderr.contains(words), "{words} in {}", outcome.stderr);
    }
    assert_eq!(count(&url, "users")?, 3);
    let outcome = project.done(&[&fresh[..], &["--yes", "--json"]].concat());
    let json: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(json["cleared"], serde_json::json!({ "tags": 3, "users": 3 }));
    assert_eq!((count(&url, "users")?, count(&url, "tags")?, count(&url, "users/d0/posts")?), (0, 0, 3));
    let posts = ["db:fresh", "--yes", "--collections=users/d0/posts", "--url", &url];
    assert!(project.done(&posts).stdout.contains("3 deleted"));
    project.fails(&["db:fresh", "--yes", "--collections=users/d0", "--url", &url], 2, "firestore.collection");
    // Nothing is asked and nothing deleted where one of the names is wrong.
    write(&url, &["others"])?;
    project.fails(&["db:fresh", "--collections=others,users/d0", "--url", &url], 2, "firestore.collection");
    project.fails(&["db:fresh", "--yes", "--collections=others,users/d0", "--url", &url], 2, "firestore.collection");
    assert_eq!(count(&url, "others")?, 3);
    Ok(())
}

fn seeders_run_as_they_are_and_again_after_beginning_anew(emulator: &Emulator) -> Result<()> {
    let project = Project::new();
    project.write(
        "database/seeders/tag_seeder.toml",
        "[[tags]]\n_id = \"rust\"\nname = \"Rust\"\nlinks = { home = \"rust-lang.org\" }\n\n[[tags]]\n_id = \"sql\"\nname = \"SQL\"\n",
    );
    let url = emulator.project();
    write(&url, &["tags", "users"])?;
    let seed = ["database:seed", "--url", &url];
    project.done(&seed);
    project.done(&seed);
    assert_eq!(count(&url, "tags")?, 5, "three of before, and two that are the same when written twice");
    project.done(&["db:fresh", "--seed", "--collections", "tags", "--yes", "--url", &url]);
    assert_eq!((count(&url, "tags")?, count(&url, "users")?), (2, 3));
    let documents = block_on(async { connect(&url).await?.documents("tags").await })?;
    assert_eq!((documents[0].id.as_str(), &documents[0].fields["name"]), ("rust", &text("Rust")));
    let links = Value::Map(vec![("home".to_owned(), text("rust-lang.org"))]);
    assert_eq!(documents[0].fields["links"], links);
    Ok(())
}

fn sub_collections_and_values_that_only_documents_have_are_seeded(emulator: &Emulator) -> Result<()> {
    let project = Project::new();
    project.write(
        "database/seeders/user_seeder.toml",
        "[[users]]
_id = \"alice\"
name = \"Alice\"
home = \"=geopoint(48.85, 2.35)\"
best = \"=reference('users', 'bob')\"
key = \"=hex('cafe')\"
born = \"=timestamp('2024-02-29T10:00:00.123456Z')\"
deep = { at = \"=server_timestamp()\", places = [\"=geopoint(1, 2)\"], n = { m = [1.5, true] } }

[[\"users/alice/posts\"]]
_id = \"one\"
by = \"=ref(users.id, name = 'Alice')\"

[[\"users/alice/posts\"]]
title = \"Two\"
by = \"=reference('users', ref(users.id, name = 'Alice'))\"
",
    );
    let url = emulator.project();
    let both = ["db:fresh", "--seed", "--yes", "--collections", "users,users/alice/posts", "--url", &url];
    project.done(&["database:seed", "--url", &url]);
    write(&url, &["users/alice/posts", "others"])?;
    project.done(&both);
    assert_eq!((count(&url, "users/alice/posts")?, count(&url, "others")?), (2, 3));
    let all = digests::documents(&url, &["users", "users/alice/posts"])?;
    let alice = &all[0][0];
    let place = |latitude, longitude| Value::GeoPoint { latitude, longitude };
    assert_eq!((alice.id.as_str(), &alice.fields["home"]), ("alice", &place(48.85, 2.35)));
    assert_eq!(alice.fields["best"], Value::Reference("users/bob".to_owned()));
    assert_eq!(alice.fields["key"], Value::Bytes(vec![0xca, 0xfe]));
    assert!(format!("{:?}", alice.fields["born"]).contains("2024-02-29T10:00:00.123456Z"), "{alice:?}");
    let Value::Map(deep) = &alice.fields["deep"] else { panic!("{alice:?}") };
    let names: Vec<&str> = deep.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["at", "n", "places"]);
    assert!(matches!(deep[0].1, Value::TimestampTz(_)), "{alice:?}");
    assert_eq!(
        deep[1].1,
        Value::Map(vec![("m".to_owned(), Value::Array(vec![Value::Double(1.5), Value::Boolean(true)]))])
    );
    assert_eq!(deep[2].1, Value::Array(vec![place(1.0, 2.0)]));
    let by = |id: &str| all[1].iter().find(|post| (post.id == "one") == (id == "one")).unwrap().fields["by"].clone();
    assert_eq!((by("one"), by("two")), (text("alice"), Value::Reference("users/alice".to_owned())));
    Ok(())
}

fn a_database_is_there_already(emulator: &Emulator) -> Result<()> {
    let said = Project::new().done(&["db:create", "--url", &emulator.project()]).stdout;
    assert!(said.contains("is there already"), "{said}");
    Ok(())
}

fn a_build_without_the_feature_has_none_of_its_crates(_: &Emulator) -> Result<()> {
    let crates = |features: &str| {
        let mut command = std::process::Command::new(env!("CARGO"));
        command.args(["tree", "--offline", "--package", "fastman", "--edges", "normal", "--prefix", "none"]);
        command.args(["--no-default-features", "--features", features]).current_dir(env!("CARGO_MANIFEST_DIR"));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let with = crates("sqlite,postgres,mysql,firestore");
    let without = crates("sqlite,postgres,mysql");
    for name in ["fastman-firestore", "tonic", "prost", "hyper", "h2"] {
        let is = |line: &str| line.split(' ').next() == Some(name);
        assert!(with.lines().any(is), "{name} comes with Firestore");
        assert!(!without.lines().any(is), "{name} comes without Firestore");
    }
    for name in ["ring", "openssl", "native-tls"] {
        assert!(!with.lines().any(|line| line.split(' ').next() == Some(name)), "{name} is not wanted");
    }
    Ok(())
}
