//! What `migrate:status` costs with 1, 100 and 1,000 applied migrations.

use std::path::Path;

use crate::measure::{Summary, measured};
use crate::project::Project;
use crate::{Result, Shell};

/// Measures and prints.
pub(crate) fn run(fastman: &Path, shell: Option<&Shell>, folder: &Path, rounds: usize) -> Result<()> {
    println!("\nmigrate:status, the whole process");
    println!("{:>10}  {:<24}{:<24}{:<24}", "applied", "cpu", "wall", "sqlite3 counts rows, cpu");
    for count in [1, 100, 1_000] {
        let project = Project::new(folder.join(format!("status-{count}")), count)?;
        measured(&mut project.fastman(fastman, &["database:migrate", "--single-transaction"]))?;
        let (mut own, mut others) = (Vec::new(), Vec::new());
        for _ in 0..rounds * 4 {
            own.push(measured(&mut project.fastman(fastman, &["migrate:status"]))?);
            if let Some(shell) = shell {
                let mut command = shell.command();
                command.arg(project.database()).arg("SELECT COUNT(*) FROM fastman_migrations");
                others.push(measured(&mut command)?);
            }
        }
        let beside = if others.is_empty() { "-".to_owned() } else { Summary::cpu(&others).to_string() };
        println!("{count:>10}  {:<24}{:<24}{beside:<24}", Summary::cpu(&own), Summary::wall(&own));
    }
    Ok(())
}
