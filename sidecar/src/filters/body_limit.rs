//! How large a body may be, by its route and content type.

use std::sync::Arc;

use shipshape_crds::policy::{Enforcement, Sizes};

use crate::problem::{Code, Problem};
use crate::wire::RequestHead;

/// How large a body may be.
#[derive(Debug, Clone)]
pub struct BodyLimit {
    default: Cap,
    by_type: Vec<(String, Cap)>,
    /// Whether a larger one is refused, or only reported.
    pub enforcement: Enforcement,
}

/// One limit.
#[derive(Debug, Clone)]
pub struct Cap {
    /// Bytes; `None` allows any length.
    pub bytes: Option<u64>,
    /// The field of the policy that says so.
    pub field: Arc<str>,
}

impl BodyLimit {
    /// The limits of a policy; `field` tells where a value of it was said.
    #[must_use]
    pub fn from_policy(sizes: Option<&Sizes>, field: impl Fn(&str) -> Arc<str>) -> Self {
        let default = sizes.and_then(|sizes| sizes.body.as_ref()).map(|size| size.bytes());
        let by_type = sizes.iter().flat_map(|sizes| &sizes.body_by_type).map(|item| {
            let said = field(&format!("sizes.bodyByType[{}]", item.media_type));
            (item.media_type.clone(), Cap { bytes: Some(item.body.bytes()), field: said })
        });
        Self {
            by_type: by_type.collect(),
            default: Cap { bytes: default, field: field("sizes.body") },
            enforcement: sizes.and_then(|sizes| sizes.enforcement).unwrap_or_default(),
        }
    }

    /// The limit for a request, by its content type without parameters.
    #[must_use]
    pub fn of(&self, head: &RequestHead) -> &Cap {
        let value = head.fields.text("content-type").unwrap_or_default();
        let media_type = value.split(';').next().unwrap_or_default().trim();
        let named = self.by_type.iter().find(|(name, _)| name.eq_ignore_ascii_case(media_type));
        named.map_or(&self.default, |(_, cap)| cap)
    }
}

impl Cap {
    /// Judges the length that a request declares, before a byte of it is read.
    ///
    /// # Errors
    /// 413, naming the limit.
    pub fn check(&self, declared: Option<u64>) -> Result<(), Problem> {
        match (self.bytes, declared) {
            (Some(limit), Some(declared)) if declared > limit => Err(self.exceeded()),
            _ => Ok(()),
        }
    }

    /// The refusal of a body that is larger.
    #[must_use]
    pub fn exceeded(&self) -> Problem {
        let limit = self.bytes.map_or_else(|| "unlimited".to_owned(), size_text);
        Problem::new(Code::BodyTooLarge, format!("The body may be {limit} large.")).caused_by(&self.field)
    }
}

fn size_text(bytes: u64) -> String {
    match bytes {
        _ if bytes > 0 && bytes.is_multiple_of(1 << 20) => format!("{} MiB", bytes >> 20),
        _ if bytes > 0 && bytes.is_multiple_of(1 << 10) => format!("{} KiB", bytes >> 10),
        _ => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::head;

    #[test]
    fn the_declared_length_meets_the_limit_of_its_type() {
        let sizes = serde_json::from_value(serde_json::json!({
            "body": "1Ki", "bodyByType": [{"type": "multipart/form-data", "body": "2Ki"}]}))
        .unwrap();
        let limit = BodyLimit::from_policy(Some(&sizes), |path| format!("spec.policy.{path}").into());
        let judge = |content_type: &str, declared| {
            let head = head("POST", "/", &[("content-type", content_type)]);
            limit.of(&head).check(Some(declared)).err().map(|problem| problem.field().unwrap().to_string())
        };
        assert_eq!(judge("application/json", 1024), None);
        assert_eq!(judge("application/json", 1025).as_deref(), Some("spec.policy.sizes.body"));
        assert_eq!(judge("Multipart/Form-Data; boundary=x", 2048), None);
        let large = judge("multipart/form-data;boundary=x", 2049);
        assert_eq!(large.as_deref(), Some("spec.policy.sizes.bodyByType[multipart/form-data]"));
        assert_eq!(limit.default.check(None).err().map(|problem| problem.code()), None);
        assert_eq!(limit.default.exceeded().detail(), "The body may be 1 KiB large.");
    }
}
