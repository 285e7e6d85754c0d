//! The wire: what filters see of a connection, whatever library stands behind it.

mod body;
mod fields;
mod head;
mod traits;

pub use body::{Body, BodyError, CapError, Capped, Frame, IncomingBody};
pub use fields::{Field, Fields};
pub use head::{RequestHead, ResponseHead, Target, Version};
pub use traits::{App, AppError, Client, ClientGone};
