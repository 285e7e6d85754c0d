//! Changes under load: another configuration, another certificate, an app that closes its connections.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use shipshape_tests::http::Client as Asker;
use shipshape_tests::wait::until;

use super::load::{CLIENTS, Failures, Habit, Load};
use crate::app::App;
use crate::connect::Alpn;
use crate::sidecar::Sidecar;
use crate::step::{Step, step};
use crate::table::{self, Row};

/// Changes of each kind.
const CONFIGURATIONS: usize = 20;
const CERTIFICATES: usize = 5;
/// How soon a change has to be in force.
const SOON: Duration = Duration::from_secs(2);
/// An app that closes idle connections soon, and clients that pause about as long.
const APP_IDLE: Duration = Duration::from_millis(50);
const PAUSE: Duration = Duration::from_millis(100);
const RACE: Duration = Duration::from_secs(4);

pub fn steps() -> Vec<Step> {
    vec![
        step("change: 20 configurations, kept connections", configurations),
        step("change: 5 certificates, new connections", certificates),
        step("change: an app that closes idle connections, GET", || race("GET", 0)),
        step("change: an app that closes idle connections, POST", || race("POST", 200)),
    ]
}

/// Clients that keep their connections notice nothing of a new configuration.
async fn configurations() -> Result<()> {
    let (sidecar, load) = under_load(usize::MAX).await?;
    let asker = Asker::new(sidecar.admin, "localhost", None)?;
    for number in 1..=CONFIGURATIONS {
        let revision = format!("adversary-{number}");
        sidecar.rewrite(|config| config["revision"] = revision.clone().into())?;
        until("the configuration is in force", SOON, async || {
            let told = String::from_utf8_lossy(&asker.get("/revision", &[]).await?.body).into_owned();
            ensure!(told.contains(&revision), "/revision is {told}, not {revision}");
            Ok(())
        })
        .await?;
    }
    let opened = load.opened();
    let failures = finish(&format!("{CONFIGURATIONS} configurations"), &sidecar, load).await?;
    failures.judge()?;
    ensure!(opened == CLIENTS, "{opened} connections for {CLIENTS} clients: some were dropped");
    Ok(())
}

/// Clients that come back often see each new certificate, and none of them anything else.
async fn certificates() -> Result<()> {
    let (sidecar, load) = under_load(3).await?;
    for number in 1..=CERTIFICATES {
        let before = certificate(&sidecar).await?;
        // `shipshape local` issues a certificate with each configuration that it writes.
        sidecar.configure(&spec(number))?;
        until("the certificate is used", SOON, async || {
            ensure!(certificate(&sidecar).await? != before, "still the old one");
            Ok(())
        })
        .await?;
    }
    finish(&format!("{CERTIFICATES} certificates"), &sidecar, load).await?.judge()
}

async fn under_load(renewal: usize) -> Result<(Sidecar, Load)> {
    let app = App::start(Duration::from_secs(60)).await?;
    let sidecar = Sidecar::start(app.address, &spec(0))?;
    let load =
        Load::begin(&sidecar.addresses(), &Habit { method: "GET", path: "/slow/20", pause: Duration::ZERO, renewal });
    until("all clients are served", Duration::from_secs(20), async || {
        ensure!(load.served() > CLIENTS, "{} served", load.served());
        Ok(())
    })
    .await?;
    Ok((sidecar, load))
}

async fn finish(kind: &str, sidecar: &Sidecar, load: Load) -> Result<Failures> {
    let (served, opened) = (load.served(), load.opened());
    let failures = load.end().await?;
    let refused = sidecar.metric("shipshape_config_reloads_total{result=\"failed\"}").await?;
    table::add(Row {
        kind: format!("change: {kind}"),
        amount: format!("{served} requests"),
        end: format!("{}; {opened} connections", failures.told()),
        ..Row::default()
    });
    ensure!(refused == 0.0, "{refused} configurations were refused");
    Ok(failures)
}

/// The certificate that a new connection sees.
async fn certificate(sidecar: &Sidecar) -> Result<Vec<u8>> {
    let stream = sidecar.trust.tls(sidecar.https, Alpn::Http1).await?;
    let chain = stream.get_ref().1.peer_certificates().context("no certificate")?;
    Ok(chain.first().context("no certificate")?.to_vec())
}

fn spec(number: usize) -> Value {
    json!({"policy": {"auth": {"mode": "None"}, "timeouts": {"request": format!("{}s", 10 + number)}}})
}

/// A request that may not be sent twice can meet a connection that the app closes at that very moment; at most one of
/// so many may, 0 for none at all.
async fn race(method: &'static str, one_of: usize) -> Result<()> {
    let app = App::start(APP_IDLE).await?;
    let sidecar = Sidecar::start(app.address, &spec(0))?;
    let habit = Habit { method, path: "/quick", pause: PAUSE, renewal: usize::MAX };
    let load = Load::begin(&sidecar.addresses(), &habit);
    tokio::time::sleep(RACE).await;
    let served = load.served();
    let failures = finish(&format!("app closes idle connections, {method}"), &sidecar, load).await?;
    ensure!(served > 100, "only {served} requests were served");
    if one_of > 0 && failures.lost.len() * one_of <= served {
        return Ok(());
    }
    failures.judge()
}
