//! sslyze: TLS as clients meet it, against Mozilla's recommended configurations.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::process::Command;

use crate::apps;
use crate::sidecar::{OPEN, Sidecar};
use crate::step::{Step, within};
use crate::tools::{self, Tool};

pub const STEPS: &[Step] = &[
    Step { name: "TLS is Mozilla's intermediate by default", needs: &[Tool::Python], show: intermediate },
    Step { name: "TLS is Mozilla's modern where asked for", needs: &[Tool::Python], show: modern },
];

fn intermediate() -> Result<()> {
    let sslyze = tools::python("sslyze")?;
    within(Duration::from_secs(60), async {
        let sidecar = Sidecar::start(OPEN, apps::polite().await?)?;
        complies(&sslyze, "intermediate", &sidecar).await?;
        // Else a verdict would say nothing: modern has no TLS 1.2.
        ensure!(complies(&sslyze, "modern", &sidecar).await.is_err(), "sslyze calls TLS 1.2 modern");
        Ok(())
    })
}

fn modern() -> Result<()> {
    let sslyze = tools::python("sslyze")?;
    within(Duration::from_secs(60), async {
        let sidecar = Sidecar::start("auth: {mode: None}, tls: {profile: Modern}", apps::polite().await?)?;
        complies(&sslyze, "modern", &sidecar).await
    })
}

async fn complies(sslyze: &Path, profile: &str, sidecar: &Sidecar) -> Result<()> {
    let mut command = Command::new(sslyze);
    command.args(["--certinfo_ca_file", &sidecar.ca_file(), "--mozilla_config", profile]);
    // A name, not an address: it is what the certificate is compared with.
    command.arg(format!("localhost:{}", sidecar.https.port())).kill_on_drop(true);
    let output = command.output().await.context("running sslyze")?;
    let told = String::from_utf8_lossy(&output.stdout);
    let verdict = told.split_once("COMPLIANCE AGAINST TLS CONFIGURATION").map(|(_, verdict)| verdict);
    let verdict = verdict
        .with_context(|| format!("sslyze gave no verdict: {told}{}", String::from_utf8_lossy(&output.stderr)))?;
    ensure!(output.status.success() && verdict.contains("OK - Compliant"), "{verdict}");
    Ok(())
}
