//! What runs out: files, and memory for bodies that the app does not take.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures::future::join_all;
use serde_json::json;
use shipshape_tests::http::Client;
use shipshape_tests::wait::until;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::app::App;
use crate::connect::{Alpn, plain};
use crate::http2::connection::Connection;
use crate::http2::frames::{DATA, LARGEST, frame, headers, request};
use crate::polite::Polite;
use crate::sidecar::Sidecar;
use crate::siege::{Attack, Siege};
use crate::step::{Step, step};
use crate::table::{self, Row};

/// Files that the sidecar may have open, and connections that are opened.
const FILES: usize = 256;
const CONNECTIONS: usize = 400;
/// Uploads at once, and what each sends at most.
const UPLOADS: usize = 100;
const UPLOAD: usize = 8 << 20;
/// How long uploads are watched.
const WATCHED: Duration = Duration::from_secs(3);
/// What one upload over HTTP/1 may hold, in KiB, and all of one connection over HTTP/2: its window, twice.
const EACH: i64 = 128;
const WINDOW: i64 = 2 * 1024;
/// What one upload may leave behind, in KiB.
const LEFT_EACH: i64 = 20;
/// How soon those who left have to be given up, at the latest when the app ends their requests.
const GIVE_UP: Duration = Duration::from_secs(12);
/// A window before it is widened, and what is sent at once.
const WINDOW_AT_FIRST: u32 = 65_535;
const PIECE: u32 = 16_384;

pub fn steps() -> Vec<Step> {
    vec![
        step("shortage: no files are left", files),
        step("shortage: uploads that the app does not take", uploads),
        step("shortage: uploads that the app does not take, HTTP/2", uploads_over_http2),
    ]
}

/// Whoever is connected is served, probes are answered, and all is well as soon as the crowd is gone.
async fn files() -> Result<()> {
    let app = App::start(Duration::from_secs(60)).await?;
    let mut sidecar = Sidecar::with_few_files(app.address, &open_to_all(), FILES)?;
    let polite = Polite::begin_with_one_connection(&sidecar).await?;
    let crowd = join_all((0..CONNECTIONS).map(|_| plain(sidecar.http))).await;
    let admin = Client::new(sidecar.admin, "localhost", None)?;
    let probes = until("the admin port answers while no files are left", WATCHED, async || {
        tokio::time::timeout(Duration::from_secs(1), admin.get("/livez", &[])).await?
    })
    .await;
    tokio::time::sleep(WATCHED).await;
    drop(crowd);
    let (trust, https) = (sidecar.trust.clone(), sidecar.https);
    let (_, back) = until("new connections are taken again", Duration::from_secs(5), async || {
        tokio::time::timeout(Duration::from_secs(1), trust.tls(https, Alpn::Http1)).await?
    })
    .await?;
    let seen = polite.end().await?;
    table::add(Row {
        kind: format!("{FILES} files, {CONNECTIONS} connections"),
        amount: format!("{CONNECTIONS} connections"),
        end: format!("back after {} ms", back.as_millis()),
        polite: Some(seen.worst),
        ..Row::default()
    });
    sidecar.is_sound().await?;
    seen.judge()?;
    probes.map(drop)
}

async fn uploads() -> Result<()> {
    let mut siege = Siege::begin(&open_to_all()).await?;
    let mut given_up = upload_all(&siege).await?;
    siege.again().await?;
    given_up = given_up.max(upload_all(&siege).await?);
    // Where the second met worse luck than the first, a third finds all that an allocator keeps.
    if siege.grown().await? > LEFT_EACH * i64::try_from(UPLOADS)? {
        siege.again().await?;
        given_up = given_up.max(upload_all(&siege).await?);
    }
    let end = format!("given up {:.1} s after a reset", given_up.as_secs_f64());
    let all = i64::try_from(UPLOADS)?;
    siege.end(attack("uploads not taken, twice", &end, LEFT_EACH * all, EACH * all)).await.map(drop)
}

/// Uploads, leaves, and gives the time until the sidecar has closed all of them.
async fn upload_all(siege: &Siege) -> Result<Duration> {
    let head = format!("POST /stall HTTP/1.1\r\nHost: localhost\r\nContent-Length: {UPLOAD}\r\n\r\n");
    let upload = async || {
        let mut stream = plain(siege.sidecar.http).await?;
        stream.write_all(head.as_bytes()).await?;
        // More than it takes stays with the client.
        let _ = tokio::time::timeout(WATCHED, stream.write_all(&vec![b'x'; UPLOAD])).await;
        anyhow::Ok(stream)
    };
    let streams: Result<Vec<_>> = join_all((0..UPLOADS).map(|_| upload())).await.into_iter().collect();
    // With a reset, the sidecar can know at once that nobody waits.
    streams?.iter().try_for_each(TcpStream::set_zero_linger)?;
    let (_, given_up) = until("those who left are given up", GIVE_UP, async || {
        let open = siege.sidecar.metric("shipshape_connections{listener=\"http\"}").await?;
        ensure!(open == 0.0, "{open} connections are held");
        Ok(())
    })
    .await?;
    Ok(given_up)
}

async fn uploads_over_http2() -> Result<()> {
    let siege = Siege::begin(&open_to_all()).await?;
    let mut connection = Connection::open(&siege.sidecar).await?;
    let streams = u32::try_from(UPLOADS)?;
    let mut out = Vec::new();
    (0..streams).for_each(|n| headers(&mut out, 2 * n + 1, &request("POST", "/stall"), false));
    connection.send(&out).await.context("sending")?;
    let (began, piece) = (Instant::now(), vec![b'x'; LARGEST]);
    let mut sent = 0;
    while began.elapsed() < WATCHED {
        // Every stream in turn, as far as the windows allow (RFC 9113 section 6.9).
        let stream = 2 * (sent % streams) + 1;
        let (all, each) = ((sent + 1) * PIECE, (sent / streams + 1) * PIECE);
        let allowed = connection.seen().window.saturating_add(WINDOW_AT_FIRST);
        if all > allowed || each > WINDOW_AT_FIRST {
            connection.is_cut_within(Duration::from_millis(20)).await;
            continue;
        }
        out.clear();
        frame(&mut out, DATA, 0, stream, &piece);
        connection.send(&out).await.context("sending")?;
        sent += 1;
    }
    let (asked, seen) = (siege.app.requests(), connection.seen());
    drop(connection);
    siege.end(attack("uploads not taken, HTTP/2", "backpressure", WINDOW, 2 * WINDOW)).await?;
    ensure!(!seen.is_cut(), "a client that keeps to the windows was cut: {}", seen.end());
    ensure!(asked >= UPLOADS, "only {asked} uploads reached the app");
    ensure!(sent * PIECE >= WINDOW_AT_FIRST - PIECE, "only {sent} pieces were taken");
    Ok(())
}

fn open_to_all() -> serde_json::Value {
    json!({"policy": {"auth": {"mode": "None"}, "sizes": {"body": "64Mi"},
        "tls": {"redirect": {"enforcement": "Disabled"}}}})
}

fn attack(kind: &str, end: &str, may_leave: i64, may_take: i64) -> Attack {
    let (kind, amount, end) = (kind.to_owned(), format!("{UPLOADS} uploads"), end.to_owned());
    Attack { kind, amount, end, may_leave, may_take }
}
