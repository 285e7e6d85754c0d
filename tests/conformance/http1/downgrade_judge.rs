//! Running and judging a request that comes by HTTP/2: by what reached the upstream.

use anyhow::Result;
use serde_json::Value;

use super::downgrade_case::DowngradeCase;
use super::http2::{Answer, ask};
use super::judge::{judge_reached, unsafe_upstream};
use super::message::Message;
use super::reply::Reply;
use super::upstream::Connection;
use super::verdict::{Judgement, Verdict};
use super::world::{PATIENCE, World};

/// Runs a case and judges it.
pub fn run(world: &World, case: &DowngradeCase) -> Result<Judgement> {
    world.upstream.begin(vec![Reply::ok()]);
    let answer = ask(world.https, &world.tls, &case.request)?;
    world.fence()?;
    let all_ended = |seen: &[Connection]| seen.iter().all(|connection| connection.has_ended);
    let upstream = world.upstream.until("the upstream's connections end", PATIENCE, all_ended)?;
    Ok(judge(case, &answer, &upstream).err().unwrap_or_else(|| (Verdict::Right, String::new())))
}

fn judge(case: &DowngradeCase, answer: &Answer, upstream: &[Connection]) -> Result<(), Judgement> {
    if let Some(judgement) = unsafe_upstream(upstream) {
        return Err(judgement);
    }
    let came: Vec<_> = upstream.iter().flat_map(|connection| &connection.requests).collect();
    if came.len() > 1 {
        return Err((Verdict::Unsafe, format!("a hidden request {}", shown_requests(&came))));
    }
    match (status(answer), &case.reached) {
        (Some(500 | 502..=504 | 506..), _) => Err((Verdict::ServerFault, shown(answer))),
        (Some(200), Some(reached)) => match came.first() {
            Some(request) => judge_reached(reached, request),
            None => Err((Verdict::Altered, "answered, and did not reach the upstream".to_owned())),
        },
        (Some(200), None) => Err((Verdict::LetThrough, shown_requests(&came))),
        (_, Some(_)) if !case.may_be_refused => Err((Verdict::LegalRefused, shown(answer))),
        _ if !came.is_empty() => Err((Verdict::LetThrough, shown_requests(&came))),
        (None, _) if *answer == Answer::Ended(None) => {
            Err((Verdict::Untidy, "the connection ended without a word".to_owned()))
        }
        _ => Ok(()),
    }
}

/// The status of an answer; none, where there is only a reset. The upstream's own answer is known by its body, ours is
/// a document.
fn status(answer: &Answer) -> Option<u16> {
    let Answer::Body(body) = answer else { return None };
    if body == b"ok" {
        return Some(200);
    }
    let document: Value = serde_json::from_slice(body).unwrap_or_default();
    Some(document.get("status").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok()).unwrap_or(599))
}

fn shown(answer: &Answer) -> String {
    match answer {
        Answer::Body(body) => format!("answered {}", body.escape_ascii()),
        other => format!("{other:?}"),
    }
}

fn shown_requests(came: &[&Message]) -> String {
    let starts: Vec<_> = came.iter().map(|request| &request.start).collect();
    format!("reached the upstream: {starts:?}")
}
