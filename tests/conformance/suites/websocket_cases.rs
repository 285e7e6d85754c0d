//! Autobahn's WebSocket cases, driven by kosoku: through the sidecar they end as they do without it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use tokio::process::Command;

use crate::apps;
use crate::chat;
use crate::sidecar::{Dial, OPEN, Sidecar};
use crate::step::{Step, within};
use crate::tools::{self, Tool};

pub const STEPS: &[Step] = &[Step {
    name: "Autobahn's WebSocket cases end as without the sidecar",
    needs: &[Tool::Python],
    show: end_as_without,
}];

/// Cases 12 and 13 are about compression, which the echo server does not offer.
const LEFT_OUT: [&str; 4] = ["--exclude", "12.*", "--exclude", "13.*"];
/// The others, which all pass without the sidecar.
const CASES: usize = 301;
/// Differences that are told; the rest look alike.
const TOLD: usize = 20;

/// How a case ended.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Verdict {
    behavior: String,
    behavior_close: String,
    remote_close_code: Option<u16>,
}

impl Verdict {
    fn is_sound(&self) -> bool {
        matches!(self.behavior.as_str(), "OK" | "NON-STRICT" | "INFORMATIONAL")
    }
}

fn end_as_without() -> Result<()> {
    let kosoku = tools::python("kosoku")?;
    within(Duration::from_secs(90), async {
        let app = chat::start().await?.address;
        let direct = run(&kosoku, app).await.context("without the sidecar")?;
        let sound = direct.values().filter(|verdict| verdict.is_sound()).count();
        ensure!(sound == CASES, "{sound} of {CASES} cases pass without the sidecar: {direct:?}");
        let sidecar = Sidecar::start(OPEN, app)?;
        are_equal(&direct, &run(&kosoku, sidecar.http).await?).context("over plain HTTP")?;
        are_equal(&direct, &run(&kosoku, over_tls(sidecar.dial()?).await?).await?).context("over TLS")
    })
}

fn are_equal(direct: &BTreeMap<String, Verdict>, through: &BTreeMap<String, Verdict>) -> Result<()> {
    let mut differ: Vec<_> = direct
        .iter()
        .filter(|(case, verdict)| through.get(*case) != Some(verdict))
        .map(|(case, verdict)| format!("{case}: {verdict:?} became {:?}", through.get(case)))
        .collect();
    let count = differ.len();
    differ.truncate(TOLD);
    ensure!(differ.is_empty(), "{count} of {CASES} differ:\n{}", differ.join("\n"));
    Ok(())
}

/// An address that leads to the sidecar over TLS, which kosoku does not speak.
async fn over_tls(dial: Dial) -> Result<SocketAddr> {
    apps::listen(move |mut near| {
        let dial = dial.clone();
        async move {
            if let Ok(mut far) = dial.connect("http/1.1").await {
                // However it ends, the case judges it.
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            }
        }
    })
    .await
}

async fn run(kosoku: &Path, server: SocketAddr) -> Result<BTreeMap<String, Verdict>> {
    let folder = tempfile::tempdir()?;
    let mut command = Command::new(kosoku);
    command.args(["--mode", "fuzzingclient", "--parallelism", "4"]).args(LEFT_OUT);
    command.arg("--outdir").arg(folder.path());
    command.arg(format!("ws://{server}/")).kill_on_drop(true);
    // It ends with 1 where a case failed; the report has each case's verdict.
    let output = command.output().await.context("running kosoku")?;
    let report = std::fs::read(folder.path().join("index.json"))
        .with_context(|| format!("kosoku wrote no report: {}", String::from_utf8_lossy(&output.stderr)))?;
    // The outer name is that of the server, as its answers tell it.
    let agents: BTreeMap<String, BTreeMap<String, Verdict>> = serde_json::from_slice(&report)?;
    Ok(agents.into_values().flatten().collect())
}
