//! What could be read only in part is answered, counted and logged like any other request.

use std::sync::Arc;

use super::deliver::deliver;
use super::record::Record;
use super::rules::Rules;
use super::worker::WorkerContext;
use crate::facts::Connection;
use crate::problem::Problem;
use crate::wire::Client;

/// Answers a request that the codec could not read: it says why, the answer is dressed and recorded like any other.
pub async fn refuse(
    context: &WorkerContext,
    rules: &Arc<Rules>,
    connection: &Connection,
    problem: Problem,
    client: impl Client,
) {
    let mut record = Record::open(context, rules, connection, None);
    deliver(&mut record, Ok(Err(problem.into())), client).await;
}
