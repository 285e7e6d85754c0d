//! Authentication must be chosen, and what is required of a caller must be possible.

use super::finding::Finding;
use super::subject::Subject;
use crate::policy::{Auth, AuthMode, Enforcement, Policy};

/// What to write, said the same by the API server, `check` and the operator.
pub(super) const CHOOSE: &str = "choose how callers are identified: apiKeys; or write \"mode: None\"";

pub(super) fn judge(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let service = subject.policy.auth.as_ref();
    if service.is_none_or(|auth| auth.mode.is_none() && auth.api_keys.is_none()) {
        findings.push(Finding::error("auth-chosen", "spec.policy.auth", CHOOSE));
        return;
    }
    judge_whole("spec.policy", subject.effective(None), findings);
    for route in &subject.routes {
        let path = format!("spec.routes[{}].policy", route.name);
        judge_whole(&path, subject.effective(Some(route.policy)), findings);
    }
}

fn judge_whole(path: &str, effective: Option<Policy>, findings: &mut Vec<Finding>) {
    let Some(policy) = effective else { return };
    let Some(auth) = policy.auth else { return };
    let requires = matches!(auth.mode, Some(AuthMode::Required | AuthMode::Optional));
    if requires && auth.api_keys.is_none() {
        let message = "nobody can be identified without a method: add \"apiKeys: {}\", or write \"mode: None\"";
        findings.push(Finding::error("auth-method", format!("{path}.auth.mode"), message));
    }
    let access = policy.access.unwrap_or_default();
    let asks = !(access.any_scope.is_empty() && access.all_scopes.is_empty())
        && access.enforcement != Some(Enforcement::Disabled);
    if asks && identifies_nobody(&auth) {
        let message = "scopes are asked of callers that nobody identifies: set auth.mode to Required, or access.enforcement to Disabled";
        findings.push(Finding::error("access-identified", format!("{path}.access"), message));
    }
}

fn identifies_nobody(auth: &Auth) -> bool {
    auth.mode == Some(AuthMode::None) || auth.enforcement == Some(Enforcement::Disabled)
}
