//! A proxy of others: a configuration is filled in, the program started with it.

use std::ffi::OsString;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::contract::{Place, Promises, Proxy, Running};
use super::process::Process;
use crate::credentials::Identity;
use crate::scenario::Setup;

/// Folders of programs that are often missing from PATH.
const MORE_FOLDERS: [&str; 2] = ["/usr/sbin", "/usr/local/sbin"];
/// The file of standard output.
pub const OUTPUT: &str = "output";
/// The file of the certificate and its key together.
const CERTIFICATE: &str = "server.pem";

/// How one peer is started.
pub struct Recipe {
    /// Its name in reports, and of its program.
    pub name: &'static str,
    /// How to get it.
    pub install: &'static str,
    /// What makes the program tell its version.
    pub version: &'static str,
    /// The name of its configuration's file.
    pub file: &'static str,
    /// Its configuration that passes requests on, with `@PLACES@` to fill in.
    pub passes_on: &'static str,
    /// Its configuration of the full policy.
    pub full: &'static str,
    /// What makes the program read the file.
    pub arguments: fn(folder: &Path, file: &Path) -> Vec<OsString>,
    /// What is filled in for `@TICKETS@`: with tickets, and without.
    pub tickets: [&'static str; 2],
    /// The file of its access log, inside its folder.
    pub access_log: &'static str,
    /// Whether it proves tokens; else it only asks that there is one.
    pub proves: bool,
}

/// A peer that is on this machine.
pub struct Peer {
    recipe: &'static Recipe,
    program: PathBuf,
    version: String,
}

impl Peer {
    /// The peer of this program.
    ///
    /// # Errors
    /// When it does not run.
    pub fn new(recipe: &'static Recipe, program: PathBuf) -> Result<Self> {
        let output = Command::new(&program).arg(recipe.version).output();
        let output = output.with_context(|| format!("{} does not run", program.display()))?;
        let said = [output.stdout, output.stderr].concat();
        let line = String::from_utf8_lossy(&said).lines().find(|line| !line.trim().is_empty()).map(str::to_owned);
        Ok(Self { recipe, program, version: number(&line.unwrap_or_default()) })
    }

    /// The peer whose program is found by its name.
    ///
    /// # Errors
    /// When there is none: how to get it.
    pub fn find(recipe: &'static Recipe) -> Result<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::env::split_paths(&path).chain(MORE_FOLDERS.map(PathBuf::from));
        let found = folders.map(|folder| folder.join(recipe.name)).find(|program| program.is_file());
        Self::new(recipe, found.with_context(|| format!("not on PATH; {}", recipe.install))?)
    }

    fn begin(&self, setup: Setup, place: Place<'_>, http: SocketAddr, https: SocketAddr) -> Result<Process> {
        let file = place.folder.join(self.recipe.file);
        let config = filled(self.recipe, setup, place.folder, [http, https, place.upstream])?;
        let credentials = place.credentials;
        let certificate = format!("{}{}", credentials.certificate.pem, credentials.certificate.key);
        for (path, content) in [
            (&file, &config),
            (&place.folder.join(CERTIFICATE), &certificate),
            (&place.folder.join("token.pem"), &credentials.tokens.public_key),
            (&place.folder.join("token.json"), &credentials.tokens.key_set),
        ] {
            fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))?;
        }
        let mut command = Command::new(&self.program);
        command.args((self.recipe.arguments)(place.folder, &file)).current_dir(place.folder);
        Process::start(&mut command, place.core, &place.folder.join(OUTPUT))
    }
}

impl Proxy for Peer {
    fn name(&self) -> &'static str {
        self.recipe.name
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn promises(&self) -> Promises {
        let fields = &["access-control-allow-origin"];
        Promises { identity: Identity::Token, proves: self.recipe.proves, fields }
    }

    fn program(&self) -> &Path {
        &self.program
    }

    fn spawn(&self, setup: Setup, place: Place<'_>, https: SocketAddr) -> Result<Process> {
        self.begin(setup, place, free_address()?, https)
    }

    fn start(&self, setup: Setup, place: Place<'_>) -> Result<Running> {
        let (http, https) = (free_address()?, free_address()?);
        let mut process = self.begin(setup, place, http, https)?;
        process.wait_until_it_accepts(&[http, https])?;
        let access_log = (setup == Setup::Full).then(|| place.folder.join(self.recipe.access_log));
        Ok(Running { process, http, https, metrics: None, access_log })
    }
}

/// The configuration of a setup with everything filled in.
fn filled(recipe: &Recipe, setup: Setup, folder: &Path, addresses: [SocketAddr; 3]) -> Result<String> {
    let template = if setup == Setup::Full { recipe.full } else { recipe.passes_on };
    let [tickets, no_tickets] = recipe.tickets;
    let tickets = if setup == Setup::NoTickets { no_tickets } else { tickets };
    let mut text = template.replace("@TICKETS@", tickets).replace("@FOLDER@", &folder.to_string_lossy());
    for (name, address) in ["HTTP", "HTTPS", "APP"].into_iter().zip(addresses) {
        text = text.replace(&format!("@{name}@"), &address.to_string());
        text = text.replace(&format!("@{name}_PORT@"), &address.port().to_string());
    }
    let left =
        text.split('@').find(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_uppercase() || c == '_'));
    ensure!(left.is_none(), "{}: nothing is filled in for @{}@", recipe.file, left.unwrap_or_default());
    Ok(text)
}

/// A port that was free a moment ago: the program must be told one before it listens.
fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port is free on loopback")?.local_addr()?)
}

/// The first thing in a line that looks like a version.
fn number(line: &str) -> String {
    let is_version = |word: &&str| word.contains('.') && word.starts_with(|c: char| c.is_ascii_digit());
    line.split([' ', '/', '-']).find(is_version).unwrap_or(line).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proxy::envoy::ENVOY;
    use crate::proxy::haproxy::HAPROXY;
    use crate::proxy::nginx::NGINX;

    #[test]
    fn every_place_of_every_configuration_is_filled() {
        let address = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        for recipe in [&HAPROXY, &NGINX, &ENVOY] {
            for setup in [Setup::Plain, Setup::Tls, Setup::NoTickets, Setup::Full] {
                let text =
                    filled(recipe, setup, Path::new("/f"), [address(7001), address(7002), address(7003)]).unwrap();
                for part in ["7001", "7002", "7003", "/f/server.pem"] {
                    assert!(text.contains(part), "{} {setup:?} does not say {part}", recipe.name);
                }
                let holds = |part: &str| part.is_empty() || text.contains(part);
                let [with, without] = recipe.tickets;
                assert!(holds(if setup == Setup::NoTickets { without } else { with }), "{} {setup:?}", recipe.name);
            }
        }
    }

    #[test]
    fn a_version_is_told_from_the_words_around_it() {
        assert_eq!(number("HAProxy version 2.6.12-1+deb12u4 2026/10/17 - https://haproxy.org/"), "2.6.12");
        assert_eq!(number("nginx version: nginx/1.22.1"), "1.22.1");
        assert_eq!(number("envoy  version: 0a1b/1.40.0/Clean/RELEASE/BoringSSL"), "1.40.0");
    }
}
