//! Objects as text, without what is new in every run: keys, certificates, and what is hashed from them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use shipshape_crds::sidecar_config::SidecarConfig;
use shipshape_operator::object::Object;

/// The objects as YAML documents, in the order in which they are applied.
pub fn objects(objects: &[Object]) -> String {
    let document = |object: &Object| {
        let mut content = object.content().clone();
        redact(&mut content);
        format!("---\n{}", serde_saphyr::to_string(&content).unwrap())
    };
    objects.iter().map(document).collect()
}

/// The configuration as readable JSON.
pub fn sidecar(config: &SidecarConfig) -> String {
    let mut content = serde_json::to_value(config).unwrap();
    content["revision"] = json!("redacted");
    for file in ["tls/tls.crt", "tls/tls.key"] {
        assert!(content["files"]["digests"][file].is_string());
        content["files"]["digests"][file] = json!("redacted");
    }
    format!("{}\n", serde_json::to_string_pretty(&content).unwrap())
}

fn redact(content: &mut Value) {
    let Some(data) = content.get_mut("data").and_then(Value::as_object_mut) else { return };
    for (key, value) in data {
        match key.as_str() {
            "config.json" => *value = json!(STANDARD.encode("see sidecar.json")),
            "tls.crt" | "tls.key" => *value = json!(STANDARD.encode("redacted")),
            "ca.crt" => *value = json!("redacted"),
            // Records hold no secret, and are the same in every run: shown as they are.
            _ => {}
        }
    }
}
