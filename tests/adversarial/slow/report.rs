//! All kinds at once, beside other tests: they mostly wait. Each kind then has a test that tells how it went.

use std::collections::BTreeMap;
use std::sync::{Once, OnceLock};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use futures::future::join_all;
use serde_json::json;
use tokio::runtime::Runtime;

use super::kinds::{ALL, Client, Does, IDLE, Kind};
use super::patience::End;
use super::reading::{self, EACH};
use crate::app::App;
use crate::polite::{Polite, Seen};
use crate::sidecar::{Addresses, Sidecar};
use crate::step::Step;
use crate::table::{self, Row};

/// How many clients of one kind there are.
const COUNT: usize = 100;
/// Clients of one kind begin so far apart.
const APART: Duration = Duration::from_millis(50);
/// The sidecar's timers may be this late on a busy machine.
const LATE: Duration = Duration::from_secs(3);

/// How all clients of a kind fared.
#[derive(Debug, Clone)]
struct Outcome {
    ended: usize,
    last: Duration,
    how: String,
    each: Option<i64>,
    polite: Seen,
}

type Report = BTreeMap<&'static str, Result<Outcome, String>>;

static BEGUN: Once = Once::new();
static REPORT: OnceLock<Report> = OnceLock::new();

/// Lets all of them begin, once.
pub fn begin() {
    BEGUN.call_once(|| {
        std::thread::spawn(|| REPORT.set(run()));
    });
}

/// A test for each kind; it waits until all kinds are done.
pub fn steps() -> Vec<Step> {
    let step = |kind: &'static Kind| -> Step { (format!("slow: {}", kind.name), Box::new(|| judge(kind))) };
    ALL.iter().map(step).collect()
}

fn judge(kind: &Kind) -> Result<()> {
    begin();
    let outcome = REPORT.wait().get(kind.name).context("it did not run")?.clone().map_err(anyhow::Error::msg)?;
    let Outcome { ended, last, how, each, polite } = outcome;
    let memory = each.map_or_else(String::new, |each| format!("; {each} KiB each"));
    table::add(Row {
        kind: format!("slow: {}", kind.name),
        amount: format!("{COUNT} clients"),
        end: format!("{ended} ended, last at {:.1} s ({how}){memory}", last.as_secs_f64()),
        polite: Some(polite.worst),
        ..Row::default()
    });
    ensure!(ended == COUNT, "{} of {COUNT} were still held at the end", COUNT - ended);
    ensure!(last <= kind.within + LATE, "the last was held for {last:?}, more than {:?}", kind.within);
    ensure!(each.is_none_or(|each| each <= EACH), "each took {each:?} KiB");
    polite.judge()
}

fn run() -> Report {
    let Ok(runtime) = Runtime::new() else { return Report::new() };
    let told = |error: anyhow::Error| format!("{error:#}");
    runtime.block_on(async {
        let reading = ALL.iter().filter_map(|kind| match kind.does {
            Does::Reads(reader) => Some((kind.name, tokio::spawn(read(reader)))),
            Does::Talks(_) => None,
        });
        // Each a task of its own: what one waits for must not keep the others from their clients.
        let reading: Vec<_> = reading.collect();
        let talking = tokio::spawn(talk());
        let joined = reading.into_iter().map(|(name, task)| async move {
            let outcome = task.await.map_err(anyhow::Error::from).flatten();
            (name, outcome.map_err(told))
        });
        let read = join_all(joined).await;
        let talked = talking.await.map_err(anyhow::Error::from).flatten();
        let talkers = ALL.iter().filter(|kind| matches!(kind.does, Does::Talks(_)));
        match talked {
            Ok(outcomes) => outcomes.into_iter().chain(read).collect(),
            Err(error) => talkers.map(|kind| (kind.name, Err(format!("{error:#}")))).chain(read).collect(),
        }
    })
}

async fn read(reader: reading::Kind) -> Result<Outcome> {
    let reading::Read { end, each, polite } = reading::watch(reader, COUNT).await?;
    let ended = if end.after.is_some() { COUNT } else { 0 };
    Ok(Outcome { ended, last: end.after.unwrap_or_default(), how: end.how, each: Some(each), polite })
}

/// Everyone who sends slowly, on one sidecar.
async fn talk() -> Result<Vec<(&'static str, Result<Outcome, String>)>> {
    let app = App::start(Duration::from_secs(60)).await?;
    let policy = json!({"auth": {"mode": "None"}, "tls": {"redirect": {"enforcement": "Disabled"}},
        "timeouts": {"idle": IDLE}});
    let mut sidecar = Sidecar::start(app.address, &json!({ "policy": policy }))?;
    let polite = Polite::begin(&sidecar).await?;
    let to = sidecar.addresses();
    let talkers = ALL.iter().filter_map(|kind| match kind.does {
        Does::Talks(client) => Some(crowd(kind.name, client, to.clone())),
        Does::Reads(_) => None,
    });
    let ends = join_all(talkers).await;
    let polite = polite.end().await?;
    sidecar.is_sound().await?;
    let told = |error: anyhow::Error| format!("{error:#}");
    let outcomes = ends.into_iter().map(|(name, ends)| {
        let outcome = ends.map(|ends| outcome(&ends, polite.clone()));
        (name, outcome.map_err(told))
    });
    Ok(outcomes.collect())
}

async fn crowd(name: &'static str, client: fn(Addresses) -> Client, to: Addresses) -> (&'static str, Result<Vec<End>>) {
    let clients = (0..COUNT).map(|number| {
        let to = to.clone();
        tokio::spawn(async move {
            // A thousand handshakes at the same moment are another test.
            tokio::time::sleep(APART * u32::try_from(number).unwrap_or_default()).await;
            client(to).await
        })
    });
    let ends = join_all(clients).await.into_iter().map(|end| end?);
    (name, ends.collect::<Result<_>>().with_context(|| name))
}

fn outcome(ends: &[End], polite: Seen) -> Outcome {
    let times = ends.iter().filter_map(|end| end.after);
    let mut hows: Vec<_> = ends.iter().map(|end| end.how.clone()).collect();
    hows.sort();
    hows.dedup();
    Outcome {
        ended: times.clone().count(),
        last: times.max().unwrap_or_default(),
        how: hows.join(", "),
        each: None,
        polite,
    }
}
