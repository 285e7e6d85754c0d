//! forward: the app is asked, and its answer is passed on as it comes.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use shipshape_crds::policy::Enforcement;
use tokio::time::Instant;

use super::inspect::Admitted;
use super::lasting::{self, Bounds, Nature};
use super::rules::RouteRules;
use super::worker::WorkerContext;
use crate::answer::Answer;
use crate::facts::Facts;
use crate::filters::body_limit::Cap;
use crate::filters::request_fields::{self, Told};
use crate::problem::{Code, Problem, grpc};
use crate::wire::{
    Absence, App, AppError, Body, BodyError, Client, Exchange, Fields, Patience, RequestHead, ResponseHead, Said,
    has_media_type, is_grpc, timed,
};

pub(super) async fn forward(
    context: &WorkerContext,
    facts: &mut Facts,
    admitted: Admitted<'_>,
    client: &mut impl Client,
    app: &impl App,
) -> Result<(ResponseHead, Body), Answer> {
    let (rules, mut head, body) = admitted.into_routed().into_parts();
    // Only for a body that is refused later on, when its head is gone.
    let cap = (!body.is_over()).then(|| rules.body.of(&head));
    tell(&mut head, facts, rules);
    let asked_at = context.clock.monotonic();
    // The client of a gRPC call says for how long it waits: nobody needs an answer after that.
    let said = facts.asked.is_grpc.then(|| grpc::timeout(&head.fields)).flatten();
    let now = context.clock.moment(asked_at);
    let ends = said.and_then(|said| now.checked_add(said));
    let deadline = rules.timeouts.request.map(|limit| now + limit).into_iter().chain(ends).min();
    let answered = ask(&mut app.send(head, body), client, deadline).await;
    facts.upstream = Some(context.clock.monotonic().saturating_sub(asked_at));
    match answered {
        Ok((head, body)) => Ok(passed_on(context, facts, rules, (head, body), ends)),
        Err(Unanswered::Absent(Absence::Gone)) => Err(Answer::Gone),
        Err(Unanswered::Absent(Absence::TimeOver)) => Err(timed_out(facts, rules).into()),
        Err(Unanswered::Failed(error)) => Err(refused(error, rules, cap)),
    }
}

/// Why there is no answer.
enum Unanswered {
    /// Nobody waits for it any more.
    Absent(Absence),
    Failed(AppError),
}

/// Waits for the answer and passes hints on. Returning early drops the exchange, which cancels the app's request.
async fn ask(
    exchange: &mut impl Exchange,
    client: &mut impl Client,
    deadline: Option<Instant>,
) -> Result<(ResponseHead, Body), Unanswered> {
    loop {
        let said = poll_fn(|context| match exchange.poll_next(context) {
            Poll::Ready(said) => Poll::Ready(said.map_err(Unanswered::Failed)),
            Poll::Pending => client.poll_absence(deadline, context).map(|absence| Err(Unanswered::Absent(absence))),
        });
        match said.await? {
            Said::Answer(head, body) => return Ok((head, body)),
            Said::Hint(head) => client.hint(head).await.map_err(|_| Unanswered::Absent(Absence::Gone))?,
        }
    }
}

fn tell(head: &mut RequestHead, facts: &Facts, rules: &RouteRules) {
    let told = Told {
        request_id: &facts.request_id,
        peer: facts.connection.peer.ip(),
        via_proxy: facts.origin.via_proxy,
        secure: facts.secure,
        authority: &head.authority,
        caller: facts.caller.as_deref(),
        key_field: rules.authentication.as_ref().map(crate::filters::authentication::Authentication::key_field),
    };
    request_fields::rewrite(&mut head.fields, &told);
}

fn passed_on(
    context: &WorkerContext,
    facts: &Facts,
    rules: &RouteRules,
    (mut head, body): (ResponseHead, Body),
    deadline: Option<Instant>,
) -> (ResponseHead, Body) {
    if let Some(cors) = &rules.cors {
        cors.strip(&mut head.fields);
    }
    let (idle, transfer) = (rules.timeouts.stream_idle, &facts.transfer);
    let bounds = || Bounds { idle, transfer, draining: context.draining.clone(), deadline };
    let body = match (body, nature(&head.fields)) {
        (Body::Whole(bytes), _) => Body::Whole(bytes),
        (Body::Stream(stream), Some(nature)) => Body::Stream(lasting::stream(stream, nature, bounds())),
        (Body::Stream(stream), None) => {
            Body::Stream(timed(stream, Patience { idle: rules.timeouts.body.idle, rate: None }))
        }
        (Body::Tunnel(io), _) => Body::Tunnel(lasting::tunnel(io, bounds())),
    };
    let enforced = rules.body.enforcement == Enforcement::Enforce;
    (head, facts.transfer.outgoing(body, enforced))
}

/// Whether an answer may be silent for long by design.
fn nature(fields: &Fields) -> Option<Nature> {
    if has_media_type(fields, "text/event-stream") {
        Some(Nature::Events)
    } else {
        is_grpc(fields).then_some(Nature::Grpc)
    }
}

fn refused(error: AppError, rules: &RouteRules, cap: Option<&Cap>) -> Answer {
    let problem = match error {
        AppError::Connect(why) => {
            Problem::new(Code::AppUnreachable, "The service cannot be reached right now. Try again later.")
                .caused_by(&rules.timeouts.connect_field)
                .privately(why)
        }
        AppError::Broken(why) => {
            Problem::new(Code::AppBroken, "The service broke its answer off. Try again later.").privately(why)
        }
        AppError::Request(BodyError::Gone) => return Answer::Gone,
        AppError::Request(BodyError::TooLarge { limit }) => cap.map_or_else(
            || Problem::new(Code::BodyTooLarge, format!("The body may be {limit} bytes large.")),
            Cap::exceeded,
        ),
        AppError::Request(BodyError::Stalled) => {
            Problem::new(Code::BodyTimeout, "The body stalled. Send it without long pauses.")
                .caused_by(&rules.timeouts.body_idle_field)
        }
        AppError::Request(BodyError::Framing(why)) => {
            Problem::new(Code::BodyMalformed, "The framing of the body is broken.").privately(why)
        }
    };
    problem.into()
}

/// Whose fault the time was: a client that owes its body is not told that the app is slow.
fn timed_out(facts: &Facts, rules: &RouteRules) -> Problem {
    let field: &Arc<str> = &rules.timeouts.request_field;
    if facts.transfer.waits_for_client() {
        return Problem::new(Code::BodyTimeout, "The body took too long to arrive.").caused_by(field);
    }
    Problem::new(Code::AppTimeout, "The service did not answer in time. Try again later.").caused_by(field)
}
