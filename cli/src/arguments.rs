//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::check::Format;

/// Try, check and understand an ApiService.
#[derive(Debug, Parser)]
#[command(name = "shipshape", version, disable_help_subcommand = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say everything that is wrong with files, offline, with lines
    #[command(after_help = "Examples:
  shipshape check -f shop.yaml
  shipshape check -f deploy/ -o sarif > findings.sarif
  kubectl get ship shop -o yaml | shipshape check -f -

Exit code: 0 when nothing is refused (warnings may be told), 1 otherwise.")]
    Check(CheckArguments),
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// A file, a folder with manifests, or - for standard input; may be given several times
    #[arg(short, long = "filename", value_name = "FILE|DIR", required = true)]
    pub files: Vec<PathBuf>,
    /// The format of the outcome
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Format,
}

/// The name to go by: `kubectl shipshape` where kubectl called.
#[must_use]
pub fn program_name(called: Option<&str>) -> &'static str {
    let file = called.and_then(|called| called.rsplit(['/', '\\']).next()).unwrap_or_default();
    if file.starts_with("kubectl-shipshape") { "kubectl shipshape" } else { "shipshape" }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn kubectl_gives_the_name() {
        assert_eq!(program_name(Some("/usr/local/bin/kubectl-shipshape")), "kubectl shipshape");
        assert_eq!(program_name(Some("./shipshape")), "shipshape");
        assert_eq!(program_name(None), "shipshape");
    }
}
