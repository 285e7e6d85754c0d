//! Whether what the sidecar is told still fits into a Secret.

use shipshape_crds::sidecar_config::SidecarConfig;
use shipshape_crds::validate::Finding;

/// The most bytes of a Secret's data that the API server takes.
const SECRET_BYTES: usize = 1_048_576;

/// What is wrong where it does not fit: every route carries its whole policy, so long lists of headers multiply.
///
/// # Errors
/// When the configuration cannot be written as JSON; only a defect could cause it.
pub fn judge(config: &SidecarConfig) -> Result<Option<Finding>, serde_json::Error> {
    let size = serde_json::to_vec(config)?.len();
    let message = format!(
        "all policies together have {size} bytes and a Secret holds {SECRET_BYTES}: write fewer routes, or shorter \
         lists in spec.policy, which every route repeats"
    );
    Ok((size > SECRET_BYTES).then(|| Finding::error("policy-size", "spec.routes", message)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use shipshape_crds::api::ApiServiceSpec;
    use shipshape_crds::compile::compile;
    use shipshape_crds::sidecar_config::ServiceName;

    use super::super::input::input;
    use super::*;

    fn judged(routes: usize, header_letters: usize) -> Option<Finding> {
        let header = |at: usize| json!({"name": format!("X-{at}"), "value": "x".repeat(header_letters)});
        let route = |at: usize| json!({"name": format!("r{at}"), "match": {"path": format!("/r{at}")}});
        let spec: ApiServiceSpec = serde_json::from_value(json!({
            "app": {"image": "shop:1", "port": 5000},
            "policy": {"auth": {"mode": "None"}, "securityHeaders": {"set": (0..32).map(header).collect::<Vec<_>>()}},
            "routes": (0..routes).map(route).collect::<Vec<_>>()}))
        .unwrap();
        let service = ServiceName::new("store", "shop");
        judge(&compile(&input(service, &spec)).unwrap()).unwrap()
    }

    #[test]
    fn what_no_secret_can_hold_is_refused_with_its_size() {
        assert_eq!(judged(64, 20), None);
        let finding = judged(64, 2048).unwrap();
        assert_eq!((finding.rule, finding.path.as_str()), ("policy-size", "spec.routes"));
        assert!(finding.message.contains("a Secret holds 1048576: write fewer routes"), "{}", finding.message);
    }
}
