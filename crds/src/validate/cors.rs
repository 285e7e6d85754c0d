//! Who may read answers from a browser is said without a contradiction that would let any site act as its visitor.

use super::finding::Finding;
use super::subject::Subject;
use crate::policy::{Cors, Policy};
use crate::text::Origin;

/// What browsers keep at most, in seconds.
const LONGEST: u64 = 7200;
/// As many as the definition allows.
const MAX_ORIGINS: usize = 512;

pub(super) fn judge(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let mut judge_where_said = |path: &str, says: bool, effective: Option<Policy>| {
        if let Some(cors) = effective.and_then(|policy| policy.cors).filter(|_| says) {
            judge_whole(path, &cors, findings);
        }
    };
    judge_where_said("spec.policy", subject.policy.cors.is_some(), subject.effective(None));
    for route in &subject.routes {
        let path = format!("spec.routes[{}].policy", route.name);
        judge_where_said(&path, route.policy.cors.is_some(), subject.effective(Some(route.policy)));
    }
}

fn judge_whole(path: &str, cors: &Cors, findings: &mut Vec<Finding>) {
    let (origins, allows_credentials) = (&cors.allow_origins, cors.allow_credentials == Some(true));
    let is_any = origins.iter().any(Origin::is_any);
    let field = format!("{path}.cors.allowOrigins");
    if is_any && allows_credentials {
        let message = "[\"*\"] with allowCredentials lets any site act as your user: list the origins";
        findings.push(Finding::error("cors-credentials", &*field, message));
    } else if is_any && origins.len() > 1 {
        let message = "\"*\" means every origin: let it stand alone, or list the origins";
        findings.push(Finding::error("cors-origins", &*field, message));
    }
    if origins.len() > MAX_ORIGINS {
        let message = format!("{} origins are too many: write at most {MAX_ORIGINS}", origins.len());
        findings.push(Finding::error("cors-origins", field, message));
    }
    if cors.max_age.as_ref().is_some_and(|age| age.duration().as_secs() > LONGEST) {
        let message = "browsers keep the answer for two hours at most: write 2h or less";
        findings.push(Finding::error("cors-max-age", format!("{path}.cors.maxAge"), message));
    }
}
