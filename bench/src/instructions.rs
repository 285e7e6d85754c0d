//! How many instructions the request path takes, counted by valgrind and held to a budget: a gate that does not depend
//! on the machine's speed or on who else is on it.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::binary;

/// The program whose instructions are counted.
const EXAMPLE: &str = "instructions";
/// How often the work is done in the two runs whose difference is counted: what starting costs is in both.
const OFTEN: [u64; 2] = [200, 1200];
/// How much more than the budget is still noise of the compiler: a twentieth.
const TOLERANCE: u64 = 20;

/// What is counted, and how many instructions each may take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Budget {
    /// The compiler that the counts are of: another one makes other code.
    compiler: String,
    /// Instructions, by the name of the work.
    instructions: BTreeMap<String, u64>,
}

/// Counts, shows, and compares with the budget in `bench/instructions.json`; with `UPDATE` in the environment the
/// counts become the budget.
///
/// # Errors
/// When something takes more than 5 % more than its budget, or cannot be counted.
pub fn check(out: &mut impl Write) -> Result<()> {
    let path = binary::root().join("bench/instructions.json");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let budget: Budget = serde_json::from_str(&text).with_context(|| format!("{} is no budget", path.display()))?;
    let program = binary::example(EXAMPLE)?;
    let mut counted = Budget { compiler: binary::compiler()?, instructions: BTreeMap::new() };
    for name in budget.instructions.keys() {
        counted.instructions.insert(name.clone(), count(&program, name)?);
    }
    if counted.compiler != budget.compiler {
        writeln!(out, "the budget is of rustc {}, this is {}", budget.compiler, counted.compiler)?;
    }
    for (name, allowed) in &budget.instructions {
        let found = counted.instructions.get(name).copied().unwrap_or_default();
        writeln!(out, "{name:<20}{found:>8} instructions, {:+.1} % of {allowed}", excess(found, *allowed) * 100.0)?;
    }
    if std::env::var_os("UPDATE").is_some() {
        return update(&path, &counted);
    }
    let over = over(&budget, &counted);
    ensure!(
        over.is_empty(),
        "more instructions than budgeted: {}; if they are worth it, run with UPDATE=1",
        over.join(", ")
    );
    Ok(())
}

fn update(path: &PathBuf, counted: &Budget) -> Result<()> {
    let text = serde_json::to_string_pretty(counted)? + "\n";
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// The works that take more than they may.
fn over<'a>(budget: &'a Budget, counted: &Budget) -> Vec<&'a str> {
    let found = |name: &str| counted.instructions.get(name).copied().unwrap_or(u64::MAX);
    let over = budget.instructions.iter().filter(|(name, allowed)| exceeds(found(name), **allowed));
    over.map(|(name, _)| name.as_str()).collect()
}

fn exceeds(found: u64, allowed: u64) -> bool {
    found.saturating_sub(allowed).saturating_mul(TOLERANCE) > allowed
}

fn excess(found: u64, allowed: u64) -> f64 {
    found as f64 / allowed as f64 - 1.0
}

/// Instructions of doing the work once.
fn count(program: &Path, name: &str) -> Result<u64> {
    let [few, many] = OFTEN;
    let (less, more) = (run(program, name, few)?, run(program, name, many)?);
    ensure!(more > less, "{name}: doing it more often takes no more instructions");
    Ok((more - less) / (many - few))
}

/// Instructions of the whole program that does the work so often.
fn run(program: &Path, name: &str, often: u64) -> Result<u64> {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program).args([name, &often.to_string()]);
    let output = command.stdin(Stdio::null()).output();
    let output = output.context("valgrind is not on PATH; apt-get install valgrind, or the package of your system")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{name} fails under valgrind: {said}");
    collected(&said).with_context(|| format!("valgrind counted nothing: {said}"))
}

/// The count in what callgrind says at its end.
fn collected(said: &str) -> Option<u64> {
    said.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(instructions: &[(&str, u64)]) -> Budget {
        let instructions = instructions.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        Budget { compiler: "1.95.0".into(), instructions }
    }

    #[test]
    fn a_twentieth_more_is_noise_and_no_more_than_that() {
        let allowed = budget(&[("a", 1000), ("b", 1000), ("c", 1000)]);
        assert_eq!(over(&allowed, &budget(&[("a", 1050), ("b", 1051), ("c", 10)])), ["b"]);
        assert_eq!(over(&allowed, &budget(&[("a", 1), ("b", 1)])), ["c"], "what was not counted is not within");
    }

    #[test]
    fn the_count_is_found_in_what_valgrind_says() {
        assert_eq!(collected("==7== Events    : Ir\n==7== Collected : 123456\n==7==\n"), Some(123_456));
        assert_eq!(collected("valgrind: no such program"), None);
    }
}
