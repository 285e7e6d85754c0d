//! head: a request that is too large to look at goes no further.

use super::rules::Rules;
use crate::facts::Request;
use crate::problem::Problem;

/// A request whose head is within its limits. Its field is private: only [`outline`] makes one.
pub(super) struct Outlined {
    request: Request,
}

pub(super) fn outline(rules: &Rules, request: Request) -> Result<Outlined, Problem> {
    rules.outline.check(&request.head)?;
    Ok(Outlined { request })
}

impl Outlined {
    pub(super) fn head(&self) -> &crate::wire::RequestHead {
        &self.request.head
    }

    pub(super) fn into_request(self) -> Request {
        self.request
    }
}
