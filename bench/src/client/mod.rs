//! The clients before the proxy: connections over HTTP/1.1 and HTTP/2, and the requests that they send.

mod connection;
mod http2;
mod request;

pub use connection::{Answer, Connection, PATIENCE, Target};
pub use http2::{Http2, Stream};
pub use request::Request;
