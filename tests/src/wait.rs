//! Waiting for what must come true, with a deadline that says what did not.

use std::future::Future;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// Asks again and again until `ask` gives something, and tells how long it took.
///
/// # Errors
/// When the deadline passes; the last error of `ask` says why.
pub async fn until<T, F, Fut>(what: &str, deadline: Duration, mut ask: F) -> Result<(T, Duration)>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T>>,
{
    let began = Instant::now();
    loop {
        let error = match ask().await {
            Ok(value) => return Ok((value, began.elapsed())),
            Err(error) => error,
        };
        if began.elapsed() > deadline {
            bail!("{what}: not within {deadline:?}: {error:#}");
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
