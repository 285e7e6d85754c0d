//! Judging a request by what reached the upstream, and by what the client was told.

use super::case::{Case, Ending, Reached, Refused, Served, Step, Want};
use super::client::End;
use super::exchange::{ASKS_AGAIN, Outcome};
use super::message::Message;
use super::problem;
use super::upstream::Connection;
use super::verdict::{Judgement, Verdict};

/// Fields that speak of one connection, and never go beyond it.
const HOP_BY_HOP: [&str; 6] = ["keep-alive", "proxy-connection", "te", "upgrade", "http2-settings", "expect"];
/// Fields that mean nothing good after a body.
const NEVER_TRAILERS: [&str; 6] =
    ["content-length", "transfer-encoding", "host", "authorization", "x-forwarded-for", "x-shipshape-subject"];

/// Judges what came of a case.
pub fn judge(case: &Case, outcome: &Outcome) -> Judgement {
    let judged = unsafe_upstream(&outcome.upstream).map_or_else(|| told_clearly(outcome), Err);
    let judged = judged.and_then(|()| judge_interims(case, outcome)).and_then(|()| match &case.want {
        Want::Served(served) => judge_served(served, outcome),
        Want::Refused(refused) => judge_refused(case, refused, outcome),
        Want::Nothing => judge_nothing(outcome),
        Want::Either(served, refused) => {
            let first = outcome.told.answers.first().map_or(0, Message::status);
            if refused.statuses.contains(&first) {
                judge_refused(case, refused, outcome)
            } else {
                judge_served(served, outcome)
            }
        }
    });
    judged.err().unwrap_or_else(|| (Verdict::Right, String::new()))
}

type Judged = Result<(), Judgement>;

fn wrong(verdict: Verdict, why: impl Into<String>) -> Judged {
    Err((verdict, why.into()))
}

/// The requests that came upstream, whole.
fn requests(outcome: &Outcome) -> Vec<&Message> {
    outcome.upstream.iter().flat_map(|connection| &connection.requests).collect()
}

/// What no request may ever lead to.
pub fn unsafe_upstream(upstream: &[Connection]) -> Option<Judgement> {
    let found = |why: String| Some((Verdict::Unsafe, why));
    for connection in upstream {
        if let Some(why) = &connection.broken {
            return found(format!("upstream came {why}: {}", connection.rest.escape_ascii()));
        }
        if connection.requests.len() > 1 || (connection.requests.len() == 1 && !connection.rest.is_empty()) {
            let starts: Vec<_> = connection.requests.iter().map(|request| &request.start).collect();
            let rest = connection.rest.escape_ascii();
            return found(format!("more than one request on a connection that was to end: {starts:?}, {rest}"));
        }
    }
    for request in upstream.iter().flat_map(|connection| &connection.requests) {
        let upgrades = request.text("upgrade") == Some("websocket");
        if let Some(name) = HOP_BY_HOP.iter().find(|name| request.all(name).next().is_some())
            && !(upgrades && *name == "upgrade")
        {
            return found(format!("{name} came upstream with {:?}", request.start));
        }
        let bad = |(name, _): &&(String, Vec<u8>)| NEVER_TRAILERS.contains(&name.as_str());
        if let Some((name, _)) = request.trailers.iter().find(bad) {
            return found(format!("{name} came upstream as a trailer"));
        }
    }
    None
}

fn told_clearly(outcome: &Outcome) -> Judged {
    if let Some(why) = &outcome.told.broken {
        return wrong(Verdict::Unsafe, format!("the client was told {why}"));
    }
    match outcome.told.answers.iter().find(|answer| !answer.is_dated()) {
        Some(answer) => wrong(Verdict::Untidy, format!("no Date: {}", shown(answer))),
        None => Ok(()),
    }
}

/// 100 is said to who waits for it, and to nobody else.
fn judge_interims(case: &Case, outcome: &Outcome) -> Judged {
    let interims: Vec<_> = outcome.told.interims.iter().map(Message::status).collect();
    let waits = case.steps.iter().any(|step| matches!(step, Step::AwaitContinue));
    match interims.as_slice() {
        [100] if case.expects_continue() => Ok(()),
        [] if !waits => Ok(()),
        _ => wrong(Verdict::Altered, format!("interim answers {interims:?}")),
    }
}

fn judge_served(served: &Served, outcome: &Outcome) -> Judged {
    let (told, came) = (&outcome.told, requests(outcome));
    let again = usize::from(outcome.asked_again);
    let may_stay = usize::from(served.reached.is_empty());
    if came.len() > served.reached.len() + again + may_stay {
        return wrong(Verdict::Unsafe, format!("a hidden request: {:?}", asks(&came)));
    }
    for answer in told.answers.iter().take(served.answers) {
        if answer.status() >= 400 {
            return wrong(Verdict::LegalRefused, shown(answer));
        }
    }
    if told.answers.len() < served.answers {
        return wrong(Verdict::LegalRefused, format!("{} answers, then {:?}", told.answers.len(), told.end));
    }
    for (want, request) in served.reached.iter().zip(&came) {
        judge_reached(want, request)?;
    }
    if came.len() < served.reached.len() {
        return wrong(Verdict::Altered, format!("only {:?} reached the upstream", asks(&came)));
    }
    judge_after(served, outcome, &came)
}

fn judge_after(served: &Served, outcome: &Outcome, came: &[&Message]) -> Judged {
    let answered_again = outcome.told.answers.len() > served.answers;
    match served.after {
        Ending::Kept if !answered_again => wrong(Verdict::Untidy, "the connection was not kept"),
        Ending::Kept if came.last().is_none_or(|request| request.asks() != ASKS_AGAIN) => {
            wrong(Verdict::Altered, format!("the next request came upstream as {:?}", asks(came)))
        }
        Ending::Closed if outcome.end == End::Open => wrong(Verdict::Untidy, "the connection was kept"),
        Ending::Closed if outcome.told.answers.last().is_some_and(|answer| !announces_close(answer)) => {
            wrong(Verdict::Untidy, "the connection was closed without Connection: close")
        }
        _ if outcome.told.answers.len() > served.answers + usize::from(outcome.asked_again) => {
            wrong(Verdict::Unsafe, format!("{} answers", outcome.told.answers.len()))
        }
        _ => Ok(()),
    }
}

/// Whether a request came upstream as it should.
pub fn judge_reached(want: &Reached, request: &Message) -> Judged {
    let altered = |why: String| wrong(Verdict::Altered, why);
    if request.asks() != want.asks {
        return altered(format!("{:?} came upstream, not {:?}", request.asks(), want.asks));
    }
    if request.body != want.body {
        let (came, sent) = (request.body.len(), want.body.len());
        return altered(format!("another body came upstream, {came} bytes of {sent}"));
    }
    for (name, value) in &want.has {
        let all: Vec<_> = request.all(name).collect();
        if all != [value.as_slice()] {
            return altered(format!("{name} came upstream as {all:?}"));
        }
    }
    match want.lacks.iter().find(|name| request.all(name).next().is_some()) {
        Some(name) => altered(format!("{name} came upstream")),
        None => Ok(()),
    }
}

fn judge_refused(case: &Case, refused: &Refused, outcome: &Outcome) -> Judged {
    let came = requests(outcome);
    if came.len() > refused.before + 1 {
        return wrong(Verdict::Unsafe, format!("a hidden request: {:?}", asks(&came)));
    }
    if came.len() > refused.before {
        return wrong(Verdict::LetThrough, format!("{:?} reached the upstream", asks(&came)));
    }
    if let Some(part) = outcome.upstream.iter().find(|connection| !connection.rest.is_empty())
        && !refused.in_body
    {
        return wrong(Verdict::LetThrough, format!("a part reached the upstream: {}", part.rest.escape_ascii()));
    }
    if !outcome.told.interims.is_empty() && !refused.in_body {
        return wrong(Verdict::Untidy, "a body was asked for, and then refused");
    }
    if outcome.told.answers.len() > refused.before + 1 {
        return wrong(Verdict::Unsafe, format!("{} answers", outcome.told.answers.len()));
    }
    let Some(answer) = outcome.told.answers.get(refused.before) else {
        if refused.may_be_mute && outcome.end != End::Open {
            return Ok(());
        }
        return wrong(Verdict::Untidy, format!("no answer; connection {:?}", outcome.end));
    };
    judge_refusal(case, refused, outcome, answer)
}

fn judge_refusal(case: &Case, refused: &Refused, outcome: &Outcome, answer: &Message) -> Judged {
    let status = answer.status();
    if status >= 500 && status != 501 && status != 505 {
        return wrong(Verdict::ServerFault, shown(answer));
    }
    if !refused.statuses.contains(&status) {
        return wrong(Verdict::Untidy, format!("not {:?}: {}", refused.statuses, shown(answer)));
    }
    problem::check(answer, case.is_to_head()).or_else(|why| wrong(Verdict::Untidy, why))?;
    if refused.after == Ending::Closed {
        if outcome.end == End::Open {
            return wrong(Verdict::Untidy, "the connection stayed open");
        }
        if !announces_close(answer) {
            return wrong(Verdict::Untidy, "no Connection: close");
        }
    }
    Ok(())
}

fn announces_close(answer: &Message) -> bool {
    answer.start.starts_with("HTTP/1.0")
        || answer.text("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"))
}

fn judge_nothing(outcome: &Outcome) -> Judged {
    let came = requests(outcome);
    if !came.is_empty() {
        return wrong(Verdict::Unsafe, format!("what was not whole reached the upstream as {:?}", asks(&came)));
    }
    match outcome.told.answers.iter().find(|answer| !(400..500).contains(&answer.status())) {
        Some(answer) => wrong(Verdict::ServerFault, shown(answer)),
        None => Ok(()),
    }
}

fn asks(came: &[&Message]) -> Vec<String> {
    came.iter().map(|request| request.start.clone()).collect()
}

fn shown(answer: &Message) -> String {
    format!("{} {}", answer.start, answer.body.escape_ascii())
}
