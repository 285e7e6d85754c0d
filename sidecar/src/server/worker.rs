//! Workers: a thread each, with a runtime, connections and a pool of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::Instant;

use super::connection::{Accepted, Local, serve};
use crate::telemetry::metrics::SidecarMetrics;

/// How long a worker may take to say that it lives.
const PING: Duration = Duration::from_secs(1);

/// All workers.
pub struct Workers {
    all: Vec<Worker>,
    metrics: Arc<SidecarMetrics>,
    closed: Arc<Notify>,
    max_connections: usize,
}

/// A worker as others see it.
pub struct Worker {
    orders: mpsc::UnboundedSender<Order>,
    load: Arc<AtomicUsize>,
    closed: Arc<Notify>,
    metrics: Arc<SidecarMetrics>,
    thread: JoinHandle<()>,
}

enum Order {
    Serve(Accepted, Slot),
    Ping(oneshot::Sender<()>),
}

/// A connection's place in its worker; dropped when it is over.
struct Slot {
    load: Arc<AtomicUsize>,
    closed: Arc<Notify>,
    gauge: prometheus::IntGauge,
}

impl Workers {
    /// Starts one thread for each of `locals`; together they take at most `max_connections`.
    ///
    /// # Errors
    /// When a thread or its runtime cannot be started.
    pub fn start(locals: Vec<Local>, metrics: &Arc<SidecarMetrics>, max_connections: usize) -> anyhow::Result<Self> {
        let closed = Arc::new(Notify::new());
        let start = |(number, local)| Worker::start(number, local, metrics, &closed);
        let all = locals.into_iter().enumerate().map(start).collect::<anyhow::Result<_>>()?;
        Ok(Self { all, metrics: Arc::clone(metrics), closed, max_connections })
    }

    /// The worker with the fewest connections.
    #[must_use]
    pub fn least_loaded(&self) -> Option<&Worker> {
        self.all.iter().min_by_key(|worker| worker.load.load(Relaxed))
    }

    /// Whether one more connection would be too many.
    #[must_use]
    pub fn are_full(&self) -> bool {
        self.connections() >= self.max_connections
    }

    /// Connections that are open now.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.all.iter().map(|worker| worker.load.load(Relaxed)).sum()
    }

    /// The metrics of the sidecar.
    #[must_use]
    pub fn metrics(&self) -> &SidecarMetrics {
        &self.metrics
    }

    /// Whether every worker answers within a second.
    pub async fn are_alive(&self) -> bool {
        let pings: Vec<_> = self.all.iter().map(Worker::ping).collect();
        tokio::time::timeout(PING, futures::future::join_all(pings))
            .await
            .is_ok_and(|answers| answers.iter().all(Result::is_ok))
    }

    /// Waits until every connection is over, at most until `deadline`.
    pub async fn empty(&self, deadline: Instant) {
        let all_closed = async {
            loop {
                let mut closed = std::pin::pin!(self.closed.notified());
                // Listening before looking: a connection that closes in between is heard.
                closed.as_mut().enable();
                if self.connections() == 0 {
                    return;
                }
                closed.await;
            }
        };
        if tokio::time::timeout_at(deadline, all_closed).await.is_err() {
            tracing::warn!(connections = self.connections(), "the drain's time is over: what is in flight is cut");
        }
    }

    /// Ends every thread; connections that are still open are cut.
    pub fn join(self) {
        let Self { all, metrics: _, closed: _, max_connections: _ } = self;
        for Worker { orders, thread, load: _, closed: _, metrics: _ } in all {
            drop(orders);
            if thread.join().is_err() {
                tracing::error!("a worker ended by a defect");
            }
        }
    }
}

impl Worker {
    fn start(number: usize, local: Local, metrics: &Arc<SidecarMetrics>, closed: &Arc<Notify>) -> anyhow::Result<Self> {
        let (orders, received) = mpsc::unbounded_channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start a worker's runtime: are file descriptors left?")?;
        let thread = std::thread::Builder::new()
            .name(format!("worker-{number}"))
            .spawn(move || runtime.block_on(work(received, Arc::new(local))))
            .context("cannot start a worker's thread: is the limit of processes reached?")?;
        let (closed, metrics) = (Arc::clone(closed), Arc::clone(metrics));
        Ok(Self { orders, load: Arc::default(), closed, metrics, thread })
    }

    /// Gives it a connection.
    pub fn hand_over(&self, accepted: Accepted) {
        let gauge = self.metrics.connections.with_label_values(&[accepted.port.label()]);
        gauge.inc();
        self.load.fetch_add(1, Relaxed);
        let slot = Slot { load: Arc::clone(&self.load), closed: Arc::clone(&self.closed), gauge };
        // A worker that is gone closes the connection by dropping it.
        let _ = self.orders.send(Order::Serve(accepted, slot));
    }

    fn ping(&self) -> oneshot::Receiver<()> {
        let (answer, heard) = oneshot::channel();
        // A worker that is gone does not answer.
        let _ = self.orders.send(Order::Ping(answer));
        heard
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.gauge.dec();
        self.load.fetch_sub(1, Relaxed);
        self.closed.notify_waiters();
    }
}

async fn work(mut orders: mpsc::UnboundedReceiver<Order>, local: Arc<Local>) {
    while let Some(order) = orders.recv().await {
        match order {
            Order::Serve(accepted, slot) => {
                let local = Arc::clone(&local);
                tokio::spawn(async move {
                    serve(accepted, local).await;
                    drop(slot);
                });
            }
            Order::Ping(answer) => {
                // Whoever asked may have given up.
                let _ = answer.send(());
            }
        }
    }
}
