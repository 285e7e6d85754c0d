//! The access log as short lines for people.

use std::io::{self, Write};

use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::style::Style;

/// Takes the sidecar's access log and writes one short line for each request.
#[derive(Debug)]
pub struct RequestLines<W> {
    out: W,
    style: Style,
    zone: TimeZone,
    begun: Vec<u8>,
}

/// What is shown of an entry.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    time: jiff::Timestamp,
    #[serde(default)]
    method: String,
    #[serde(default)]
    path: String,
    #[serde(default)]
    status: Option<u16>,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    field: Option<String>,
    #[serde(default)]
    duration_ms: f64,
}

impl<W: Write> RequestLines<W> {
    /// Lines to `out`, with times of that zone.
    pub fn new(out: W, style: Style, zone: TimeZone) -> Self {
        Self { out, style, zone, begun: Vec::new() }
    }

    fn line(&mut self, json: &[u8]) -> io::Result<()> {
        // A line that is no entry is shown as it is: nothing that the sidecar says is hidden.
        let Ok(entry) = serde_json::from_slice::<Entry>(json) else {
            self.out.write_all(json)?;
            return writeln!(self.out);
        };
        let Entry { time, method, path, status, code, field, duration_ms } = entry;
        let time = self.style.faint(&time.to_zoned(self.zone.clone()).strftime("%H:%M:%S").to_string());
        let status = status.map_or_else(|| "-".to_owned(), |status| coloured(self.style, status));
        match (code, field) {
            (Some(code), Some(field)) => writeln!(self.out, "{time} {method} {path} {status} {code} {field}"),
            (Some(code), None) => writeln!(self.out, "{time} {method} {path} {status} {code}"),
            (None, _) => writeln!(self.out, "{time} {method} {path} {status} {duration_ms:.0} ms"),
        }
    }
}

impl<W: Write> Write for RequestLines<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.begun.extend_from_slice(bytes);
        while let Some(end) = self.begun.iter().position(|byte| *byte == b'\n') {
            let rest = self.begun.split_off(end + 1);
            let line = std::mem::replace(&mut self.begun, rest);
            self.line(line.strip_suffix(b"\n").unwrap_or(&line))?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn coloured(style: Style, status: u16) -> String {
    let text = status.to_string();
    match status {
        ..400 => style.good(&text),
        400..500 => style.warn(&text),
        500.. => style.bad(&text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_become_short_lines_however_they_are_cut() {
        let log = concat!(
            r#"{"time":"2026-11-21T12:03:11.481Z","method":"GET","path":"/products","status":200,"durationMs":4.2,"x":1}"#,
            "\n",
            r#"{"time":"2026-11-21T12:03:12Z","method":"POST","path":"/login","status":429,"code":"RATE_LIMITED","field":"spec.policy.rateLimits[a]","durationMs":0.1}"#,
            "\nnot json\n",
        );
        for size in [1, 7, 1000] {
            let mut lines = RequestLines::new(Vec::new(), Style::Plain, TimeZone::UTC);
            for part in log.as_bytes().chunks(size) {
                lines.write_all(part).unwrap();
            }
            let text = String::from_utf8(lines.out).unwrap();
            assert_eq!(
                text,
                "12:03:11 GET /products 200 4 ms\n12:03:12 POST /login 429 RATE_LIMITED spec.policy.rateLimits[a]\nnot json\n"
            );
        }
    }
}
