//! WebSocket handshakes that must not become a tunnel, and what the app gets to see of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::io::AsyncWriteExt;

use crate::apps;
use crate::client::{BOTH, Version};
use crate::raw;
use crate::sidecar::{OPEN, Sidecar};
use crate::step::{Step, soon, within};
use crate::tunnel::{self, Opened};

pub const STEPS: &[Step] = &[
    Step::new("WebSocket: the app sees a whole handshake", the_app_sees_a_whole_handshake),
    Step::new("WebSocket: the app may refuse a handshake", the_app_may_refuse),
    Step::new("WebSocket: a broken handshake over HTTP/1.1 never reaches the app", broken_over_http1),
    Step::new("WebSocket: a broken handshake over HTTP/2 never reaches the app", broken_over_http2),
    Step::new("WebSocket: other upgrades are not asked of the app", other_upgrades_are_ignored),
    Step::new("WebSocket: a switch that the app got wrong opens no tunnel", wrong_switches_open_nothing),
    Step::new("WebSocket: nobody gets a tunnel without a key", no_tunnel_without_key),
];

const LIMIT: Duration = Duration::from_secs(20);
const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
/// The proof of some other key.
const ACCEPT: &str = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
const SWITCH: &str = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n";

/// A sidecar in front of an app that always writes the same answer; the heads it saw are counted.
async fn answering(policy: &str, answer: &'static str) -> Result<(Sidecar, Arc<AtomicUsize>)> {
    let seen = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&seen);
    let app = apps::by_hand(move |_, mut stream| {
        count.fetch_add(1, Ordering::SeqCst);
        async move { Ok(stream.write_all(answer.as_bytes()).await?) }
    });
    Ok((Sidecar::start(policy, app.await?)?, seen))
}

fn the_app_sees_a_whole_handshake() -> Result<()> {
    within(LIMIT, async {
        let app = apps::by_hand(|head, mut stream| async move {
            let answer = format!("HTTP/1.1 403 Forbidden\r\nContent-Length: {}\r\n\r\n{head}", head.len());
            Ok(stream.write_all(answer.as_bytes()).await?)
        });
        let sidecar = Sidecar::start(OPEN, app.await?)?;
        let lines = "GET /chat HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\
            Sec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: permessage-deflate\r\nOrigin: https://shop.example\r\n";
        let seen = soon("the answer", raw::ask(&sidecar, &format!("{lines}{KEY}\r\n"))).await??.body;
        is_whole(&seen).context(Version::Http1)?;
        ensure!(field(&seen, "sec-websocket-key") == Some("dGhlIHNhbXBsZSBub25jZQ=="), "{seen}");
        let fields = [("sec-websocket-extensions", "permessage-deflate"), ("origin", "https://shop.example")];
        match soon("the answer", tunnel::open(&sidecar, Version::Http2, &fields)).await?? {
            Opened::Refused(403, seen) => {
                is_whole(&seen).context(Version::Http2)?;
                // RFC 8441 has no such key: the sidecar makes one of 16 bytes.
                ensure!(field(&seen, "sec-websocket-key").is_some_and(|key| key.len() == 24), "{seen}");
                ensure!(!seen.contains(":protocol"), "{seen}");
            }
            Opened::Refused(status, body) => anyhow::bail!("{status} {body}"),
            Opened::Open(..) => anyhow::bail!("there is a tunnel"),
        }
        Ok(())
    })
}

fn is_whole(seen: &str) -> Result<()> {
    ensure!(seen.starts_with("GET /chat HTTP/1.1\r\n"), "{seen}");
    for (name, value) in [
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-extensions", "permessage-deflate"),
        ("origin", "https://shop.example"),
    ] {
        ensure!(field(seen, name) == Some(value), "{name} is not {value:?} in {seen}");
    }
    let names_it = field(seen, "connection").is_some_and(|names| names.to_ascii_lowercase().contains("upgrade"));
    ensure!(names_it, "Connection does not name Upgrade in {seen}");
    Ok(())
}

/// A field of a head, where it stands once.
fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut found = head.lines().filter_map(|line| line.split_once(':')).filter(|(n, _)| n.eq_ignore_ascii_case(name));
    let (_, value) = found.next()?;
    found.next().is_none().then(|| value.trim())
}

fn the_app_may_refuse() -> Result<()> {
    within(LIMIT, async {
        let (sidecar, _) = answering(OPEN, "HTTP/1.1 403 Forbidden\r\nContent-Length: 7\r\n\r\nnot you").await?;
        for version in BOTH {
            match tunnel::open(&sidecar, version, &[]).await? {
                Opened::Refused(403, body) => ensure!(version == Version::Http1 || body == "not you", "{body}"),
                Opened::Refused(status, body) => anyhow::bail!("{version}: {status} {body}"),
                Opened::Open(..) => anyhow::bail!("{version}: there is a tunnel"),
            }
        }
        Ok(())
    })
}

fn broken_over_http1() -> Result<()> {
    let version = "Sec-WebSocket-Version: 13\r\n";
    let cases: &[(&str, &[u16], String)] = &[
        ("version 12", &[426], format!("{KEY}Sec-WebSocket-Version: 12\r\n")),
        ("version 013", &[400, 426], format!("{KEY}Sec-WebSocket-Version: 013\r\n")),
        ("two versions", &[400, 426], format!("{KEY}{version}Sec-WebSocket-Version: 8\r\n")),
        ("no version", &[400, 426], KEY.to_owned()),
        ("no key", &[400], version.to_owned()),
        ("an empty key", &[400], format!("{version}Sec-WebSocket-Key:\r\n")),
        ("a key of 15 bytes", &[400], format!("{version}Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAA\r\n")),
        ("a key of 17 bytes", &[400], format!("{version}Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAAA=\r\n")),
        ("a key that is no base64", &[400], format!("{version}Sec-WebSocket-Key: !!!!!!!!!!!!!!!!!!!!!!==\r\n")),
        ("two keys", &[400], format!("{version}{KEY}{KEY}")),
    ];
    within(LIMIT, async {
        let (sidecar, seen) = answering(OPEN, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await?;
        for (case, statuses, fields) in cases {
            let head = "GET /chat HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";
            let answer = soon(case, raw::ask(&sidecar, &format!("{head}{fields}\r\n"))).await??;
            ensure!(statuses.contains(&answer.status), "{case}: {answer:?}");
            ensure!(answer.field("content-type") == Some("application/problem+json"), "{case}: {answer:?}");
            let told = answer.field("sec-websocket-version");
            ensure!(answer.status != 426 || told == Some("13"), "{case}: 426 names no version: {answer:?}");
            ensure!(seen.load(Ordering::SeqCst) == 0, "{case}: the app saw it");
        }
        Ok(())
    })
}

fn broken_over_http2() -> Result<()> {
    within(LIMIT, async {
        let (sidecar, seen) = answering(OPEN, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await?;
        let mut connection = tunnel::http2(&sidecar).await?;
        for (case, protocol, fields, statuses) in [
            ("version 12", "websocket", [("sec-websocket-version", "12")], &[400, 426][..]),
            ("another protocol", "connect-udp", [("x-case", "2")], &[400, 501][..]),
        ] {
            match soon(case, tunnel::connect(&mut connection, protocol, &fields)).await?? {
                Opened::Refused(status, body) => {
                    ensure!(statuses.contains(&status) && body.contains("\"code\""), "{case}: {status} {body}");
                }
                Opened::Open(..) => anyhow::bail!("{case}: there is a tunnel"),
            }
            ensure!(seen.load(Ordering::SeqCst) == 0, "{case}: the app saw it");
        }
        Ok(())
    })
}

fn other_upgrades_are_ignored() -> Result<()> {
    within(LIMIT, async {
        let app = apps::by_hand(|head, mut stream| async move {
            let seen = head.lines().find(|line| line.to_ascii_lowercase().starts_with("upgrade:")).unwrap_or("none");
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{seen}", seen.len());
            Ok(stream.write_all(answer.as_bytes()).await?)
        });
        let sidecar = Sidecar::start(OPEN, app.await?)?;
        for (case, lines) in [
            (
                "h2c",
                "GET / HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
            ),
            ("TLS", "GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: TLS/1.0\r\n"),
            ("websocket that Connection does not name", "GET / HTTP/1.1\r\nUpgrade: websocket\r\n"),
            ("websocket in HTTP/1.0", "GET / HTTP/1.0\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"),
        ] {
            let answer = soon(case, raw::ask(&sidecar, &format!("{lines}Host: localhost\r\n\r\n"))).await??;
            ensure!((answer.status, answer.body.as_str()) == (200, "none"), "{case}: {answer:?}");
        }
        Ok(())
    })
}

fn wrong_switches_open_nothing() -> Result<()> {
    let upgrade = "Upgrade: websocket\r\n";
    within(LIMIT, async {
        for (case, answer) in [
            ("another protocol", format!("{SWITCH}Upgrade: chat/1\r\n{ACCEPT}\r\n")),
            ("no protocol", format!("{SWITCH}{ACCEPT}\r\n")),
        ] {
            for version in BOTH {
                is_bad_gateway(case, version, answer.clone()).await?;
            }
        }
        // Over HTTP/1.1 the client holds the key and judges the proof; over HTTP/2 it never sees either.
        for (case, answer) in [
            ("the proof of another key", format!("{SWITCH}{upgrade}{ACCEPT}\r\n")),
            ("no proof", format!("{SWITCH}{upgrade}\r\n")),
            // Passed on as it is, this would open the tunnel: 2xx answers CONNECT.
            ("an ordinary answer", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi".to_owned()),
        ] {
            is_bad_gateway(case, Version::Http2, answer).await?;
        }
        Ok(())
    })
}

async fn is_bad_gateway(case: &str, version: Version, answer: String) -> Result<()> {
    let (sidecar, _) = answering(OPEN, answer.leak()).await?;
    let opened = soon(case, tunnel::open(&sidecar, version, &[])).await?;
    match opened.with_context(|| format!("{case} {version}"))? {
        Opened::Refused(502, _) => Ok(()),
        Opened::Refused(status, body) => anyhow::bail!("{case} {version}: {status} {body}"),
        Opened::Open(..) => anyhow::bail!("{case} {version}: there is a tunnel"),
    }
}

fn no_tunnel_without_key() -> Result<()> {
    within(LIMIT, async {
        let policy = "auth: {mode: Required, apiKeys: {header: X-API-Key}}";
        let (sidecar, seen) = answering(policy, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await?;
        for version in BOTH {
            match soon("the handshake", tunnel::open(&sidecar, version, &[])).await?? {
                Opened::Refused(401, _) => ensure!(seen.load(Ordering::SeqCst) == 0, "{version}: the app saw it"),
                Opened::Refused(status, body) => anyhow::bail!("{version}: {status} {body}"),
                Opened::Open(..) => anyhow::bail!("{version}: there is a tunnel"),
            }
        }
        Ok(())
    })
}
