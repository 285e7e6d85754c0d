//! From the first request to the last: changes of the files apply at once, and everything ends in order.

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, bail};
use shipshape_sidecar::server::Running;

use super::app::AppProcess;
use super::asked::Asked;
use super::banner;
use super::foreground::{Foreground, INTERRUPTED, Signals};
use super::reading::{Reader, Reading};
use super::service_files::ServiceFiles;
use super::watch::Changes;
use crate::style::Style;

/// What serves.
pub struct Serving<'a> {
    /// What was asked.
    pub asked: &'a Asked,
    /// Who reads the files.
    pub reader: Reader<'a>,
    /// The sidecar.
    pub running: Running,
    /// The app, where it was started here.
    pub app: Option<AppProcess>,
    /// The sidecar's files.
    pub files: ServiceFiles,
    /// How text is written.
    pub style: Style,
}

/// What happened.
enum Event {
    Changed,
    ChildEnded,
    ToldToEnd,
}

impl Serving<'_> {
    /// Says where it serves, and serves until it is told to end, or the app ends.
    ///
    /// # Errors
    /// When files cannot be watched, or `out` cannot be written.
    pub fn until_the_end(self, foreground: Foreground, out: &mut impl Write) -> anyhow::Result<ExitCode> {
        foreground.run(async |signals| self.serve(signals, out).await)
    }

    async fn serve(mut self, signals: &mut Signals, out: &mut impl Write) -> anyhow::Result<ExitCode> {
        let mut changes = if self.asked.once { None } else { Some(Changes::of(&self.asked.files)?) };
        writeln!(std::io::stderr(), "{}", self.running.addresses().serving())?;
        loop {
            match next(signals, &mut changes).await {
                Event::Changed => self.apply(out)?,
                Event::ChildEnded => {
                    if let Some(status) = self.app.as_mut().map(AppProcess::ended).transpose()?.flatten() {
                        self.end(signals).await?;
                        bail!("the app ended with {status}: what it wrote last says why");
                    }
                }
                Event::ToldToEnd => break,
            }
        }
        writeln!(out, "{}", self.style.faint("ending: requests in flight finish first"))?;
        self.end(signals).await
    }

    /// The sidecar first, so that what is in flight still finds its app.
    async fn end(self, signals: &mut Signals) -> anyhow::Result<ExitCode> {
        let Self { asked: _, reader: _, running, app, files, style: _ } = self;
        running.stop();
        let waiting = tokio::task::spawn_blocking(move || running.wait());
        tokio::select! {
            ended = waiting => ended.context("the sidecar ended by a defect")??,
            () = signals.told_to_end() => return Ok(ExitCode::from(INTERRUPTED)),
        }
        drop((app, files));
        Ok(ExitCode::SUCCESS)
    }

    fn apply(&mut self, out: &mut impl Write) -> anyhow::Result<()> {
        let before = self.running.live().revision(None).revision;
        let reading = self.reader.read(out);
        match reading.and_then(|reading| self.update(reading, out)) {
            Ok(Some(after)) if after != before => {
                writeln!(out, "{} applied, revision {after}", self.style.good("✔"))?;
            }
            Ok(_) => {}
            Err(error) => {
                writeln!(out, "{} {error:#}: the last good policy stays in force", self.style.bad("✘"))?;
            }
        }
        Ok(out.flush()?)
    }

    /// Writes the sidecar's files anew; the revision in force, where something was to be done.
    fn update(&mut self, reading: Reading, out: &mut impl Write) -> anyhow::Result<Option<String>> {
        let found = match reading {
            Reading::Sound(found) => found,
            Reading::Unchanged => return Ok(None),
            Reading::Wrong => {
                writeln!(out, "{} the last good policy stays in force", self.style.warn("!"))?;
                return Ok(None);
            }
        };
        let (_, made) = self.files.update(&found, false)?;
        banner::keys(&made, out)?;
        let live = self.running.live();
        live.reload();
        let revision = live.revision(None);
        match revision.error {
            Some(error) => bail!(error),
            None => Ok(Some(revision.revision)),
        }
    }
}

async fn next(signals: &mut Signals, changes: &mut Option<Changes>) -> Event {
    let changed = async {
        match changes {
            Some(changes) => changes.next().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = changed => Event::Changed,
        is_child = signals.child_ended() => if is_child { Event::ChildEnded } else { Event::ToldToEnd },
    }
}
