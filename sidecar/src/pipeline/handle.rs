//! A request is answered, whatever happens.

use std::sync::Arc;

use super::rules::Rules;
use super::worker::WorkerContext;
use crate::facts::{Connection, Request};
use crate::problem::{Code, Problem};
use crate::wire::{App, Body, Client};

/// Answers one request. Ends when the client took the whole answer or went away.
pub async fn handle(
    context: &WorkerContext,
    rules: &Arc<Rules>,
    connection: &Connection,
    request: Request,
    client: impl Client,
    app: &impl App,
) {
    let _ = (request.head, request.body, app);
    refuse(context, rules, connection, Problem::new(Code::Internal, "not served yet"), client).await;
}

/// Answers what could be read only in part: the codec says why, the answer is dressed and recorded like any other.
pub async fn refuse(
    _context: &WorkerContext,
    _rules: &Arc<Rules>,
    _connection: &Connection,
    problem: Problem,
    client: impl Client,
) {
    let (head, body) = problem.into_answer("");
    let _ = client.answer(head, Body::Whole(body)).await;
}
