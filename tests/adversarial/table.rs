//! What each attack cost, told in one table at the end.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

static ROWS: Mutex<Vec<Row>> = Mutex::new(Vec::new());

/// One attack.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// Its name.
    pub kind: String,
    /// What was sent until it was cut, such as `892 frames`, or how many clients there were.
    pub amount: String,
    /// How it ended.
    pub end: String,
    /// Processor time of the sidecar.
    pub cpu: Option<Duration>,
    /// Growth of the sidecar's memory after the attack and while it went on, in KiB.
    pub memory: Option<(i64, i64)>,
    /// How long it took, its preparation included.
    pub took: Option<Duration>,
    /// The slowest request of the polite client beside it.
    pub polite: Option<Duration>,
}

/// Adds a row.
pub fn add(row: Row) {
    ROWS.lock().unwrap_or_else(PoisonError::into_inner).push(row);
}

/// All rows as text.
pub fn render() -> String {
    let rows = ROWS.lock().unwrap_or_else(PoisonError::into_inner);
    if rows.is_empty() {
        return String::new();
    }
    let mut text = format!(
        "{:<40} {:>16}  {:<38} {:>7} {:>9} {:>9} {:>9} {:>6}\n",
        "attack", "sent", "end", "CPU s", "MB after", "MB peak", "polite ms", "took s"
    );
    for Row { kind, amount, end, cpu, memory, polite, took } in rows.iter() {
        let cpu = cpu.map_or_else(String::new, |cpu| format!("{:.3}", cpu.as_secs_f64()));
        let [after, peak] = memory.map_or_else(Default::default, |(after, peak)| [megabytes(after), megabytes(peak)]);
        let polite = polite.map_or_else(String::new, |polite| polite.as_millis().to_string());
        let took = took.map_or_else(String::new, |took| format!("{:.1}", took.as_secs_f64()));
        // Writing to a String cannot fail.
        let _ =
            writeln!(text, "{kind:<40} {amount:>16}  {end:<38} {cpu:>7} {after:>9} {peak:>9} {polite:>9} {took:>6}");
    }
    text
}

/// Writes a text to standard output, and gives the value back.
pub fn say<T>(text: &str, value: T) -> T {
    // Nobody is left to be told that standard output is closed.
    let _ = writeln!(std::io::stdout(), "{text}");
    value
}

fn megabytes(kib: i64) -> String {
    let tenths = kib.saturating_mul(10) / 1024;
    format!("{}{}.{}", if tenths < 0 { "-" } else { "" }, tenths.abs() / 10, tenths.abs() % 10)
}
