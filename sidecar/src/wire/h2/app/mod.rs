//! The app over HTTP/2 without TLS (`protocol: H2C`): few connections with many streams, answers passed on as they come.

mod answer;
mod connection;
mod exchange;
mod heads;
mod pool;
#[cfg(test)]
mod tests;
mod tunnel;
mod upload;

pub use exchange::H2App;
pub use pool::H2Pool;
