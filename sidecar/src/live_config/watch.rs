//! Noticing that a file has changed: by the kernel's word, and by looking every half minute in case it said nothing.

use std::sync::Arc;
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

use super::bundle::Bundle;
use super::reload::LiveConfig;

/// How often the files are compared whatever the kernel says: some file systems say nothing.
const LOOK: Duration = Duration::from_secs(30);
/// Events of one change come together: one reading serves them.
const SETTLE: Duration = Duration::from_millis(20);

/// Keeps the configuration in step with its files; never ends.
pub async fn watch(live: Arc<LiveConfig>) {
    let changed = Arc::new(Notify::new());
    let mut watcher = watcher(&changed);
    loop {
        // Watched anew each time: a folder may have been replaced by another of its name.
        if let Some(watcher) = watcher.as_mut() {
            watch_folders(watcher, &live);
        }
        let live = Arc::clone(&live);
        if let Err(error) = tokio::task::spawn_blocking(move || live.reload()).await {
            tracing::error!(%error, "reading the configuration failed by a defect; the last good one stays");
        }
        tokio::select! {
            () = changed.notified() => tokio::time::sleep(SETTLE).await,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

fn watcher(changed: &Arc<Notify>) -> Option<RecommendedWatcher> {
    let changed = Arc::clone(changed);
    let notified = move |event: notify::Result<notify::Event>| {
        if !event.is_ok_and(|event| event.kind.is_access()) {
            changed.notify_one();
        }
    };
    notify::recommended_watcher(notified)
        .inspect_err(
            |error| tracing::warn!(%error, "changes of files are seen only every 30 s: raise the inotify limits"),
        )
        .ok()
}

fn watch_folders(watcher: &mut RecommendedWatcher, live: &LiveConfig) {
    for folder in Bundle::folders(live.path()) {
        let folder = if folder.as_os_str().is_empty() { std::path::Path::new(".") } else { folder.as_path() };
        if let Err(error) = watcher.watch(folder, RecursiveMode::NonRecursive) {
            tracing::debug!(%error, folder = %folder.display(), "not watched");
        }
    }
}
