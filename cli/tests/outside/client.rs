//! Asks over TLS.

use std::net::SocketAddr;
use std::path::Path;

use shipshape::trial::{Ask, Payload, Target};

/// The status and body of a request over TLS with a certificate of that CA.
pub fn get(address: SocketAddr, ca: &Path, path: &str, key: Option<&str>) -> (u16, String) {
    let target = Target::new(&format!("https://localhost:{}", address.port()), Some(ca), Some(address.ip())).unwrap();
    let headers: Vec<_> = key.map(|key| ("X-API-Key", key.to_owned())).into_iter().collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let answer = runtime.block_on(target.send(Ask { method: "GET", path, headers, body: Payload::None })).unwrap();
    (answer.status, answer.text())
}
