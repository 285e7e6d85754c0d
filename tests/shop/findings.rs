//! Findings and steps belong together: none is claimed without being shown, and no step shows nothing.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use shipshape_tests::shop::{STEPS_IN_PODS, findings};

pub fn all_have_steps(steps: &[&str]) -> Result<()> {
    let known: BTreeSet<&str> = steps.iter().copied().chain(STEPS_IN_PODS).collect();
    let findings = findings()?;
    let enforced = findings.iter().filter(|finding| finding.state.as_deref() == Some("Enforced"));
    let claimed: BTreeSet<&str> = enforced.filter_map(|finding| finding.test.as_deref()).collect();
    let missing: Vec<_> = claimed.difference(&known).collect();
    ensure!(missing.is_empty(), "findings name steps that do not exist: {missing:?}");
    let unused: Vec<_> = known.difference(&claimed).collect();
    ensure!(unused.is_empty(), "steps that no finding names: {unused:?}");
    Ok(())
}
