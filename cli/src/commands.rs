//! Every command, a file each or one for a few that belong together.

mod baseline;
mod completions;
mod create;
mod doctor;
mod factory;
mod fresh;
mod make_migration;
mod make_model;
mod make_seeder;
mod migrate;
mod new_file;
mod repair;
mod rollback;
mod schema;
mod script;
mod seed;
mod sql;
mod status;

use clap::Subcommand;

use crate::context::Context;
use crate::run::{Exit, Stop};

/// The commands, in the order in which help lists them.
#[derive(Debug, Subcommand)]
pub enum Command {
    #[command(name = "make:migration")]
    MakeMigration(make_migration::MakeMigration),
    #[command(name = "make:model")]
    MakeModel(make_model::MakeModel),
    #[command(name = "database:migrate")]
    Migrate(migrate::Migrate),
    #[command(name = "migrate:status")]
    Status(status::Status),
    #[command(name = "migrate:rollback")]
    Rollback(rollback::Rollback),
    #[command(name = "migrate:redo")]
    Redo(rollback::Redo),
    #[command(name = "migrate:reset")]
    Reset(rollback::Reset),
    #[command(name = "migrate:sql")]
    Sql(sql::Sql),
    #[command(name = "migrate:baseline")]
    Baseline(baseline::Baseline),
    #[command(name = "migrate:repair")]
    Repair(repair::Repair),
    #[command(name = "make:seeder")]
    MakeSeeder(make_seeder::MakeSeeder),
    #[command(name = "make:factory")]
    MakeFactory(make_seeder::MakeFactory),
    #[command(name = "database:seed")]
    Seed(seed::Seed),
    #[command(name = "factory:make")]
    FactoryMake(factory::Make),
    #[command(name = "factory:create")]
    FactoryCreate(factory::Create),
    #[command(name = "factory:functions")]
    FactoryFunctions(factory::Functions),
    #[command(name = "db:create")]
    Create(create::Create),
    #[command(name = "db:fresh")]
    Fresh(fresh::Fresh),
    #[command(name = "schema:show")]
    ShowSchema(schema::Show),
    #[command(name = "doctor")]
    Doctor(doctor::Doctor),
    #[command(name = "completions")]
    Completions(completions::Completions),
}

impl Command {
    /// Runs it.
    ///
    /// # Errors
    /// What the command gives.
    pub fn run(&self, context: &Context<'_>) -> Result<Exit, Stop> {
        match self {
            Command::MakeMigration(command) => command.run(context),
            Command::MakeModel(command) => command.run(context),
            Command::Migrate(command) => command.run(context),
            Command::Status(command) => command.run(context),
            Command::Rollback(command) => command.run(context),
            Command::Redo(command) => command.run(context),
            Command::Reset(command) => command.run(context),
            Command::Sql(command) => command.run(context),
            Command::Baseline(command) => command.run(context),
            Command::Repair(command) => command.run(context),
            Command::MakeSeeder(command) => command.run(context),
            Command::MakeFactory(command) => command.run(context),
            Command::Seed(command) => command.run(context),
            Command::FactoryMake(command) => command.run(context),
            Command::FactoryCreate(command) => command.run(context),
            Command::FactoryFunctions(command) => command.run(context),
            Command::Create(command) => command.run(context),
            Command::Fresh(command) => command.run(context),
            Command::ShowSchema(command) => command.run(context),
            Command::Doctor(command) => command.run(context),
            Command::Completions(command) => command.run(context),
        }
    }
}
