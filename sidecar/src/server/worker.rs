//! Workers: a thread each, with a runtime, connections and a pool of its own.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::Instant;

use super::connection::{Accepted, Given, Local, serve};
use crate::telemetry::metrics::SidecarMetrics;
use crate::wire::AppPools;

/// How long a worker may take to say that it lives.
const PING: Duration = Duration::from_secs(1);
/// How long a worker may take to end once it was told to: nothing is in flight any more.
const LAST_STEPS: Duration = Duration::from_secs(2);

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

/// Begins something on a worker's thread, where it stays.
type Work = Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = ()>>> + Send>;

enum Order {
    Serve(Accepted, Slot),
    Run(Work),
    Ping(oneshot::Sender<()>),
}

/// A connection's place in its worker; dropped when it is over.
struct Slot {
    load: Arc<AtomicUsize>,
    closed: Arc<Notify>,
    gauge: prometheus::IntGauge,
}

impl Workers {
    /// Starts one thread for each of `given`; together they take at most `max_connections`.
    ///
    /// # Errors
    /// When a thread or its runtime cannot be started.
    pub fn start(given: Vec<Given>, metrics: &Arc<SidecarMetrics>, max_connections: usize) -> anyhow::Result<Self> {
        let closed = Arc::new(Notify::new());
        let start = |(number, given)| Worker::start(number, given, metrics, &closed);
        let all = given.into_iter().enumerate().map(start).collect::<anyhow::Result<_>>()?;
        Ok(Self { all, metrics: Arc::clone(metrics), closed, max_connections })
    }

    /// The worker that does what is done once for all of them.
    #[must_use]
    pub fn first(&self) -> Option<&Worker> {
        self.all.first()
    }

    /// The worker with the fewest connections, and its number; one that died has none, and is not meant.
    #[must_use]
    pub fn least_loaded(&self) -> Option<(usize, &Worker)> {
        let living = self.all.iter().enumerate().filter(|(_, worker)| !worker.orders.is_closed());
        living.min_by_key(|(_, worker)| worker.load.load(Relaxed))
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

    /// Ends every thread; connections that are still open are cut. A worker that hangs is left behind: whoever
    /// restarts the process because of it must not wait for it as well.
    pub fn join(self) {
        let Self { all, metrics: _, closed: _, max_connections: _ } = self;
        let deadline = Instant::now() + LAST_STEPS;
        // Without its orders a worker ends; all are told before one is waited for.
        let told = |Worker { orders: _, thread, load: _, closed: _, metrics: _ }| thread;
        let threads: Vec<JoinHandle<()>> = all.into_iter().map(told).collect();
        for thread in threads {
            while !thread.is_finished() && Instant::now() < deadline {
                // The standard library cannot join with a deadline.
                std::thread::sleep(Duration::from_millis(5));
            }
            if !thread.is_finished() {
                tracing::error!("a worker hangs and is left behind");
            } else if thread.join().is_err() {
                tracing::error!("a worker ended by a defect");
            }
        }
    }
}

impl Worker {
    fn start(number: usize, given: Given, metrics: &Arc<SidecarMetrics>, closed: &Arc<Notify>) -> anyhow::Result<Self> {
        let (orders, received) = mpsc::unbounded_channel();
        // A runtime of its own, which stays on its thread: nothing on it has to be fit to move.
        let (started, has_started) = std::sync::mpsc::channel();
        let run = move || match runtime() {
            Ok(runtime) => {
                // Whoever started it waits for this.
                let _ = started.send(Ok(()));
                // A task like those that it starts: waking the future that a runtime blocks on is a system call.
                let ended = runtime.block_on(async { tokio::task::spawn_local(work(received, given)).await });
                if let Err(defect) = ended
                    && let Ok(panic) = defect.try_into_panic()
                {
                    std::panic::resume_unwind(panic);
                }
            }
            Err(error) => drop(started.send(Err(error))),
        };
        let thread = std::thread::Builder::new()
            .name(format!("worker-{number}"))
            .spawn(run)
            .context("cannot start a worker's thread: is the limit of processes reached?")?;
        has_started
            .recv()
            .context("a worker ended before it began")?
            .context("cannot start a worker's runtime: are file descriptors left?")?;
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

    /// Lets it do something beside its connections; `begin` is called on its thread.
    pub fn run<F: Future<Output = ()> + 'static>(&self, begin: impl FnOnce() -> F + Send + 'static) {
        // A worker that is gone drops it.
        let _ = self.orders.send(Order::Run(Box::new(|| Box::pin(begin()))));
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

fn runtime() -> std::io::Result<tokio::runtime::LocalRuntime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build_local(tokio::runtime::LocalOptions::default())
}

async fn work(mut orders: mpsc::UnboundedReceiver<Order>, given: Given) {
    let local = Rc::new(Local { given, pools: AppPools::default() });
    while let Some(order) = orders.recv().await {
        match order {
            Order::Serve(accepted, slot) => {
                let local = Rc::clone(&local);
                tokio::task::spawn_local(async move {
                    serve(accepted, local).await;
                    drop(slot);
                });
            }
            Order::Run(begin) => drop(tokio::task::spawn_local(begin())),
            Order::Ping(answer) => {
                // Whoever asked may have given up.
                let _ = answer.send(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Orders = mpsc::UnboundedReceiver<Order>;

    /// Workers whose threads do other things than they should.
    fn workers(threads: Vec<Box<dyn FnOnce(Orders) + Send>>) -> Workers {
        let (metrics, closed) = (SidecarMetrics::new().unwrap(), Arc::new(Notify::new()));
        let start = |run: Box<dyn FnOnce(Orders) + Send>| {
            let (orders, received) = mpsc::unbounded_channel();
            let thread = std::thread::spawn(move || run(received));
            let (closed, metrics) = (Arc::clone(&closed), Arc::clone(&metrics));
            Worker { orders, load: Arc::default(), closed, metrics, thread }
        };
        let all = threads.into_iter().map(start).collect();
        Workers { all, metrics: Arc::clone(&metrics), closed: Arc::clone(&closed), max_connections: 10 }
    }

    fn answers(mut orders: Orders) {
        while let Some(order) = orders.blocking_recv() {
            if let Order::Ping(answer) = order {
                let _ = answer.send(());
            }
        }
    }

    #[tokio::test]
    async fn a_dead_worker_gets_no_connection_and_liveness_fails_for_it() {
        let healthy = workers(vec![Box::new(answers), Box::new(answers)]);
        assert!(healthy.are_alive().await);
        healthy.join();
        let hurt = workers(vec![Box::new(|_| panic!("a defect")), Box::new(answers)]);
        // Its end of the channel goes with the thread.
        hurt.all[0].orders.closed().await;
        assert!(!hurt.are_alive().await && !hurt.are_alive().await);
        hurt.all[1].load.store(5, Relaxed);
        assert_eq!(hurt.least_loaded().unwrap().0, 1);
        hurt.join();
    }

    #[tokio::test]
    async fn liveness_fails_for_a_worker_that_hangs_and_the_end_does_not_wait_for_it() {
        let (release, held) = std::sync::mpsc::channel::<()>();
        let hung = workers(vec![Box::new(move |_orders| held.recv().unwrap_or_default())]);
        assert!(!hung.are_alive().await);
        let (told, heard) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            hung.join();
            told.send(())
        });
        assert_eq!(heard.recv_timeout(LAST_STEPS * 5), Ok(()));
        drop(release);
    }
}
