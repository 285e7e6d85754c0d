//! The request path in memory, done as often as asked, for a tool that counts instructions:
//! `instructions WORK TIMES`, where WORK is one of the names in `instructions.json`.

use std::hint::black_box;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use shipshape_bench::client::Request as Sent;
use shipshape_bench::credentials::{ApiKeys, KEY_FIELD};
use shipshape_bench::proxy::sidecar_config;
use shipshape_bench::scenario::{ORIGIN, Setup};
use shipshape_crds::policy::ClientAddress;
use shipshape_sidecar::clock::SystemClock;
use shipshape_sidecar::counters::LimitStore;
use shipshape_sidecar::facts::{Connection, Request};
use shipshape_sidecar::filters::api_key::KeyRing;
use shipshape_sidecar::pipeline::{Inputs, Ports, Rules, WorkerContext, handle};
use shipshape_sidecar::telemetry::access_log::Sink;
use shipshape_sidecar::telemetry::metrics::SidecarMetrics;
use shipshape_sidecar::wire::codec::{Asked, HeadLimits, parse_request, parse_response};
use shipshape_sidecar::wire::{
    Absence, App, AppError, Body, Capped, Client, ClientGone, Exchange, RequestHead, ResponseHead, Said,
};

/// What the app answers.
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nServer: app\r\nDate: Sat, 21 Nov 2026 12:00:00 GMT\r\n\
    Content-Type: application/json\r\nCache-Control: no-store\r\nContent-Length: 1024\r\n\r\n";

/// What heads may hold unless a policy says otherwise.
const LIMITS: HeadLimits = HeadLimits { bytes: 32 * 1024, fields: 100 };

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (work, times) = (arguments.next().unwrap_or_default(), arguments.next().context("how often?")?.parse()?);
    let keys = ApiKeys::make()?;
    let key = keys.texts().next().context("no key was made")?;
    let typical = typical().with(KEY_FIELD, key).head();
    match work.as_str() {
        "request head" => repeat(times, || parse_request(black_box(&typical), &LIMITS, true)),
        "answer head" => repeat(times, || parse_response(black_box(ANSWER), &LIMITS, Asked::Other)),
        "policy" => requests(&keys, &typical, times)?,
        "refusal" => requests(&keys, &self::typical().head(), times)?,
        _ => bail!("no such work: {work}"),
    }
    Ok(())
}

/// What a page's script sends through a gateway, without a credential.
fn typical() -> Sent {
    Sent::get("/")
        .with("Origin", ORIGIN)
        .with("Referer", format!("{ORIGIN}/orders?page=2"))
        .with("Accept-Encoding", "gzip, deflate, br, zstd")
        .with("Accept-Language", "en-GB,en;q=0.9")
        .with("Sec-Fetch-Mode", "cors")
        .with("Sec-Fetch-Site", "same-site")
        .with("X-Forwarded-For", "198.51.100.23")
        .with("X-Forwarded-Proto", "https")
}

fn repeat<T>(times: u64, work: impl Fn() -> T) {
    for _ in 0..times {
        black_box(work());
    }
}

/// The whole pipeline with the full policy of the bench, from a parsed head to the answer at the client.
fn requests(keys: &ApiKeys, bytes: &[u8], times: u64) -> Result<()> {
    let metrics = SidecarMetrics::new()?;
    let sink = Sink::start(Box::new(std::io::sink()), &metrics.access_log_dropped)?;
    let context = WorkerContext {
        clock: Arc::new(SystemClock::start()),
        random: || 42,
        metrics: metrics.worker(),
        access_log: sink.worker(),
        draining: tokio::sync::watch::channel(None).1,
    };
    // A gateway ends TLS in front, and says so: a connection that tells of TLS exists only with its handshake.
    let mut config = sidecar_config(Setup::Full, SocketAddr::from(([127, 0, 0, 1], 5000)))?;
    config.policy.client_address = Some(ClientAddress { trusted_proxies: vec!["203.0.113.0/24".parse()?] });
    let inputs = Inputs {
        config: Arc::new(config),
        keys: KeyRing::build(std::slice::from_ref(&keys.shard), &keys.peppers),
        limits: Arc::new(LimitStore::default()),
        metrics: Arc::clone(&metrics),
        ports: Ports { https: 8443, http: 8080 },
    };
    let rules = Arc::new(Rules::build(inputs).ok().context("the full policy cannot be enforced")?);
    let at = |port: u16| SocketAddr::from(([203, 0, 113, 7], port));
    let connection = Connection { peer: at(40_000), local: at(8080), tls: None };
    let head = parse_request(bytes, &LIMITS, true)?.context("half a head")?.head;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    runtime.block_on(async {
        for _ in 0..times {
            let request = Request { head: head.clone(), body: None };
            handle(&context, &rules, &connection, request, Reader, &Answering).await;
        }
    });
    Ok(())
}

/// A client that takes everything at once.
struct Reader;

impl Client for Reader {
    async fn hint(&mut self, _: ResponseHead) -> Result<(), ClientGone> {
        Ok(())
    }

    async fn answer(self, head: ResponseHead, body: Body) -> Result<(), ClientGone> {
        black_box((head, body));
        Ok(())
    }

    fn poll_absence(&mut self, _: Option<tokio::time::Instant>, _: &mut std::task::Context<'_>) -> Poll<Absence> {
        Poll::Pending
    }
}

/// An app that answers at once.
struct Answering;

impl App for Answering {
    fn send(&self, head: RequestHead, _: Capped) -> impl Exchange {
        black_box(head);
        Answering
    }
}

impl Exchange for Answering {
    fn poll_next(&mut self, _: &mut std::task::Context<'_>) -> Poll<Result<Said, AppError>> {
        let mut head = ResponseHead::new(200);
        head.fields.append("content-type", "application/json");
        head.content_length = Some(1024);
        Poll::Ready(Ok(Said::Answer(head, Body::Whole(Bytes::from_static(&[b'x'; 1024])))))
    }
}
