//! HTTP/1 as bytes: what reached the upstream, and what the client was told, judged case by case.

mod answer;
mod answer_by_http2;
mod answer_exchange;
mod answer_judge;
mod answers;
mod building;
mod case;
mod cases;
mod client;
mod downgrade;
mod downgrade_case;
mod downgrade_judge;
mod exchange;
mod flow;
mod flows;
mod http2;
mod judge;
mod message;
mod noise;
mod problem;
mod reading;
mod reply;
mod rules;
mod upstream;
mod verdict;
mod world;

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use libtest_mimic::{Arguments, Failed, FormatSetting, Trial};

use answer::AnswerCase;
use case::{Case, Step};
use downgrade_case::DowngradeCase;
use flow::Flow;
use verdict::{Judgement, Tally, Verdict};
use world::{World, Worlds};

/// Cases mostly wait: for a sidecar, an upstream, a time limit.
const AT_ONCE: usize = 8;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = arguments.test_threads.or(Some(AT_ONCE));
    if !arguments.quiet && !arguments.list {
        arguments.format = arguments.format.or(Some(FormatSetting::Terse));
    }
    let (worlds, tally) = (Arc::new(Worlds::default()), Arc::new(Tally::default()));
    // Where nothing starts, that is said once, and not two thousand times.
    if !arguments.list
        && let Err(error) = worlds.with(World::fence)
    {
        let _ = writeln!(std::io::stdout(), "the sidecar does not serve: {error:#}");
        return ExitCode::FAILURE;
    }
    let conclusion = libtest_mimic::run(&arguments, trials(&worlds, &tally));
    // Nothing can be done for who does not listen.
    let _ = writeln!(std::io::stdout(), "{tally}\n");
    conclusion.exit_code()
}

/// What a case is called, the rule that it stands on, and how it is tried.
type Try = (&'static str, String, &'static str, Box<dyn FnOnce(&Worlds) -> Judgement + Send>);

fn trials(worlds: &Arc<Worlds>, tally: &Arc<Tally>) -> Vec<Trial> {
    let requests = cases::all().into_iter().map(|case| -> Try {
        (case.class, case.name.clone(), case.rule, Box::new(move |worlds| try_case(worlds, &case)))
    });
    let answers = answers::all().into_iter().map(|case| -> Try {
        (case.class, case.name.clone(), case.rule, Box::new(move |worlds| try_answer(worlds, &case)))
    });
    let by_http2 = answers::all().into_iter().filter(answer_by_http2::is_for).map(|case| -> Try {
        let name = format!("{}: {}", case.class, case.name);
        ("answer-by-h2", name, "9113 §8.1", Box::new(move |worlds| try_answer_by_http2(worlds, &case)))
    });
    let flows = flows::all().into_iter().map(|flow| -> Try {
        (flow.class, flow.name.to_owned(), flow.rule, Box::new(move |worlds| try_flow(worlds, &flow)))
    });
    let downgrades = downgrade::all().into_iter().map(|case| -> Try {
        (case.class, case.name.clone(), case.rule, Box::new(move |worlds| try_downgrade(worlds, &case)))
    });
    let all: Vec<Try> = requests.chain(answers).chain(by_http2).chain(downgrades).chain(flows).collect();
    let places: Vec<_> = all.iter().map(|(class, _, rule, _)| (*class, *rule)).collect();
    let names: Vec<_> = all.iter().map(|(class, name, _, _)| format!("{class}: {name}")).collect();
    let mut trials: Vec<_> = std::iter::zip(names.clone(), all)
        .map(|(name, (_, _, _, run))| {
            let (worlds, tally) = (Arc::clone(worlds), Arc::clone(tally));
            Trial::test(name, move || finish(&tally, run(&worlds)))
        })
        .collect();
    let failed = |error: anyhow::Error| Failed::from(format!("{error:#}"));
    trials.push(Trial::test("README.md lists the rules", move || rules::compare(&places).map_err(failed)));
    trials.push(Trial::test("no two cases share a name", move || rules::all_differ(&names).map_err(failed)));
    trials
}

fn finish(tally: &Tally, judgement: Judgement) -> std::result::Result<(), Failed> {
    let (verdict, why) = judgement;
    tally.count(verdict);
    if verdict == Verdict::Right { Ok(()) } else { Err(format!("{verdict}: {why}").into()) }
}

fn try_case(worlds: &Worlds, case: &Case) -> Judgement {
    let judged = worlds.with(|world| Ok(judge::judge(case, &exchange::run(world, case)?)));
    let (verdict, why) = judged.unwrap_or_else(|error| (Verdict::Failed, format!("{error:#}")));
    (verdict, format!("{why} (rule {}; sent {})", case.rule, sent(case)))
}

fn try_answer(worlds: &Worlds, case: &AnswerCase) -> Judgement {
    told(case, worlds.with(|world| Ok(answer_judge::judge(case, &answer_exchange::run(world, case)?))))
}

fn try_answer_by_http2(worlds: &Worlds, case: &AnswerCase) -> Judgement {
    told(case, worlds.with(|world| answer_by_http2::run(world, case)))
}

fn told(case: &AnswerCase, judged: Result<Judgement>) -> Judgement {
    let (verdict, why) = judged.unwrap_or_else(|error| (Verdict::Failed, format!("{error:#}")));
    let replies = case.replies.iter().flat_map(|reply| &reply.writes).map(|bytes| shown(bytes));
    let replies = replies.collect::<Vec<_>>().join(", ");
    (verdict, format!("{why} (rule {}; the upstream answered {replies})", case.rule))
}

fn try_downgrade(worlds: &Worlds, case: &DowngradeCase) -> Judgement {
    let judged = worlds.with(|world| downgrade_judge::run(world, case));
    let (verdict, why) = judged.unwrap_or_else(|error| (Verdict::Failed, format!("{error:#}")));
    let fields = case.request.fields.iter().chain(&case.request.trailers);
    let fields = fields.map(|(name, value)| format!("{}={}", shown(name), shown(value)));
    let fields = fields.collect::<Vec<_>>().join(" ");
    (verdict, format!("{why} (rule {}; sent by HTTP/2 {fields})", case.rule))
}

fn try_flow(worlds: &Worlds, flow: &Flow) -> Judgement {
    let kept = worlds.with(flow.run);
    let unkept = |error: anyhow::Error| (Verdict::Unkept, format!("{error:#} (rule {})", flow.rule));
    kept.map_or_else(unkept, |()| (Verdict::Right, String::new()))
}

/// What the client sends, in one line.
fn sent(case: &Case) -> String {
    let steps = case.steps.iter().map(|step| match step {
        Step::Send(bytes) => shown(bytes),
        Step::Trickle(bytes) => format!("byte by byte {}", shown(bytes)),
        Step::AwaitContinue => "waits for 100".to_owned(),
        Step::AwaitAnswers(count) => format!("waits for {count} answers"),
        Step::HalfClose => "half-closes".to_owned(),
    });
    steps.collect::<Vec<_>>().join(", ")
}

fn shown(bytes: &[u8]) -> String {
    match bytes.get(..400) {
        Some(start) => format!("\"{}\"… {} bytes", start.escape_ascii(), bytes.len()),
        None => format!("\"{}\"", bytes.escape_ascii()),
    }
}
