//! The app over HTTP/1.1: pooled connections, one careful repetition, answers passed on as they come.

mod answer_body;
mod connection;
mod exchange;
mod pool;
mod tunnel;
mod upload;

pub use exchange::Http1App;
pub use pool::AppPool;
