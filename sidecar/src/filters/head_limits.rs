//! How large the head of a request may be.

use std::sync::Arc;

use shipshape_crds::policy::Sizes;

use crate::problem::{Code, Problem};
use crate::wire::RequestHead;

/// What a field takes on the wire beside its name and value: a colon, a blank and a line break.
const FRAME: u64 = 4;

/// How large the head of a request may be; always enforced, because it is read before a route is known.
#[derive(Debug, Clone)]
pub struct HeadLimits {
    url: Option<u64>,
    headers: Option<u64>,
    count: Option<u32>,
    fields: HeadFields,
}

/// The fields of the policy behind each limit.
#[derive(Debug, Clone)]
struct HeadFields {
    url: Arc<str>,
    headers: Arc<str>,
    count: Arc<str>,
}

impl HeadLimits {
    /// The limits of a policy; `field` tells where a value of it was said.
    #[must_use]
    pub fn from_policy(sizes: Option<&Sizes>, field: impl Fn(&str) -> Arc<str>) -> Self {
        let bytes = |pick: fn(&Sizes) -> Option<u64>| sizes.and_then(pick);
        Self {
            url: bytes(|sizes| Some(sizes.url.as_ref()?.bytes())),
            headers: bytes(|sizes| Some(sizes.headers.as_ref()?.bytes())),
            count: sizes.and_then(|sizes| sizes.header_count),
            fields: HeadFields {
                url: field("sizes.url"),
                headers: field("sizes.headers"),
                count: field("sizes.headerCount"),
            },
        }
    }

    /// Judges a head.
    ///
    /// # Errors
    /// 414 or 431, naming the limit.
    pub fn check(&self, head: &RequestHead) -> Result<(), Problem> {
        let target = head.target.raw().len() as u64;
        if let Some(limit) = self.url.filter(|limit| target > *limit) {
            let detail = format!("Path and query may be {limit} bytes long; these are {target}.");
            return Err(Problem::new(Code::UrlTooLong, detail).caused_by(&self.fields.url));
        }
        let count = head.fields.len();
        if let Some(limit) = self.count.filter(|limit| count > *limit as usize) {
            let detail = format!("A request may have {limit} header fields; this one has {count}.");
            return Err(Problem::new(Code::HeadersTooLarge, detail).caused_by(&self.fields.count));
        }
        let bytes: u64 = head.fields.iter().map(|f| (f.name.len() + f.value.len()) as u64 + FRAME).sum();
        if let Some(limit) = self.headers.filter(|limit| bytes > *limit) {
            let detail = format!("The header fields may be {limit} bytes in all; these are {bytes}.");
            return Err(Problem::new(Code::HeadersTooLarge, detail).caused_by(&self.fields.headers));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::head;

    fn judge(target: &str, fields: &[(&'static str, &str)]) -> Option<(Code, String)> {
        let sizes =
            serde_json::from_value(serde_json::json!({"url": "20", "headers": "40", "headerCount": 3})).unwrap();
        let limits = HeadLimits::from_policy(Some(&sizes), |path| format!("spec.policy.{path}").into());
        let problem = limits.check(&head("GET", target, fields)).err()?;
        Some((problem.code(), problem.field().unwrap().to_string()))
    }

    #[test]
    fn a_head_of_exactly_its_limits_passes_and_one_more_is_refused() {
        assert_eq!(judge(&format!("/{}", "a".repeat(19)), &[]), None);
        let url = judge(&format!("/{}", "a".repeat(20)), &[]);
        assert_eq!(url, Some((Code::UrlTooLong, "spec.policy.sizes.url".into())));
        assert_eq!(judge("/", &[("a", &"v".repeat(35))]), None);
        let bytes = judge("/", &[("a", &"v".repeat(36))]);
        assert_eq!(bytes, Some((Code::HeadersTooLarge, "spec.policy.sizes.headers".into())));
        assert_eq!(judge("/", &[("a", "1"), ("b", "2"), ("c", "3")]), None);
        let count = judge("/", &[("a", "1"), ("b", "2"), ("c", "3"), ("d", "4")]);
        assert_eq!(count, Some((Code::HeadersTooLarge, "spec.policy.sizes.headerCount".into())));
    }
}
