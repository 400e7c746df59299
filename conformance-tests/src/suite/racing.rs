//! Several runners at once: each migration is applied once, and nobody fails.

use std::sync::{Arc, Barrier};

use fastman_core::Result;
use fastman_core::migrate::MigrationState;

use super::tests;
use crate::project::Project;
use crate::run::block_on;
use crate::snapshot::Snapshot;
use crate::{Context, Database};

tests!("racing":
    runners_started_at_once_apply_each_migration_once,
    a_runner_that_only_looks_never_fails,
);

fn project(context: &Context) -> Project {
    let texts: Vec<(String, String)> = (0..10)
        .map(|number| {
            let text = format!(
                "-- migrate:up
                 CREATE TABLE t{number} (id INTEGER PRIMARY KEY, name VARCHAR(20));
                 INSERT INTO t{number} (id, name) VALUES ({number}, 'once');
                 CREATE INDEX ix_t{number}_name ON t{number} (name);"
            );
            (format!("create_t{number}"), text)
        })
        .collect();
    let migrations: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    Project::new(context, &migrations)
}

/// Runs it in a thread of its own, as another process would.
fn runner(
    database: &Arc<dyn Database>,
    project: &Project,
    start: &Arc<Barrier>,
) -> std::thread::JoinHandle<Result<usize>> {
    let (database, project, start) = (database.clone(), project.clone(), start.clone());
    std::thread::spawn(move || {
        block_on(async {
            let mut store = database.connect().await?;
            start.wait();
            let report = project.migrate(&mut *store).await?;
            Ok(report.migrations.len())
        })
    })
}

async fn runners_started_at_once_apply_each_migration_once(context: Context) -> Result<()> {
    const RUNNERS: usize = 6;
    let project = project(&context);
    let mut alone = context.session().await?;
    project.migrate(&mut *alone.store).await?;
    let expected = Snapshot::of(&mut *alone.store).await?;
    for _ in 0..3 {
        let database = context.database().await?;
        let start = Arc::new(Barrier::new(RUNNERS));
        let runners: Vec<_> = (0..RUNNERS).map(|_| runner(&database, &project, &start)).collect();
        let mut applied = 0;
        for runner in runners {
            applied += runner.join().unwrap()?;
        }
        assert_eq!(applied, project.len(), "each migration was applied by one runner");
        let mut store = database.connect().await?;
        assert_eq!(project.states(&mut *store).await?, [MigrationState::Applied; 10]);
        assert_eq!(Snapshot::of(&mut *store).await?, expected);
    }
    Ok(())
}

async fn a_runner_that_only_looks_never_fails(context: Context) -> Result<()> {
    let project = project(&context);
    let database = context.database().await?;
    let start = Arc::new(Barrier::new(2));
    let migrating = runner(&database, &project, &start);
    let mut store = database.connect().await?;
    start.wait();
    let mut least = 0;
    while !migrating.is_finished() {
        let applied = project.applied(&mut *store).await?;
        assert!(applied >= least, "{applied} applied after {least} were");
        least = applied;
    }
    assert_eq!(migrating.join().unwrap()?, 10);
    assert_eq!(project.applied(&mut *store).await?, 10);
    Ok(())
}
