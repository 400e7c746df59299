//! kill -9 of the program in the middle of `database:seed`: all of a seeder's rows are there or none is, and what is missing is
//! written by the next run, to the same digest.

use std::time::{Duration, Instant};

use fastman_core::store::SqlStore;
use fastman_core::value::Value;

use crate::backend::{Database, Engine, connect};
use crate::killing::killed_at;
use crate::program::{Victim, begin, migrate, run};
use crate::proxy::{Moment, Proxy};
use crate::random::Random;
use crate::seeds::{self, Found};
use crate::support::{Outcome, Project, interrupt};
use crate::{Extent, note};

const SEED: [&str; 2] = ["database:seed", "--json"];

/// A run that nobody killed.
struct Reference {
    rows: Found,
    digests: Vec<(String, Vec<String>)>,
    whole: Duration,
    /// How long loading the people took.
    bulk: Duration,
    /// The messages that end a transaction.
    commits: Vec<usize>,
}

fn found(database: &Database) -> Found {
    Found::of(|sql| {
        let rows = database.ask(async |store| store.query(sql, &[]).await).unwrap();
        rows.iter().map(|row| format!("{row:?}")).collect()
    })
}

fn clear(database: &Database) {
    let cleared = database.ask(async |store| {
        for table in ["letters", "people", "accounts", "visits"] {
            store.execute(&format!("DELETE FROM {table}"), &[]).await?;
        }
        Ok(())
    });
    cleared.unwrap();
}

/// A part of the message that begins to load the people.
fn bulk(engine: Engine) -> &'static str {
    if engine.is_transactional() { "COPY \"people\"" } else { "INTO TABLE `people`" }
}

impl Reference {
    fn of(engine: Engine, database: &Database, project: &Project) -> Reference {
        let proxy = Proxy::new(engine.protocol(), database.port, Moment::Never, false, || {});
        let (victim, begun) = (Victim::default(), Instant::now());
        victim.set(begin(project, &proxy.url(&database.url, database.port), &SEED));
        let outcome = Outcome::of(victim.output());
        let whole = begun.elapsed();
        assert_eq!(outcome.code, 0, "{outcome:?}");
        let seconds = outcome.data()["seeders"][1]["tables"][0]["seconds"].as_f64().unwrap();
        let messages = proxy.messages();
        assert!(messages.iter().any(|message| message.contains(bulk(engine))), "{messages:#?}");
        let ends = |message: &String| message.contains("COMMIT") && !message.contains("COMMITTED");
        let commits = (0..messages.len()).filter(|at| ends(&messages[*at])).collect();
        let (rows, digests) = (found(database), seeds::digests(&outcome));
        Reference { rows, digests, whole, bulk: Duration::from_secs_f64(seconds), commits }
    }
}

pub fn a_seeder_that_is_killed_is_there_as_a_whole_or_not_at_all(engine: Engine, extent: Extent) {
    let server = engine.shared().unwrap();
    let mut random = Random::new(extent.seed, &format!("{} seeding", engine.name()));
    let project = seeds::project(extent.of(2_000, 20_000));
    let database = engine.database(&server);
    migrate(&project, &database, "nothing is killed yet");
    let reference = Reference::of(engine, &database, &project);
    assert_eq!(reference.commits.len(), seeds::CLASSES.len(), "a seeder is a transaction");

    // At the end of a transaction, at the messages of the seeder of people (many of them in the middle of a load), so long after its
    // load began, and at any time.
    let mut moments = Vec::new();
    for _ in 0..extent.of(1, 3) {
        let commit = reference.commits[random.below(3) as usize];
        moments.extend([Moment::Before(commit), Moment::After(commit)]);
    }
    for _ in 0..extent.of(1, 20) {
        let at = reference.commits[0] + random.below((reference.commits[1] - reference.commits[0]) as u64) as usize;
        moments.extend([Moment::Before(at), Moment::After(at)]);
    }
    for _ in 0..extent.of(2, 20) {
        moments.push(Moment::Within { text: bulk(engine), after: random.moment(reference.bulk) });
    }
    moments.extend((0..extent.of(2, 20)).map(|_| Moment::Never));

    let (mut killed, mut by_seeders) = (0, [0; 4]);
    for (number, moment) in moments.into_iter().enumerate() {
        clear(&database);
        let delay = random.moment(reference.whole * 21 / 20);
        let place = format!("kill {number} at {moment:?} or after {delay:?}, seed {}", extent.seed);
        killed += usize::from(match moment {
            Moment::Never => killed_after(&database, &project, delay),
            moment => killed_at(&database, moment, |url| begin(&project, url, &SEED)),
        });
        let again = |arguments: &[&str]| run(&project, &database.url, arguments);
        if number % 2 == 1 {
            // At once, as a user would, with what may run again whatever became of the first.
            let outcome = again(&["database:seed", "--class", seeds::CLASSES[0]]);
            assert_eq!(outcome.code, 0, "{place}: {outcome:?}");
        }
        database.wait_until_quiet();
        let done = found(&database).assert_whole(&reference.rows, &place);
        by_seeders[done] += 1;
        seeds::finish(done, &reference.digests, &place, again);
        found(&database).assert_all(&reference.rows, &place);
    }
    note(&format!(
        "{}: {killed} kills while seeding; 0, 1, 2 and 3 seeders were done: {by_seeders:?}; a whole run takes {:?}",
        engine.name(),
        reference.whole
    ));
    database.dispose();
}

fn killed_after(database: &Database, project: &Project, delay: Duration) -> bool {
    let mut child = begin(project, &database.url, &SEED);
    std::thread::sleep(delay);
    child.kill().unwrap();
    child.wait().unwrap().code().is_none()
}

/// Ctrl-C while a load is under way that would take minutes.
pub fn interrupted_in_the_middle_of_a_load_nothing_of_the_seeder_stays(engine: Engine, _: Extent) {
    let server = engine.shared().unwrap();
    let project = seeds::project(10);
    let long = "[[seeder.make]]\nfactory = \"PersonFactory\"\ncount = 5000000\n";
    project.write("database/seeders/person_seeder.toml", &format!("[seeder]\nafter = [\"AccountSeeder\"]\n{long}"));
    let database = engine.database(&server);
    migrate(&project, &database, "nothing is interrupted yet");
    let mut child = begin(&project, &database.url, &["database:seed"]);
    let loads = async |store: &mut dyn SqlStore| {
        while !database.runs(store, bulk(engine)).await? {
            assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Ok(())
    };
    database.ask(loads).unwrap();
    let interrupted = Instant::now();
    interrupt(&child);
    let outcome = Outcome::of(child.wait_with_output().unwrap());
    assert_eq!(outcome.code, 130, "{outcome:?}");
    assert!(interrupted.elapsed() < Duration::from_secs(10), "{:?}", interrupted.elapsed());
    let said = "interrupted; nothing that PersonSeeder wrote was kept; done, and kept: AccountSeeder";
    assert!(outcome.stderr.contains(said), "{outcome:?}");
    database.wait_until_quiet();
    let count = |table: &str| {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        database.ask(async |store| store.query(&sql, &[]).await).unwrap().remove(0).remove(0)
    };
    assert_eq!(["accounts", "people", "letters"].map(count), [2, 0, 0].map(Value::Integer));
    database.dispose();
}

/// The other session has the rows of one table and waits for those of the other, which the seeder has: the server ends the
/// transaction that has done less, and that is the seeder's.
pub fn a_seeder_that_lost_a_deadlock_is_tried_again_by_itself(engine: Engine, _: Extent) {
    let server = engine.shared().unwrap();
    let database = engine.database(&server);
    let project = Project::new();
    let table = |name: &str| {
        format!("CREATE TABLE {name} (id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, name VARCHAR(20));")
    };
    project.migration(1, "create_tables", &format!("{}\n{}", table("firsts"), table("seconds")));
    project.write("database/seeders/one_seeder.toml", "[[firsts]]\nname = \"a\"\n\n[[seconds]]\nname = \"b\"\n");
    migrate(&project, &database, "deadlock");
    let outcome = database.ask(async |store| {
        let rows: Vec<String> = (0..500).map(|number| format!("('{number}')")).collect();
        store.begin(fastman_core::store::TransactionOptions::default()).await?;
        store.execute(&format!("INSERT INTO seconds (name) VALUES {}", rows.join(", ")), &[]).await?;
        let seeder = Victim::default();
        seeder.set(begin(&project, &database.url, &["database:seed"]));
        let mut beside = connect(&database.itself).await?;
        while !database.runs(&mut *beside, "seconds` ORDER BY").await? {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // Waits for the seeder, until the server has seen that they wait for each other.
        store.execute("INSERT INTO firsts (name) VALUES ('other')", &[]).await?;
        store.commit().await?;
        Ok(Outcome::of(seeder.output()))
    });
    let outcome = outcome.unwrap();
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(outcome.stderr.contains("OneSeeder is tried again"), "{outcome:?}");
    let count = |table: &str| {
        database.ask(async |store| store.query(&format!("SELECT COUNT(*) FROM {table}"), &[]).await).unwrap()
    };
    assert_eq!(count("firsts"), [[Value::Integer(2)]]);
    assert_eq!(count("seconds"), [[Value::Integer(501)]]);
}
