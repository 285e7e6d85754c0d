//! The rounds of a scenario: every proxy in turn, so that all are measured in the same minutes.

use std::fs::File;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::Serialize;
use tempfile::TempDir;

use crate::checks::check;
use crate::client::Target;
use crate::credentials::Credentials;
use crate::figures::{Round, Summary, summary};
use crate::load::{Load, Plan};
use crate::procfs::{Usage, rss};
use crate::proxy::{Place, Proxy, Running};
use crate::scenario::Scenario;
use crate::syscalls::{Syscalls, Tool};

/// How long the checks of one proxy may take, all together.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long and how often is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// Connections are opened, caches and branch predictors filled.
    pub warm_up: Duration,
    /// What is measured.
    pub window: Duration,
    /// How often.
    pub rounds: u8,
}

/// What one proxy did in one scenario.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Measured {
    /// The scenario.
    pub scenario: Scenario,
    /// The proxy.
    pub proxy: &'static str,
    /// What the rounds say together; none where no round was valid.
    pub summary: Option<Summary>,
    /// System calls for each request, where they were counted.
    pub syscalls: Option<Syscalls>,
    /// Every round.
    pub rounds: Vec<Round>,
}

/// Why a proxy was not measured in a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeftOut {
    /// What was to be measured: a scenario, or start and memory.
    pub what: String,
    /// The proxy.
    pub proxy: &'static str,
    /// What it did wrong.
    pub why: String,
}

/// What the rounds need to know of the run.
#[derive(Clone, Copy)]
pub struct Bench<'a> {
    /// The proxies, each in turn.
    pub proxies: &'a [Box<dyn Proxy>],
    /// What clients and proxies share.
    pub credentials: &'a Credentials,
    /// Where the app is.
    pub upstream: std::net::SocketAddr,
    /// The core of the proxies.
    pub core: usize,
    /// How long and how often.
    pub timing: Timing,
    /// What counts system calls, where there is something.
    pub tool: Option<Tool>,
}

struct Entry {
    name: &'static str,
    running: Running,
    plan: Plan,
    rounds: Vec<Round>,
    syscalls: Option<Syscalls>,
    // Dropped last: the process writes into it until it ends.
    _folder: TempDir,
}

impl Bench<'_> {
    /// An empty folder for one proxy.
    ///
    /// # Errors
    /// When no folder can be made.
    pub fn folder(&self) -> Result<TempDir> {
        tempfile::Builder::new().prefix("shipshape-bench-").tempdir().context("no folder for temporary files")
    }

    /// The place of a proxy in that folder.
    #[must_use]
    pub fn place<'b>(&'b self, folder: &'b TempDir) -> Place<'b> {
        Place { folder: folder.path(), upstream: self.upstream, credentials: self.credentials, core: self.core }
    }

    /// Starts every proxy, checks its answers, and drives all of them in alternating order. One that does not start,
    /// answers wrongly or ends is left out, with the reason.
    pub async fn scenario(&self, scenario: Scenario) -> (Vec<Measured>, Vec<LeftOut>) {
        let mut left_out = Vec::new();
        let mut keep = |name, result: Result<Entry>| match result {
            Ok(entry) => Some(entry),
            Err(error) => {
                left_out.push(LeftOut { what: scenario.to_string(), proxy: name, why: format!("{error:#}") });
                None
            }
        };
        let mut entries = Vec::new();
        for proxy in self.proxies {
            entries.extend(keep(proxy.name(), self.enter(scenario, proxy.as_ref()).await));
        }
        for _ in 0..self.timing.rounds {
            entries = self.turn(entries, &mut keep).await;
            entries.reverse();
        }
        entries.sort_by_key(|entry| self.proxies.iter().position(|proxy| proxy.name() == entry.name));
        let mut measured = Vec::new();
        for entry in entries {
            let name = entry.name;
            let Some(entry) = keep(name, self.count(scenario, entry).await) else { continue };
            let Entry { name, rounds, syscalls, .. } = entry;
            measured.push(Measured { scenario, proxy: name, summary: summary(&rounds), syscalls, rounds });
        }
        (measured, left_out)
    }

    async fn enter(&self, scenario: Scenario, proxy: &dyn Proxy) -> Result<Entry> {
        let (setup, traffic, certificate) = (scenario.setup(), scenario.traffic(), &self.credentials.certificate);
        let folder = self.folder()?;
        let running = proxy.start(setup, self.place(&folder))?;
        let checks = check(scenario, proxy.promises(), &running, self.credentials);
        tokio::time::timeout(PATIENCE, checks).await.context("the answers were not checked in time")??;
        let tls = setup.has_tls().then(|| certificate.unchecked(traffic.alpn(), traffic.resumption())).transpose()?;
        let plan = Plan {
            target: Target { address: running.address(setup), tls },
            requests: scenario.requests(proxy.promises().identity, self.credentials),
            expected: scenario.expected(),
            traffic,
        };
        Ok(Entry { name: proxy.name(), running, plan, rounds: Vec::new(), syscalls: None, _folder: folder })
    }

    /// One round of every proxy.
    async fn turn(
        &self,
        entries: Vec<Entry>,
        keep: &mut impl FnMut(&'static str, Result<Entry>) -> Option<Entry>,
    ) -> Vec<Entry> {
        let mut still = Vec::new();
        for mut entry in entries {
            let name = entry.name;
            let measured = round(&entry, self.timing).await.map(|round| {
                entry.rounds.push(round);
                entry
            });
            still.extend(keep(name, measured));
        }
        still
    }

    /// Counts system calls, apart from the rounds: what counts them costs time itself.
    async fn count(&self, scenario: Scenario, mut entry: Entry) -> Result<Entry> {
        if let Some(tool) = self.tool.filter(|_| scenario.counts_syscalls()) {
            entry.syscalls = Some(tool.count(&entry.plan, &entry.running.process.pids()).await?);
        }
        Ok(entry)
    }
}

async fn round(entry: &Entry, timing: Timing) -> Result<Round> {
    let Entry { running, plan, .. } = entry;
    let pids = running.process.pids();
    let load = Load::start(plan)?;
    tokio::time::sleep(timing.warm_up).await;
    let own = [std::process::id()];
    let (began, counted, used, driven) = (Instant::now(), load.counts(), Usage::of(&pids)?, Usage::of(&own)?);
    tokio::time::sleep(timing.window).await;
    let round = Round {
        counts: load.counts().since(counted),
        usage: Usage::of(&pids)?.since(used),
        load: Usage::of(&own)?.since(driven),
        window: u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX),
        rss: rss(&pids)?,
    };
    drop(load);
    empty(running)?;
    Ok(round)
}

/// A round writes tens of megabytes of access log; the process appends, so the file may shrink under it.
fn empty(running: &Running) -> Result<()> {
    let Some(path) = &running.access_log else { return Ok(()) };
    let file = File::options().write(true).open(path);
    file.and_then(|file| file.set_len(0)).with_context(|| format!("cannot empty {}", path.display()))
}
