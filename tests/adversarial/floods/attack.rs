//! One flood over HTTP/2: sent until the sidecar ends it, with its cost.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::json;
use shipshape_tests::wait::until;

use super::{frames, headers, resets};
use crate::http2::connection::{Connection, Seen};
use crate::meter;
use crate::siege::{Attack, Siege};
use crate::step::{Step, step};

/// Frames of one flood, and how long it goes on at most.
const FRAMES: u32 = 20_000;
const LONGEST: Duration = Duration::from_secs(8);
/// Bytes of one flood at most.
const BYTES: usize = 64 << 20;
/// Frames, or bytes, that are sent before looking whether the connection is over.
const BATCH: u32 = 100;
const BATCH_BYTES: usize = 32 << 10;
/// How long to look: that is also the pace of the flood.
const LOOK: Duration = Duration::from_millis(2);
/// A flood that is not ended may cost this much.
const CHEAP: Duration = Duration::from_millis(100);
/// How soon the app has to be told that a client is gone.
const GIVE_UP: Duration = Duration::from_secs(5);
/// How often one is repeated at most.
const ROUNDS: usize = 4;
/// What any flood may leave behind, in KiB.
const LEFT: i64 = 1024;
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

/// Every flood over HTTP/2.
pub fn steps() -> Vec<Step> {
    let all = resets::FLOODS.iter().chain(headers::FLOODS).chain(frames::FLOODS);
    all.map(|flood| step(&format!("flood: {}", flood.name), move || survive(flood))).collect()
}

async fn survive(flood: &'static Flood) -> Result<()> {
    let spec = json!({"policy": {"auth": {"mode": "None"}, "timeouts": {"bodyIdle": "3s"}}});
    let mut siege = Siege::begin(&spec).await?;
    let (mut kept, mut round) = (0, 1);
    let (frames, seen) = loop {
        let (frames, seen) = once(flood, &siege).await?;
        // Whoever is cut comes back. An allocator keeps what the first needed, or an unlucky second; a leak grows
        // every time.
        let is_enough = !seen.is_cut() || (round > 1 && siege.grown().await? <= LEFT);
        if is_enough || round == ROUNDS {
            break (frames, seen);
        }
        kept += siege.again().await?;
        round += 1;
    };
    let kept = if kept > 0 { format!("; {kept} KB kept") } else { String::new() };
    let attack = Attack {
        kind: flood.name.to_owned(),
        amount: format!("{frames} frames"),
        end: format!("{}{kept}", seen.end()),
        may_leave: LEFT,
        may_take: TAKEN,
    };
    let cpu = siege.end(attack).await?;
    ensure!(seen.is_cut() || cpu < CHEAP, "it was not cut, and cost {cpu:?} for {frames} frames");
    Ok(())
}

/// One flood; gives the number of frames and what came back.
async fn once(flood: &Flood, siege: &Siege) -> Result<(u32, Seen)> {
    let mut connection = Connection::open(&siege.sidecar).await?;
    let frames = pour(flood, &mut connection).await;
    if flood.waits && !connection.seen().is_cut() {
        connection.is_cut_within(LONGEST).await;
    }
    // What is still on its way to the sidecar is part of it.
    meter::rest(siege.sidecar.pid()).await?;
    let seen = connection.seen();
    drop(connection);
    until("the app is spared what nobody waits for", GIVE_UP, async || {
        ensure!(siege.app.busy() == 0, "{} requests are still at work", siege.app.busy());
        Ok(())
    })
    .await?;
    Ok((frames, seen))
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
