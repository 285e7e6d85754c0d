//! Finds the service, in files or in the cluster, and shows what holds for a request.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use shipshape_crds::api::ApiService;
use shipshape_crds::names::{ADMIN_PORT, HTTP_PORT, HTTPS_PORT};
use shipshape_crds::sidecar_config::Listen;

use super::{cluster, resolve, show};
use crate::configuration::configuration;
use crate::manifest::{Manifest, find_service, read_sources};
use crate::style::Style;

/// How the outcome is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For scripts.
    Json,
}

/// What is asked.
#[derive(Debug, Clone, clap::Args)]
pub struct Asked {
    /// A file, a folder with manifests, or - for standard input; the cluster where left out
    #[arg(short, long = "filename", alias = "file", value_name = "FILE|DIR")]
    pub files: Vec<PathBuf>,
    /// The namespace; the current context's where left out
    #[arg(short, long)]
    pub namespace: Option<String>,
    /// The ApiService
    pub name: String,
    /// The request's method
    pub method: String,
    /// The request's path
    pub path: String,
    /// The format of the outcome
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Format,
}

/// Shows the route and the whole policy of a request.
///
/// # Errors
/// When the service cannot be found or read, or `out` not written.
pub fn run(asked: &Asked, style: Style, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let service = service(asked)?;
    let any = |port: u16| format!("0.0.0.0:{port}");
    let listen = Listen { https: any(HTTPS_PORT), http: any(HTTP_PORT), admin: any(ADMIN_PORT) };
    let config = configuration(&service, listen, format!("127.0.0.1:{}", service.spec.app.port))?;
    let effective = resolve(&config, &asked.method.to_uppercase(), &asked.path)?;
    match asked.output {
        Format::Text => show::text(&effective, style, out)?,
        Format::Json => show::json(&effective, out)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn service(asked: &Asked) -> anyhow::Result<ApiService> {
    if asked.files.is_empty() {
        return cluster::read(&asked.name, asked.namespace.as_deref());
    }
    let manifest = Manifest::read(&read_sources(&asked.files)?);
    Ok(find_service(&manifest, Some(&asked.name), asked.namespace.as_deref())?.service)
}
