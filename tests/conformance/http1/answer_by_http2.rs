//! The same hostile answers, told to a client that speaks HTTP/2: what breaks off is reset, and never ends in order.

use anyhow::Result;
use serde_json::Value;

use super::answer::{ASKS, AnswerCase, Want};
use super::answer_judge::POISON;
use super::downgrade_case::request;
use super::http2::{Answer, ask};
use super::upstream::Connection;
use super::verdict::{Judgement, Verdict};
use super::world::{PATIENCE, World};

/// Whether a case means the same to a client of HTTP/2.
pub fn is_for(case: &AnswerCase) -> bool {
    case.request == ASKS
}

/// Runs a case and judges it.
pub fn run(world: &World, case: &AnswerCase) -> Result<Judgement> {
    world.upstream.begin(case.replies.clone());
    let answer = ask(world.https, &world.tls, &request(&[(b":method", b"GET"), (b":path", b"/answer")]))?;
    world.fence()?;
    world.upstream.cut();
    let all_ended = |seen: &[Connection]| seen.iter().all(|connection| connection.has_ended);
    world.upstream.until("the upstream's connections end", PATIENCE, all_ended)?;
    Ok(judge(case, &answer))
}

fn judge(case: &AnswerCase, answer: &Answer) -> Judgement {
    if matches!(answer, Answer::Body(body) if body.windows(POISON.len()).any(|part| part == POISON)) {
        return (Verdict::Unsafe, format!("smuggled to the client: {answer:?}"));
    }
    if case.want.iter().any(|want| is_right(want, answer)) {
        return (Verdict::Right, String::new());
    }
    let shown = match answer {
        Answer::Body(body) => format!("answered {}", body.get(..200).unwrap_or(body).escape_ascii()),
        other => format!("{other:?}"),
    };
    let may_be_whole = case.want.iter().any(|want| matches!(want, Want::Whole(_)));
    let verdict = match answer {
        Answer::Body(_) if !may_be_whole => Verdict::Unsafe,
        _ if may_be_whole => Verdict::LegalRefused,
        _ => Verdict::Untidy,
    };
    (verdict, shown)
}

fn is_right(want: &Want, answer: &Answer) -> bool {
    match (want, answer) {
        (Want::Whole(whole), Answer::Body(body)) => *body == whole.body,
        (Want::Gateway(status), Answer::Body(body)) => {
            let document: Value = serde_json::from_slice(body).unwrap_or_default();
            document.get("status").and_then(Value::as_u64) == Some(u64::from(*status))
        }
        (Want::Cut, Answer::Reset(code)) => *code != 0,
        _ => false,
    }
}
