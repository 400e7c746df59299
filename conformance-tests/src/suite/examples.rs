//! The example projects, as they are in the repository, on this engine.

use std::path::Path;

use fastman_core::Result;
use fastman_core::migrate::{Extent, Folder, MigrateOptions, Migrator, RollbackOptions, Settings};

use super::tests;
use crate::Context;
use crate::snapshot::Snapshot;

tests!("examples":
    the_blog_goes_up_down_to_nothing_and_up_again,
    the_music_store_goes_up_down_to_nothing_and_up_again,
);

async fn there_and_back(context: &Context, name: &str) -> Result<Snapshot> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(name);
    let folder = Folder::new(folder.join("database/migrations/versions"), format!("examples/{name}"));
    let migrator = Migrator::new(folder, context.flavours(), Settings::default());
    let mut session = context.session().await?;
    let first = migrator.migrate(&mut *session.store, &MigrateOptions::default(), &mut ()).await?;
    let reached = Snapshot::of(&mut *session.store).await?;
    let all = RollbackOptions { extent: Extent::All, ..RollbackOptions::default() };
    let undone = migrator.rollback(&mut *session.store, &all, &mut ()).await?;
    assert_eq!(undone.migrations.len(), first.migrations.len());
    assert!(Snapshot::of(&mut *session.store).await?.is_empty());
    migrator.migrate(&mut *session.store, &MigrateOptions::default(), &mut ()).await?;
    let again = Snapshot::of(&mut *session.store).await?;
    assert_eq!(again.without_rows(), reached.clone().without_rows());
    // One step down and up again, from the top to the bottom and back.
    for steps in 1..=first.migrations.len() {
        let some = RollbackOptions { extent: Extent::Steps(steps), ..RollbackOptions::default() };
        migrator.rollback(&mut *session.store, &some, &mut ()).await?;
        migrator.migrate(&mut *session.store, &MigrateOptions::default(), &mut ()).await?;
    }
    Ok(reached)
}

async fn the_blog_goes_up_down_to_nothing_and_up_again(context: Context) -> Result<()> {
    let reached = format!("{:?}", there_and_back(&context, "blog").await?).to_lowercase();
    for relation in ["users", "posts", "comments", "tags", "post_tags", "published_posts"] {
        assert!(reached.contains(&format!("\n{relation}: ")), "{relation} is missing");
    }
    Ok(())
}

async fn the_music_store_goes_up_down_to_nothing_and_up_again(context: Context) -> Result<()> {
    let reached = format!("{:?}", there_and_back(&context, "chinook").await?).to_lowercase();
    for relation in [
        "artist",
        "album",
        "track",
        "media_type",
        "genre",
        "playlist",
        "playlist_track",
        "employee",
        "customer",
        "invoice",
        "invoice_line",
        "sales",
    ] {
        assert!(reached.contains(&format!("\n{relation}: ")), "{relation} is missing");
    }
    Ok(())
}
