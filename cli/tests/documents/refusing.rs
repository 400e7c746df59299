//! What Firestore refuses, or would, through the program: the file and its line, the collection and the document, in time.

use std::time::{Duration, Instant};

use fastman_core::Result;

use crate::emulator::{Emulator, block_on};
use crate::scripted::{Answer, serve};
use crate::support::Project;

const PERMISSION_DENIED: u32 = 7;
const UNAVAILABLE: u32 = 14;

/// The seeder of a project that has no other.
fn project(seeder: &str) -> Project {
    let project = Project::empty();
    project.write("database/seeders/thing_seeder.toml", seeder);
    project
}

pub fn what_firestore_would_refuse_is_cited_with_file_collection_and_document(emulator: &Emulator) -> Result<()> {
    let large = "x".repeat(1 << 19);
    let first = "[[things]]\n_id = \"one\"\nn = 1\n\n";
    let long = "x".repeat(1_501);
    for (rows, words) in [
        (
            "[[things]]\n_id = \"two\"\ngrid = [[1, 2], [3]]\n".to_owned(),
            &[
                "the document things/two: field grid[0]: Firestore has no arrays directly inside arrays",
                "table things, row 2:",
            ][..],
        ),
        (
            "[[things]]\n_id = \"two\"\ndeep = { list = [{ grid = [1, [2]] }] }\n".to_owned(),
            &["the document things/two: field deep.list[0].grid[1]: Firestore has no arrays directly inside arrays"],
        ),
        (
            format!("[[things]]\n_id = \"two\"\nn = 1\ntext = \"{large}\"\nmore = \"{large}\"\n"),
            &["the document things/two: it takes 1048", "bytes, and 1048576 (1 MiB) is the most", "sub-collection"],
        ),
        (
            "[[things]]\n_id = \"two\"\nn = { __n__ = 1 }\n".to_owned(),
            &["the document things/two: field n.__n__: \"__n__\""],
        ),
        (
            "[[things]]\n_id = \"two\"\n__n__ = 1\n".to_owned(),
            &["the documents of things can't have a field: \"__n__\""],
        ),
        (
            "[[things]]\n_id = \"a/b\"\nn = 1\n".to_owned(),
            &["the document \"a/b\" of things: a slash stands in the id"],
        ),
        ("[[things]]\n_id = \"__a__\"\nn = 1\n".to_owned(), &["the document \"__a__\" of things", "keeps for itself"]),
        (format!("[[things]]\n_id = \"{long}\"\nn = 1\n"), &["is 1501 bytes long, and 1500 is the most"]),
        ("[[things]]\n_id = \"\"\nn = 1\n".to_owned(), &["the document \"\" of things: an id is empty"]),
        ("[[things]]\n_id = \"two\"\nn = \"=geopoint(91, 0)\"\n".to_owned(), &["91, 0 is no place"]),
        ("[[\"things/one\"]]\n_id = \"two\"\nn = 1\n".to_owned(), &["things/one", "names a document"]),
        ("[[\"__things__\"]]\n_id = \"two\"\nn = 1\n".to_owned(), &["__things__"]),
    ] {
        let project = project(&format!("{first}{rows}"));
        let begun = Instant::now();
        let outcome = project.run(&["database:seed", "--json", "--url", &emulator.project()]);
        assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
        assert!([1, 2].contains(&outcome.code), "{outcome:?}");
        let error = outcome.error();
        let location = &error["location"];
        assert_eq!(location["file"], "database/seeders/thing_seeder.toml", "{error}");
        assert!(location["line"].as_u64().unwrap() >= 1, "{error}");
        let said: String = error.to_string().replace("\\\"", "\"");
        for words in words {
            assert!(said.contains(words), "{words:?} in {said:.2000}");
        }
    }
    Ok(())
}

pub fn a_seeding_that_fails_says_what_was_written_and_is_kept(emulator: &Emulator) -> Result<()> {
    let project = project(
        "[seeder]\nafter = [\"FirstSeeder\"]\n[[tags]]\n_id = \"a\"\n[[tags]]\n_id = \"b\"\n[[things]]\n_id = \"a/b\"\n",
    );
    project.write("database/seeders/first_seeder.toml", "[[users]]\n_id = \"ann\"\nname = \"Ann\"\n");
    let outcome = project.fails(&["database:seed", "--url", &emulator.project()], 1, "db.bad-value");
    for words in
        ["things", "ThingSeeder wrote before that, and it is kept: 2 of tags", "done before it, and kept: FirstSeeder"]
    {
        assert!(outcome.stderr.contains(words), "{words} in {}", outcome.stderr);
    }
    Ok(())
}

/// A server that lets so many commits through, and then gives the same answer for ever.
fn refused(fine: usize, answer: Answer, words: &[&str], code: &str) {
    let project = Project::empty();
    project.write("tests/factories/user_factory.toml", "table = \"users\"\n[fields]\nname = \"=name()\"\n");
    project.write("database/seeders/user_seeder.toml", "[[seeder.make]]\nfactory = \"UserFactory\"\ncount = 3000\n");
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        block_on(async move {
            let script = move |method: &str, number: usize| {
                if method == "Commit" && number > fine { answer.clone() } else { Answer::Fine }
            };
            sender.send(serve(script).await.url).unwrap();
            std::future::pending::<()>().await;
        });
    });
    let url = receiver.recv().unwrap();
    let begun = Instant::now();
    let outcome = project.fails(&["database:seed", "--url", &url], 1, code);
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    for words in words {
        assert!(outcome.stderr.contains(words), "{words} in {}", outcome.stderr);
    }
}

pub fn who_may_not_write_is_told_so_in_time(_: &Emulator) -> Result<()> {
    let denied = Answer::Status(PERMISSION_DENIED, "Missing or insufficient permissions.");
    refused(
        0,
        denied,
        &[
            "table users of UserFactory: writing to the collection users: Missing or insufficient permissions",
            "one of the rows 1 to 500, the documents users/",
            "written before it stopped: 0 documents of users",
            "database/seeders/user_seeder.toml:1",
            "roles/datastore.user",
        ],
        "db.no-privilege",
    );
    // Busy to the end of patience: tried again for a while, and given up in time.
    let busy = Answer::Status(UNAVAILABLE, "The service is currently unavailable.");
    refused(
        2,
        busy,
        &[
            "writing to the collection users",
            "(UNAVAILABLE)",
            "written before it stopped: 1000 documents of users",
            "is the emulator running?",
        ],
        "db.unreachable",
    );
    Ok(())
}

pub fn nobody_there_is_an_error_in_time(_: &Emulator) -> Result<()> {
    let project = project("[[things]]\n_id = \"one\"\nn = 1\n");
    for command in ["database:seed", "doctor"] {
        let begun = Instant::now();
        let outcome = project.fails(&[command, "--url", "firestore://p?emulator=127.0.0.1:1"], 1, "db.unreachable");
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        assert!(
            outcome.stderr.contains("127.0.0.1:1") && outcome.stderr.contains("is the emulator running?"),
            "{outcome:?}"
        );
    }
    let mut without = project.command(&["database:seed", "--url", "firestore://fastman-no-such-project"]);
    // Whatever the machine has of its own is not to be found, and no file is where the variable says.
    let begun = Instant::now();
    let output =
        without.env("HOME", "/nowhere").env("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json").output().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    for words in ["firestore.credentials", "/nowhere/key.json", "GOOGLE_APPLICATION_CREDENTIALS", "gcloud auth"] {
        assert!(stderr.contains(words), "{words} in {stderr}");
    }
    Ok(())
}
