//! Running a case of the other side: one request, whatever the upstream answers, and the requests after it.

use std::time::Duration;

use anyhow::Result;

use super::answer::{AnswerCase, Reuse};
use super::client::{Client, End, Told};
use super::upstream::{Connection, FENCE};
use super::world::{PATIENCE, World};

/// Longer than every time limit of the sidecar: who waits that long waits in vain.
const LIMIT: Duration = Duration::from_secs(15);

/// What came of a case.
#[derive(Debug)]
pub struct Outcome {
    /// What the client was told.
    pub told: Told,
    /// What the next request on the client's connection was answered, if it was kept.
    pub next: Option<Vec<u8>>,
    /// What came upstream.
    pub upstream: Vec<Connection>,
    /// Why a connection that had to be closed was not.
    pub left_open: Option<String>,
}

/// What the next request on a kept connection is answered.
pub const NEXT: &[u8] = b"/fence-next";

/// Runs a case.
pub fn run(world: &World, case: &AnswerCase) -> Result<Outcome> {
    world.upstream.begin(case.replies.clone());
    let mut client = Client::connect(world.http, case.is_to_head())?;
    client.write(&case.request);
    let answered = |told: &Told| !told.answers.is_empty() || told.broken.is_some();
    client.read_until(LIMIT, answered);
    let replied = |seen: &[Connection]| {
        seen.iter().any(|connection| connection.replied > 0) || seen.iter().all(|connection| connection.has_ended)
    };
    world.upstream.until("the upstream's answer is written", PATIENCE, replied)?;
    let first = client.told.clone();
    let next = if answered(&first) && first.end == End::Open { ask_next(&mut client) } else { None };
    let told = if next.is_some() { first } else { client.told.clone() };
    drop(client);
    world.fence()?;
    let left_open = (case.reuse == Reuse::Closed).then(|| closed(world)).and_then(Result::err);
    world.upstream.cut();
    let all_ended = |seen: &[Connection]| seen.iter().all(|connection| connection.has_ended);
    let upstream = world.upstream.until("the upstream's connections end", PATIENCE, all_ended)?;
    Ok(Outcome { told, next, upstream, left_open: left_open.map(|error| format!("{error:#}")) })
}

/// Asks for something else on the same connection; `None` where it takes nothing more.
fn ask_next(client: &mut Client) -> Option<Vec<u8>> {
    let before = client.told.answers.len();
    let target = String::from_utf8_lossy(NEXT);
    debug_assert!(target.starts_with(FENCE), "the upstream answers the suite's own requests only");
    client.write(format!("GET {target} HTTP/1.1\r\nHost: fence\r\n\r\n").as_bytes());
    client.read_until(LIMIT, |told| told.answers.len() > before || told.broken.is_some());
    if let Some(why) = &client.told.broken {
        return Some(why.clone().into_bytes());
    }
    client.told.answers.get(before).map(|answer| answer.body.clone())
}

fn closed(world: &World) -> Result<Vec<Connection>> {
    let is_so = |seen: &[Connection]| {
        seen.iter().filter(|connection| !connection.requests.is_empty()).all(|connection| connection.has_ended)
    };
    world.upstream.until("the upstream's connection is closed", PATIENCE, is_so)
}
