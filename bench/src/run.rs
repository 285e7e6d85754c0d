//! A whole run, from the arguments to the file of results.

use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;
use jiff::Timestamp;
use tokio::signal::unix::{SignalKind, signal};

use crate::arguments::Arguments;
use crate::cores::{Cores, open_many_files, stay_on};
use crate::credentials::Credentials;
use crate::proxy::{Proxy, Sidecar};
use crate::report::{GIVEN, Machine, Method, Report};
use crate::rounds::Bench;
use crate::scenario::Scenario;
use crate::upstream::Upstream;
use crate::{binary, table};

/// No round begins later than this after the first one: with what is under way, a run ends within three minutes.
const LONGEST: Duration = Duration::from_secs(150);
/// What is under way may take so much longer.
const SLACK: Duration = Duration::from_secs(25);

/// Measures, writes what it finds to `out` as it goes, and keeps the results in a file.
///
/// # Errors
/// When a proxy cannot be built, started or measured, or a scenario had no valid round.
pub fn run(arguments: Arguments, out: &mut impl Write) -> Result<()> {
    let Arguments { sidecar, profile, rounds, scenarios, requests_only, out: folder } = arguments;
    let cores = Cores::choose()?;
    let build = if sidecar.is_some() { GIVEN.to_owned() } else { profile.clone() };
    let program = sidecar.map_or_else(|| binary::build(&profile), Ok)?;
    let proxies: Vec<Box<dyn Proxy>> = vec![Box::new(Sidecar::new(program))];
    let (commit, modified) = binary::commit();
    let mut report = Report {
        date: Timestamp::now().to_string(),
        commit,
        modified,
        build,
        machine: Machine::this(cores),
        method: Method::with(rounds),
        requests: Vec::new(),
        footprints: Vec::new(),
    };
    introduce(&report, out)?;
    let scenarios = if scenarios.is_empty() { Scenario::value_variants().to_vec() } else { scenarios };
    measure(&mut report, &proxies, &scenarios, !requests_only, out)?;
    writeln!(out, "\nCPU microseconds per request\n{}", table::requests(&report.requests))?;
    if !requests_only {
        writeln!(out, "\nStart and memory\n{}", table::footprints(&report.footprints))?;
    }
    let path = report.write(&folder.unwrap_or_else(|| binary::root().join("bench/results")))?;
    writeln!(out, "\nwritten to {}", path.strip_prefix(binary::root()).unwrap_or(&path).display())?;
    ensure!(report.requests.iter().all(|one| one.summary.is_some()), "a scenario had no valid round: see the file");
    Ok(())
}

fn introduce(report: &Report, out: &mut impl Write) -> Result<()> {
    let Machine { processor, kernel, cores } = &report.machine;
    let state = if report.modified { ", modified" } else { "" };
    writeln!(out, "{processor}, Linux {kernel}; commit {}{state}; build {}", report.commit, report.build)?;
    writeln!(out, "proxy on core {}, load and app on core {}", cores.proxy, cores.load)?;
    if !cores.are_apart() {
        writeln!(out, "only one core may be used: the proxy waits for its own load, so rely on the floors alone")?;
    }
    Ok(())
}

fn measure(
    report: &mut Report,
    proxies: &[Box<dyn Proxy>],
    scenarios: &[Scenario],
    footprints: bool,
    out: &mut impl Write,
) -> Result<()> {
    let Cores { load, proxy } = report.machine.cores;
    stay_on(load)?;
    open_many_files()?;
    let upstream = Upstream::start(load)?;
    let credentials = Credentials::make()?;
    let bench = Bench {
        proxies,
        credentials: &credentials,
        upstream: upstream.address(),
        core: proxy,
        deadline: Instant::now() + LONGEST,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("no runtime")?;
    let work = async {
        if footprints {
            for one in proxies {
                writeln!(out, "{}: start and memory", one.name())?;
                report.footprints.push(bench.footprint(one.as_ref()).await?);
            }
        }
        for scenario in scenarios {
            writeln!(out, "{scenario}: {}, {} rounds", scenario.title(), report.method.rounds)?;
            report.requests.extend(bench.scenario(*scenario, report.method.rounds).await?);
        }
        Ok(())
    };
    runtime.block_on(bounded(bench.deadline + SLACK, work))
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
