//! Which route claims a request, and its whole policy, value by value.

use anyhow::anyhow;
use serde::Serialize;
use serde_json::Value as Json;
use shipshape_crds::compile::field_of;
use shipshape_crds::merge::Sources;
use shipshape_crds::policy::Policy;
use shipshape_crds::routing::{NormalPath, RouteTable};
use shipshape_crds::sidecar_config::{RouteConfig, SidecarConfig};

/// The source of a value that nobody said.
pub(super) const BUILT_IN: &str = "built-in";

/// What holds for one request.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Effective {
    /// The service.
    pub service: String,
    /// The request's method.
    pub method: String,
    /// The request's path.
    pub path: String,
    /// The route that claims it; none where `spec.policy` alone holds.
    pub route: Option<String>,
    /// The paths that the route claims.
    pub pattern: Option<String>,
    /// Why such a request is never passed on, where that is so.
    pub refused: Option<String>,
    /// Every value of the policy; none where the path has no single reading.
    pub policy: Vec<Value>,
}

/// One value of a policy, and where it was said.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Value {
    /// Its place in a policy, such as `sizes.body`.
    pub path: String,
    /// The value.
    pub value: Json,
    /// `built-in`, `spec.policy` or `spec.routes[NAME]`.
    pub source: String,
}

/// What holds for a request with this method and this path, whose query does not matter.
///
/// # Errors
/// When two routes claim the same, or the policy cannot be written as JSON.
pub fn resolve(config: &SidecarConfig, method: &str, target: &str) -> anyhow::Result<Effective> {
    let path = target.split('?').next().unwrap_or_default();
    let nothing = Effective {
        service: config.service.name.clone(),
        method: method.to_owned(),
        path: path.to_owned(),
        route: None,
        pattern: None,
        refused: None,
        policy: Vec::new(),
    };
    let refused = |why: String| Effective { refused: Some(why), ..nothing.clone() };
    let normal = match NormalPath::parse(path, config.matching) {
        Ok(normal) => normal,
        Err(error) => return Ok(refused(format!("400: {error}"))),
    };
    let claims = config.routes.iter().map(|route| (&route.path, route.methods.as_slice()));
    let table = RouteTable::build(claims, config.matching)
        .map_err(|_| anyhow!("two routes claim the same path and method: \"check\" names them"))?;
    let Ok(found) = table.find(&normal, method) else {
        return Ok(refused("400: readers of this path would end in different routes".to_owned()));
    };
    let route = found.and_then(|index| config.routes.get(index));
    let (policy, sources) = route.map_or((&config.policy, &config.sources), |route| (&route.policy, &route.sources));
    Ok(Effective {
        route: route.map(|route| route.name.clone()),
        pattern: route.map(pattern),
        refused: is_internal(config, &normal)?
            .then(|| "404: spec.app.internalPaths are not found from outside".to_owned()),
        policy: values(policy, sources, route.map(|route| route.name.as_str()))?,
        ..nothing
    })
}

fn pattern(route: &RouteConfig) -> String {
    let methods: Vec<String> = route.methods.iter().map(|method| format!("{method:?}").to_uppercase()).collect();
    let methods = if methods.is_empty() { "every method".to_owned() } else { methods.join(", ") };
    format!("{methods} {}", route.path)
}

/// Whether the path is one of those that only the kubelet and Prometheus may ask for.
fn is_internal(config: &SidecarConfig, path: &NormalPath<'_>) -> anyhow::Result<bool> {
    let mut paths: Vec<_> = config.app.internal_paths.clone();
    paths.sort_by_key(ToString::to_string);
    paths.dedup();
    let table = RouteTable::build(paths.iter().map(|path| (path, &[][..])), config.matching)
        .map_err(|_| anyhow!("spec.app.internalPaths: two name the same path: leave one out"))?;
    Ok(table.find(path, "GET").map_or(true, |found| found.is_some()))
}

fn values(policy: &Policy, sources: &Sources, route: Option<&str>) -> anyhow::Result<Vec<Value>> {
    let mut leaves = Vec::new();
    flatten(serde_json::to_value(policy)?, String::new(), &mut leaves);
    let source = |path: &str| source_of(&field_of(route, sources, path), path);
    Ok(leaves.into_iter().map(|(path, value)| Value { source: source(&path), path, value }).collect())
}

fn flatten(value: Json, path: String, leaves: &mut Vec<(String, Json)>) {
    match value {
        Json::Object(members) if !members.is_empty() => {
            for (name, member) in members {
                let below = if path.is_empty() { name } else { format!("{path}.{name}") };
                flatten(member, below, leaves);
            }
        }
        Json::Array(items) if items.iter().all(|item| named(item).is_some()) && !items.is_empty() => {
            for mut item in items {
                let (key, name) = named(&item).map(|(key, name)| (key, name.to_owned())).unwrap_or_default();
                if let Some(members) = item.as_object_mut() {
                    members.remove(key);
                }
                flatten(item, format!("{path}[{name}]"), leaves);
            }
        }
        leaf => leaves.push((path, leaf)),
    }
}

fn named(item: &Json) -> Option<(&'static str, &str)> {
    ["name", "type"].into_iter().find_map(|key| Some((key, item.get(key)?.as_str()?)))
}

/// The layer alone, from the field that a log would name.
fn source_of(field: &str, path: &str) -> String {
    match field.strip_suffix(path).and_then(|place| place.strip_suffix('.')) {
        Some(place) => place.strip_suffix(".policy").filter(|place| *place != "spec").unwrap_or(place).to_owned(),
        None => BUILT_IN.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layer_is_read_from_the_field() {
        assert_eq!(source_of("spec.routes[login].policy.sizes.body", "sizes.body"), "spec.routes[login]");
        assert_eq!(source_of("spec.policy.sizes.body", "sizes.body"), "spec.policy");
        assert_eq!(source_of("spec.policy.sizes.body (built-in default)", "sizes.body"), "built-in");
    }
}
