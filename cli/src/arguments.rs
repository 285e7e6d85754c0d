//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::check::Format;
use crate::effective;

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
    /// Show the route that claims a request, and every value of its policy with where it was said
    #[command(after_help = "Examples:
  shipshape effective -f shop.yaml shop POST /api/v1/auth/login
  kubectl shipshape effective -n store shop GET /api/v1/products/7 -o json")]
    Effective(effective::Asked),
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
