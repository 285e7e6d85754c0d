//! What a proxy costs before and between requests: its start, its memory at rest, and that of idle connections.

use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;

use crate::client::{Connection, PATIENCE, Target, get};
use crate::figures::{median, milliseconds};
use crate::procfs::pss;
use crate::proxy::Proxy;
use crate::rounds::Bench;
use crate::scenario::{Setup, keyed};

/// How often a start is measured.
const STARTS: usize = 9;
/// How often a starting proxy is asked.
const POLL: Duration = Duration::from_millis(1);
/// After so long, what a start needed is given back, and what idles is idle.
const REST: Duration = Duration::from_secs(2);
/// Idle connections.
const IDLE: usize = 1000;

/// What one proxy costs at its start and at rest.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Footprint {
    /// The proxy.
    pub proxy: &'static str,
    /// Bytes of its program.
    pub program: u64,
    /// Milliseconds from starting the program to the first 200 over TLS, full policy: the median.
    pub start: f64,
    /// Every start.
    pub starts: Vec<f64>,
    /// KiB of memory (PSS) 2 s after the start, full policy.
    pub idle: u64,
    /// KiB of memory for each idle connection over TLS.
    pub connection: f64,
    /// How many connections that was measured with.
    pub connections: usize,
}

impl Bench<'_> {
    /// Measures one proxy.
    ///
    /// # Errors
    /// When it does not start, or does not answer.
    pub async fn footprint(&self, proxy: &dyn Proxy) -> Result<Footprint> {
        let mut starts = Vec::new();
        for _ in 0..STARTS {
            starts.push(milliseconds(self.start(proxy).await?));
        }
        let idle = self.idle(proxy).await?;
        let connection = self.idle_connections(proxy).await?;
        let start = median(&starts).context("no start was measured")?;
        let program = proxy.size()?;
        Ok(Footprint { proxy: proxy.name(), program, start, starts, idle, connection, connections: IDLE })
    }

    /// From starting the program to its first 200 over TLS.
    async fn start(&self, proxy: &dyn Proxy) -> Result<Duration> {
        let folder = self.folder()?;
        // Asked for before it serves, so its port must be known before.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let target = Target { address, tls: Some(self.credentials.client.clone()) };
        let request = keyed(self.credentials).into_iter().next().context("no key was made")?;
        let began = Instant::now();
        let _process = proxy.spawn(Setup::Full, self.place(&folder), address)?;
        loop {
            if let Ok(mut connection) = Connection::open(&target, 0).await {
                let status = connection.exchange(&request).await?.status;
                ensure!(status == 200, "{}: its first answer is {status}", proxy.name());
                return Ok(began.elapsed());
            }
            if began.elapsed() > PATIENCE {
                bail!("{} does not serve TLS within {PATIENCE:?}", proxy.name());
            }
            tokio::time::sleep(POLL).await;
        }
    }

    async fn idle(&self, proxy: &dyn Proxy) -> Result<u64> {
        let folder = self.folder()?;
        let running = proxy.start(Setup::Full, self.place(&folder))?;
        tokio::time::sleep(REST).await;
        pss(&running.pids())
    }

    /// KiB for each connection that made one request and was then left alone.
    async fn idle_connections(&self, proxy: &dyn Proxy) -> Result<f64> {
        let folder = self.folder()?;
        let running = proxy.start(Setup::Tls, self.place(&folder))?;
        let target = running.target(Setup::Tls, self.credentials);
        // Without the first one, what is set up once would be counted.
        let mut connections = vec![ask_once(&target, 0).await?];
        tokio::time::sleep(REST).await;
        let before = pss(&running.pids())?;
        for number in 0..IDLE {
            connections.push(ask_once(&target, number).await?);
        }
        tokio::time::sleep(REST).await;
        let after = pss(&running.pids())?;
        drop(connections);
        let connections = u32::try_from(IDLE)?;
        Ok(f64::from(u32::try_from(after.saturating_sub(before))?) / f64::from(connections))
    }
}

async fn ask_once(target: &Target, client: usize) -> Result<Connection> {
    let mut connection = Connection::open(target, client).await?;
    let status = connection.exchange(&get("/", "")).await?.status;
    ensure!(status == 200, "GET / is answered with {status} instead of 200");
    Ok(connection)
}
