//! What an attack costs: an app, a sidecar and a polite client, measured before and after.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::app::App;
use crate::http2::connection::Connection;
use crate::http2::frames::{headers, request};
use crate::meter;
use crate::polite::Polite;
use crate::sidecar::Sidecar;
use crate::table::{self, Row};

/// How long the sidecar may take to give memory back: connections to the app are kept for some seconds.
const LEAVING: Duration = Duration::from_secs(6);

/// A sidecar under attack.
pub struct Siege {
    /// The app behind it.
    pub app: App,
    /// It.
    pub sidecar: Sidecar,
    polite: Polite,
    before: Before,
    began: Instant,
}

struct Before {
    cpu: Duration,
    memory: i64,
    rss: i64,
}

/// How an attack went.
#[derive(Debug, Clone)]
pub struct Attack {
    /// Its name.
    pub kind: String,
    /// What was sent.
    pub amount: String,
    /// How it ended.
    pub end: String,
    /// What it may leave behind, in KiB.
    pub may_leave: i64,
    /// What it may take while it goes on, in KiB.
    pub may_take: i64,
}

impl Siege {
    /// Starts everything, warms it up, and begins to measure.
    ///
    /// # Errors
    /// When something does not start.
    pub async fn begin(spec: &Value) -> Result<Self> {
        let began = Instant::now();
        let app = App::start(Duration::from_secs(60)).await?;
        let sidecar = Sidecar::start(app.address, spec)?;
        let polite = Polite::begin(&sidecar).await?;
        Self::with(app, sidecar, polite, began).await
    }

    /// The same with a polite client that keeps its connection: where new ones are refused it must be served.
    ///
    /// # Errors
    /// When something does not start.
    pub async fn begin_with_one_connection(spec: &Value) -> Result<Self> {
        let began = Instant::now();
        let app = App::start(Duration::from_secs(60)).await?;
        let sidecar = Sidecar::start(app.address, spec)?;
        let polite = Polite::begin_with_one_connection(&sidecar).await?;
        Self::with(app, sidecar, polite, began).await
    }

    async fn with(app: App, sidecar: Sidecar, polite: Polite, began: Instant) -> Result<Self> {
        warm_up(&sidecar).await?;
        let pid = sidecar.pid();
        meter::rest(pid).await?;
        meter::forget_peak(pid)?;
        let before = Before { cpu: meter::cpu(pid)?, memory: meter::memory(pid)?, rss: meter::rss(pid)? };
        Ok(Self { app, sidecar, polite, before, began })
    }

    /// Counts anew from here on, and tells in KiB what was kept so far. An allocator may keep what an attack needed;
    /// a second one of the same kind must make do with it.
    ///
    /// # Errors
    /// When the sidecar has ended.
    pub async fn again(&mut self) -> Result<i64> {
        let grown = self.grown().await?;
        let pid = self.sidecar.pid();
        self.before = Before { cpu: meter::cpu(pid)?, memory: self.before.memory + grown, rss: self.before.rss };
        Ok(grown)
    }

    /// Time on the CPU so far.
    ///
    /// # Errors
    /// When the sidecar has ended.
    fn cpu(&self) -> Result<Duration> {
        Ok(meter::cpu(self.sidecar.pid())?.saturating_sub(self.before.cpu))
    }

    /// Growth of memory so far, in KiB, once the sidecar has come to rest.
    ///
    /// # Errors
    /// When the sidecar has ended.
    pub async fn grown(&self) -> Result<i64> {
        meter::rest(self.sidecar.pid()).await?;
        Ok(meter::memory(self.sidecar.pid())? - self.before.memory)
    }

    /// Ends the measurement, notes it, and judges all but what only the attack itself knows. Gives the time on the
    /// CPU. All connections of the attack must be closed.
    ///
    /// # Errors
    /// When the sidecar broke, kept memory, or left the polite client alone.
    pub async fn end(mut self, attack: Attack) -> Result<Duration> {
        let pid = self.sidecar.pid();
        meter::rest(pid).await?;
        let cpu = self.cpu()?;
        let taken = meter::peak(pid)? - self.before.rss;
        let left = self.left(attack.may_leave).await?;
        let seen = self.polite.end().await?;
        let Attack { kind, amount, end, may_leave, may_take } = attack;
        let took = self.began.elapsed();
        table::add(Row {
            kind,
            amount,
            end,
            cpu: Some(cpu),
            memory: Some((left, taken)),
            polite: Some(seen.worst),
            took: Some(took),
        });
        self.sidecar.is_sound().await?;
        seen.judge()?;
        ensure!(left <= may_leave, "it left {left} KiB behind, more than {may_leave}");
        ensure!(taken <= may_take, "it took {taken} KiB while it went on, more than {may_take}");
        Ok(cpu)
    }

    async fn left(&self, may_leave: i64) -> Result<i64> {
        let began = Instant::now();
        loop {
            let left = self.grown().await?;
            if left <= may_leave || began.elapsed() > LEAVING {
                return Ok(left);
            }
        }
    }
}

/// What is allocated once for all connections shall not count.
async fn warm_up(sidecar: &Sidecar) -> Result<()> {
    for _ in 0..3 {
        let mut connection = Connection::open(sidecar).await?;
        let mut out = Vec::new();
        for stream in (1..64).step_by(2) {
            headers(&mut out, stream, &request("GET", "/warm"), true);
        }
        connection.send(&out).await?;
        connection.until(Duration::from_secs(10), |seen| seen.ended == 32).await?;
    }
    Ok(())
}
