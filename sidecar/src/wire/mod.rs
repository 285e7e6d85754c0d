//! The wire: what filters see of a connection, whatever library stands behind it. hyper's types end here.

mod activity;
mod app_pool;
mod authority;
mod body;
mod discard;
mod fields;
mod framing;
mod guarded_io;
mod head;
mod hyper_app;
mod hyper_app_io;
mod hyper_body;
mod hyper_client;
mod hyper_head;
mod hyper_server;
mod service;
mod timed;
mod traits;

pub use activity::Limits;
pub use app_pool::AppPool;
pub use body::{Body, BodyError, BodyStream, CapError, Capped, Duplex, Frame, Tunnel};
pub use fields::{Field, Fields};
pub use head::{RequestHead, ResponseHead, Target, Upgrade, Version};
pub use hyper_app::HyperApp;
pub use hyper_head::HeadError;
pub use hyper_server::{Protocol, serve};
pub use service::{Draining, Service};
pub use timed::with_idle_timeout;
pub use traits::{App, AppError, Client, ClientGone, Exchange, Said};
