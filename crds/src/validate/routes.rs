//! Routes have names of their own, and no two claim the same requests.

use std::collections::BTreeSet;

use super::finding::Finding;
use super::subject::Subject;
use crate::compile::RouteInput;
use crate::routing::{Conflict, RouteTable};

pub(super) fn judge(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let mut names = BTreeSet::new();
    for route in &subject.routes {
        if !names.insert(route.name) {
            let message = "two routes have this name: give each its own";
            findings.push(Finding::error("route-name", format!("spec.routes[{}]", route.name), message));
        }
    }
    let claims = subject.routes.iter().map(|route| (route.path, route.methods));
    let conflicts = RouteTable::build(claims, subject.matching).err().unwrap_or_default();
    findings.extend(conflicts.iter().filter_map(|conflict| told(subject, conflict)));
}

fn told(subject: &Subject<'_>, conflict: &Conflict) -> Option<Finding> {
    let (first, second): (&RouteInput<'_>, _) =
        (subject.routes.get(conflict.first)?, subject.routes.get(conflict.second)?);
    let method =
        conflict.method.map_or_else(|| "every method of".to_owned(), |method| format!("{method:?}").to_uppercase());
    let message = format!("\"{}\" and \"{}\" both claim {method} {}", first.name, second.name, second.path);
    Some(Finding::error("route-conflict", "spec.routes", message))
}
