//! What a proxy costs before and between requests: its start, its size, its memory at rest, and that of idle
//! connections.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use flate2::Compression;
use flate2::read::GzEncoder;
use serde::Serialize;

use crate::client::{Connection, PATIENCE, Request, Target};
use crate::credentials::{Alpn, Resumption};
use crate::figures::{median, milliseconds};
use crate::procfs::pss;
use crate::proxy::Proxy;
use crate::rounds::Bench;
use crate::scenario::{Setup, identified};

/// How often a start is measured.
const STARTS: usize = 9;
/// How often a starting proxy is asked.
const POLL: Duration = Duration::from_millis(1);
/// After so long, what a start needed is given back, and what idles is idle.
const REST: Duration = Duration::from_secs(2);
/// Idle connections, of which the memory of one follows.
pub const SOME: usize = 1000;
/// Idle connections, whose memory is told as a whole.
pub const MANY: usize = 10_000;

/// What one proxy costs at its start and at rest.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Footprint {
    /// The proxy.
    pub proxy: &'static str,
    /// Bytes of its program; libraries that it shares with others are not in it.
    pub program: u64,
    /// Bytes of its program, compressed as in an image.
    pub compressed: u64,
    /// Milliseconds from starting the program to the first 200 over TLS, full policy: the median.
    pub start: f64,
    /// Every start.
    pub starts: Vec<f64>,
    /// KiB of memory (PSS) 2 s after the start, full policy.
    pub idle: u64,
    /// KiB of memory for each idle plain connection, of 1,000.
    pub plain_connection: f64,
    /// KiB of memory for each idle connection over TLS, of 1,000.
    pub tls_connection: f64,
    /// KiB of memory in all with 10,000 idle connections over TLS; none where they could not be opened.
    pub many: Option<u64>,
}

/// Memory with idle connections.
struct Idle {
    each: f64,
    many: Option<u64>,
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
        let start = median(&starts).context("no start was measured")?;
        let (program, compressed) = sizes(proxy.program())?;
        let idle = self.idle(proxy).await?;
        let Idle { each: plain_connection, many: _ } = self.idle_connections(proxy, Setup::Plain).await?;
        let Idle { each: tls_connection, many } = self.idle_connections(proxy, Setup::Tls).await?;
        let proxy = proxy.name();
        Ok(Footprint { proxy, program, compressed, start, starts, idle, plain_connection, tls_connection, many })
    }

    /// From starting the program to its first 200 over TLS.
    async fn start(&self, proxy: &dyn Proxy) -> Result<Duration> {
        let folder = self.folder()?;
        // Asked for before it serves, so its port must be known before.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let target = self.target(address, Setup::Full)?;
        let requests = identified(proxy.promises().identity, self.credentials);
        let request = requests.first().context("no credential was made")?.http1();
        let began = Instant::now();
        let mut process = proxy.spawn(Setup::Full, self.place(&folder), address)?;
        loop {
            if let Ok(mut connection) = Connection::open(&target, 0).await {
                let status = connection.exchange(&request).await?.status;
                ensure!(status == 200, "its first answer is {status}");
                return Ok(began.elapsed());
            }
            process.lives()?;
            ensure!(began.elapsed() < PATIENCE, "it does not serve TLS within {PATIENCE:?}");
            tokio::time::sleep(POLL).await;
        }
    }

    async fn idle(&self, proxy: &dyn Proxy) -> Result<u64> {
        let folder = self.folder()?;
        let running = proxy.start(Setup::Full, self.place(&folder))?;
        tokio::time::sleep(REST).await;
        pss(&running.process.pids())
    }

    /// Memory for connections that made one request each and were then left alone.
    async fn idle_connections(&self, proxy: &dyn Proxy, setup: Setup) -> Result<Idle> {
        let folder = self.folder()?;
        let running = proxy.start(setup, self.place(&folder))?;
        let (target, pids) = (self.target(running.address(setup), setup)?, running.process.pids());
        // Without the first one, what is set up once would be counted.
        let mut connections = vec![ask_once(&target, 0).await?];
        tokio::time::sleep(REST).await;
        let before = pss(&pids)?;
        for number in 0..SOME {
            connections.push(ask_once(&target, number).await?);
        }
        tokio::time::sleep(REST).await;
        let each = pss(&pids)?.saturating_sub(before) as f64 / SOME as f64;
        if !setup.has_tls() {
            return Ok(Idle { each, many: None });
        }
        for number in connections.len()..MANY {
            // A process may not be allowed so many files; that is no fault of the proxy.
            let Ok(connection) = ask_once(&target, number).await else { return Ok(Idle { each, many: None }) };
            connections.push(connection);
        }
        tokio::time::sleep(REST).await;
        Ok(Idle { each, many: Some(pss(&pids)?) })
    }

    fn target(&self, address: std::net::SocketAddr, setup: Setup) -> Result<Target> {
        let certificate = &self.credentials.certificate;
        let tls = setup.has_tls().then(|| certificate.unchecked(Alpn::Http1, Resumption::Off)).transpose()?;
        Ok(Target { address, tls })
    }
}

async fn ask_once(target: &Target, client: usize) -> Result<Connection> {
    let mut connection = Connection::open(target, client).await?;
    let status = connection.exchange(&Request::get("/").http1()).await?.status;
    ensure!(status == 200, "GET / is answered with {status} instead of 200");
    Ok(connection)
}

/// Bytes of a program, as it is and compressed.
fn sizes(program: &Path) -> Result<(u64, u64)> {
    let open = || File::open(program).with_context(|| format!("{} cannot be read", program.display()));
    let compressed = std::io::copy(&mut GzEncoder::new(open()?, Compression::best()), &mut std::io::sink())?;
    Ok((open()?.metadata()?.len(), compressed))
}
