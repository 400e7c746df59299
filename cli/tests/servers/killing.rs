//! kill -9 of the program, at every message that it sends to the server and at random moments: on engines where DDL commits a
//! rerun ends in the same schema and rows, without a person; where it doesn't, nothing is ever half applied either.

use std::collections::BTreeMap;
use std::process::Child;
use std::time::{Duration, Instant};

use fastman_core::store::SqlStore;
use fastman_test_servers::Server;

use crate::backend::{Content, Database, Engine};
use crate::program::{self, MIGRATIONS, Victim, migrate, project, start};
use crate::proxy::{Moment, Proxy};
use crate::random::Random;
use crate::support::{Outcome, Project, migration_path, version};
use crate::{Extent, note};

/// A project whose large table is small enough for hundreds of runs.
const SMALL: u32 = 3;

/// What is there after each number of migrations.
pub struct Reference {
    prefixes: Vec<Content>,
    /// How long the whole takes, and the long statement of it.
    pub whole: Duration,
    pub long: Duration,
    /// The beginnings of the program's messages.
    pub messages: Vec<String>,
}

impl Reference {
    pub fn of(engine: Engine, server: &Server, project: &Project) -> Reference {
        let database = engine.database(server);
        let mut prefixes = vec![database.content()];
        for number in 0..MIGRATIONS {
            let outcome = program::run(project, &database.url, &["database:migrate", "--to", &version(number)]);
            assert_eq!(outcome.code, 0, "{outcome:?}");
            prefixes.push(database.content());
        }
        database.dispose();
        let database = engine.database(server);
        let proxy = Proxy::new(engine.protocol(), database.port, Moment::Never, false, || {});
        let (victim, begun) = (Victim::default(), Instant::now());
        victim.set(start(project, &proxy.url(&database.url, database.port)));
        let watch = std::thread::scope(|scope| {
            let watch = scope.spawn(|| time_of_long(&database, &victim));
            let output = Outcome::of(victim.output());
            assert_eq!(output.code, 0, "{output:?}");
            watch.join().unwrap()
        });
        let whole = begun.elapsed();
        database.content().assert_same(prefixes.last().unwrap(), "at once and one after the other");
        let messages = proxy.messages();
        database.dispose();
        Reference { prefixes, whole, long: watch, messages }
    }

    /// Asserts that what a kill left is whole migrations, where the engine can promise that.
    pub fn assert_whole(&self, database: &Database, place: &str) -> usize {
        database.wait_until_quiet();
        let found = database.content();
        let applied = found.history.len();
        if database.engine.is_transactional() {
            found.assert_same(&self.prefixes[applied], &format!("{place}: {applied} migrations, and nothing else"));
        }
        applied
    }

    pub fn assert_ended(&self, database: &Database, place: &str) {
        database.content().assert_same(self.prefixes.last().unwrap(), place);
    }
}

/// How long the long statement was seen to run, roughly.
fn time_of_long(database: &Database, victim: &Victim) -> Duration {
    let mut seen: Option<(Instant, Instant)> = None;
    let looked = database.ask(async |store| {
        while !victim.has_ended() {
            if database.runs(store, program::long(database.engine)).await? {
                let now = Instant::now();
                seen = Some((seen.map_or(now, |seen| seen.0), now));
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    });
    looked.unwrap();
    seen.map_or(Duration::ZERO, |(first, last)| last - first)
}

/// One kill and what follows it.
struct Round<'a> {
    engine: Engine,
    server: &'a Server,
    project: &'a Project,
    reference: &'a Reference,
    place: String,
}

impl Round<'_> {
    /// Kills a run at a moment; whether it came to that. Then another runs at once, and all is well.
    fn kill_at(&self, moment: Moment) -> bool {
        let database = self.engine.database(self.server);
        let done = killed_at(&database, moment, |url| start(self.project, url));
        self.finish(database);
        done
    }

    /// Kills a run after a time, without anything in between, and so many more that go on with it.
    fn kill_after(&self, delays: &[Duration]) -> usize {
        let database = self.engine.database(self.server);
        let mut killed = 0;
        for delay in delays {
            let mut child = start(self.project, &database.url);
            std::thread::sleep(*delay);
            child.kill().unwrap();
            let status = child.wait().unwrap();
            killed += usize::from(status.code().is_none());
        }
        self.finish(database);
        killed
    }

    fn finish(&self, database: Database) {
        if self.engine.is_transactional() {
            self.reference.assert_whole(&database, &self.place);
        }
        migrate(self.project, &database, &self.place);
        self.reference.assert_ended(&database, &self.place);
        database.dispose();
    }
}

/// Kills what is started with a URL at a moment; whether it came to that.
pub fn killed_at(database: &Database, moment: Moment, start: impl FnOnce(&str) -> Child) -> bool {
    let victim = Victim::default();
    let killer = victim.clone();
    let proxy = Proxy::new(database.engine.protocol(), database.port, moment, true, move || killer.kill());
    victim.set(start(&proxy.url(&database.url, database.port)));
    let output = victim.output();
    if output.status.code().is_some() {
        let outcome = Outcome::of(output);
        assert_eq!(outcome.code, 0, "{moment:?}: nobody killed it, and yet {outcome:?}");
        return false;
    }
    true
}

/// Kills by their kinds.
#[derive(Default)]
struct Kills(BTreeMap<&'static str, usize>);

impl Kills {
    fn count(&mut self, kind: &'static str, killed: usize) {
        *self.0.entry(kind).or_default() += killed;
    }

    fn sum(&self) -> usize {
        self.0.values().sum()
    }
}

impl std::fmt::Display for Kills {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kinds: Vec<String> = self.0.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        write!(formatter, "{} kills of the program ({})", self.sum(), kinds.join(", "))
    }
}

/// Kills at every message, and at random.
pub fn killed_anywhere_a_rerun_ends_in_the_same_schema_and_rows(engine: Engine, extent: Extent) {
    let server = engine.shared().unwrap();
    let mut random = Random::new(extent.seed, engine.name());
    let mut kills = Kills::default();
    let project = project(SMALL);
    let reference = Reference::of(engine, &server, &project);
    let total = reference.messages.len();
    let round = |place: String| Round { engine, server: &server, project: &project, reference: &reference, place };
    for at in (0..total).filter(|at| extent.is_long || (at + extent.seed as usize).is_multiple_of(total / 6 + 1)) {
        for moment in [Moment::Before(at), Moment::After(at)] {
            let place = format!("{moment:?} of {total}: {:?}, seed {}", reference.messages[at], extent.seed);
            kills.count("at a message", usize::from(round(place).kill_at(moment)));
        }
    }
    for number in 0..extent.of(3, 40) {
        let delay = random.moment(reference.whole * 21 / 20);
        let place = format!("random kill {number} after {delay:?}, seed {}", extent.seed);
        kills.count("at random", round(place).kill_after(&[delay]));
    }
    for number in 0..extent.of(1, 10) {
        let delays = [reference.whole, reference.whole / 2, reference.whole / 2].map(|limit| random.moment(limit));
        let place = format!("three kills {number} after {delays:?}, seed {}", extent.seed);
        kills.count("three in a row", round(place).kill_after(&delays));
    }
    note(&format!("{}: {kills}", engine.name()));
    assert!(!extent.is_long || kills.sum() >= 200, "{kills}");
}

/// Kills while a statement runs that the server goes on with.
pub fn killed_inside_a_long_statement_a_rerun_ends_in_the_same_schema_and_rows(engine: Engine, extent: Extent) {
    let server = engine.shared().unwrap();
    let mut random = Random::new(extent.seed, &format!("{} long", engine.name()));
    let mut kills = Kills::default();
    let project = project(extent.doublings());
    let reference = Reference::of(engine, &server, &project);
    let round = |place: String| Round { engine, server: &server, project: &project, reference: &reference, place };
    let text = program::long(engine);
    for number in 0..extent.of(2, 24) {
        let after = random.moment(reference.long);
        let place =
            format!("kill {number} {after:?} into the long statement of {:?}, seed {}", reference.long, extent.seed);
        kills.count("inside the long ALTER", usize::from(round(place).kill_at(Moment::Within { text, after })));
    }
    for number in 0..extent.of(1, 12) {
        let delay = random.moment(reference.whole);
        let place = format!("random kill {number} of a long run after {delay:?}, seed {}", extent.seed);
        kills.count("at random", round(place).kill_after(&[delay]));
    }
    note(&format!("{}: {kills}; the long ALTER took {:?} of {:?}", engine.name(), reference.long, reference.whole));
}

/// Kills while an index is made CONCURRENTLY, which is PostgreSQL's alone.
pub fn an_index_that_a_kill_left_invalid_is_made_again(engine: Engine, extent: Extent) {
    let server = engine.shared().unwrap();
    let mut random = Random::new(extent.seed, "concurrently");
    let project = project(extent.doublings());
    project.write(
        &migration_path(10, "concurrently"),
        "-- migrate:up postgres transaction:false
CREATE INDEX CONCURRENTLY ix_big_number ON big (number);
CREATE INDEX CONCURRENTLY ix_big_word ON big USING hash (word);
",
    );
    let database = engine.database(&server);
    migrate(&project, &database, "nobody kills it");
    let expected = database.content();
    database.dispose();
    let (mut killed, mut invalid) = (0, 0);
    for number in 0..extent.of(3, 20) {
        let database = engine.database(&server);
        let after = random.moment(Duration::from_millis(if extent.is_long { 1500 } else { 150 }));
        let place = format!("kill {number} {after:?} into making an index, seed {}", extent.seed);
        let text = ["CONCURRENTLY ix_big_number", "CONCURRENTLY ix_big_word"][number as usize % 2];
        let moment = Moment::Within { text, after };
        killed += usize::from(killed_at(&database, moment, |url| start(&project, url)));
        database.wait_until_quiet();
        let left = database.ask(async |store| store.query("SELECT 1 FROM pg_index WHERE NOT indisvalid", &[]).await);
        invalid += left.unwrap().len();
        migrate(&project, &database, &place);
        database.content().assert_same(&expected, &place);
        database.dispose();
    }
    note(&format!("{}: {killed} kills while an index was made CONCURRENTLY, {invalid} left it invalid", engine.name()));
}

/// The lock of a killed holder, measured.
pub fn a_killed_holder_s_lock_is_free_soon_after_its_statement(engine: Engine, extent: Extent) {
    let server = engine.shared().unwrap();
    let project = project(extent.doublings());
    // On a busy machine the statement may be over before it is looked at.
    for _ in 0..5 {
        let database = engine.database(&server);
        let mut child = start(&project, &database.url);
        let measured = database.ask(async |store| killed_holder(&database, store, &mut child).await).unwrap();
        migrate(&project, &database, "after the holder was killed");
        database.dispose();
        let Some((ended, free)) = measured else { continue };
        note(&format!(
            "{}: the killed holder's statement ended after {ended:?}, and its lock was free after {free:?}",
            engine.name()
        ));
        assert!(free.saturating_sub(ended) < Duration::from_secs(30));
        return;
    }
    panic!("it was always too fast to be looked at");
}

/// Kills a run in its long statement: how long after that the statement ended, and the lock was free.
async fn killed_holder(
    database: &Database,
    store: &mut dyn SqlStore,
    child: &mut Child,
) -> fastman_core::Result<Option<(Duration, Duration)>> {
    let text = program::long(database.engine);
    while !database.runs(store, text).await? {
        if child.try_wait().unwrap().is_some() {
            return Ok(None);
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let killed = Instant::now();
    let mut ended = None;
    loop {
        if ended.is_none() && !database.runs(store, text).await? {
            ended = Some(killed.elapsed());
        }
        if database.holder(store).await?.is_none() {
            return Ok(Some((ended.unwrap_or(killed.elapsed()), killed.elapsed())));
        }
        assert!(killed.elapsed() < Duration::from_secs(600), "the lock stays");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
