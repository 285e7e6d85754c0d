//! The admin port: probes, metrics, the revision in force, and the app's end. It changes nothing.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::app_health::AppHealth;
use super::drain::Drain;
use super::worker::Workers;
use crate::live_config::LiveConfig;
use crate::wire::{self, Body, BodyStream, Client, HeadError, Limits, Protocol, RequestHead, ResponseHead};

/// Connections to the admin port: a kubelet, a scraper and an operator need a handful.
const MOST: usize = 256;
/// Small limits: whoever asks here is a machine nearby.
const LIMITS: Limits = Limits {
    head: Duration::from_secs(5),
    idle: Duration::from_secs(60),
    stall: Duration::from_secs(5),
    age: Duration::from_secs(3600),
    header_count: 64,
};
const TEXT: &str = "text/plain; charset=utf-8";
/// The exposition format of Prometheus.
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What the admin port tells about.
pub struct Admin {
    /// The configuration in force.
    pub live: Arc<LiveConfig>,
    /// The workers.
    pub workers: Arc<Workers>,
    /// The end of the sidecar.
    pub drain: Arc<Drain>,
    /// The app.
    pub health: AppHealth,
    /// The pod, where it is known.
    pub pod_uid: Option<String>,
}

/// Serves the admin port, within a `LocalSet`; never ends. Meanwhile a drain goes on: whoever waits for it asks here.
pub async fn serve(listener: TcpListener, admin: Rc<Admin>) {
    let places = Arc::new(Semaphore::new(MOST));
    // A drain closes the connections of clients, not those of the kubelet.
    let (never, draining) = tokio::sync::watch::channel(None);
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
        let (service, draining, never) = (Rc::new(AdminService(Rc::clone(&admin))), draining.clone(), never.clone());
        tokio::task::spawn_local(async move {
            wire::serve(stream, Protocol::Http1, false, service, draining).await;
            drop((place, never));
        });
    }
}

struct AdminService(Rc<Admin>);

impl wire::Service for AdminService {
    fn limits(&self) -> Limits {
        LIMITS
    }

    async fn request(self: Rc<Self>, head: RequestHead, body: Option<BodyStream>, client: impl Client + 'static) {
        drop(body);
        let reply = match head.method_name() {
            "GET" | "HEAD" => self.0.answer(head.target.path()).await,
            _ => Reply::text(405, "this port answers GET only"),
        };
        // Whoever asked may be gone.
        let _ = client.answer(reply.head, Body::Whole(reply.body)).await;
    }

    async fn refuse(&self, error: HeadError, client: impl Client + 'static) {
        let reply = Reply::text(400, error.to_string());
        let _ = client.answer(reply.head, Body::Whole(reply.body)).await;
    }
}

impl Admin {
    async fn answer(&self, path: &str) -> Reply {
        match path {
            "/livez" => Reply::verdict(self.workers.are_alive().await, "a worker does not answer"),
            "/readyz" => Reply::verdict(self.is_ready().await, "the app is not ready"),
            "/app/live" => Reply::verdict(self.health.is_alive().await, "the app does not answer"),
            "/metrics" => self.metrics(),
            "/revision" => self.revision(),
            "/drained" => self.drained().await,
            _ => Reply::text(404, "here are /livez, /readyz, /app/live, /metrics, /revision and /drained"),
        }
    }

    /// A drain keeps it ready for as long as connections are accepted: a pod that is alone would otherwise refuse
    /// everything while other nodes still send here.
    async fn is_ready(&self) -> bool {
        let drains = self.drain.began().borrow().is_some();
        if drains { self.drain.accepts() } else { self.health.is_ready().await }
    }

    fn metrics(&self) -> Reply {
        match self.workers.metrics().render() {
            Ok(text) => Reply::new(200, METRICS, text),
            Err(error) => Reply::text(500, format!("the metrics cannot be written: {error}")),
        }
    }

    fn revision(&self) -> Reply {
        match serde_json::to_string(&self.live.revision(self.pod_uid.as_deref())) {
            Ok(json) => Reply::new(200, "application/json", json),
            Err(error) => Reply::text(500, format!("the revision cannot be written: {error}")),
        }
    }

    async fn drained(&self) -> Reply {
        let has_drained = self.drain.drained(self.live.current().drain()).await;
        Reply::text(200, if has_drained { "drained" } else { "no drain began" })
    }
}

struct Reply {
    head: ResponseHead,
    body: Bytes,
}

impl Reply {
    fn new(status: u16, media_type: &'static str, body: impl Into<Bytes>) -> Self {
        let mut head = ResponseHead::new(status);
        head.fields.append("content-type", media_type);
        head.fields.append("cache-control", "no-store");
        Self { head, body: body.into() }
    }

    fn text(status: u16, text: impl Into<String>) -> Self {
        Self::new(status, TEXT, text.into() + "\n")
    }

    fn verdict(is_fine: bool, otherwise: &'static str) -> Self {
        if is_fine { Self::text(200, "ok") } else { Self::text(503, otherwise) }
    }
}
