//! The configuration in force: read, judged, compiled, swapped at once; a bad file keeps the last good one.

mod bundle;
mod live;
mod reload;
mod served;
mod watch;

pub use bundle::{Bundle, ConfigError};
pub use live::{Live, Shared};
pub use reload::{LiveConfig, Revision, check};
pub use watch::watch;
