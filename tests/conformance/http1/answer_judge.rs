//! Judging an upstream's answer by what the client was told, and by what became of the next requests.

use super::answer::{AnswerCase, Reuse, Want, Whole};
use super::answer_exchange::{NEXT, Outcome};
use super::client::End;
use super::message::Message;
use super::problem;
use super::upstream::Connection;
use super::verdict::{Judgement, Verdict};

/// Fields that speak of one connection, and never go beyond it.
const HOP_BY_HOP: [&str; 5] = ["keep-alive", "proxy-connection", "te", "upgrade", "proxy-authenticate"];
/// Fields that mean nothing good after a body.
const NEVER_TRAILERS: [&str; 4] = ["content-length", "transfer-encoding", "set-cookie", "location"];
/// What hostile upstreams try to smuggle to the client, in a field or in a body.
const SMUGGLED: &str = "x-smuggled";
/// The body of an answer that nobody asked for.
pub const POISON: &[u8] = b"poison";

/// Judges what came of a case.
pub fn judge(case: &AnswerCase, outcome: &Outcome) -> Judgement {
    let judged = safe(outcome).and_then(|()| reused(case, outcome)).and_then(|()| told(case, outcome));
    judged.err().unwrap_or_else(|| (Verdict::Right, String::new()))
}

type Judged = Result<(), Judgement>;

fn wrong(verdict: Verdict, why: impl Into<String>) -> Judged {
    Err((verdict, why.into()))
}

/// What no answer may ever lead to.
fn safe(outcome: &Outcome) -> Judged {
    let found = |why: String| wrong(Verdict::Unsafe, why);
    if let Some(why) = &outcome.told.broken {
        return found(format!("the client was told {why}"));
    }
    if let Some(next) = outcome.next.as_ref().filter(|next| *next != NEXT) {
        return found(format!("the next request was answered {}", next.escape_ascii()));
    }
    if outcome.told.answers.len() > 1 {
        return found(format!("{} answers to one request", outcome.told.answers.len()));
    }
    for message in outcome.told.answers.iter().chain(&outcome.told.interims).chain(&outcome.told.part) {
        if message.all(SMUGGLED).next().is_some() || message.body.windows(POISON.len()).any(|body| body == POISON) {
            return found(format!("smuggled to the client: {}", shown(message)));
        }
        if let Some((name, _)) = message.trailers.iter().find(|(name, _)| NEVER_TRAILERS.contains(&name.as_str())) {
            return found(format!("{name} came to the client as a trailer"));
        }
        if let Some(name) = HOP_BY_HOP.iter().find(|name| message.all(name).next().is_some()) {
            return found(format!("{name} came to the client: {}", shown(message)));
        }
    }
    let framed =
        |interim: &&Message| interim.all("content-length").chain(interim.all("transfer-encoding")).next().is_some();
    if let Some(interim) = outcome.told.interims.iter().find(framed) {
        return found(format!("an interim answer with a length: {}", shown(interim)));
    }
    Ok(())
}

fn reused(case: &AnswerCase, outcome: &Outcome) -> Judged {
    let again = |connection: &&Connection| {
        connection.requests.len() > 1 || (!connection.requests.is_empty() && !connection.fences.is_empty())
    };
    if case.reuse != Reuse::Open && outcome.upstream.iter().any(|connection| again(&connection)) {
        return wrong(Verdict::Unsafe, "the upstream's connection was used again");
    }
    match &outcome.left_open {
        Some(why) => wrong(Verdict::Untidy, why.clone()),
        None => Ok(()),
    }
}

fn told(case: &AnswerCase, outcome: &Outcome) -> Judged {
    let mut first = None;
    for want in &case.want {
        let judged = match want {
            Want::Whole(whole) => judge_whole(case, whole, outcome),
            Want::Gateway(status) => judge_gateway(case, *status, outcome),
            Want::Cut => judge_cut(outcome),
        };
        match judged {
            Ok(()) => return Ok(()),
            Err(judgement) => first = first.or(Some(judgement)),
        }
    }
    first.map_or(Ok(()), Err)
}

fn judge_whole(case: &AnswerCase, whole: &Whole, outcome: &Outcome) -> Judged {
    let Some(answer) = outcome.told.answers.first() else {
        return wrong(Verdict::LegalRefused, format!("no whole answer, connection {:?}", outcome.told.end));
    };
    if answer.status() != whole.status {
        let verdict = if answer.status() >= 500 { Verdict::LegalRefused } else { Verdict::Altered };
        return wrong(verdict, shown(answer));
    }
    let interims: Vec<_> = outcome.told.interims.iter().map(Message::status).collect();
    if interims != case.interims {
        return wrong(Verdict::Altered, format!("interim answers {interims:?}, not {:?}", case.interims));
    }
    if answer.body != whole.body {
        return wrong(Verdict::Altered, format!("another body: {}", shown(answer)));
    }
    for (name, values) in &whole.has {
        let all: Vec<_> = answer.all(name).collect();
        if all != *values {
            return wrong(Verdict::Altered, format!("{name} is {all:?}, not {values:?}"));
        }
    }
    match whole.lacks.iter().find(|name| answer.all(name).next().is_some()) {
        Some(name) => wrong(Verdict::LetThrough, format!("{name} came to the client")),
        None => Ok(()),
    }
}

fn judge_gateway(case: &AnswerCase, status: u16, outcome: &Outcome) -> Judged {
    let Some(answer) = outcome.told.answers.first() else {
        let part = outcome.told.part.as_ref().map(shown);
        return wrong(Verdict::Untidy, format!("no answer, connection {:?}, part {part:?}", outcome.told.end));
    };
    if answer.status() != status {
        let verdict = if answer.status() < 500 { Verdict::LetThrough } else { Verdict::Untidy };
        return wrong(verdict, format!("not {status}: {}", shown(answer)));
    }
    problem::check(answer, case.is_to_head()).or_else(|why| wrong(Verdict::Untidy, why))
}

fn judge_cut(outcome: &Outcome) -> Judged {
    if let Some(answer) = outcome.told.answers.first() {
        return wrong(Verdict::Unsafe, format!("what broke off looks whole: {}", shown(answer)));
    }
    if outcome.told.end == End::Open {
        return wrong(Verdict::Untidy, "the client's connection stayed open");
    }
    Ok(())
}

fn shown(answer: &Message) -> String {
    format!("{} {}", answer.start, answer.body.escape_ascii())
}
