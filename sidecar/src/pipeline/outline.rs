//! head: a request that is too large to look at, or of a method that no app should see, goes no further.

use super::rules::Rules;
use crate::facts::Request;
use crate::problem::{Code, Problem};

/// A request whose head is within its limits. Its field is private: only [`outline`] makes one.
pub(super) struct Outlined {
    request: Request,
}

pub(super) fn outline(rules: &Rules, request: Request) -> Result<Outlined, Problem> {
    // TRACE sends a request's fields back, credentials included; CONNECT asks for a tunnel past every phase below.
    if matches!(&*request.head.method, b"TRACE" | b"CONNECT") {
        return Err(Problem::new(Code::MethodUnsupported, "TRACE and CONNECT are not served."));
    }
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
