//! The closed loop: each client sends its next request when the last one was answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use anyhow::Result;
use bytes::Bytes;
use tokio::task::JoinSet;

use crate::client::{Connection, Http2, Request, Stream, Target};
use crate::figures::Counts;
use crate::scenario::Traffic;

/// Failures in a row after which a client gives up: a proxy that refuses everybody must not be asked in a tight loop.
const PATIENCE: u32 = 100;

/// What is sent, and what should come back.
#[derive(Clone)]
pub struct Plan {
    /// Where to.
    pub target: Target,
    /// Requests; each client goes through them in turn.
    pub requests: Vec<Request>,
    /// The status of every answer.
    pub expected: u16,
    /// How clients behave.
    pub traffic: Traffic,
}

/// A load that runs until it is dropped.
pub struct Load {
    totals: Arc<Totals>,
    _clients: JoinSet<()>,
}

/// One client of HTTP/1.1.
struct Client {
    target: Target,
    requests: Arc<[Vec<u8>]>,
    number: usize,
    traffic: Traffic,
    totals: Arc<Totals>,
}

#[derive(Default)]
struct Totals {
    status: u16,
    expected: AtomicU64,
    unexpected: AtomicU64,
    failed: AtomicU64,
}

impl Load {
    /// Starts it on the runtime of the caller.
    ///
    /// # Errors
    /// When a request cannot be sent by the protocol.
    pub fn start(plan: &Plan) -> Result<Self> {
        let totals = Arc::new(Totals { status: plan.expected, ..Totals::default() });
        let mut clients = JoinSet::new();
        match plan.traffic {
            Traffic::Streams(connections, streams) => {
                let requests: Arc<[_]> = plan.requests.iter().map(Request::http2).collect::<Result<_>>()?;
                for number in 0..connections {
                    let (target, requests, totals) = (plan.target.clone(), Arc::clone(&requests), Arc::clone(&totals));
                    clients.spawn(keep_streams_busy(target, number, streams, requests, totals));
                }
            }
            Traffic::Kept(count) | Traffic::New(count) | Traffic::Resumed(count) => {
                let requests: Arc<[_]> = plan.requests.iter().map(Request::http1).collect();
                for number in 0..count {
                    let (requests, totals) = (Arc::clone(&requests), Arc::clone(&totals));
                    let client =
                        Client { target: plan.target.clone(), requests, number, traffic: plan.traffic, totals };
                    clients.spawn(client.keep_asking());
                }
            }
        }
        Ok(Self { totals, _clients: clients })
    }

    /// What was counted so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let Totals { expected, unexpected, failed, status: _ } = &*self.totals;
        Counts { expected: expected.load(Relaxed), unexpected: unexpected.load(Relaxed), failed: failed.load(Relaxed) }
    }
}

impl Totals {
    fn count(&self, is_expected: bool) {
        let total = if is_expected { &self.expected } else { &self.unexpected };
        total.fetch_add(1, Relaxed);
    }
}

impl Client {
    async fn keep_asking(self) {
        // Clients begin at different requests: no two send the same one at the same time.
        let mut turn = self.number;
        let mut failures = 0;
        let mut connections = 0_u64;
        while failures < PATIENCE {
            let before = turn;
            if self.ask_on_one_connection(&mut turn, connections == 0).await.is_err() {
                self.totals.failed.fetch_add(1, Relaxed);
                failures = if turn == before { failures + 1 } else { 1 };
            } else {
                failures = 0;
            }
            connections += 1;
        }
    }

    /// Ends well only where the proxy said that it closes the connection. A connection that should have been resumed
    /// and was not makes its answer one that was not expected.
    async fn ask_on_one_connection(&self, turn: &mut usize, is_first: bool) -> Result<()> {
        let mut connection = Connection::open(&self.target, self.number).await?;
        let resumes = matches!(self.traffic, Traffic::Resumed(_)) && !is_first;
        let is_right = !resumes || connection.is_resumed();
        let is_kept = matches!(self.traffic, Traffic::Kept(_));
        while let Some(request) = self.requests.get(*turn % self.requests.len().max(1)) {
            let answer = connection.exchange(request).await?;
            let closes = answer.closes;
            self.totals.count(is_right && answer.status == self.totals.status);
            *turn += 1;
            if closes || !is_kept {
                break;
            }
        }
        connection.end().await
    }
}

async fn keep_streams_busy(
    target: Target,
    number: usize,
    streams: usize,
    requests: Arc<[http::Request<Bytes>]>,
    totals: Arc<Totals>,
) {
    for _ in 0..PATIENCE {
        let Ok(connection) = Http2::open(&target, number).await else {
            totals.failed.fetch_add(1, Relaxed);
            continue;
        };
        let mut places = JoinSet::new();
        for place in 0..streams {
            let first = number * streams + place;
            places.spawn(ask_on_one_stream(connection.stream(), first, Arc::clone(&requests), Arc::clone(&totals)));
        }
        while places.join_next().await.is_some() {}
    }
}

/// Asks until a request fails, as all do when the connection has ended.
async fn ask_on_one_stream(
    mut stream: Stream,
    first: usize,
    requests: Arc<[http::Request<Bytes>]>,
    totals: Arc<Totals>,
) {
    for request in requests.iter().cycle().skip(first % requests.len().max(1)) {
        match stream.exchange(request).await {
            Ok((head, _)) => totals.count(head.status.as_u16() == totals.status),
            Err(_) => {
                totals.failed.fetch_add(1, Relaxed);
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::cores::Cores;
    use crate::upstream::Upstream;

    fn run_until(plan: &Plan, done: fn(Counts) -> bool) -> Counts {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let load = Load::start(plan).unwrap();
            let began = Instant::now();
            while !done(load.counts()) {
                assert!(began.elapsed() < Duration::from_secs(30), "{:?}", load.counts());
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            load.counts()
        })
    }

    fn plan(upstream: &Upstream, expected: u16) -> Plan {
        let target = Target { address: upstream.address(), tls: None };
        let requests = vec![Request::get("/"), Request::post("/big", 10)];
        Plan { target, requests, expected, traffic: Traffic::Kept(3) }
    }

    #[test]
    fn answers_are_counted_by_their_status() {
        let upstream = Upstream::start(Cores::choose().unwrap().load).unwrap();
        let counts = run_until(&plan(&upstream, 200), |counts| counts.expected >= 100);
        assert_eq!((counts.unexpected, counts.failed), (0, 0));
        let counts = run_until(&plan(&upstream, 401), |counts| counts.unexpected >= 100);
        assert_eq!((counts.expected, counts.failed), (0, 0));
    }

    #[test]
    fn a_connection_that_is_not_resumed_is_not_what_was_expected() {
        let upstream = Upstream::start(Cores::choose().unwrap().load).unwrap();
        let requests = vec![Request::get("/").with("Connection", "close")];
        let plan = Plan { requests, traffic: Traffic::Resumed(1), ..plan(&upstream, 200) };
        let counts = run_until(&plan, |counts| counts.unexpected >= 10);
        assert_eq!((counts.expected, counts.failed), (1, 0), "only the first has nothing to resume");
        let plan = Plan { traffic: Traffic::New(2), ..plan };
        let counts = run_until(&plan, |counts| counts.expected >= 10);
        assert_eq!((counts.unexpected, counts.failed), (0, 0));
    }

    #[test]
    fn a_proxy_that_is_gone_is_a_bounded_number_of_failures() {
        let upstream = Upstream::start(Cores::choose().unwrap().load).unwrap();
        let plan = plan(&upstream, 200);
        drop(upstream);
        let all = 3 * u64::from(PATIENCE);
        let counts = run_until(&plan, |counts| counts.failed == 3 * u64::from(PATIENCE));
        assert_eq!((counts.failed, counts.completed()), (all, 0));
    }
}
