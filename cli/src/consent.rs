//! Asks before data is lost, and refuses where nobody can be asked.

use std::io::{BufRead, IsTerminal, Write};

use fastman_core::Error;
use fastman_core::store::Place;

use crate::context::Context;
use crate::output::Style;
use crate::run::Stop;

/// What a destructive command is about to do.
#[derive(Debug)]
pub struct Destruction {
    /// What it does and to which database, in a sentence without its full stop.
    pub what: String,
    /// What will be undone or lost, a line each.
    pub losses: Vec<String>,
}

impl Destruction {
    /// Goes on only where that is wanted.
    ///
    /// # Errors
    /// `consent.missing` where nobody can be asked, `consent.declined` where the answer is no.
    pub async fn ask(&self, context: &Context<'_>) -> Result<(), Stop> {
        if context.global.yes {
            return Ok(());
        }
        let interactive = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        if context.global.no_input || !interactive || context.output.is_json() {
            let mut error = Error::refused("consent.missing", format!("{}, and nobody can be asked here", self.what))
                .with_help("if that is what you want, give the same command with --yes");
            for loss in &self.losses {
                error = error.with_detail(loss);
            }
            return Err(error.into());
        }
        let output = context.output;
        output.message(&output.paint_message(Style::Strong, &format!("{}:", self.what)));
        for loss in &self.losses {
            output.message(&format!("  {loss}"));
        }
        let question = output.paint_message(Style::Warn, "Go on? [y/N] ");
        let mut stderr = std::io::stderr();
        let _ = stderr.write_all(question.as_bytes()).and_then(|()| stderr.flush());
        match read_line().await.trim().to_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => Err(Error::refused("consent.declined", "nothing was done").into()),
        }
    }
}

/// A line of stdin, read by a thread of its own: Ctrl-C must not wait for it.
async fn read_line() -> String {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        // What can't be read is no yes.
        let _ = std::io::stdin().lock().read_line(&mut line);
        let _ = sender.send(line);
    });
    receiver.await.unwrap_or_default()
}

/// The database and the server, as a person would name them.
pub fn place(place: &Place) -> String {
    match place.host.as_str() {
        "" => format!("{} ({})", place.database, place.server),
        // The path of a file names its folder and the file.
        host if host.ends_with(&place.database) => format!("{host} ({})", place.server),
        host => format!("{} at {host} ({})", place.database, place.server),
    }
}
