//! Whether a proxy does what the scenario is about: one that answers wrongly is not measured.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::client::{Connection, Http2, Request, Target};
use crate::credentials::{Alpn, Credentials};
use crate::proxy::{Promises, Running};
use crate::scenario::{ORIGIN, Scenario, Setup, identified};
use crate::upstream;

/// Fields that every answer of the full policy carries: transport security, five protections of browsers, and the
/// request's id.
const FIELDS: [&str; 7] = [
    "strict-transport-security",
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "content-security-policy",
    "permissions-policy",
    "x-request-id",
];
/// A body that is larger than the limit of 1 MiB.
const TOO_LARGE: usize = 2 << 20;
/// How long the access log may take to be written.
const LOG: Duration = Duration::from_secs(5);

/// Asks what the scenario promises.
///
/// # Errors
/// The first promise that is not kept.
pub async fn check(scenario: Scenario, promises: Promises, running: &Running, credentials: &Credentials) -> Result<()> {
    let setup = scenario.setup();
    let tls = setup.has_tls().then(|| credentials.certificate.checked(Alpn::Http1)).transpose()?;
    let target = Target { address: running.address(setup), tls };
    if setup == Setup::Full {
        identifies(&target, promises, credentials).await?;
        refuses_large_bodies(&target, promises, credentials).await?;
        counts(running).await?;
    } else {
        for request in [Request::get("/"), Request::get(upstream::BIG), Request::post(upstream::BIG, 4096)] {
            passes(&target, &request).await?;
        }
    }
    if scenario.traffic().alpn() == Alpn::Http2 {
        let target = Target { tls: Some(credentials.certificate.checked(Alpn::Http2)?), ..target };
        for request in scenario.requests(promises.identity, credentials) {
            passes_over_http2(&target, &request).await?;
        }
    }
    logs(running).await
}

async fn passes(target: &Target, request: &Request) -> Result<()> {
    let mut connection = Connection::open(target, 0).await?;
    let answer = connection.exchange(&request.http1()).await?;
    let asked = request.line();
    ensure!(answer.status == 200, "{asked} is answered with {} instead of 200", answer.status);
    ensure!(answer.body == upstream::body(request.target()), "{asked} is answered with another body than the app's");
    Ok(())
}

async fn passes_over_http2(target: &Target, request: &Request) -> Result<()> {
    let connection = Http2::open(target, 0).await?;
    let (head, length) = connection.stream().exchange(&request.http2()?).await?;
    let expected = upstream::body(request.target()).len();
    ensure!(head.status == 200, "{} over HTTP/2 is answered with {} instead of 200", request.line(), head.status);
    ensure!(length == expected, "{} over HTTP/2 has {length} bytes instead of {expected}", request.line());
    Ok(())
}

async fn identifies(target: &Target, promises: Promises, credentials: &Credentials) -> Result<()> {
    let mut connection = Connection::open(target, 0).await?;
    for request in identified(promises.identity, credentials) {
        let answer = connection.exchange(&request.http1()).await?;
        ensure!(answer.status == 200, "a request with a credential is answered with {}", answer.status);
        let head = String::from_utf8_lossy(answer.head).to_lowercase();
        let fields = FIELDS.iter().chain(promises.fields);
        let missing: Vec<&str> = fields.copied().filter(|name| !head.contains(&format!("\n{name}:"))).collect();
        ensure!(missing.is_empty(), "an answer has no {}", missing.join(", "));
    }
    let status = refused(target, Request::get("/")).await?;
    ensure!(status == 401, "a request without a credential is answered with {status} instead of 401");
    // A proxy that does not prove credentials is still measured: the report says what it leaves out.
    let wrong = if promises.proves { credentials.wrong(promises.identity)? } else { Vec::new() };
    for (what, (name, value)) in wrong {
        let status = refused(target, Request::get("/").with(name, value)).await?;
        ensure!(matches!(status, 401 | 403), "a request with {what} is answered with {status} instead of 401 or 403");
    }
    Ok(())
}

/// The status of an answer that should be a refusal.
async fn refused(target: &Target, request: Request) -> Result<u16> {
    let mut connection = Connection::open(target, 0).await?;
    Ok(connection.exchange(&request.with("Origin", ORIGIN).http1()).await?.status)
}

async fn refuses_large_bodies(target: &Target, promises: Promises, credentials: &Credentials) -> Result<()> {
    let (name, value) = credentials.right(promises.identity).into_iter().next().context("no credential was made")?;
    let request = Request::post("/", TOO_LARGE).with(name, value).with("Expect", "100-continue");
    let mut connection = Connection::open(target, 0).await?;
    let status = connection.expect(&request.head(), &vec![b'x'; TOO_LARGE]).await?.status;
    ensure!(status == 413, "a body of {TOO_LARGE} bytes is answered with {status} instead of 413");
    Ok(())
}

/// Whether metrics were counted for the requests that were just made.
async fn counts(running: &Running) -> Result<()> {
    let Some((address, path)) = running.metrics else { return Ok(()) };
    let mut connection = Connection::open(&Target { address, tls: None }, 0).await?;
    let answer = connection.exchange(&Request::get(path).http1()).await?;
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
    let Some(path) = &running.access_log else { return Ok(()) };
    let began = Instant::now();
    while std::fs::metadata(path).map_or(0, |file| file.len()) == 0 {
        ensure!(began.elapsed() < LOG, "no line of the access log was written within {LOG:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
