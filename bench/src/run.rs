//! A whole run, from the arguments to the files of results.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;
use jiff::Timestamp;
use tokio::signal::unix::{SignalKind, signal};

use crate::arguments::Arguments;
use crate::cores::{Cores, open_many_files, stay_on};
use crate::credentials::Credentials;
use crate::goals::verdicts;
use crate::proxy::{Proxy, lineup};
use crate::report::{GIVEN, Machine, Named, OURS, Report, keep};
use crate::rounds::{Bench, LeftOut, Timing};
use crate::scenario::Scenario;
use crate::syscalls::Tool;
use crate::upstream::Upstream;
use crate::{binary, instructions, markdown, picture, table};

/// What start and memory of one proxy may take.
const FOOTPRINT: Duration = Duration::from_secs(180);
/// What starting, checking and counting of one proxy in one scenario may take beside its rounds.
const SLACK: Duration = Duration::from_secs(45);

/// Measures, writes what it finds to `out` as it goes, and keeps the results in files.
///
/// # Errors
/// When nothing can be measured, or our sidecar could not be in some scenario.
pub fn run(arguments: &Arguments, out: &mut impl Write) -> Result<()> {
    if arguments.instructions {
        return instructions::check(out);
    }
    let cores = Cores::choose()?;
    let build = if arguments.sidecar.is_some() { GIVEN } else { &arguments.profile };
    let sidecar = || arguments.sidecar.clone().map_or_else(|| binary::build(&arguments.profile), Ok);
    let proxies = lineup(&arguments.proxies, sidecar, &binary::root().join("target/bench"), out)?;
    let (commit, modified) = binary::commit();
    let named = |one: &dyn Proxy| Named { name: one.name(), version: one.version().to_owned() };
    let mut report = Report {
        date: Timestamp::now().to_string(),
        commit,
        modified,
        build: build.to_owned(),
        machine: Machine::this(cores),
        method: arguments.timing().into(),
        proxies: proxies.iter().map(|one| named(one.as_ref())).collect(),
        requests: Vec::new(),
        footprints: Vec::new(),
        left_out: Vec::new(),
    };
    introduce(&report, out)?;
    measure(&mut report, &proxies, arguments, out)?;
    show(&report, out)?;
    let folder = arguments.out.clone().unwrap_or_else(|| binary::root().join("bench/results"));
    store(&report, arguments, &folder, out)?;
    let failed = report.left_out.iter().filter(|one| one.proxy == OURS).count();
    ensure!(failed == 0, "our sidecar could not be measured {failed} times: the lines above say why");
    ensure!(report.requests.iter().all(|one| one.summary.is_some()), "a scenario had no valid round: see the file");
    Ok(())
}

fn introduce(report: &Report, out: &mut impl Write) -> Result<()> {
    let Cores { proxy, load } = report.machine.cores;
    writeln!(out, "{}", report.circumstances())?;
    writeln!(out, "proxy on core {proxy}, load and app on core {load}")?;
    if !report.machine.cores.are_apart() {
        writeln!(out, "only one core may be used: the proxy waits for its own load, so rely on the floors alone")?;
    }
    Ok(())
}

fn measure(report: &mut Report, proxies: &[Box<dyn Proxy>], arguments: &Arguments, out: &mut impl Write) -> Result<()> {
    let Cores { load, proxy } = report.machine.cores;
    stay_on(load)?;
    open_many_files()?;
    let upstream = Upstream::start(load)?;
    let (credentials, timing, tool) = (Credentials::make()?, arguments.timing(), Tool::find());
    if tool.is_none() {
        writeln!(out, "system calls are not counted: install perf (linux-perf) or strace, and run as root")?;
    }
    let bench = Bench { proxies, credentials: &credentials, upstream: upstream.address(), core: proxy, timing, tool };
    let all = Scenario::value_variants().to_vec();
    let scenarios = if arguments.scenarios.is_empty() { all } else { arguments.scenarios.clone() };
    let footprints = !arguments.requests_only;
    let longest = longest(timing, proxies.len(), scenarios.len(), footprints);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("no runtime")?;
    let work = async {
        if footprints {
            rest(&bench, report, out).await?;
        }
        for scenario in scenarios {
            writeln!(out, "{scenario}: {}", scenario.title())?;
            let (measured, left_out) = bench.scenario(scenario).await;
            report.requests.extend(measured);
            told(&left_out, out)?;
            report.left_out.extend(left_out);
        }
        Ok(())
    };
    runtime.block_on(bounded(Instant::now() + longest, work))
}

/// Start and memory of every proxy.
async fn rest(bench: &Bench<'_>, report: &mut Report, out: &mut impl Write) -> Result<()> {
    for proxy in bench.proxies {
        writeln!(out, "{}: start and memory", proxy.name())?;
        match bench.footprint(proxy.as_ref()).await {
            Ok(footprint) => report.footprints.push(footprint),
            Err(error) => {
                let what = "start and memory".to_owned();
                let left_out = LeftOut { what, proxy: proxy.name(), why: format!("{error:#}") };
                told(std::slice::from_ref(&left_out), out)?;
                report.left_out.push(left_out);
            }
        }
    }
    Ok(())
}

fn told(left_out: &[LeftOut], out: &mut impl Write) -> Result<()> {
    for LeftOut { what, proxy, why } in left_out {
        writeln!(out, "  {proxy} is left out of {what}: {why}")?;
    }
    Ok(())
}

fn show(report: &Report, out: &mut impl Write) -> Result<()> {
    writeln!(out, "\nCPU microseconds per request\n{}", table::requests(&report.requests))?;
    let ours = report.proxies.iter().any(|one| one.name == OURS);
    if ours && report.proxies.len() > 1 {
        writeln!(out, "\nOur cost as a part of theirs, floors\n{}", table::ratios(report))?;
    }
    if !report.footprints.is_empty() {
        writeln!(out, "\nStart and memory\n{}", table::footprints(&report.footprints))?;
    }
    if ours {
        let told: Vec<_> = verdicts(report).into_iter().filter(|verdict| verdict.measured.is_some()).collect();
        writeln!(out, "\nGoals\n{}", table::goals(&told))?;
    }
    Ok(())
}

/// Keeps every round; of a whole run also the page and the picture.
fn store(report: &Report, arguments: &Arguments, folder: &Path, out: &mut impl Write) -> Result<()> {
    let kind = match (arguments.is_whole(), arguments.quick) {
        (false, _) => "-part",
        (true, true) => "-quick",
        (true, false) => "",
    };
    let mut written = vec![report.write(folder, kind)?];
    if arguments.is_whole() {
        let name = if arguments.quick { "quick" } else { "latest" };
        let (page, picture) = (format!("{name}.md"), format!("{name}.svg"));
        let text = markdown::page(report, &verdicts(report), &picture);
        for (file, text) in [(page, text), (picture, picture::svg(report))] {
            let path = folder.join(file);
            keep(&path, &text)?;
            written.push(path);
        }
    }
    for path in written {
        writeln!(out, "written to {}", path.strip_prefix(binary::root()).unwrap_or(&path).display())?;
    }
    Ok(())
}

/// After so long something hangs.
fn longest(timing: Timing, proxies: usize, scenarios: usize, footprints: bool) -> Duration {
    let times = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let Timing { warm_up, window, rounds } = timing;
    let each = (warm_up + window) * u32::from(rounds) * 2 + SLACK;
    let rest = if footprints { FOOTPRINT } else { Duration::ZERO };
    (each * times(scenarios) + rest) * times(proxies)
}

/// Gives up at the deadline and when told to stop: what was started is dropped, and so ended, either way.
async fn bounded(deadline: Instant, work: impl Future<Output = Result<()>>) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        done = work => done,
        () = tokio::time::sleep_until(deadline.into()) => bail!("a proxy stopped answering: nothing is kept of this run"),
        _ = terminate.recv() => bail!("told to stop: nothing is kept of this run"),
        _ = tokio::signal::ctrl_c() => bail!("told to stop: nothing is kept of this run"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_that_never_answers_does_not_hold_the_run() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let soon = Instant::now() + Duration::from_millis(10);
        let error = runtime.block_on(bounded(soon, std::future::pending())).unwrap_err();
        assert!(error.to_string().contains("stopped answering"), "{error}");
        runtime.block_on(bounded(Instant::now() + SLACK, async { Ok(()) })).unwrap();
    }
}
