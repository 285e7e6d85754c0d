//! The command line of `local`.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use shipshape_crds::names::{HTTP_PORT, HTTPS_PORT};

/// What is asked.
#[derive(Debug, Clone, clap::Args)]
pub struct Asked {
    /// A file or a folder with manifests; may be given several times
    #[arg(short, long = "filename", alias = "file", value_name = "FILE|DIR", required = true)]
    pub files: Vec<PathBuf>,
    /// The ApiService, where the files hold several
    #[arg(long)]
    pub name: Option<String>,
    /// Where to serve HTTPS; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value_t = loopback(HTTPS_PORT))]
    pub https: SocketAddr,
    /// Where to serve plain HTTP
    #[arg(long, value_name = "ADDR", default_value_t = loopback(HTTP_PORT))]
    pub http: SocketAddr,
    /// Where to serve metrics and probes
    #[arg(long, value_name = "ADDR", default_value_t = loopback(0))]
    pub admin: SocketAddr,
    /// Where the CA, certificates and hashes of keys are kept; the user's configuration folder where left out
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// Do not watch the files for changes
    #[arg(long)]
    pub once: bool,
    /// Make new API keys instead of keeping those shown before
    #[arg(long)]
    pub new_keys: bool,
    /// Write the sidecar's configuration to standard output and end; its files lie in the state folder
    #[arg(long)]
    pub print_config: bool,
    /// Where the app listens already; the loopback address and spec.app.port where left out
    #[arg(long, value_name = "ADDR", conflicts_with = "command")]
    pub app: Option<SocketAddr>,
    /// The command that starts the app; it finds its port in PORT
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}
