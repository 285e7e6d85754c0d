//! Writes a kubeconfig that holds its certificates itself, so that the one file is enough.

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

/// The kubeconfig of the owner of `cert` and `key`, as JSON (which every reader of YAML accepts).
pub fn render(cluster: &str, server: &str, ca: &str, cert: &str, key: &str) -> Result<String> {
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": cluster,
        "clusters": [{"name": cluster, "cluster": {"server": server, "certificate-authority-data": STANDARD.encode(ca)}}],
        "users": [{"name": cluster, "user": {
            "client-certificate-data": STANDARD.encode(cert),
            "client-key-data": STANDARD.encode(key),
        }}],
        "contexts": [{"name": cluster, "context": {"cluster": cluster, "user": cluster}}],
    });
    Ok(serde_json::to_string_pretty(&config)?)
}
