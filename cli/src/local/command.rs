//! Starts the app and the sidecar, shows what is protected, and serves.

use std::io::Write;
use std::process::ExitCode;

use jiff::tz::TimeZone;

use super::app::AppProcess;
use super::asked::Asked;
use super::banner::{self, Banner};
use super::foreground::{Foreground, INTERRUPTED};
use super::prepare::{Prepared, prepare};
use super::reading::Reader;
use super::requests::RequestLines;
use super::serve::Serving;
use crate::style::Style;

/// Serves until it is told to end.
///
/// # Errors
/// Everything that keeps it from serving.
pub fn run(asked: &Asked, style: Style, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let mut reader = Reader::new(asked, style);
    let Some(prepared) = prepare(asked, &mut reader, out)? else { return Ok(ExitCode::FAILURE) };
    if asked.print_config {
        return print_config(&prepared, out);
    }
    let mut foreground = Foreground::begin()?;
    let mut app = None;
    if !asked.command.is_empty() {
        let mut process = AppProcess::start(&asked.command, prepared.app)?;
        writeln!(out, "waiting for {} on {}", asked.command.join(" "), prepared.app)?;
        out.flush()?;
        let Some(listens) = foreground.wait_for(process.wait_until_it_listens(prepared.app)) else {
            return Ok(ExitCode::from(INTERRUPTED));
        };
        listens?;
        app = Some(process);
    }
    let log = RequestLines::new(std::io::stdout(), style, TimeZone::system());
    let running = prepared.start(Box::new(log))?;
    let Prepared { found, files, config, made, app: address, ca } = prepared;
    let shown = Banner {
        config: &config,
        spec: &found.service.spec,
        https: running.addresses().https,
        app: address,
        command: &asked.command,
        ca: &ca,
        made: &made,
    };
    banner::write(&shown, style, out)?;
    out.flush()?;
    Serving { asked, reader, running, app, files, style }.until_the_end(foreground, out)
}

fn print_config(prepared: &Prepared, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    serde_json::to_writer_pretty(&mut *out, &prepared.config)?;
    writeln!(out)?;
    // Standard output is the configuration's.
    banner::keys(&prepared.made, &mut std::io::stderr())?;
    Ok(ExitCode::SUCCESS)
}
