//! The scopes that a caller must hold.

use std::sync::Arc;

use shipshape_crds::policy::{self, Enforcement};

use crate::problem::{Code, Problem};

/// The scopes that a caller must hold.
#[derive(Debug, Clone)]
pub struct Scopes {
    any: Vec<String>,
    all: Vec<String>,
    any_field: Arc<str>,
    all_field: Arc<str>,
    /// Whether a caller without them is refused, or only reported.
    pub enforcement: Enforcement,
}

impl Scopes {
    /// The scopes of a policy; `None` where it asks for none. `field` tells where a value of it was said.
    #[must_use]
    pub fn from_policy(access: Option<&policy::Access>, field: impl Fn(&str) -> Arc<str>) -> Option<Self> {
        let policy::Access { any_scope, all_scopes, enforcement } = access?;
        let enforcement = enforcement.unwrap_or_default();
        let asks = !any_scope.is_empty() || !all_scopes.is_empty();
        (asks && enforcement != Enforcement::Disabled).then(|| Self {
            any: any_scope.clone(),
            all: all_scopes.clone(),
            any_field: field("access.anyScope"),
            all_field: field("access.allScopes"),
            enforcement,
        })
    }

    /// Judges the scopes that a caller holds.
    ///
    /// # Errors
    /// 403, naming the scopes that would help: they are part of the API, not of its inside.
    pub fn check(&self, held: &[String]) -> Result<(), Problem> {
        if !self.any.is_empty() && !self.any.iter().any(|scope| held.contains(scope)) {
            let detail = match self.any.as_slice() {
                [only] => format!("The scope {only} is required."),
                several => format!("One of these scopes is required: {}.", several.join(", ")),
            };
            return Err(Problem::new(Code::ScopeRequired, detail).caused_by(&self.any_field));
        }
        let missing: Vec<&str> = self.all.iter().filter(|scope| !held.contains(scope)).map(String::as_str).collect();
        if !missing.is_empty() {
            let detail = format!("These scopes are missing: {}.", missing.join(", "));
            return Err(Problem::new(Code::ScopeRequired, detail).caused_by(&self.all_field));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn judge(access: Value, held: &[&str]) -> Option<String> {
        let access = serde_json::from_value(access).unwrap();
        let held: Vec<String> = held.iter().map(|scope| (*scope).to_owned()).collect();
        let problem = Scopes::from_policy(Some(&access), |path| path.into())?.check(&held).err()?;
        Some(format!("{} {}", problem.field().unwrap(), problem.detail()))
    }

    #[test]
    fn one_of_any_and_every_one_of_all() {
        let any = json!({"anyScope": ["read", "admin"]});
        assert_eq!(judge(any.clone(), &["admin"]), None);
        let refused = judge(any, &["write"]);
        assert_eq!(refused.as_deref(), Some("access.anyScope One of these scopes is required: read, admin."));
        let all = json!({"allScopes": ["read", "admin"]});
        assert_eq!(judge(all.clone(), &["admin", "read"]), None);
        assert_eq!(judge(all, &["read"]).as_deref(), Some("access.allScopes These scopes are missing: admin."));
    }

    #[test]
    fn what_asks_for_nothing_or_is_disabled_does_not_look() {
        assert_eq!(judge(json!({}), &[]), None);
        assert_eq!(judge(json!({"anyScope": ["read"], "enforcement": "Disabled"}), &[]), None);
    }
}
