//! What is kept of a run: a file by date and commit, so that runs can be compared.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Serialize;

use crate::cores::Cores;
use crate::figures::Summary;
use crate::footprint::Footprint;
use crate::procfs;
use crate::rounds::{LeftOut, Measured, Timing};
use crate::scenario::Scenario;

/// The build of a program that came from the command line.
pub const GIVEN: &str = "given";
/// The name of our sidecar.
pub const OURS: &str = "shipshape";

/// A whole run.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// When it began (RFC 3339, UTC).
    pub date: String,
    /// The commit of the repository.
    pub commit: String,
    /// Whether files differed from it: then the figures belong to no commit.
    pub modified: bool,
    /// How the sidecar was built: a profile, or [`GIVEN`].
    pub build: String,
    /// The machine.
    pub machine: Machine,
    /// How requests were measured.
    pub method: Method,
    /// The proxies, in the order of every table.
    pub proxies: Vec<Named>,
    /// CPU per request.
    pub requests: Vec<Measured>,
    /// Start and memory.
    pub footprints: Vec<Footprint>,
    /// What could not be measured.
    pub left_out: Vec<LeftOut>,
}

/// A proxy of the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Named {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: String,
}

/// What it ran on.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Machine {
    /// The processor, as the kernel names it.
    pub processor: String,
    /// The kernel's release.
    pub kernel: String,
    /// Who ran where.
    pub cores: Cores,
}

/// How requests were measured.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Method {
    /// Milliseconds before each window.
    pub warm_up: u128,
    /// Milliseconds of each window.
    pub window: u128,
    /// Rounds that were asked for.
    pub rounds: u8,
}

impl Machine {
    /// This one.
    #[must_use]
    pub fn this(cores: Cores) -> Self {
        Self { processor: procfs::processor(), kernel: procfs::kernel(), cores }
    }
}

impl From<Timing> for Method {
    fn from(timing: Timing) -> Self {
        let Timing { warm_up, window, rounds } = timing;
        Self { warm_up: warm_up.as_millis(), window: window.as_millis(), rounds }
    }
}

impl Report {
    /// What a proxy did in a scenario, where it was measured.
    #[must_use]
    pub fn measured(&self, scenario: Scenario, proxy: &str) -> Option<&Measured> {
        self.requests.iter().find(|one| one.scenario == scenario && one.proxy == proxy)
    }

    /// What its rounds say together.
    #[must_use]
    pub fn summary(&self, scenario: Scenario, proxy: &str) -> Option<&Summary> {
        self.measured(scenario, proxy)?.summary.as_ref()
    }

    /// What it costs at rest.
    #[must_use]
    pub fn footprint(&self, proxy: &str) -> Option<&Footprint> {
        self.footprints.iter().find(|one| one.proxy == proxy)
    }

    /// The names of the others.
    #[must_use]
    pub fn peers(&self) -> Vec<&'static str> {
        self.proxies.iter().map(|one| one.name).filter(|name| *name != OURS).collect()
    }

    /// The scenarios of the run, each once.
    #[must_use]
    pub fn scenarios(&self) -> Vec<Scenario> {
        let mut scenarios: Vec<Scenario> = self.requests.iter().map(|one| one.scenario).collect();
        scenarios.dedup();
        scenarios
    }

    /// One line on where and how.
    #[must_use]
    pub fn circumstances(&self) -> String {
        let Method { window, rounds, .. } = self.method;
        let window = window as f64 / 1000.0;
        let state = if self.modified { ", modified" } else { "" };
        let Machine { processor, kernel, .. } = &self.machine;
        let proxies: Vec<String> = self.proxies.iter().map(|one| format!("{} {}", one.name, one.version)).collect();
        format!(
            "{processor}, Linux {kernel}; {}; commit {}{state}, build {}; {rounds} rounds of {window} s",
            proxies.join(", "),
            self.commit,
            self.build
        )
    }

    /// Writes it to `FOLDER/DATE-COMMIT.json`, with `-given` or `-modified` behind the commit where the sidecar is not
    /// that commit's, and with `kind` behind that. A later run of the same name replaces it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, folder: &Path, kind: &str) -> Result<PathBuf> {
        let day = self.date.split('T').next().unwrap_or_default();
        let other = match () {
            () if self.build == GIVEN => "-given",
            () if self.modified => "-modified",
            () => "",
        };
        let path = folder.join(format!("{day}-{}{other}{kind}.json", self.commit));
        keep(&path, &(serde_json::to_string_pretty(self)? + "\n"))?;
        Ok(path)
    }
}

/// Writes a file and the folder that it is in.
///
/// # Errors
/// When it cannot be written.
pub fn keep(path: &Path, text: &str) -> Result<()> {
    let written = fs::create_dir_all(path.parent().unwrap_or(path)).and_then(|()| fs::write(path, text));
    written.with_context(|| format!("cannot write {}: give another folder with --out", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::report;

    #[test]
    fn a_report_is_found_by_its_day_and_commit() {
        let folder = tempfile::tempdir().unwrap();
        let mut report = report();
        let path = report.write(&folder.path().join("results"), "").unwrap();
        assert!(path.ends_with("results/2026-11-21-abc1234.json"), "{}", path.display());
        let read: serde_json::Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        assert_eq!(read["method"]["window"], 2500);
        assert_eq!(read["machine"]["cores"]["proxy"], 1);
        for (modified, build, name) in [(true, "quick", "modified"), (false, GIVEN, "given")] {
            report = Report { modified, build: build.into(), ..report };
            let path = report.write(folder.path(), "-quick").unwrap();
            assert!(path.ends_with(format!("2026-11-21-abc1234-{name}-quick.json")), "{}", path.display());
        }
    }
}
