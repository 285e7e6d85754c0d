//! The rules that the cases stand on, by section, as the folder's README lists them.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use shipshape_tests::repository::root;

/// One case's place: its class, and the rule that it stands on.
pub type Place = (&'static str, &'static str);

/// The number of an RFC, and of a section in it.
type Order = (u32, Vec<u32>);
/// How many cases of each class.
type Counts = BTreeMap<&'static str, usize>;

const BEGIN: &str = "<!-- rules: begin -->\n";
const END: &str = "<!-- rules: end -->";

/// Whether the README lists exactly these; `UPDATE=1` rewrites it.
pub fn compare(places: &[Place]) -> Result<()> {
    let path = root().join("tests/conformance/http1/README.md");
    let written = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let (before, rest) = written.split_once(BEGIN).context("README.md has no place for the rules")?;
    let (_, after) = rest.split_once(END).context("README.md has no end of the rules")?;
    let meant = format!("{before}{BEGIN}{}{END}{after}", table(places));
    if std::env::var_os("UPDATE").is_some() {
        return Ok(std::fs::write(&path, meant)?);
    }
    ensure!(meant == written, "README.md lists other cases: run this test with UPDATE=1");
    Ok(())
}

/// Whether no two cases share their name.
pub fn all_differ(names: &[String]) -> Result<()> {
    let mut seen = BTreeSet::new();
    let twice: Vec<_> = names.iter().filter(|name| !seen.insert(*name)).collect();
    ensure!(twice.is_empty(), "two cases of one name: {twice:?}");
    Ok(())
}

fn table(places: &[Place]) -> String {
    let mut rules: BTreeMap<Order, (&str, Counts)> = BTreeMap::new();
    for (class, rule) in places {
        *rules.entry(order(rule)).or_insert((rule, Counts::new())).1.entry(class).or_default() += 1;
    }
    let mut table = "| RFC | classes and their cases | cases |\n| --- | --- | ---: |\n".to_owned();
    for (rule, classes) in rules.values() {
        let count: usize = classes.values().sum();
        let shown: Vec<_> = classes.iter().map(|(class, count)| format!("`{class}` {count}")).collect();
        table.push_str(&format!("| {rule} | {} | {count} |\n", shown.join(", ")));
    }
    table.push_str(&format!("| **all** | | **{}** |\n", places.len()));
    table
}

/// By RFC, then by section as a number, so that 9.10 comes after 9.2.
fn order(rule: &str) -> Order {
    let (rfc, section) = rule.split_once(" §").unwrap_or((rule, ""));
    let numbers = section.split('.').filter_map(|number| number.parse().ok());
    (rfc.parse().unwrap_or_default(), numbers.collect())
}
