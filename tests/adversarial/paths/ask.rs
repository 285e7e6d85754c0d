//! Asks for every spelling without a key, and looks at what reached the app.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::readings::{is_admin, readings};
use super::spellings::{OPEN, spellings};
use crate::app::App;
use crate::connect::plain;
use crate::http2::connection::Connection;
use crate::http2::frames::{headers, request};
use crate::polite::Polite;
use crate::sidecar::Sidecar;
use crate::step::{Step, step};
use crate::table::{self, Row};

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

pub fn steps() -> Vec<Step> {
    vec![step("paths: spellings of /admin", spellings_of_admin)]
}

async fn spellings_of_admin() -> Result<()> {
    let app = App::start(Duration::from_secs(60)).await?;
    let sidecar = Sidecar::start(app.address, &protected())?;
    let polite = Polite::begin(&sidecar).await?;
    let mut let_through = Vec::new();
    let spellings = spellings();
    for path in &spellings {
        over_http1(&sidecar, path).await.with_context(|| format!("{path:?}"))?;
    }
    over_http2(&sidecar, &spellings).await?;
    // What reached the app is what counts, whatever the client was told.
    let targets = app.targets();
    let_through.extend(targets.iter().filter(|target| readings(target).any(|path| is_admin(&path))));
    let (reached, all) = (targets.len(), spellings.len());
    table::add(Row {
        kind: "spellings of /admin".to_owned(),
        amount: format!("{all} paths"),
        end: format!("{reached} reached the app, {} as /admin", let_through.len()),
        ..Row::default()
    });
    polite.end().await?.judge()?;
    ensure!(
        let_through.is_empty(),
        "without a key these reached an app that may read them as /admin: {let_through:#?}"
    );
    // Without these the policy might simply refuse everything.
    for open in OPEN {
        ensure!(targets.iter().any(|target| target == open), "{open} did not reach the app");
    }
    Ok(())
}

fn protected() -> serde_json::Value {
    json!({"policy": {"auth": {"mode": "None"}, "tls": {"redirect": {"enforcement": "Disabled"}}},
        "routes": [{"name": "admin", "match": {"path": "/admin/**"},
            "policy": {"auth": {"mode": "Required", "apiKeys": {"header": "X-API-Key"}}}}]})
}

/// One request, as bytes: no library that would write the path anew. An answer of any kind will do.
async fn over_http1(sidecar: &Sidecar, path: &str) -> Result<()> {
    let exchange = async {
        let mut stream = plain(sidecar.http).await?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        ensure!(answer.starts_with(b"HTTP/1.1 "), "no answer");
        Ok(())
    };
    tokio::time::timeout(PATIENCE, exchange).await.context("no answer in time")?
}

/// The same over HTTP/2, a few at a time on one connection.
async fn over_http2(sidecar: &Sidecar, paths: &[String]) -> Result<()> {
    for some in paths.chunks(50) {
        let mut connection = Connection::open(sidecar).await?;
        let mut out = Vec::new();
        for (number, path) in some.iter().enumerate() {
            headers(&mut out, u32::try_from(2 * number + 1)?, &request("GET", path), true);
        }
        connection.send(&out).await?;
        // Each is answered, or its stream reset; a connection that ends is as good.
        let done =
            |seen: &crate::http2::connection::Seen| seen.ended + seen.resets.len() >= some.len() || seen.is_cut();
        connection.until(PATIENCE, done).await.context("not all answered")?;
    }
    Ok(())
}
