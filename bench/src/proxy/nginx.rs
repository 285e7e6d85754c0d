//! nginx: a master and one worker; it reads no tokens, so that it only asks that there is one.

use super::peer::Recipe;

/// nginx.
pub const NGINX: Recipe = Recipe {
    name: "nginx",
    install: "apt-get install nginx, or the package of your system",
    version: "-v",
    file: "nginx.conf",
    passes_on: include_str!("../../peers/nginx.conf"),
    full: include_str!("../../peers/nginx-full.conf"),
    arguments: |folder, file| vec!["-p".into(), folder.into(), "-c".into(), file.into(), "-e".into(), "stderr".into()],
    tickets: ["", "ssl_session_tickets off;\n        ssl_session_cache off;"],
    access_log: "access.log",
    proves: false,
};
