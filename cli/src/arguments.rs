//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::check::Format;
use crate::{effective, local, trial};

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
    /// Serve an app on this machine behind the very sidecar, with the policy of a file
    #[command(after_help = "Examples:
  shipshape local -f apiservice.yaml -- npm start
  shipshape local -f deploy/ --name shop --app 127.0.0.1:5000
  shipshape local -f apiservice.yaml --state build/state --print-config > build/state/config.json

The app finds its port, spec.app.port, in PORT. A change of the files applies at once; a mistake is shown, and the
last good policy stays. When it serves, it writes its addresses to standard error as one line of JSON.")]
    Local(local::Asked),
    /// Send the requests that show what stands in front of an app, and show the answers
    #[command(after_help = "Examples:
  shipshape try                 serves the quickstart's policy here and asks it
  shipshape try --keep          and keeps serving, to ask yourself
  SHIPSHAPE_KEY=ship_… shipshape try --url https://quickstart.demo.svc --cacert ca.pem --resolve 10.96.0.7

Exit code: 0 when every answer is the expected one, 1 otherwise.")]
    Try(trial::Asked),
    /// Run the app of the examples, to have something to protect
    #[command(hide = true, subcommand)]
    ExampleApp(shipshape_example_app::command::Command),
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// A file, a folder with manifests, or - for standard input; may be given several times
    #[arg(short, long = "filename", alias = "file", value_name = "FILE|DIR", required = true)]
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
