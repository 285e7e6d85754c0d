//! Layers of a policy: objects merge by field, lists with names by name, other lists and values replace.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::policy::Policy;

/// Where a value of the effective policy was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Layer {
    /// Nobody said anything: the product's default.
    BuiltIn,
    /// The service's `spec.policy`.
    Service,
    /// The route's `policy`.
    Route,
}

/// For each value, by its path below the policy (`rateLimits[per-ip].requests`), the layer it came from.
pub type Sources = BTreeMap<String, Layer>;

/// The layers laid over one another, the outermost last, and where each value came from.
///
/// # Errors
/// When the outcome is no policy; the layers are typed, so only a defect could cause it.
pub fn merge(layers: &[(Layer, &Policy)]) -> Result<(Policy, Sources), serde_json::Error> {
    let mut whole = Value::Object(Map::new());
    let mut sources = Sources::new();
    for (layer, policy) in layers {
        overlay(&mut whole, serde_json::to_value(policy)?, &mut Tracer { sources: &mut sources, layer: *layer }, "");
    }
    Ok((serde_json::from_value(whole)?, sources))
}

/// Notes who said the value at a path, and forgets what was said below it before.
struct Tracer<'a> {
    sources: &'a mut Sources,
    layer: Layer,
}

impl Tracer<'_> {
    fn set(&mut self, path: &str) {
        let below = |key: &str| key.strip_prefix(path).is_some_and(|rest| rest.starts_with(['.', '[']));
        self.sources.retain(|key, _| !below(key));
        self.sources.insert(path.to_owned(), self.layer);
    }
}

fn overlay(base: &mut Value, over: Value, tracer: &mut Tracer<'_>, path: &str) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                overlay(base.entry(key).or_insert(Value::Null), value, tracer, &path);
            }
        }
        // What is new is walked as well, so that each value below it is traced.
        (base @ Value::Null, Value::Object(over)) => {
            *base = Value::Object(Map::new());
            // `apiKeys: {}` says something although nothing stands in it.
            if over.is_empty() {
                tracer.set(path);
            }
            overlay(base, Value::Object(over), tracer, path);
        }
        (base @ (Value::Null | Value::Array(_)), Value::Array(over)) if list_key(&over).is_some() => {
            overlay_list(base, over, tracer, path);
        }
        (base, over) => {
            *base = over;
            tracer.set(path);
        }
    }
}

fn overlay_list(base: &mut Value, over: Vec<Value>, tracer: &mut Tracer<'_>, path: &str) {
    if !base.is_array() {
        *base = Value::Array(Vec::new());
    }
    let (Value::Array(items), Some(key)) = (base, list_key(&over)) else { return };
    for item in over {
        let name = name_of(&item, key).unwrap_or_default().to_owned();
        let same = |other: &Value| name_of(other, key).is_some_and(|other| other.eq_ignore_ascii_case(&name));
        let at = items.iter().position(same).unwrap_or_else(|| {
            items.push(Value::Null);
            items.len() - 1
        });
        if let Some(slot) = items.get_mut(at) {
            overlay(slot, item, tracer, &format!("{path}[{name}]"));
        }
    }
}

/// The member that names the items of a list: `name`, or `type` for sizes by content type.
fn list_key(items: &[Value]) -> Option<&'static str> {
    ["name", "type"].into_iter().find(|key| !items.is_empty() && items.iter().all(|item| name_of(item, key).is_some()))
}

fn name_of<'a>(item: &'a Value, key: &str) -> Option<&'a str> {
    item.get(key)?.as_str()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn policy(value: Value) -> Policy {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn objects_merge_by_field_and_named_lists_by_name() {
        let service = policy(json!({
            "rateLimits": [
                {"name": "per-ip", "per": "IP", "requests": 100, "window": "15m"},
                {"name": "all", "per": "Service", "requests": 9, "window": "1s"}],
            "sizes": {"body": "1Mi", "headers": "8Ki"}}));
        let route = policy(json!({
            "rateLimits": [{"name": "per-ip", "requests": 5}, {"name": "login", "per": "IP", "requests": 1, "window": "1m"}],
            "sizes": {"body": "10Ki"}}));
        let (merged, sources) = merge(&[(Layer::Service, &service), (Layer::Route, &route)]).unwrap();

        let names: Vec<_> = merged.rate_limits.iter().map(|limit| (limit.name.as_str(), limit.requests)).collect();
        assert_eq!(names, [("per-ip", Some(5)), ("all", Some(9)), ("login", Some(1))]);
        let sizes = merged.sizes.unwrap();
        assert_eq!(sizes.body.unwrap().bytes(), 10_240);
        assert_eq!(sizes.headers.unwrap().bytes(), 8_192);
        assert_eq!(sources["rateLimits[per-ip].requests"], Layer::Route);
        assert_eq!(sources["rateLimits[per-ip].window"], Layer::Service);
        assert_eq!(sources["sizes.body"], Layer::Route);
        assert_eq!(sources["sizes.headers"], Layer::Service);
    }

    #[test]
    fn other_lists_replace() {
        let service = policy(json!({"access": {"anyScope": ["a", "b"]}}));
        let route = policy(json!({"access": {"anyScope": ["c"]}}));
        let (merged, sources) = merge(&[(Layer::Service, &service), (Layer::Route, &route)]).unwrap();
        assert_eq!(merged.access.unwrap().any_scope, ["c"]);
        assert_eq!(sources["access.anyScope"], Layer::Route);
    }

    #[test]
    fn an_empty_object_is_said_by_its_layer() {
        let built_in = crate::defaults::built_in();
        let service = policy(json!({"auth": {"apiKeys": {}}}));
        let (merged, sources) = merge(&[(Layer::BuiltIn, &built_in), (Layer::Service, &service)]).unwrap();
        assert!(merged.auth.unwrap().api_keys.is_some());
        assert_eq!(sources["auth.apiKeys"], Layer::Service);
    }

    #[test]
    fn an_empty_list_switches_nothing_off() {
        let service = policy(json!({"rateLimits": [{"name": "x", "per": "IP", "requests": 1, "window": "1s"}]}));
        let (merged, _) =
            merge(&[(Layer::Service, &service), (Layer::Route, &policy(json!({"rateLimits": []})))]).unwrap();
        assert_eq!(merged.rate_limits.len(), 1);
    }

    #[test]
    fn names_differ_not_by_case() {
        let built_in = crate::defaults::built_in();
        let over = policy(json!({"securityHeaders": {"set": [{"name": "x-frame-options", "value": "SAMEORIGIN"}]}}));
        let (merged, _) = merge(&[(Layer::BuiltIn, &built_in), (Layer::Service, &over)]).unwrap();
        let set = merged.security_headers.unwrap().set;
        assert_eq!(set.len(), built_in.security_headers.unwrap().set.len());
        let frame = set.iter().find(|field| field.name.lower() == "x-frame-options").unwrap();
        assert_eq!(frame.value.as_deref(), Some("SAMEORIGIN"));
    }
}
