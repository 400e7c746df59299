//! kill -9 of the server in the middle of a migration: the program says so, and once the server is back, a rerun finishes.

use std::sync::Arc;

use crate::backend::Engine;
use crate::killing::Reference;
use crate::program::{Victim, long, migrate, project, start};
use crate::proxy::{Moment, Proxy};
use crate::random::Random;
use crate::support::Outcome;
use crate::{Extent, note};

pub fn when_the_server_is_killed_and_started_again_a_rerun_ends_in_the_same(engine: Engine, extent: Extent) {
    let server = Arc::new(engine.durable().unwrap());
    let mut random = Random::new(extent.seed, &format!("{} server", engine.name()));
    let project = project(extent.doublings() - 2);
    let reference = Reference::of(engine, &server, &project);
    let text = long(engine);
    let (mut midway, runs) = (0, extent.of(2, 20));
    for run in 0..runs {
        let at = random.below(reference.messages.len() as u64) as usize;
        let moment = match run % 3 {
            0 => Moment::Before(at),
            1 => Moment::After(at),
            _ => Moment::Within { text, after: random.moment(reference.long) },
        };
        let place = format!("server kill {run} at {moment:?}, seed {}", extent.seed);
        let database = engine.database(&server);
        let victim = Victim::default();
        let target = server.clone();
        let proxy = Proxy::new(engine.protocol(), database.port, moment, true, move || target.kill().unwrap());
        victim.set(start(&project, &proxy.url(&database.url, database.port)));
        let outcome = Outcome::of(victim.output());
        if !proxy.done() {
            // A run is not to the message like another.
            server.kill().unwrap();
        }
        if outcome.code != 0 {
            let code = outcome.error()["code"].clone();
            assert!(
                ["db.lost-connection", "db.unreachable"].iter().any(|known| code == *known),
                "{place}: {outcome:?}"
            );
        }
        server.restart().unwrap_or_else(|reason| panic!("{place}: {reason}"));
        let applied = reference.assert_whole(&database, &place);
        midway += usize::from(outcome.code != 0 && applied > 0);
        migrate(&project, &database, &place);
        reference.assert_ended(&database, &place);
        database.dispose();
    }
    note(&format!("{}: {runs} kills of the server, {midway} of them after the first migration", engine.name()));
}
