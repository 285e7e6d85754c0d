//! HAProxy: one thread; tokens are proven for each request, since it remembers none.

use super::peer::{OUTPUT, Recipe};

/// HAProxy.
pub const HAPROXY: Recipe = Recipe {
    name: "haproxy",
    install: "apt-get install haproxy, or the package of your system",
    version: "-v",
    file: "haproxy.cfg",
    passes_on: include_str!("../../peers/haproxy.cfg"),
    full: include_str!("../../peers/haproxy-full.cfg"),
    arguments: |_, file| vec!["-db".into(), "-f".into(), file.into()],
    tickets: ["", "ssl-default-bind-options no-tls-tickets\n    tune.ssl.cachesize 0"],
    access_log: OUTPUT,
    proves: true,
};
