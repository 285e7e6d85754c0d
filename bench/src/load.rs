//! The closed loop: each connection sends its next request when the last one was answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tokio::task::JoinSet;

use crate::client::{Connection, Target};
use crate::figures::Counts;

/// Failures after which a connection gives up: a proxy that refuses everybody must not be asked in a tight loop.
const PATIENCE: u32 = 100;

/// What is sent, and what should come back.
#[derive(Clone)]
pub struct Plan {
    /// Where to.
    pub target: Target,
    /// Requests as bytes; each connection goes through them in turn.
    pub requests: Arc<[Vec<u8>]>,
    /// The status of every answer.
    pub expected: u16,
    /// How many connections.
    pub connections: usize,
}

/// A load that runs until it is dropped.
pub struct Load {
    totals: Arc<Totals>,
    _connections: JoinSet<()>,
}

#[derive(Default)]
struct Totals {
    expected: AtomicU64,
    unexpected: AtomicU64,
    failed: AtomicU64,
}

impl Load {
    /// Starts it on the runtime of the caller.
    #[must_use]
    pub fn start(plan: &Plan) -> Self {
        let totals = Arc::<Totals>::default();
        let mut connections = JoinSet::new();
        for number in 0..plan.connections {
            connections.spawn(keep_asking(plan.clone(), number, Arc::clone(&totals)));
        }
        Self { totals, _connections: connections }
    }

    /// What was counted so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let Totals { expected, unexpected, failed } = &*self.totals;
        Counts { expected: expected.load(Relaxed), unexpected: unexpected.load(Relaxed), failed: failed.load(Relaxed) }
    }
}

async fn keep_asking(plan: Plan, number: usize, totals: Arc<Totals>) {
    for _ in 0..PATIENCE {
        if ask_on_one_connection(&plan, number, &totals).await.is_err() {
            totals.failed.fetch_add(1, Relaxed);
        }
    }
}

/// Ends well only where the proxy said that it closes the connection.
async fn ask_on_one_connection(plan: &Plan, number: usize, totals: &Totals) -> anyhow::Result<()> {
    let mut connection = Connection::open(&plan.target, number).await?;
    // Connections begin at different requests: no two send the same one at the same time.
    for request in plan.requests.iter().cycle().skip(number % plan.requests.len().max(1)) {
        let answer = connection.exchange(request).await?;
        let total = if answer.status == plan.expected { &totals.expected } else { &totals.unexpected };
        total.fetch_add(1, Relaxed);
        if answer.closes {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::client::get;
    use crate::cores::Cores;
    use crate::upstream::Upstream;

    fn run_until(plan: &Plan, done: fn(Counts) -> bool) -> Counts {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let load = Load::start(plan);
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
        Plan { target, requests: [get("/", ""), get("/big", "")].into(), expected, connections: 3 }
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
    fn a_proxy_that_is_gone_is_a_bounded_number_of_failures() {
        let upstream = Upstream::start(Cores::choose().unwrap().load).unwrap();
        let plan = plan(&upstream, 200);
        drop(upstream);
        let all = 3 * u64::from(PATIENCE);
        let counts = run_until(&plan, |counts| counts.failed == 3 * u64::from(PATIENCE));
        assert_eq!((counts.failed, counts.completed()), (all, 0));
    }
}
