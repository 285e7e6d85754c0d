//! The rounds of a scenario: every proxy in turn, so that all are measured in the same minutes.

use std::fs::File;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::Serialize;
use tempfile::TempDir;

use crate::checks::check;
use crate::client::PATIENCE;
use crate::credentials::Credentials;
use crate::figures::{Round, Summary, summary};
use crate::load::{Load, Plan};
use crate::procfs::{Usage, rss};
use crate::proxy::{Place, Proxy, Running};
use crate::scenario::{CONNECTIONS, Scenario};

/// Connections are opened, caches and branch predictors filled.
pub const WARM_UP: Duration = Duration::from_millis(600);
/// What is measured.
pub const WINDOW: Duration = Duration::from_millis(2500);

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
    /// Every round.
    pub rounds: Vec<Round>,
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
    /// When no further round begins.
    pub deadline: Instant,
}

struct Entry {
    name: &'static str,
    running: Running,
    plan: Plan,
    rounds: Vec<Round>,
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

    /// Starts every proxy, checks its answers, and drives all of them for so many rounds, in alternating order.
    ///
    /// # Errors
    /// When a proxy does not start, answers wrongly or ends.
    pub async fn scenario(&self, scenario: Scenario, rounds: u8) -> Result<Vec<Measured>> {
        let mut entries = Vec::new();
        for proxy in self.proxies {
            entries.push(
                self.enter(scenario, proxy.as_ref()).await.with_context(|| format!("{}, {scenario}", proxy.name()))?,
            );
        }
        for _ in 0..rounds {
            for entry in &mut entries {
                if Instant::now() < self.deadline {
                    entry.rounds.push(round(&entry.plan, &entry.running).await?);
                }
            }
            entries.reverse();
        }
        entries.sort_by_key(|entry| self.proxies.iter().position(|proxy| proxy.name() == entry.name));
        let measured =
            |Entry { name, rounds, .. }| Measured { scenario, proxy: name, summary: summary(&rounds), rounds };
        Ok(entries.into_iter().map(measured).collect())
    }

    async fn enter(&self, scenario: Scenario, proxy: &dyn Proxy) -> Result<Entry> {
        let folder = self.folder()?;
        let running = proxy.start(scenario.setup(), self.place(&folder))?;
        let checked = tokio::time::timeout(PATIENCE, check(scenario.setup(), &running, self.credentials)).await;
        checked.context("the answers were not checked in time")??;
        let plan = Plan {
            target: running.target(scenario.setup(), self.credentials),
            requests: scenario.requests(self.credentials).into(),
            expected: scenario.expected(),
            connections: CONNECTIONS,
        };
        Ok(Entry { name: proxy.name(), running, plan, rounds: Vec::new(), _folder: folder })
    }
}

async fn round(plan: &Plan, running: &Running) -> Result<Round> {
    let pids = running.pids();
    let load = Load::start(plan);
    tokio::time::sleep(WARM_UP).await;
    let (began, counted, used) = (Instant::now(), load.counts(), Usage::of(&pids)?);
    tokio::time::sleep(WINDOW).await;
    let round = Round {
        counts: load.counts().since(counted),
        usage: Usage::of(&pids)?.since(used),
        window: u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX),
        rss: rss(&pids)?,
    };
    drop(load);
    empty(running)?;
    Ok(round)
}

/// A round writes tens of megabytes of access log; the process appends, so the file may shrink under it.
fn empty(running: &Running) -> Result<()> {
    let file = File::options().write(true).open(&running.access_log);
    file.and_then(|file| file.set_len(0)).with_context(|| format!("cannot empty {}", running.access_log.display()))
}
