//! `completions`: the script that completes commands and flags in a shell.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::arguments::Cli;
use crate::context::Context;
use crate::run::{Exit, Stop};

/// Print the completion script of a shell
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  fastman completions bash > ~/.local/share/bash-completion/completions/fastman
  fastman completions zsh > \"${fpath[1]}/_fastman\"
  fastman completions fish > ~/.config/fish/completions/fastman.fish")]
pub struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub fn run(&self, context: &Context<'_>) -> Result<Exit, Stop> {
        let mut script = Vec::new();
        if self.shell == Shell::Bash {
            // bash takes a colon for the end of a word, and the commands' names have one.
            script.extend_from_slice(b"COMP_WORDBREAKS=${COMP_WORDBREAKS//:}\n");
        }
        let mut command = Cli::command();
        clap_complete::generate(self.shell, &mut command, "fastman", &mut script);
        let mut script = String::from_utf8_lossy(&script).into_owned();
        if self.shell == Shell::Zsh {
            // zsh takes the first colon for the end of the name, unless a backslash says otherwise.
            for name in command.get_subcommands().map(clap::Command::get_name).filter(|name| name.contains(':')) {
                script = script.replace(&format!("'{name}:"), &format!("'{}:", name.replace(':', "\\:")));
            }
        }
        context.output.data(&script);
        Ok(Exit::Done)
    }
}
