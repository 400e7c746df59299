//! kill -9 of the program while it seeds documents: a rerun makes it what it is without.

use std::process::Stdio;
use std::time::{Duration, Instant};

use fastman_core::Result;

use super::digests::documents;
use crate::emulator::Emulator;
use crate::random::{self, Random};
use crate::support::Project;

const COLLECTIONS: [&str; 4] = ["teams", "users", "posts", "countries"];

/// Fixed rows with a key, children, parents that are made, and rows with ids of their own.
fn project(users: u32) -> Project {
    let project = Project::empty();
    project.write(
        "tests/factories/user_factory.toml",
        "table = \"users\"\n[fields]\nemail = \"=unique(email())\"\nname = \"=name()\"\nborn = \"=date('1950-01-01', '2005-12-31')\"\n\
         address = { city = \"=city()\", at = \"=geopoint(latitude(), longitude())\" }\n\
         [has.posts]\nfactory = \"PostFactory\"\ncount = \"=int(0, 4)\"\nvia = \"author\"\n\
         [for.team]\nfactory = \"TeamFactory\"\nshare = 25\n",
    );
    project.write(
        "tests/factories/post_factory.toml",
        "table = \"posts\"\n[fields]\ntitle = \"=title()\"\nslug = \"=unique(slug(title))\"\ntags = [\"=word()\", \"=word()\"]\nat = \"=now()\"\n",
    );
    project.write("tests/factories/team_factory.toml", "table = \"teams\"\n[fields]\nname = \"=unique(company())\"\n");
    project.write(
        "database/seeders/country_seeder.toml",
        "[seeder]\nkey.countries = [\"code\"]\n[[countries]]\ncode = \"de\"\nname = \"Germany\"\n[[countries]]\ncode = \"fr\"\nname = \"France\"\n\
         [[countries]]\n_id = \"it\"\ncode = \"it\"\n",
    );
    project.write(
        "database/seeders/user_seeder.toml",
        &format!(
            "[seeder]\nafter = [\"CountrySeeder\"]\n[[seeder.make]]\nfactory = \"UserFactory\"\ncount = {users}\n"
        ),
    );
    project
}

pub fn killed_anywhere_a_rerun_ends_in_the_same_documents(emulator: &Emulator) -> Result<()> {
    let is_long = std::env::var("FASTMAN_KILLS").is_ok_and(|value| value == "long");
    let seed = random::seed();
    // So many kills that leave a part are wanted, in so many rounds.
    let (wanted, rounds, users) = if is_long { (60, 200, 3_000) } else { (2, 6, 800) };
    let project = project(users);
    let uninterrupted = emulator.project();
    let mut whole = Duration::MAX;
    for _ in 0..2 {
        let begun = Instant::now();
        project.done(&["database:seed", "--url", &uninterrupted]);
        whole = whole.min(begun.elapsed());
    }
    let expected = documents(&uninterrupted, &COLLECTIONS)?;
    let total: usize = expected.iter().map(Vec::len).sum();
    let mut random = Random::new(seed, "documents");
    let (mut kills, mut halves, mut round) = (0, 0, 0);
    while halves < wanted && round < rounds {
        round += 1;
        let url = emulator.project();
        // Once, or several times one after the other.
        for _ in 0..=round % 3 {
            let delay = whole / 5 + random.moment(whole * 17 / 20);
            let mut child = project
                .command(&["database:seed", "--url", &url])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            std::thread::sleep(delay);
            child.kill().unwrap();
            let killed = child.wait().unwrap().code().is_none();
            kills += usize::from(killed);
            // The machine may be busier or idler than it was: moments are to be those of a run.
            whole = if killed { whole * 17 / 16 } else { whole * 3 / 4 };
        }
        // What was sent may still be under way.
        let left: usize = documents(&url, &COLLECTIONS)?.iter().map(Vec::len).sum();
        halves += usize::from(left > 0 && left < total);
        project.done(&["database:seed", "--url", &url]);
        let found = documents(&url, &COLLECTIONS)?;
        for (collection, (found, expected)) in COLLECTIONS.iter().zip(found.iter().zip(&expected)) {
            assert_eq!(found.len(), expected.len(), "{collection}, round {round}, seed {seed}");
            assert!(found == expected, "documents of {collection} differ, round {round}, seed {seed}");
        }
    }
    println!(
        "firestore: {kills} kills of the program seeding {total} documents, {halves} of {round} rounds left a part of them; \
         FASTMAN_KILL_SEED={seed}"
    );
    assert!(!is_long || halves >= 30, "{halves}");
    Ok(())
}

/// The same by Ctrl-C, which says what is to be done.
pub fn interrupted_it_says_that_doing_it_again_completes_it(emulator: &Emulator) -> Result<()> {
    let project = project(20_000);
    let url = emulator.project();
    let mut command = project.command(&["database:seed", "--url", &url]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(20);
    while documents(&url, &["teams"]).unwrap()[0].is_empty() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(5));
    }
    crate::support::interrupt(&child);
    let asked = Instant::now();
    let outcome = crate::support::Outcome::of(child.wait_with_output().unwrap());
    assert_eq!(outcome.code, 130, "{outcome:?}");
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    assert!(outcome.stderr.contains("interrupted"), "{outcome:?}");
    Ok(())
}
