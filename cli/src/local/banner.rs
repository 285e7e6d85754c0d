//! What is protected, how to try it, and what a laptop leaves out.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;

use shipshape_crds::api::ApiServiceSpec;
use shipshape_crds::policy::{AuthMode, Enforcement, Per, Policy, RateLimit};
use shipshape_crds::sidecar_config::SidecarConfig;

use super::keys::NewKey;
use crate::style::Style;

/// What is shown at the start.
#[derive(Debug)]
pub(super) struct Banner<'a> {
    pub config: &'a SidecarConfig,
    pub spec: &'a ApiServiceSpec,
    pub https: SocketAddr,
    pub app: SocketAddr,
    pub command: &'a [String],
    pub ca: &'a Path,
    pub made: &'a [NewKey],
}

pub(super) fn write(banner: &Banner<'_>, style: Style, out: &mut impl Write) -> io::Result<()> {
    let Banner { config, spec, https, app, command, ca, made } = banner;
    let url = format!("https://localhost:{}", https.port());
    let started = if command.is_empty() { String::new() } else { format!(" ({})", command.join(" ")) };
    writeln!(out, "{} · {url}  →  {app}{started}", style.strong(&config.service.name))?;
    writeln!(out, "  protected by  {}", protections(&config.policy, ca).join(" · "))?;
    keys(made, out)?;
    writeln!(out, "  try           {}", try_line(config, &url, ca, made))?;
    writeln!(out, "  skipped here  {}", skipped(spec).join(", "))
}

pub(super) fn keys(made: &[NewKey], out: &mut impl Write) -> io::Result<()> {
    made.iter()
        .try_for_each(|NewKey { name, text }| writeln!(out, "  a key to try  {} ({name}, shown once)", text.reveal()))
}

fn try_line(config: &SidecarConfig, url: &str, ca: &Path, made: &[NewKey]) -> String {
    let auth = config.policy.auth.as_ref();
    let header =
        auth.filter(|auth| auth.mode != Some(AuthMode::None)).and_then(|auth| auth.api_keys.as_ref()?.header.as_ref());
    let key = made.first().map_or("KEY", |made| made.text.reveal());
    let credential = header.map(|header| format!(" -H '{header}: {key}'")).unwrap_or_default();
    format!("curl --cacert {}{credential} {url}/", ca.display())
}

fn protections(policy: &Policy, ca: &Path) -> Vec<String> {
    let mut words = vec![format!("TLS (self-signed, CA in {})", ca.display())];
    let auth = policy.auth.as_ref();
    match auth.and_then(|auth| Some((auth.mode?, auth.api_keys.as_ref()))) {
        Some((AuthMode::Required, Some(_))) => words.push("API keys".to_owned()),
        Some((AuthMode::Optional, Some(_))) => words.push("API keys, where one is sent".to_owned()),
        _ => words.push("nobody is identified".to_owned()),
    }
    let enforced = policy.rate_limits.iter().filter(|limit| limit.enforcement != Some(Enforcement::Disabled));
    words.extend(enforced.filter_map(limit));
    if let Some(body) = policy.sizes.as_ref().and_then(|sizes| sizes.body.as_ref()) {
        words.push(format!("{body} bodies"));
    }
    words
}

fn limit(limit: &RateLimit) -> Option<String> {
    let whose = match limit.per? {
        Per::Client => "per client",
        Per::IP => "per address",
        Per::Route => "per route",
        Per::Service => "in all",
    };
    let reported = if limit.enforcement == Some(Enforcement::Report) { ", only reported" } else { "" };
    Some(format!("{} in {} {whose}{reported}", limit.requests?, limit.window.as_ref()?))
}

/// What needs a cluster.
fn skipped(spec: &ApiServiceSpec) -> Vec<String> {
    let app = &spec.app;
    let said = [
        (true, format!("{} pods", spec.replicas())),
        (!spec.hostnames().is_empty(), "host names".to_owned()),
        (app.health.is_some(), "probes".to_owned()),
        (app.resources.is_some(), "resources".to_owned()),
        (true, "network policy".to_owned()),
    ];
    said.into_iter().filter_map(|(is_said, words)| is_said.then_some(words)).collect()
}
