//! Rules that come from Kubernetes: what cannot be made of a specification however sound its policy is.

use shipshape_crds::api::{ApiServiceSpec, EnvVar};
use shipshape_crds::names::{ADMIN_PORT, HTTP_PORT, HTTPS_PORT};
use shipshape_crds::validate::Finding;

/// The most letters of a Service's name.
const NAME_LETTERS: usize = 63;

/// What Kubernetes would refuse of the objects that a service is made of.
#[must_use]
pub fn judge(name: &str, spec: &ApiServiceSpec) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !is_service_name(name) {
        let message = "a Service gets this name: write at most 63 lower-case letters, digits and dashes, with a letter first and no dash last";
        findings.push(Finding::error("service-name", "metadata.name", message));
    }
    if [ADMIN_PORT, HTTP_PORT, HTTPS_PORT].contains(&spec.app.port) || spec.app.port == 0 {
        let message = "the sidecar listens on 8080, 8443 and 9443 in the same pod: let the app listen on another port";
        findings.push(Finding::error("app-port", "spec.app.port", message));
    }
    findings.extend(spec.app.env.iter().filter_map(variable));
    findings
}

fn variable(variable: &EnvVar) -> Option<Finding> {
    let both = variable.value.is_some() && variable.value_from.is_some();
    let message = "value and valueFrom are both there: leave one out";
    both.then(|| Finding::error("env-source", format!("spec.app.env[{}]", variable.name), message))
}

/// A DNS label that starts with a letter (RFC 1035), as Services ask for.
fn is_service_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    name.len() <= NAME_LETTERS
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(plain)
        && !name.ends_with('-')
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn rules(name: &str, app: Value) -> Vec<&'static str> {
        let spec = serde_json::from_value(json!({"app": app})).unwrap();
        judge(name, &spec).iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn names_that_no_service_can_have_are_refused() {
        let app = json!({"image": "x", "port": 5000});
        assert_eq!(rules("shop-2", app.clone()), [""; 0]);
        for name in ["2shop", "shop.eu", "shop-", "Shop", &"a".repeat(64)] {
            assert_eq!(rules(name, app.clone()), ["service-name"], "{name}");
        }
    }

    #[test]
    fn ports_of_the_sidecar_and_doubtful_variables_are_refused() {
        let from = json!({"secretKeyRef": {"name": "a", "key": "b"}});
        let env = json!([{"name": "A", "value": "1", "valueFrom": from}]);
        assert_eq!(rules("shop", json!({"image": "x", "port": 8443, "env": env})), ["app-port", "env-source"]);
    }
}
