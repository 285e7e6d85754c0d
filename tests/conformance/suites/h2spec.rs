//! h2spec, the public suite for HTTP/2 and HPACK, all of it and strict.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use tokio::process::Command;

use crate::apps;
use crate::sidecar::{OPEN, Sidecar};
use crate::step::{Step, within};
use crate::tools::{self, Tool};

pub const STEPS: &[Step] =
    &[Step { name: "h2spec finds no fault over TLS, strict", needs: &[Tool::Go], show: finds_no_fault }];

/// Cases of the pinned release; fewer would be a report that was not understood.
const CASES: usize = 146;

fn finds_no_fault() -> Result<()> {
    let h2spec = tools::h2spec()?;
    within(Duration::from_secs(60), async {
        let sidecar = Sidecar::start(OPEN, apps::polite().await?)?;
        let folder = tempfile::tempdir()?;
        let report = folder.path().join("report.xml");
        let port = sidecar.https.port().to_string();
        let mut command = Command::new(h2spec);
        command.args(["-t", "-k", "-S", "-o", "5", "-h", "127.0.0.1", "-p", &port, "-j"]).arg(&report);
        // It ends with 1 where a case failed; the report names which.
        command.kill_on_drop(true).output().await.context("running h2spec")?;
        let cases = cases(&report)?;
        ensure!(cases.len() == CASES, "the report has {} cases, not {CASES}", cases.len());
        let failed: Vec<_> = cases.iter().filter(|case| case.verdict == Verdict::Failed).map(Case::name).collect();
        let passed = cases.iter().filter(|case| case.verdict == Verdict::Passed).count();
        ensure!(failed.is_empty(), "{passed} of {CASES} passed; failed:\n{}", failed.join("\n"));
        ensure!(passed >= CASES - 1, "only {passed} of {CASES} ran");
        Ok(())
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Passed,
    Skipped,
    Failed,
}

/// A case of the report.
struct Case {
    /// Its suite and section, such as `http2/5.1.1`.
    section: String,
    title: String,
    verdict: Verdict,
}

impl Case {
    fn name(&self) -> String {
        format!("{}: {}", self.section, self.title)
    }
}

/// Reads the report, in the form of JUnit.
fn cases(report: &Path) -> Result<Vec<Case>> {
    let mut reader = Reader::from_file(report).context("h2spec wrote no report")?;
    let (mut cases, mut buffer) = (Vec::<Case>::new(), Vec::new());
    loop {
        match reader.read_event_into(&mut buffer)? {
            Event::Eof => return Ok(cases),
            Event::Start(element) | Event::Empty(element) => match element.name().as_ref() {
                "testcase" => cases.push(case(&element)?),
                "failure" | "error" => mark(&mut cases, Verdict::Failed)?,
                "skipped" => mark(&mut cases, Verdict::Skipped)?,
                _ => {}
            },
            _ => {}
        }
        buffer.clear();
    }
}

fn case(element: &BytesStart<'_>) -> Result<Case> {
    let attribute = |name: &str| -> Result<String> {
        let found = element.try_get_attribute(name)?.with_context(|| format!("a case without {name}"))?;
        Ok(found.normalized_value(XmlVersion::Explicit1_0)?.into_owned())
    };
    Ok(Case { section: attribute("package")?, title: attribute("classname")?, verdict: Verdict::Passed })
}

fn mark(cases: &mut [Case], verdict: Verdict) -> Result<()> {
    cases.last_mut().context("a verdict before any case")?.verdict = verdict;
    Ok(())
}
