//! The answer is made whole, dressed and handed to the client; the record closes behind it.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::pin::pin;

use bytes::Bytes;
use futures::FutureExt;

use super::dress::dress;
use super::record::Record;
use crate::answer::Answer;
use crate::facts::{Facts, Refusal};
use crate::problem::{Code, Problem, grpc};
use crate::wire::{Body, Client, ResponseHead};

/// What became of a request: the app's answer, one of our own, or a panic.
pub(super) type Outcome = Result<Result<(ResponseHead, Body), Answer>, Box<dyn Any + Send>>;

pub(super) async fn deliver(record: &mut Record<'_>, outcome: Outcome, client: impl Client) {
    if outcome.is_err() {
        record.panicked();
    }
    let Some((mut head, body)) = answer(record.facts(), outcome) else { return };
    dress(record.route(), record.facts(), &mut head);
    record.answering(head.status);
    if record.facts().refusal.is_some() && record.facts().asked.is_grpc {
        // Only now: what is counted and logged is what was refused.
        grpc::finish(&mut head);
    }
    let whole = if let Body::Whole(bytes) = &body { bytes.len() as u64 } else { 0 };
    // The body is polled in here: a defect of a stream ends this answer only.
    match AssertUnwindSafe(pin!(client.answer(head, body))).catch_unwind().await {
        Ok(Ok(())) => {
            record.facts().transfer.add_sent(whole);
            record.delivered();
        }
        Ok(Err(_gone)) => {}
        Err(_) => record.panicked(),
    }
}

/// `None` when nobody waits for an answer.
fn answer(facts: &mut Facts, outcome: Outcome) -> Option<(ResponseHead, Body)> {
    match outcome {
        Ok(Ok(answer)) => Some(answer),
        Ok(Err(Answer::Gone)) => None,
        Ok(Err(Answer::Reply(head))) => Some((head, Body::empty())),
        Ok(Err(Answer::Refuse(problem))) => Some(refusal(facts, *problem)),
        Err(panic) => {
            let problem = Problem::new(Code::Internal, "Something went wrong. The request id helps to find out what.");
            Some(refusal(facts, problem.privately(panic_text(panic.as_ref()))))
        }
    }
}

fn refusal(facts: &mut Facts, problem: Problem) -> (ResponseHead, Body) {
    facts.refusal = Some(Refusal::from(&problem));
    let message = facts.asked.is_grpc.then(|| problem.detail().to_owned());
    let (mut head, body) = problem.into_answer(&facts.request_id);
    if let Some(message) = message {
        grpc::say(&mut head, &message);
        return (head, Body::empty());
    }
    // An answer to HEAD says how long the body would be, and has none.
    let body = if facts.asked.is_head() { Bytes::new() } else { body };
    (head, Body::Whole(body))
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panicked: {}", text.unwrap_or("without a message"))
}
