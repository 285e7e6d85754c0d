//! A test of this target.

use anyhow::Result;
use tokio::runtime::Runtime;

/// A test: its name, and what it shows.
pub type Step = (String, Box<dyn FnOnce() -> Result<()> + Send>);

/// A test that runs on a runtime of its own.
pub fn step<F: Future<Output = Result<()>>>(name: &str, run: impl FnOnce() -> F + Send + 'static) -> Step {
    (name.to_owned(), Box::new(move || Runtime::new()?.block_on(run())))
}
