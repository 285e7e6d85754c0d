//! The end of a pod under load.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::json;
use shipshape_tests::http::Client as Asker;
use shipshape_tests::wait::until;

use super::load::{CLIENTS, Failures, Habit, Load};
use crate::app::App;
use crate::sidecar::Sidecar;
use crate::step::{Step, step};
use crate::table::{self, Row};

/// How long each request takes in the app.
const REQUEST: Duration = Duration::from_millis(50);
const HABIT: Habit = Habit { method: "GET", path: "/slow/50", pause: Duration::ZERO, renewal: usize::MAX };
/// Load before the end begins.
const BEFORE: Duration = Duration::from_secs(2);
/// How long after the drain began clients are still sent to a pod: on a busy cluster one to three seconds.
const ENDPOINT: Duration = Duration::from_secs(2);
/// The same after a signal that no hook announced: the sidecar goes on accepting for a second.
const ENDPOINT_BY_SIGNAL: Duration = Duration::from_millis(700);
const ACCEPTS_BY_SIGNAL: Duration = Duration::from_secs(1);
/// The process may take so long to end, beyond its longest request.
const END: Duration = Duration::from_secs(1);

pub fn steps() -> Vec<Step> {
    vec![
        step("end: as a pod ends, under load", as_a_pod_ends),
        step("end: by a signal alone, under load", by_a_signal_alone),
    ]
}

async fn as_a_pod_ends() -> Result<()> {
    let (mut sidecar, load) = under_load().await?;
    let admin = sidecar.admin;
    let hook = tokio::spawn(async move {
        let answer = Asker::new(admin, "localhost", None)?.get("/drained", &[]).await?;
        anyhow::Ok((answer, Instant::now()))
    });
    sidecar.drain()?;
    tokio::time::sleep(ENDPOINT).await;
    load.endpoint_is_gone();
    let (left, failures) = load.left(Duration::from_secs(10)).await?;
    let (answer, let_go) = hook.await??;
    ensure!(answer.body == "drained\n", "{answer:?}");
    let signal = Instant::now();
    sidecar.terminate()?;
    let exit = ended(&mut sidecar, signal).await?;
    tell("as a pod ends", &failures, &format!("exit {exit:.1?} after the signal"));
    failures.judge()?;
    ensure!(left <= let_go, "clients were still served when the app was let go");
    ensure!(exit <= END, "it took {exit:?} to end with nothing to do");
    Ok(())
}

async fn by_a_signal_alone() -> Result<()> {
    let (mut sidecar, load) = under_load().await?;
    let signal = Instant::now();
    sidecar.terminate()?;
    tokio::time::sleep(ENDPOINT_BY_SIGNAL).await;
    load.endpoint_is_gone();
    let (_, failures) = load.left(Duration::from_secs(10)).await?;
    let exit = ended(&mut sidecar, signal).await?;
    tell("by SIGTERM alone", &failures, &format!("exit {exit:.1?} after the signal"));
    failures.judge()?;
    ensure!(exit <= ACCEPTS_BY_SIGNAL + REQUEST + END, "it took {exit:?} to end");
    Ok(())
}

async fn under_load() -> Result<(Sidecar, Load)> {
    let app = App::start(Duration::from_secs(60)).await?;
    let sidecar = Sidecar::start(app.address, &json!({"policy": {"auth": {"mode": "None"}}}))?;
    let load = Load::begin(&sidecar.addresses(), &HABIT);
    until("all clients are served", Duration::from_secs(20), async || {
        ensure!(load.served() > CLIENTS, "{} served", load.served());
        Ok(())
    })
    .await?;
    tokio::time::sleep(BEFORE).await;
    Ok((sidecar, load))
}

async fn ended(sidecar: &mut Sidecar, signal: Instant) -> Result<Duration> {
    while signal.elapsed() < Duration::from_secs(20) {
        if let Some(status) = sidecar.ended()? {
            ensure!(status.success(), "it ended with {status}");
            return Ok(signal.elapsed());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    anyhow::bail!("it has not ended 20 s after the signal")
}

fn tell(kind: &str, failures: &Failures, end: &str) {
    table::add(Row {
        kind: format!("end: {kind}"),
        amount: format!("{CLIENTS} clients"),
        end: format!("{}; {end}", failures.told()),
        ..Row::default()
    });
}
