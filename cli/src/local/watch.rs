//! Tells when something in the folders of files has changed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;

/// Editors write a file in several steps.
const SETTLE: Duration = Duration::from_millis(100);

/// Changes below the folders that hold some files.
#[derive(Debug)]
pub struct Changes {
    events: mpsc::Receiver<()>,
    _watcher: RecommendedWatcher,
}

impl Changes {
    /// Watches files and folders; the folder of a file, because editors replace files.
    ///
    /// # Errors
    /// When the system cannot watch.
    pub fn of(paths: &[PathBuf]) -> anyhow::Result<Self> {
        // One waiting event is enough: everything is read anew.
        let (sender, events) = mpsc::channel(1);
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // Reading the files is an event as well on some systems, and would never end.
            if event.is_ok_and(|event| !event.kind.is_access()) {
                // A full channel means that a change is already told.
                let _ = sender.try_send(());
            }
        })
        .context("cannot watch files: use --once")?;
        for folder in folders(paths) {
            let watched = watcher.watch(&folder, RecursiveMode::NonRecursive);
            watched.with_context(|| format!("cannot watch {}: use --once", folder.display()))?;
        }
        Ok(Self { events, _watcher: watcher })
    }

    /// Waits for a change, and until nothing more changes for a moment.
    pub async fn next(&mut self) {
        if self.events.recv().await.is_none() {
            // The watcher is gone: nothing will ever change.
            return std::future::pending().await;
        }
        while let Ok(Some(())) = tokio::time::timeout(SETTLE, self.events.recv()).await {}
    }
}

fn folders(paths: &[PathBuf]) -> BTreeSet<PathBuf> {
    let folder = |path: &Path| {
        if path.is_dir() {
            return path.to_owned();
        }
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        parent.unwrap_or(Path::new(".")).to_owned()
    };
    paths.iter().filter(|path| path.as_os_str() != "-").map(|path| folder(path)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_that_is_replaced_is_a_change() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.yaml");
        std::fs::write(&file, "a: 1").unwrap();
        let mut changes = Changes::of(std::slice::from_ref(&file)).unwrap();
        std::fs::write(folder.path().join("b"), "a: 2").unwrap();
        std::fs::rename(folder.path().join("b"), &file).unwrap();
        tokio::time::timeout(Duration::from_secs(10), changes.next()).await.unwrap();
    }
}
