//! Everything around one request, in memory: rules, clock, counters, log and the app.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;
use shipshape_crds::api_keys::KeyText;
use shipshape_crds::sidecar_config::SidecarConfig;

use super::app::{AppDoes, TestApp};
use super::client::{Seen, TestClient};
use super::config::{Route, config, head, key_ring};
use crate::clock::Clock;
use crate::counters::LimitStore;
use crate::facts::{Connection, Request};
use crate::pipeline::{Inputs, Ports, Rules, WorkerContext, handle};
use crate::telemetry::access_log::Sink;
use crate::telemetry::metrics::SidecarMetrics;
use crate::tls::TlsFacts;
use crate::wire::{BodyError, BodyStream, Frame, RequestHead};

/// Everything around one request.
pub struct World {
    /// The rules.
    pub rules: Arc<Rules>,
    /// The worker.
    pub context: WorkerContext,
    /// The metrics.
    pub metrics: Arc<SidecarMetrics>,
    /// The app.
    pub app: TestApp,
    /// A key that is accepted.
    pub key: KeyText,
    /// The connection of the next request.
    pub connection: Connection,
    limits: Arc<LimitStore>,
    clock: Arc<TestClock>,
    sink: Sink,
    written: Arc<Mutex<Vec<u8>>>,
}

#[derive(Default)]
struct TestClock(AtomicU64);

impl Clock for TestClock {
    fn monotonic(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }

    fn wall(&self) -> Timestamp {
        "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap() + self.monotonic()
    }

    fn moment(&self, _: Duration) -> tokio::time::Instant {
        tokio::time::Instant::now()
    }
}

struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl World {
    /// A world with this policy and an app that answers `hello`; requests come over TLS from 203.0.113.7.
    pub fn new(policy: Value, routes: &[Route<'_>]) -> Self {
        Self::of(config(policy, routes))
    }

    /// A world with this configuration.
    pub fn of(config: SidecarConfig) -> Self {
        let (key, _) = key_ring(&["read"]);
        let (metrics, clock) = (SidecarMetrics::new().unwrap(), Arc::new(TestClock::default()));
        let (written, limits) = (Arc::new(Mutex::new(Vec::new())), Arc::new(LimitStore::default()));
        let sink = Sink::start(Box::new(Written(Arc::clone(&written))), &metrics.access_log_dropped).unwrap();
        let context = WorkerContext {
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            random: || 42,
            metrics: metrics.worker(),
            access_log: sink.worker(),
            draining: tokio::sync::watch::channel(None).1,
        };
        let rules = rules(config, &limits, &metrics);
        let app = TestApp::new(AppDoes::Answer(200, Vec::new(), "hello"));
        let at = |port: u16| SocketAddr::from(([203, 0, 113, 7], port));
        let connection = Connection { peer: at(40_000), local: at(8443), tls: Some(Arc::new(TlsFacts::unnamed())) };
        Self { rules, context, metrics, app, key, connection, limits, clock, sink, written }
    }

    /// The same world with another configuration, as after a reload.
    pub fn reload(&mut self, config: SidecarConfig) {
        self.rules = rules(config, &self.limits, &self.metrics);
    }

    /// Lets time pass.
    pub fn wait(&self, time: Duration) {
        self.clock.0.fetch_add(u64::try_from(time.as_nanos()).unwrap(), Ordering::Relaxed);
    }

    /// Sends a request without a body and waits for its answer.
    pub fn ask(&self, method: &str, target: &str, fields: &[(&'static str, &str)]) -> Seen {
        self.send(head(method, target, fields), &[])
    }

    /// Sends the right key.
    pub fn ask_with_key(&self, method: &str, target: &str) -> Seen {
        self.ask(method, target, &[("x-api-key", self.key.reveal())])
    }

    /// Sends a request and waits for its answer.
    pub fn send(&self, head: RequestHead, pieces: &[&'static str]) -> Seen {
        let pieces: Vec<_> = pieces.iter().map(|piece| Ok(Frame::Data(Bytes::from_static(piece.as_bytes())))).collect();
        self.send_stream(head, Box::pin(futures::stream::iter(pieces)), TestClient::default())
    }

    /// Sends a request whose body is any stream, as any client.
    pub fn send_stream(&self, head: RequestHead, body: BodyStream, client: TestClient) -> Seen {
        let seen = Arc::clone(&client.seen);
        let request = Request { head, body: Some(body) };
        // Paused time runs ahead by itself when everything waits, so timeouts are tested without waiting.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(handle(&self.context, &self.rules, &self.connection, request, client, &self.app));
        Arc::try_unwrap(seen).unwrap_or_default().into_inner().unwrap()
    }

    /// The lines of the access log so far; no request can follow.
    pub fn log(self) -> Vec<Value> {
        self.sink.stop(Duration::from_secs(10));
        let written = self.written.lock().unwrap();
        let lines = written.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines.map(|line| serde_json::from_slice(line).unwrap()).collect()
    }
}

/// A body that stops after its pieces and never ends.
pub fn stalling(pieces: &'static [&'static str]) -> BodyStream {
    use futures::StreamExt;
    let frame = |piece: &&'static str| Ok::<_, BodyError>(Frame::Data(Bytes::from_static(piece.as_bytes())));
    Box::pin(futures::stream::iter(pieces.iter().map(frame)).chain(futures::stream::pending()))
}

fn rules(config: SidecarConfig, limits: &Arc<LimitStore>, metrics: &Arc<SidecarMetrics>) -> Arc<Rules> {
    let (_, keys) = key_ring(&["read"]);
    let ports = Ports { https: 8443, http: 8080 };
    let (limits, metrics) = (Arc::clone(limits), Arc::clone(metrics));
    let inputs = Inputs { config: Arc::new(config), keys, limits, metrics, ports };
    let built = Rules::build(inputs);
    Arc::new(built.unwrap_or_else(|findings| panic!("{findings:?}")))
}
