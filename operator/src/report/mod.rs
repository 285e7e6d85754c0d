//! What people see of a reconcile: conditions, numbers, events.

mod condition;
mod events;
mod facets;
mod limits;
mod outcome;
mod publish;
mod ready;
mod rollout;
mod status;
mod trouble;

pub use self::{
    condition::{Facet, State, merged},
    events::{Notice, notices},
    limits::bounds,
    outcome::Outcome,
    publish::{Desk, report, report_refusal},
    status::{refused, status},
};
