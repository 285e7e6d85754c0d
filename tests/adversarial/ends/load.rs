//! Twenty clients that ask without end, half of them over HTTP/2, and what became of every request.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use anyhow::Result;
use futures::future::join_all;
use tokio::task::JoinHandle;

use super::client::{Client, Fate};
use crate::connect::Alpn;
use crate::sidecar::Addresses;

/// Clients at once.
pub const CLIENTS: usize = 20;

/// What clients do.
#[derive(Clone)]
pub struct Habit {
    /// The method.
    pub method: &'static str,
    /// The path of each request.
    pub path: &'static str,
    /// How long to pause before the next request, at most; the pauses differ.
    pub pause: Duration,
    /// After so many requests a client comes back with a new connection.
    pub renewal: usize,
}

/// Clients at work.
pub struct Load {
    shared: Arc<Shared>,
    clients: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    served: AtomicUsize,
    opened: AtomicUsize,
    has_endpoint: AtomicBool,
    is_over: AtomicBool,
    failures: std::sync::Mutex<Failures>,
}

/// What must not be.
#[derive(Debug, Clone, Default)]
pub struct Failures {
    /// Requests sent on a connection not announced as closing and not answered as they should.
    pub lost: Vec<String>,
    /// Connections refused while clients are still sent here.
    pub refused: Vec<String>,
}

impl Load {
    /// Lets all clients begin.
    pub fn begin(to: &Addresses, habit: &Habit) -> Self {
        let shared = Arc::new(Shared { has_endpoint: AtomicBool::new(true), ..Shared::default() });
        let client = |number: usize| {
            let alpn = if number.is_multiple_of(2) { Alpn::Http1 } else { Alpn::Http2 };
            tokio::spawn(Arc::clone(&shared).work(to.clone(), habit.clone(), alpn, number))
        };
        let clients = (0..CLIENTS).map(client).collect();
        Self { shared, clients }
    }

    /// Requests served so far.
    pub fn served(&self) -> usize {
        self.shared.served.load(Relaxed)
    }

    /// Connections opened so far.
    pub fn opened(&self) -> usize {
        self.shared.opened.load(Relaxed)
    }

    /// No client is sent here any more: connections that are open are used until their end is announced.
    pub fn endpoint_is_gone(&self) {
        self.shared.has_endpoint.store(false, Relaxed);
    }

    /// Waits until every client has left, at most so long. Gives when the last one left, and what went wrong.
    ///
    /// # Errors
    /// When clients are still served.
    pub async fn left(self, deadline: Duration) -> Result<(Instant, Failures)> {
        let all = join_all(self.clients);
        let Ok(_) = tokio::time::timeout(deadline, all).await else {
            self.shared.is_over.store(true, Relaxed);
            anyhow::bail!("{deadline:?} later clients still use their connections: none was told that it ends");
        };
        let failures = self.shared.failures.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        Ok((Instant::now(), failures))
    }

    /// Ends all clients after their next answer, and tells what went wrong.
    ///
    /// # Errors
    /// When clients do not end.
    pub async fn end(self) -> Result<Failures> {
        self.shared.is_over.store(true, Relaxed);
        Ok(self.left(Duration::from_secs(20)).await?.1)
    }
}

impl Shared {
    async fn work(self: Arc<Self>, to: Addresses, habit: Habit, alpn: Alpn, number: usize) {
        while self.has_endpoint.load(Relaxed) && !self.is_over.load(Relaxed) {
            let client = Client::open(&to.trust, to.https, alpn).await;
            match client {
                Ok(client) => {
                    self.opened.fetch_add(1, Relaxed);
                    self.use_up(client, &habit, number).await;
                }
                // Whoever was sent here before the endpoint went may come too late: only that it went is a race.
                Err(_) if !self.has_endpoint.load(Relaxed) => return,
                Err(error) => {
                    self.fails(|failures| failures.refused.push(format!("{alpn:?}: {error:#}")));
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    async fn use_up(&self, mut client: Client, habit: &Habit, number: usize) {
        for turn in 1..=habit.renewal {
            match client.ask(habit.method, habit.path).await {
                Fate::Served => drop(self.served.fetch_add(1, Relaxed)),
                Fate::ServedLast => {
                    self.served.fetch_add(1, Relaxed);
                    return;
                }
                Fate::NotTaken => return,
                Fate::Lost(error) => return self.fails(|failures| failures.lost.push(format!("{error:#}"))),
            }
            if self.is_over.load(Relaxed) {
                return;
            }
            if !habit.pause.is_zero() {
                // Pauses of all lengths, spread evenly and the same in every run.
                let twentieths = u32::try_from((turn * 7 + number * 3) % 20).unwrap_or_default();
                tokio::time::sleep(habit.pause * twentieths / 20).await;
            }
        }
    }

    fn fails(&self, note: impl FnOnce(&mut Failures)) {
        note(&mut self.failures.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }
}

impl Failures {
    /// In words, for the table.
    pub fn told(&self) -> String {
        format!("{} lost, {} refused", self.lost.len(), self.refused.len())
    }

    /// That there were none.
    ///
    /// # Errors
    /// When there were; says the first ones.
    pub fn judge(&self) -> Result<()> {
        let Self { lost, refused } = self;
        let first = |all: &[String]| all.iter().take(3).cloned().collect::<Vec<_>>().join("; ");
        anyhow::ensure!(lost.is_empty(), "{} requests were lost: {}", lost.len(), first(lost));
        anyhow::ensure!(refused.is_empty(), "{} connections were refused: {}", refused.len(), first(refused));
        Ok(())
    }
}
