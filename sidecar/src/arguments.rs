//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use shipshape_crds::protocol::AppProtocol;
use shipshape_sidecar::server::{Control, DEFAULT_CONTROL, HealthPages, Options};

/// Stands in front of an HTTP API and enforces what its ApiService says.
#[derive(Debug, Parser)]
#[command(name = "shipshape-sidecar", version)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve.
    Run(Box<RunArguments>),
    /// Tell everything that is wrong with a configuration; exit 0 where nothing is, 1 otherwise.
    Check {
        /// The configuration's file; other files are relative to its folder.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Begin the drain of the sidecar in this container, and return at once.
    Drain {
        /// The socket that the sidecar was started with.
        #[arg(long, value_name = "PATH", default_value = DEFAULT_CONTROL)]
        control: PathBuf,
    },
}

/// How to serve; what is given here wins over the file.
#[derive(Debug, Args)]
pub struct RunArguments {
    /// The configuration's file; other files are relative to its folder.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Where to accept TLS, as IP:PORT; port 0 takes a free one.
    #[arg(long, value_name = "ADDR")]
    pub https: Option<SocketAddr>,
    /// Where to accept plain HTTP.
    #[arg(long, value_name = "ADDR")]
    pub http: Option<SocketAddr>,
    /// Where to answer probes, metrics and the operator.
    #[arg(long, value_name = "ADDR")]
    pub admin: Option<SocketAddr>,
    /// Where the app listens.
    #[arg(long, value_name = "ADDR")]
    pub app: Option<SocketAddr>,
    /// What the app speaks there: HTTP1, or H2C for HTTP/2 without TLS.
    #[arg(long, value_name = "PROTOCOL")]
    pub app_protocol: Option<AppProtocol>,
    /// The app's page that tells whether it lives, such as /health/live; empty where a connection is enough.
    #[arg(long, value_name = "PATH")]
    pub app_live: Option<String>,
    /// The app's page that tells whether it can serve; empty where a connection is enough.
    #[arg(long, value_name = "PATH")]
    pub app_ready: Option<String>,
    /// How many worker threads; by default one for each whole core of the container's CPU limit.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub workers: Option<u16>,
    /// The socket for `drain`; by default the usual one, unless another sidecar has it.
    #[arg(long, value_name = "PATH")]
    pub control: Option<PathBuf>,
}

impl RunArguments {
    /// What a sidecar of a container is started with.
    #[must_use]
    pub fn into_options(self, pod_uid: Option<String>) -> Options {
        let Self { config, https, http, admin, app, app_protocol, app_live, app_ready, workers, control } = self;
        Options {
            https,
            http,
            admin,
            app,
            app_protocol,
            health_pages: HealthPages { live: app_live, ready: app_ready },
            workers: workers.map(usize::from),
            control: control.map_or(Control::Usual, Control::At),
            pod_uid,
            ends_on_signals: true,
            ..Options::new(config)
        }
    }
}
