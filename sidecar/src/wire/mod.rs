//! The wire: HTTP as bytes on one side, as heads and bodies without framing on the other.

mod any_app;
mod app;
mod authority;
mod body;
mod bounds;
pub mod codec;
mod fields;
mod h1;
mod h2;
mod head;
mod io;
mod kept;
mod late_upload;
mod media_type;
mod serve;
mod service;
mod spare;
mod timed;
mod traits;
mod websocket;

pub use any_app::{AnyApp, AppPools};
pub use body::{Body, BodyError, BodyStream, CapError, Capped, Duplex, Frame, Tunnel};
pub use codec::HeadError;
pub use fields::{Field, Fields};
pub use head::{RequestHead, ResponseHead, Target, Upgrade, Version};
pub use io::{Alarm, Transport, held_bytes};
pub use media_type::{has_media_type, is_grpc};
pub use serve::{Protocol, serve};
pub use service::{Draining, Limits, Service};
pub use timed::{Patience, Rate, timed};
pub use traits::{Absence, App, AppError, Client, ClientGone, Exchange, Said};
