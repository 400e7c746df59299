//! The connection is lost in the middle: cut, or ended by an administrator on the server.

use std::time::{Duration, Instant};

use crate::backend::Engine;
use crate::killing::Reference;
use crate::program::{Victim, migrate, project, start};
use crate::proxy::{Moment, Proxy};
use crate::support::Outcome;
use crate::{Extent, note};

pub fn a_lost_connection_is_an_error_that_says_so_and_a_rerun_finishes(engine: Engine, extent: Extent) {
    let server = engine.shared().unwrap();
    let project = project(3);
    let reference = Reference::of(engine, &server, &project);
    let total = reference.messages.len();
    let step = total / usize::try_from(extent.of(4, 24)).unwrap() + 1;
    let (mut cuts, mut kills, mut slowest) = (0, 0, Duration::ZERO);
    for at in (0..total).skip(extent.seed as usize % step).step_by(step) {
        for (moment, ended) in [(Moment::Before(at), true), (Moment::After(at), true), (Moment::After(at), false)] {
            let how = if ended { "ended by the server" } else { "cut" };
            let place = format!("{how} at {moment:?} of {total}: {:?}, seed {}", reference.messages[at], extent.seed);
            let database = std::sync::Arc::new(engine.database(&server));
            let target = database.clone();
            let proxy = Proxy::new(engine.protocol(), database.port, moment, !ended, move || {
                if ended {
                    target.end_sessions();
                }
            });
            let (victim, begun) = (Victim::default(), Instant::now());
            victim.set(start(&project, &proxy.url(&database.url, database.port)));
            let outcome = Outcome::of(victim.output());
            slowest = slowest.max(begun.elapsed());
            drop(proxy);
            if outcome.code != 0 {
                let code = outcome.error()["code"].clone();
                let known = ["db.lost-connection", "db.unreachable"];
                assert!(known.iter().any(|known| code == *known), "{place}: {outcome:?}");
                assert!(outcome.error()["help"].is_string(), "{place}: {outcome:?}");
                *(if ended { &mut kills } else { &mut cuts }) += 1;
            }
            reference.assert_whole(&database, &place);
            migrate(&project, &database, &place);
            reference.assert_ended(&database, &place);
            std::sync::Arc::into_inner(database).unwrap().dispose();
        }
    }
    note(&format!(
        "{}: {kills} sessions ended by the server, {cuts} connections cut; the slowest run ended after {slowest:?}",
        engine.name()
    ));
    assert!(kills > 0 && cuts > 0);
}
