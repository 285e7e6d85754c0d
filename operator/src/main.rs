//! The operator's command line.

use anyhow::Context;
use clap::Parser;
use shipshape_operator::cli::{Cli, Command};
use shipshape_operator::{crds, ready, run};
use tracing_subscriber::EnvFilter;

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Crds => crds::write(&mut std::io::stdout().lock()),
        Command::Ready(args) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(ready::wait(&args.url, args.timeout))
        }
        Command::Run(args) => {
            let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
            tracing_subscriber::fmt()
                .json()
                .flatten_event(true)
                .with_env_filter(filter)
                .with_writer(std::io::stderr)
                .init();
            // The build holds one provider; said once, so that no library has to guess.
            let provider = rustls::crypto::aws_lc_rs::default_provider();
            provider.install_default().ok().context("another TLS provider was installed first")?;
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            runtime.block_on(run::run(args))
        }
    }
}
