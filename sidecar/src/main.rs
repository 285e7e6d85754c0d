//! The sidecar's program: `run`, `check`, `drain`.

mod arguments;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use arguments::{Arguments, Command};
use clap::Parser;
use shipshape_sidecar::live_config::check;
use shipshape_sidecar::server::{Options, request_drain, start};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    // Two providers in one process would leave rustls without a default: this is the one.
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        return fail(&anyhow::anyhow!("another TLS library is installed already: a defect of this build"));
    }
    let done = match Arguments::parse().command {
        Command::Run(run) => serve(run.into_options(std::env::var("POD_UID").ok())),
        Command::Check { config } => judge(&config),
        Command::Drain { control } => request_drain(&control),
    };
    done.map_or_else(|error| fail(&error), |()| ExitCode::SUCCESS)
}

fn serve(options: Options) -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_env("SHIPSHAPE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().json().flatten_event(true).with_env_filter(filter);
    // Where nobody reads standard error any more, saying so there would end the thread that tried.
    log.log_internal_errors(false).with_writer(std::io::stderr).init();
    let running = start(options)?;
    writeln!(std::io::stderr(), "{}", running.addresses().serving())?;
    running.wait()
}

fn judge(config: &Path) -> anyhow::Result<()> {
    check(config)?;
    writeln!(std::io::stdout(), "{}: nothing is wrong", config.display())?;
    Ok(())
}

fn fail(error: &anyhow::Error) -> ExitCode {
    // Nobody is left to tell when standard error is closed.
    let _ = writeln!(std::io::stderr(), "shipshape-sidecar: {error:#}");
    ExitCode::FAILURE
}
