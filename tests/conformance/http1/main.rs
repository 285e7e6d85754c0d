//! HTTP/1 as bytes: what reached the upstream, and what the client was told, judged case by case.

mod building;
mod case;
mod cases;
mod client;
mod exchange;
mod judge;
mod message;
mod problem;
mod reading;
mod reply;
mod upstream;
mod verdict;
mod world;

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, FormatSetting, Trial};

use case::{Case, Step};
use verdict::{Judgement, Tally, Verdict};
use world::Worlds;

/// Cases mostly wait: for a sidecar, an upstream, a time limit.
const AT_ONCE: usize = 8;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = arguments.test_threads.or(Some(AT_ONCE));
    if !arguments.quiet && !arguments.list {
        arguments.format = arguments.format.or(Some(FormatSetting::Terse));
    }
    let (worlds, tally) = (Arc::new(Worlds::default()), Arc::new(Tally::default()));
    let trials = cases::all().into_iter().map(|case| {
        let (worlds, tally) = (Arc::clone(&worlds), Arc::clone(&tally));
        Trial::test(format!("{}: {}", case.class, case.name), move || finish(&tally, try_case(&worlds, &case)))
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    // Nothing can be done for who does not listen.
    let _ = writeln!(std::io::stdout(), "{tally}\n");
    conclusion.exit_code()
}

fn finish(tally: &Tally, judgement: Judgement) -> Result<(), Failed> {
    let (verdict, why) = judgement;
    tally.count(verdict);
    if verdict == Verdict::Right { Ok(()) } else { Err(format!("{verdict}: {why}").into()) }
}

fn try_case(worlds: &Worlds, case: &Case) -> Judgement {
    let judged = worlds.with(|world| Ok(judge::judge(case, &exchange::run(world, case)?)));
    let (verdict, why) = judged.unwrap_or_else(|error| (Verdict::Failed, format!("{error:#}")));
    (verdict, format!("{why} (rule {}; sent {})", case.rule, sent(case)))
}

/// What the client sends, in one line.
fn sent(case: &Case) -> String {
    let shown = |bytes: &[u8]| match bytes.get(..400) {
        Some(start) => format!("\"{}\"… {} bytes", start.escape_ascii(), bytes.len()),
        None => format!("\"{}\"", bytes.escape_ascii()),
    };
    let steps = case.steps.iter().map(|step| match step {
        Step::Send(bytes) => shown(bytes),
        Step::Trickle(bytes) => format!("byte by byte {}", shown(bytes)),
        Step::AwaitContinue => "waits for 100".to_owned(),
        Step::AwaitAnswers(count) => format!("waits for {count} answers"),
        Step::HalfClose => "half-closes".to_owned(),
    });
    steps.collect::<Vec<_>>().join(", ")
}
