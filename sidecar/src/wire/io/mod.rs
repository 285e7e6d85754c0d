//! What both sides of the wire read and write with: buffers, timers, sockets.

mod alarm;
mod date;
mod held;
mod inlet;
mod outlet;
mod scratch;
mod transport;

pub use alarm::Alarm;
pub(super) use date::with_http_date;
pub use held::held_bytes;
pub(super) use inlet::{Inlet, Taken};
pub(super) use outlet::Outlet;
pub(super) use scratch::poll_read;
pub use transport::Transport;
