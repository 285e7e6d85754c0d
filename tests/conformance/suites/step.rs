//! A step of the suites: its name, the tools it needs, and what it shows within its time.

use std::future::Future;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::runtime::Builder;

use crate::tools::Tool;

/// One step.
#[derive(Clone, Copy)]
pub struct Step {
    /// What it shows.
    pub name: &'static str,
    /// What must be on this machine for it.
    pub needs: &'static [Tool],
    /// Shows it.
    pub show: fn() -> Result<()>,
}

impl Step {
    /// A step that needs nothing but what the workspace builds.
    pub const fn new(name: &'static str, show: fn() -> Result<()>) -> Self {
        Self { name, needs: &[], show }
    }
}

/// Runs a step's work, which fails when it takes longer.
///
/// # Errors
/// When the work fails, or its time is over.
pub fn within<F: Future<Output = Result<()>>>(limit: Duration, work: F) -> Result<()> {
    // Building the programs, by the first that asks for one, is no part of a step's time.
    shipshape_tests::process::run("shipshape", &["--version"])?;
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let result = runtime.block_on(async { tokio::time::timeout(limit, work).await });
    // What still waits for a peer is dropped, and with it the programs that it holds.
    runtime.shutdown_timeout(Duration::from_secs(1));
    result.with_context(|| format!("not done within {limit:?}"))?
}

/// Waits for what must come soon.
///
/// # Errors
/// When it does not.
pub async fn soon<T>(what: &str, waits: impl Future<Output = T>) -> Result<T> {
    let limit = Duration::from_secs(5);
    tokio::time::timeout(limit, waits).await.with_context(|| format!("{what}: not within {limit:?}"))
}
