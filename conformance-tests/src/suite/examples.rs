//! The example projects, as they are in the repository, on this engine.

use std::fmt::Write;
use std::path::Path;

use fastman_core::Result;
use fastman_core::migrate::{Extent, Folder, MigrateOptions, Migrator, RollbackOptions, Settings};
use fastman_core::schema::Schema;
use fastman_core::seed::SeedOptions;
use fastman_core::sql::portable;
use fastman_core::store::{CatalogObject, ObjectKind};

use super::tests;
use crate::Context;
use crate::catalog::normalised;
use crate::seeds::Seeds;
use crate::snapshot::Snapshot;

tests!("examples":
    the_blogs_catalog_is_its_schema_as_on_every_engine,
    the_music_stores_catalog_is_its_schema_as_on_every_engine,
    the_blog_goes_up_down_to_nothing_and_up_again,
    the_music_store_goes_up_down_to_nothing_and_up_again,
    the_blogs_seeders_write_the_same_rows_as_on_every_engine,
);

const SEEDERS: &[(&str, &str)] = &[
    ("UserSeeder", include_str!("../../../examples/blog/database/seeders/user_seeder.toml")),
    ("PostSeeder", include_str!("../../../examples/blog/database/seeders/post_seeder.toml")),
    ("DemoSeeder", include_str!("../../../examples/blog/database/seeders/demo_seeder.toml")),
];

const FACTORIES: &[(&str, &str)] = &[
    ("UserFactory", include_str!("../../../examples/blog/tests/factories/user_factory.toml")),
    ("PostFactory", include_str!("../../../examples/blog/tests/factories/post_factory.toml")),
    ("CommentFactory", include_str!("../../../examples/blog/tests/factories/comment_factory.toml")),
];

fn migrator(context: &Context, name: &str) -> Migrator {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(name);
    let folder = Folder::new(folder.join("database/migrations/versions"), format!("examples/{name}"));
    Migrator::new(folder, context.flavours(), Settings::default())
}

/// Migrates, reads the catalog back, and says what the engine keeps in another form than was declared. What is left is the same text
/// for every engine: that of the file.
async fn compare(context: &Context, name: &str, expected: &str) -> Result<()> {
    let migrator = migrator(context, name);
    let declared = migrator.replayed_schema()?;
    let mut session = context.session().await?;
    migrator.migrate(&mut *session.store, &MigrateOptions::default(), &mut ()).await?;
    let dialect = session.store.dialect();
    let live = session.store.introspect(None).await?;
    let (mut normal, mut told) = (Schema::default(), String::new());
    for table in live.tables().filter(|table| table.name.key() != "fastman_migrations") {
        let Some(wanted) = declared.table(&table.name) else {
            normal.insert_table((**table).clone());
            continue;
        };
        let (mut table, mut kept) = normalised(wanted, &dialect.stored(wanted), table);
        // What a section for this engine made in its own way is in the catalog, and the model has no words for it.
        let objects = session.store.catalog_objects(std::slice::from_ref(&table.name)).await?.objects;
        for (place, index) in wanted.indexes.iter().enumerate() {
            let own = |object: &&CatalogObject| {
                object.kind == ObjectKind::Index && object.name.eq_ignore_ascii_case(index.name.as_str())
            };
            let missing = table.indexes.iter().all(|live| live.name != index.name);
            if let (true, Some(own)) = (missing, objects.iter().find(own)) {
                kept.push(format!("index {}  ->  {}", index.name, own.sql));
                table.indexes.insert(place.min(table.indexes.len()), index.clone());
            }
        }
        let _ = writeln!(
            told,
            "  {}: {} columns, {} constraints, {} indexes; {} kept in another form",
            table.name,
            table.columns.len(),
            table.constraints.len(),
            table.indexes.len(),
            kept.len()
        );
        kept.iter().for_each(|line| told.push_str(&format!("    {line}\n")));
        normal.insert_table(table);
    }
    let normal = portable::schema(&normal);
    let verdict = if normal == expected { "the same as the schema" } else { "NOT the same as the schema" };
    // In one piece: other tests print too.
    println!("catalog of examples/{name} on {}: {verdict}\n{}", session.store.place().server, told.trim_end());
    assert_eq!(normal, expected, "the catalog of examples/{name}, what the engine keeps otherwise put back");
    let relations = session.store.relations().await?;
    let views = relations.iter().filter(|relation| relation.kind == ObjectKind::View);
    let mut views: Vec<String> = views.map(|relation| relation.name.to_lowercase()).collect();
    views.sort();
    assert_eq!(views, declared.views().map(|view| view.name.key().into_owned()).collect::<Vec<_>>());
    // The file is what the migrations add up to.
    let mut tables = Schema::default();
    declared.tables().for_each(|table| tables.insert_table((**table).clone()));
    assert_eq!(portable::schema(&tables), expected, "what the migrations of examples/{name} add up to");
    Ok(())
}

async fn the_blogs_catalog_is_its_schema_as_on_every_engine(context: Context) -> Result<()> {
    compare(&context, "blog", include_str!("examples/blog.sql")).await
}

async fn the_music_stores_catalog_is_its_schema_as_on_every_engine(context: Context) -> Result<()> {
    compare(&context, "chinook", include_str!("examples/chinook.sql")).await
}

async fn there_and_back(context: &Context, name: &str) -> Result<Snapshot> {
    let migrator = migrator(context, name);
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

/// A line for each seeder and table: the rows and their digest.
const SEEDED: &str = "\
UserSeeder users 2 f151983ec4aeaecb473a181fc1bac983
PostSeeder posts 1 c90700329a07d41398a1ab044ca49aa2
DemoSeeder users 3 a6557acb2386eb36aef9bf2c0ba8fc65
DemoSeeder posts 30 073fe26f3bc22c965e5e75675a91e54d
DemoSeeder comments 61 11ee9455302ce7a1b49027d0e7434e02
";

async fn the_blogs_seeders_write_the_same_rows_as_on_every_engine(context: Context) -> Result<()> {
    let migrator = migrator(&context, "blog");
    let mut session = context.session().await?;
    migrator.migrate(&mut *session.store, &MigrateOptions::default(), &mut ()).await?;
    session.schema = migrator.replayed_schema()?;
    let seeds = Seeds::new(SEEDERS, FACTORIES, context.flavours())?;
    let mut told = String::new();
    for _ in 0..2 {
        let store = session.second().await?.store;
        let report = seeds.run(store, &session.schema, &SeedOptions::default()).await?;
        told.clear();
        for seeder in &report.seeders {
            for table in &seeder.tables {
                let _ = writeln!(told, "{} {} {} {}", seeder.class, table.table, table.rows, table.digest);
            }
        }
        if session.rows("comments").await?.len() == 61 {
            assert_eq!(told, SEEDED, "documents have these digests too");
        }
    }
    // What has a key is there once, and made-up rows are there twice, under other unique values.
    assert_ne!(told, SEEDED);
    assert_eq!((session.rows("users").await?.len(), session.rows("posts").await?.len()), (2 + 6, 1 + 60));
    Ok(())
}
