//! Sixteen runners at once, as processes, of which some are killed while they hold the lock.

use std::time::Duration;

use crate::backend::Engine;
use crate::program::{self, project, start};
use crate::support::{Outcome, Project};
use crate::{Extent, note};

const RUNNERS: usize = 16;

/// Migrations that each count themselves, around one that holds the lock for a while.
fn counting(doublings: u32) -> (Project, usize) {
    let project = project(doublings);
    let count = 8;
    for number in 0..count {
        project.migration(
            10 + number,
            &format!("create_t{number}"),
            &format!(
                "CREATE TABLE t{number} (id INTEGER PRIMARY KEY, name VARCHAR(20) NOT NULL);
INSERT INTO t{number} (id, name) VALUES ({number}, 'once');
ALTER TABLE t{number} ALTER COLUMN name SET DATA TYPE VARCHAR(30);
UPDATE last SET times = times + 1;
"
            ),
        );
    }
    (project, count as usize)
}

pub fn sixteen_runners_apply_each_migration_once_though_holders_of_the_lock_are_killed(engine: Engine, extent: Extent) {
    let server = engine.shared().unwrap();
    let (project, count) = counting(extent.doublings() - 1);
    let database = engine.database(&server);
    let outcome = program::run(&project, &database.url, &["database:migrate"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let expected = database.content();
    assert_eq!(expected.row("last"), [format!("[Integer(1), Integer({})]", count + 1)]);
    database.dispose();

    let mut killed_in_all = 0;
    for (round, kills) in [0, 4].into_iter().cycle().take(usize::try_from(extent.of(2, 8)).unwrap()).enumerate() {
        let database = engine.database(&server);
        database.let_runners_in(RUNNERS);
        let mut runners: Vec<_> =
            (0..RUNNERS).map(|number| Some(start(&project, &database.url_of_runner(&server, number)))).collect();
        let mut killed = 0;
        database
            .ask(async |store| {
                while killed < kills {
                    if runners.iter_mut().flatten().all(|runner| runner.try_wait().unwrap().is_some()) {
                        break;
                    }
                    let holder = database.holder(store).await?;
                    let number = holder
                        .as_deref()
                        .and_then(|text| text.split_once("runner_")?.1.split_once('_')?.0.parse::<usize>().ok());
                    if let Some(runner) = number.and_then(|number| runners[number].as_mut())
                        && runner.try_wait().unwrap().is_none()
                    {
                        runner.kill().unwrap();
                        runner.wait().unwrap();
                        runners[number.unwrap()] = None;
                        killed += 1;
                    }
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                Ok(())
            })
            .unwrap();
        for (number, runner) in runners.into_iter().enumerate() {
            let Some(runner) = runner else { continue };
            let outcome = Outcome::of(runner.wait_with_output().unwrap());
            assert_eq!(outcome.code, 0, "round {round}, runner {number}: {outcome:?}");
        }
        database.wait_until_quiet();
        database.content().assert_same(&expected, &format!("round {round}"));
        database.dispose();
        assert!(kills == 0 || killed > 0, "no holder was caught");
        killed_in_all += killed;
    }
    note(&format!("{}: sixteen runners, {killed_in_all} of them killed while they held the lock", engine.name()));
}
