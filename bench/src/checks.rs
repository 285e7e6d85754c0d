//! Whether a proxy does what the scenario is about: one that answers wrongly is not measured.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::client::{Connection, Target, get};
use crate::credentials::{Credentials, KEY_FIELD};
use crate::proxy::Running;
use crate::scenario::{Setup, keyed};
use crate::upstream;

/// Fields that every answer of the full policy carries: transport security, four protections of browsers, the request's
/// id, and the limit that was counted.
const FIELDS: [&str; 7] = [
    "strict-transport-security",
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "content-security-policy",
    "x-request-id",
    "ratelimit",
];
/// A body that is larger than the built-in limit of 1 MiB.
const TOO_LARGE: usize = 2 << 20;
/// How long the access log may take to be written.
const LOG: Duration = Duration::from_secs(5);

/// Asks what the scenario's setup promises.
///
/// # Errors
/// The first promise that is not kept.
pub async fn check(setup: Setup, running: &Running, credentials: &Credentials) -> Result<()> {
    let target = running.target(setup, credentials);
    match setup {
        Setup::Plain | Setup::Tls => {
            for path in ["/", upstream::BIG] {
                passes(&target, path).await?;
            }
        }
        Setup::Full => {
            identifies(&target, credentials).await?;
            refuses_large_bodies(&target, credentials).await?;
            counts(running).await?;
        }
    }
    logs(running).await
}

async fn passes(target: &Target, path: &str) -> Result<()> {
    let mut connection = Connection::open(target, 0).await?;
    let answer = connection.exchange(&get(path, "")).await?;
    ensure!(answer.status == 200, "GET {path} is answered with {} instead of 200", answer.status);
    ensure!(answer.body == upstream::body(path), "GET {path} is answered with another body than the app's");
    Ok(())
}

async fn identifies(target: &Target, credentials: &Credentials) -> Result<()> {
    let mut connection = Connection::open(target, 0).await?;
    for request in keyed(credentials) {
        let answer = connection.exchange(&request).await?;
        ensure!(answer.status == 200, "a request with a key is answered with {} instead of 200", answer.status);
        let head = String::from_utf8_lossy(answer.head).to_lowercase();
        let missing: Vec<&str> = FIELDS.into_iter().filter(|name| !head.contains(&format!("\n{name}:"))).collect();
        ensure!(missing.is_empty(), "an answer has no {}", missing.join(", "));
    }
    let key = credentials.keys.first().context("no key was made")?.reveal();
    // Its checksum is wrong where its last letter differs; a key that nobody was given has a right one.
    let tampered = format!("{}{}", key.get(..key.len() - 1).unwrap_or(key), if key.ends_with('0') { '1' } else { '0' });
    let unknown = shipshape_crds::api_keys::KeyText::new("bench0", [255; 32]);
    for (what, fields) in [
        ("without a key", String::new()),
        ("with a damaged key", format!("{KEY_FIELD}: {tampered}\r\n")),
        ("with a key of nobody", format!("{KEY_FIELD}: {}\r\n", unknown.reveal())),
    ] {
        let mut connection = Connection::open(target, 0).await?;
        let answer = connection.exchange(&get("/", &fields)).await?;
        ensure!(answer.status == 401, "a request {what} is answered with {} instead of 401", answer.status);
    }
    Ok(())
}

async fn refuses_large_bodies(target: &Target, credentials: &Credentials) -> Result<()> {
    let key = credentials.keys.first().context("no key was made")?.reveal();
    // The declared length alone decides, before any of the body is sent.
    let head = format!(
        "POST / HTTP/1.1\r\nHost: bench.example\r\n{KEY_FIELD}: {key}\r\nContent-Length: {TOO_LARGE}\r\nExpect: 100-continue\r\n\r\n"
    );
    let mut connection = Connection::open(target, 0).await?;
    let status = connection.exchange(head.as_bytes()).await?.status;
    ensure!(status == 413, "a body of {TOO_LARGE} bytes is answered with {status} instead of 413");
    Ok(())
}

/// Whether metrics were counted for the requests that were just made.
async fn counts(running: &Running) -> Result<()> {
    let Some((address, path)) = running.metrics else { return Ok(()) };
    let mut connection = Connection::open(&Target { address, tls: None }, 0).await?;
    let answer = connection.exchange(&get(path, "")).await?;
    let text = String::from_utf8_lossy(answer.body);
    let counted = |line: &str| !line.starts_with('#') && line.contains("requests_total") && line.contains("401");
    ensure!(
        answer.status == 200 && text.lines().any(counted),
        "the metrics do not count the requests refused with 401"
    );
    Ok(())
}

/// Whether lines arrive in the access log.
async fn logs(running: &Running) -> Result<()> {
    let began = Instant::now();
    while std::fs::metadata(&running.access_log).map_or(0, |file| file.len()) == 0 {
        ensure!(began.elapsed() < LOG, "no line of the access log was written within {LOG:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
