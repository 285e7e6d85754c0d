//! Asks a service of its own, or one that runs already.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::runtime::Runtime;

use super::app::HelloApp;
use super::ask::{Outcome, ask, wait_needed};
use super::captured_log::Captured;
use super::client::Target;
use super::requests::Credential;
use super::show;
use crate::local::{Asked as LocalAsked, Foreground, Prepared, Reader, RequestLines, Serving, prepare};
use crate::style::Style;

/// The quickstart, as it lies in the examples.
const MANIFESTS: [(&str, &str); 2] = [
    ("apiservice.yaml", include_str!("../../../examples/quickstart/apiservice.yaml")),
    ("apikey.yaml", include_str!("../../../examples/quickstart/apikey.yaml")),
];
/// The note on a key in a query, once the log was seen to keep it to itself.
const REDACTED: &str = "the log line shows api_key=[redacted]";

/// What is asked.
#[derive(Debug, Clone, clap::Args)]
pub struct Asked {
    /// Ask a service that runs already, over TLS; without it, the quickstart is served here
    #[arg(long, requires_all = ["cacert", "key"])]
    pub url: Option<String>,
    /// The service's plain port; the URL with http:// where left out
    #[arg(long, value_name = "URL", requires = "url")]
    pub http_url: Option<String>,
    /// The CA's certificate, PEM
    #[arg(long, value_name = "FILE", requires = "url")]
    pub cacert: Option<PathBuf>,
    /// The key that the service accepts; better given in SHIPSHAPE_KEY, which other users cannot see
    #[arg(long, env = "SHIPSHAPE_KEY", hide_env_values = true, requires = "url")]
    pub key: Option<String>,
    /// The header field of the key
    #[arg(long, default_value = "X-API-Key")]
    pub header: String,
    /// The address of the URLs' host, instead of what it resolves to
    #[arg(long, value_name = "IP", requires = "url")]
    pub resolve: Option<IpAddr>,
    /// Keep serving afterwards, until Ctrl-C
    #[arg(long, conflicts_with = "url")]
    pub keep: bool,
}

/// Asks everything and shows it; the exit code is 1 where an answer is another than expected.
///
/// # Errors
/// When there is no answer.
pub fn run(asked: &Asked, style: Style, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match (&asked.url, &asked.key) {
        (Some(url), Some(key)) => elsewhere(asked, url, key, &runtime, style, out),
        _ => here(asked, &runtime, style, out),
    }
}

fn elsewhere(
    asked: &Asked,
    url: &str,
    key: &str,
    runtime: &Runtime,
    style: Style,
    out: &mut impl Write,
) -> anyhow::Result<ExitCode> {
    let plain = asked.http_url.clone().unwrap_or_else(|| url.replacen("https://", "http://", 1));
    let https = Target::new(url, asked.cacert.as_deref(), asked.resolve)?;
    let http = Target::new(&plain, None, asked.resolve)?;
    let credential = Credential { header: &asked.header, key };
    if let Some(seconds) = runtime.block_on(wait_needed(&https, credential))? {
        writeln!(out, "this key was used a moment ago: waiting {seconds} s for its limit")?;
        out.flush()?;
        std::thread::sleep(Duration::from_secs(seconds));
    }
    let outcomes = runtime.block_on(ask(&https, &http, credential))?;
    show::write(&outcomes, style, out)?;
    Ok(exit_code(&outcomes))
}

fn here(asked: &Asked, runtime: &Runtime, style: Style, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let folder = tempfile::tempdir().context("cannot make a temporary folder: set TMPDIR")?;
    let app = HelloApp::start()?;
    let local = local_asked(folder.path(), app.address)?;
    let mut reader = Reader::new(&local, style);
    let Some(prepared) = prepare(&local, &mut reader, out)? else { bail!("the quickstart is refused") };
    let captured = Captured::default();
    let lines = RequestLines::new(std::io::stdout(), style, jiff::tz::TimeZone::system());
    let running = prepared.start(Box::new(captured.tap(lines)))?;
    let Prepared { found: _, files, config: _, made, app: _, ca } = prepared;
    let key = made.first().context("no key was made")?.text.reveal();
    let addresses = running.addresses();
    let url = format!("https://localhost:{}", addresses.https.port());
    let https = Target::new(&url, Some(&ca), Some(addresses.https.ip()))?;
    let http = Target::new(&format!("http://localhost:{}", addresses.http.port()), None, Some(addresses.http.ip()))?;

    writeln!(out, "shipshape try · the quickstart's policy in the very sidecar, in front of a small app\n")?;
    let mut outcomes = runtime.block_on(ask(&https, &http, Credential { header: &asked.header, key }))?;
    note_the_log(&mut outcomes, &captured, key)?;
    show::write(&outcomes, style, out)?;
    let next = Next { ca: &ca, header: &asked.header, key, url: &url, file: folder.path() };
    if asked.keep {
        let foreground = Foreground::begin()?;
        next.while_it_serves(out)?;
        out.flush()?;
        captured.open();
        let ended =
            Serving { asked: &local, reader, running, app: None, files, style }.until_the_end(foreground, out)?;
        return Ok(if ended == ExitCode::SUCCESS { exit_code(&outcomes) } else { ended });
    }
    Next::after(out)?;
    running.stop();
    running.wait()?;
    Ok(exit_code(&outcomes))
}

fn local_asked(folder: &std::path::Path, app: SocketAddr) -> anyhow::Result<LocalAsked> {
    let mut files = Vec::new();
    for (name, text) in MANIFESTS {
        let file = folder.join(name);
        std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
        files.push(file);
    }
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Ok(LocalAsked {
        files,
        name: None,
        https: free,
        http: free,
        admin: free,
        state: Some(folder.join("state")),
        once: false,
        new_keys: false,
        print_config: false,
        app: Some(app),
        command: Vec::new(),
    })
}

/// Says that the log keeps a key to itself, once it was seen to.
fn note_the_log(outcomes: &mut [Outcome], captured: &Captured, key: &str) -> anyhow::Result<()> {
    let Some(outcome) = outcomes.iter_mut().find(|outcome| outcome.code == "API_KEY_IN_QUERY") else { return Ok(()) };
    let line = captured.line("API_KEY_IN_QUERY").context("the access log does not tell of the key in the query")?;
    if line.contains(key) || !line.contains("api_key=[redacted]") {
        bail!("the access log shows the key of a query");
    }
    outcome.note = REDACTED.to_owned();
    Ok(())
}

fn exit_code(outcomes: &[Outcome]) -> ExitCode {
    let is_as_expected = outcomes.iter().all(|outcome| outcome.expected.is_none());
    if is_as_expected { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What to do next; every line works when it is pasted.
struct Next<'a> {
    ca: &'a std::path::Path,
    header: &'a str,
    key: &'a str,
    url: &'a str,
    file: &'a std::path::Path,
}

impl Next<'_> {
    fn while_it_serves(&self, out: &mut impl Write) -> std::io::Result<()> {
        let Self { ca, header, key, url, file } = self;
        writeln!(
            out,
            " Next: ask yourself:                            curl --cacert {} -H '{header}: {key}' {url}/hello",
            ca.display()
        )?;
        writeln!(
            out,
            "       edit the limit, and it applies at once:  ${{EDITOR:-vi}} {}/apiservice.yaml",
            file.display()
        )?;
        writeln!(out, "       stop:                                    Ctrl-C")
    }

    fn after(out: &mut impl Write) -> std::io::Result<()> {
        let program =
            std::env::current_exe().map_or_else(|_| "shipshape".to_owned(), |path| path.display().to_string());
        writeln!(out, " Next: keep it, and ask yourself:  {program} try --keep")?;
        writeln!(out, "       protect an app of yours:    {program} local --help")
    }
}
