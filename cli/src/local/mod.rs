//! `shipshape local`: the very sidecar, in front of an app on this machine, with the policy of a file.

mod app;
mod asked;
mod authority;
mod banner;
mod command;
mod foreground;
mod keys;
mod prepare;
mod reading;
mod requests;
mod serve;
mod service_files;
mod state;
mod watch;

pub use asked::Asked;
pub use command::run;
pub use foreground::Foreground;
pub use prepare::{Prepared, prepare};
pub use reading::Reader;
pub use requests::RequestLines;
pub use serve::Serving;
