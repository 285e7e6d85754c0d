//! A steady state writes nothing to the API server but leases.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use shipshape_tests::wait::until;

use super::Promise;
use super::world::World;

pub const PROMISES: &[Promise] = &[("a minute of steady state writes nothing but leases", writes_nothing)];

const MINUTE: Duration = Duration::from_secs(60);

fn writes_nothing(world: &World) -> Result<()> {
    let Some(path) = world.cluster.audit_log() else { return Ok(()) };
    let size = || Ok::<_, anyhow::Error>(std::fs::metadata(&path)?.len());
    let start = size()?;
    let began = Instant::now();
    // Other lines, of the kubelet and its like, tell that the log is alive while the minute passes.
    let passed = || async {
        ensure!(began.elapsed() >= MINUTE && size()? > start, "the minute has not passed");
        Ok(())
    };
    world.run(until("a minute", MINUTE * 2, passed))?;
    let log = std::fs::read(&path)?;
    let since = log.get(usize::try_from(start)?..).context("the audit log was cut")?;
    let entries = String::from_utf8_lossy(since);
    let writes: Vec<String> = entries
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter_map(|entry| write_of(&entry))
        .collect();
    let beside_leases: Vec<_> = writes.iter().filter(|write| !write.contains("leases")).collect();
    println!(
        "measured: the operator's writes in a minute of steady state: {} of leases, {} others",
        writes.len() - beside_leases.len(),
        beside_leases.len()
    );
    ensure!(beside_leases.is_empty(), "{beside_leases:#?}");
    Ok(())
}

/// A write by the operator's account, as verb and address.
fn write_of(entry: &Value) -> Option<String> {
    let user = entry["user"]["username"].as_str()?;
    let verb = entry["verb"].as_str()?;
    let writes = ["create", "update", "patch", "delete", "deletecollection"].contains(&verb);
    (writes && user.contains("shipshape-system") && entry["stage"] == "ResponseComplete")
        .then(|| format!("{verb} {}", entry["requestURI"].as_str().unwrap_or_default()))
}
