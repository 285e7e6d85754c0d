//! The command line.

use std::net::SocketAddr;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use shipshape_crds::api::PullPolicy;
use shipshape_crds::text::Timespan;

use crate::settings::{Lifetimes, Settings};

/// Turns ApiServices into protected, certified, observable pods.
#[derive(Debug, Parser)]
#[command(name = "shipshape-operator", version)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve ApiServices and ApiKeys until told to stop.
    Run(Box<RunArgs>),
    /// Print the CustomResourceDefinitions as YAML.
    Crds,
    /// Wait until a running operator is ready; exit 1 when it is not in time.
    Ready(ReadyArgs),
}

/// Whom to ask, and for how long.
#[derive(Debug, Args)]
pub struct ReadyArgs {
    /// The operator's page, such as http://HOST:8080/readyz.
    #[arg(long, value_name = "URL")]
    pub url: hyper::Uri,
    /// How long to wait.
    #[arg(long, value_name = "TIME", value_parser = timespan, default_value = "60s")]
    pub timeout: Duration,
}

/// How to run.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Serve this namespace only; may be given again. All are served where none is given.
    #[arg(long = "namespace", value_name = "NS")]
    pub namespaces: Vec<String>,
    /// Where probes and Prometheus are answered; port 0 takes a free port.
    #[arg(long, value_name = "ADDR", default_value = "0.0.0.0:8080")]
    pub admin: SocketAddr,
    /// The namespace that holds the lease and the certificate authority.
    #[arg(long, value_name = "NS", env = "POD_NAMESPACE", default_value = "shipshape-system")]
    pub operator_namespace: String,
    /// The name of this process among those that could lead.
    #[arg(long, value_name = "NAME", env = "POD_NAME")]
    pub identity: Option<String>,
    /// The sidecar's image.
    #[arg(long, value_name = "IMAGE", env = "SHIPSHAPE_SIDECAR_IMAGE")]
    pub sidecar_image: String,
    /// When nodes pull the sidecar's image; Kubernetes' own default where it is left out.
    #[arg(long, value_name = "POLICY")]
    pub sidecar_pull_policy: Option<Pull>,
    /// A Secret, in each service's namespace, with credentials for the sidecar's image; may be given again.
    #[arg(long = "sidecar-pull-secret", value_name = "NAME")]
    pub sidecar_pull_secrets: Vec<String>,
    /// The end of every Service's name.
    #[arg(long, value_name = "DOMAIN", default_value = "cluster.local")]
    pub cluster_domain: String,
    /// How long a root of the certificate authority lives, such as 365d.
    #[arg(long, value_name = "TIME", value_parser = timespan)]
    pub root_lifetime: Option<Duration>,
    /// How long a service's certificate lives, such as 30d.
    #[arg(long, value_name = "TIME", value_parser = timespan)]
    pub certificate_lifetime: Option<Duration>,
    /// How long a new root is published before it signs, such as 60d.
    #[arg(long, value_name = "TIME", value_parser = timespan)]
    pub publish_root_for: Option<Duration>,
}

/// When an image is pulled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Pull {
    /// At every start.
    #[value(name = "Always")]
    Always,
    /// Where the node has none.
    #[value(name = "IfNotPresent")]
    IfNotPresent,
    /// Never.
    #[value(name = "Never")]
    Never,
}

impl RunArgs {
    /// What holds for every service.
    #[must_use]
    pub fn settings(&self) -> Settings {
        let usual = Lifetimes::default();
        Settings {
            sidecar_image: self.sidecar_image.clone(),
            sidecar_pull_policy: self.sidecar_pull_policy.map(|pull| match pull {
                Pull::Always => PullPolicy::Always,
                Pull::IfNotPresent => PullPolicy::IfNotPresent,
                Pull::Never => PullPolicy::Never,
            }),
            sidecar_pull_secrets: self.sidecar_pull_secrets.clone(),
            namespace: self.operator_namespace.clone(),
            cluster_domain: self.cluster_domain.clone(),
            lifetimes: Lifetimes {
                root: self.root_lifetime.unwrap_or(usual.root),
                leaf: self.certificate_lifetime.unwrap_or(usual.leaf),
                publish: self.publish_root_for.unwrap_or(usual.publish),
            },
        }
    }
}

fn timespan(text: &str) -> Result<Duration, String> {
    let span: Timespan = text.parse().map_err(|error: shipshape_crds::text::WordError| error.to_string())?;
    if span.duration() < Duration::from_secs(1) {
        return Err(format!("\"{text}\" is too short: write at least 1s"));
    }
    Ok(span.duration())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_that_the_chart_writes_is_read() {
        let line = "shipshape-operator run --admin=0.0.0.0:8080 --sidecar-image=example/sidecar:1 --sidecar-pull-policy=IfNotPresent \
                    --sidecar-pull-secret=a --sidecar-pull-secret=b --cluster-domain=cluster.local --namespace=x --namespace=y";
        let Command::Run(args) = Cli::try_parse_from(line.split_whitespace()).unwrap().command else { panic!("run") };
        assert_eq!(args.namespaces, ["x", "y"]);
        let settings = args.settings();
        assert_eq!(settings.sidecar_pull_secrets, ["a", "b"]);
        assert_eq!(settings.sidecar_pull_policy, Some(PullPolicy::IfNotPresent));
        assert_eq!(settings.lifetimes, Lifetimes::default());
    }

    #[test]
    fn lifetimes_are_lengths_of_time() {
        let line = ["shipshape-operator", "run", "--sidecar-image=x", "--certificate-lifetime=90s"];
        let Command::Run(args) = Cli::try_parse_from(line).unwrap().command else { panic!("run") };
        assert_eq!(args.settings().lifetimes.leaf, Duration::from_secs(90));
        assert!(timespan("10").is_err() && timespan("500ms").is_err());
    }
}
