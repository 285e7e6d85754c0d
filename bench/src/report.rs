//! What is kept of a run: a file by date and commit, so that runs can be compared.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Serialize;

use crate::cores::Cores;
use crate::footprint::Footprint;
use crate::procfs;
use crate::rounds::{Measured, WARM_UP, WINDOW};
use crate::scenario::CONNECTIONS;

/// The build of a program that came from the command line.
pub const GIVEN: &str = "given";

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
    /// CPU per request.
    pub requests: Vec<Measured>,
    /// Start and memory.
    pub footprints: Vec<Footprint>,
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
    /// Connections.
    pub connections: usize,
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

impl Method {
    /// What every run does, with so many rounds.
    #[must_use]
    pub fn with(rounds: u8) -> Self {
        Self { warm_up: WARM_UP.as_millis(), window: WINDOW.as_millis(), connections: CONNECTIONS, rounds }
    }
}

impl Report {
    /// Writes it to `FOLDER/DATE-COMMIT.json`, with `-given` or `-modified` behind the commit where the sidecar is not
    /// that commit's. A later run of the same name replaces it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<PathBuf> {
        let day = self.date.split('T').next().unwrap_or_default();
        let other = match () {
            () if self.build == GIVEN => "-given",
            () if self.modified => "-modified",
            () => "",
        };
        let path = folder.join(format!("{day}-{}{other}.json", self.commit));
        let text = serde_json::to_string_pretty(self)? + "\n";
        let written = fs::create_dir_all(folder).and_then(|()| fs::write(&path, text));
        written.with_context(|| format!("cannot write {}: give another folder with --out", path.display()))?;
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_found_by_its_day_and_commit() {
        let folder = tempfile::tempdir().unwrap();
        let mut report = Report {
            date: "2026-11-21T09:00:00Z".into(),
            commit: "abc1234".into(),
            modified: false,
            build: "quick".into(),
            machine: Machine::this(Cores { load: 0, proxy: 1 }),
            method: Method::with(5),
            requests: Vec::new(),
            footprints: Vec::new(),
        };
        let path = report.write(&folder.path().join("results")).unwrap();
        assert!(path.ends_with("results/2026-11-21-abc1234.json"), "{}", path.display());
        let read: serde_json::Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        assert_eq!(read["method"]["window"], 2500);
        assert_eq!(read["machine"]["cores"]["proxy"], 1);
        for (modified, build, name) in [(true, "quick", "modified"), (false, GIVEN, "given")] {
            report = Report { modified, build: build.into(), ..report };
            let path = report.write(folder.path()).unwrap();
            assert!(path.ends_with(format!("2026-11-21-abc1234-{name}.json")), "{}", path.display());
        }
    }
}
