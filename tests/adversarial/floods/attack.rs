//! One flood over HTTP/2: sent until the sidecar ends it, with its cost.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::json;

use super::{frames, headers, resets};
use crate::app::App;
use crate::http2::connection::Connection;
use crate::meter;
use crate::polite::Polite;
use crate::sidecar::Sidecar;
use crate::step::{Step, step};
use crate::table::{self, Row};

/// Frames of one flood, and how long it goes on at most.
const FRAMES: u32 = 20_000;
const LONGEST: Duration = Duration::from_secs(8);
/// Bytes of one flood at most.
const BYTES: usize = 64 << 20;
/// Frames, or bytes, that are sent before looking whether the connection is over.
const BATCH: u32 = 50;
const BATCH_BYTES: usize = 32 << 10;
/// How long to look: that is also the pace of the flood.
const LOOK: Duration = Duration::from_millis(2);
/// A flood that is not ended may cost this much.
const CHEAP: Duration = Duration::from_millis(100);
/// What any flood may leave behind, in KiB, and after how long.
const LEFT: i64 = 1024;
const LEAVING: Duration = Duration::from_secs(6);
/// What any flood may take while it goes on, in KiB: the windows of one connection, many times.
const TAKEN: i64 = 16 * 1024;

/// A flood.
pub struct Flood {
    /// Its name.
    pub name: &'static str,
    /// What is sent once before it.
    pub prelude: fn(&mut Vec<u8>),
    /// Appends what is sent again and again, `n` counting from 0; gives how many frames that is, 0 for the end.
    pub unit: fn(n: u32, out: &mut Vec<u8>) -> u32,
    /// Whether to wait, after it was sent, for a limit of time to end it.
    pub waits: bool,
}

impl Flood {
    /// A flood without a prelude that is judged as soon as it was sent.
    pub const fn of(name: &'static str, unit: fn(u32, &mut Vec<u8>) -> u32) -> Self {
        Self { name, prelude: |_| (), unit, waits: false }
    }
}

/// How one went.
struct Outcome {
    frames: u32,
    is_cut: bool,
    end: String,
    cpu: Duration,
    left: i64,
    peak: i64,
}

/// Every flood over HTTP/2.
pub fn steps() -> Vec<Step> {
    let all = resets::FLOODS.iter().chain(headers::FLOODS).chain(frames::FLOODS);
    all.map(|flood| step(&format!("flood: {}", flood.name), move || survive(flood))).collect()
}

async fn survive(flood: &'static Flood) -> Result<()> {
    let app = App::start(Duration::from_secs(60)).await?;
    let spec = json!({"policy": {"auth": {"mode": "None"}, "timeouts": {"bodyIdle": "3s"}}});
    let mut sidecar = Sidecar::start(app.address, &spec)?;
    let polite = Polite::begin(&sidecar).await?;
    warm_up(&sidecar).await?;
    let outcome = send(flood, &sidecar).await?;
    let seen = polite.end().await?;
    let Outcome { frames, is_cut, end, cpu, left, peak } = outcome;
    table::add(Row {
        kind: flood.name.to_owned(),
        amount: format!("{frames} frames"),
        end: end.clone(),
        cpu: Some(cpu),
        memory: Some((left, peak)),
        polite: Some(seen.worst),
    });
    sidecar.is_sound().await?;
    seen.judge()?;
    ensure!(is_cut || cpu < CHEAP, "it was not cut ({end}), and cost {cpu:?} for {frames} frames");
    ensure!(left <= LEFT, "it left {left} KiB behind");
    ensure!(peak <= TAKEN, "it took {peak} KiB while it went on");
    Ok(())
}

/// What is allocated once for all connections shall not count.
async fn warm_up(sidecar: &Sidecar) -> Result<()> {
    for _ in 0..3 {
        let mut connection = Connection::open(sidecar).await?;
        let mut out = Vec::new();
        for stream in (1..64).step_by(2) {
            crate::http2::frames::headers(&mut out, stream, &crate::http2::frames::request("GET", "/warm"), true);
        }
        connection.send(&out).await?;
        connection.until(Duration::from_secs(10), |seen| seen.ended == 32).await?;
    }
    meter::rest(sidecar.pid()).await?;
    Ok(())
}

async fn send(flood: &Flood, sidecar: &Sidecar) -> Result<Outcome> {
    let pid = sidecar.pid();
    let mut connection = Connection::open(sidecar).await?;
    meter::rest(pid).await?;
    meter::forget_peak(pid)?;
    let (memory, resident, cpu) = (meter::pss(pid)?, meter::rss(pid)?, meter::cpu(pid)?);
    let frames = pour(flood, &mut connection).await;
    if flood.waits && !connection.seen().is_cut() {
        connection.is_cut_within(LONGEST).await;
    }
    let cpu = meter::rest(pid).await?.saturating_sub(cpu);
    let peak = meter::peak(pid)? - resident;
    let seen = connection.seen();
    drop(connection);
    let left = left(pid, memory).await?;
    Ok(Outcome { frames, is_cut: seen.is_cut(), end: seen.end(), cpu, left, peak })
}

/// What memory stays taken once connections to the app, which are kept for some seconds, are closed too.
async fn left(pid: u32, before: i64) -> Result<i64> {
    let began = Instant::now();
    loop {
        meter::rest(pid).await?;
        let left = meter::pss(pid)? - before;
        if left <= LEFT || began.elapsed() > LEAVING {
            return Ok(left);
        }
    }
}

/// Sends until the connection is over or all is sent; gives the number of frames.
async fn pour(flood: &Flood, connection: &mut Connection) -> u32 {
    let began = Instant::now();
    let mut out = Vec::new();
    (flood.prelude)(&mut out);
    let (mut frames, mut bytes, mut unit) = (0, 0, 0);
    while frames < FRAMES && bytes < BYTES && began.elapsed() < LONGEST {
        let (until, mut is_done) = (frames + BATCH, false);
        while frames < until && out.len() < BATCH_BYTES && !is_done {
            let more = (flood.unit)(unit, &mut out);
            (frames, unit, is_done) = (frames + more, unit + 1, more == 0);
        }
        // One that does not read gets no more: that is a way to end it as well, but no cut.
        let sent = tokio::time::timeout(LONGEST.saturating_sub(began.elapsed()), connection.send(&out)).await;
        if is_done || !matches!(sent, Ok(Ok(()))) || connection.is_cut_within(LOOK).await {
            break;
        }
        bytes += out.len();
        out.clear();
    }
    // What the sidecar said last may still be on its way.
    connection.is_cut_within(Duration::from_millis(500)).await;
    frames
}
