//! `shipshape check`: everything that is wrong with files, offline, with lines.

mod command;
mod json;
mod judge;
mod junit;
mod report;
mod sarif;
mod schema;
mod text;
mod wording;

pub use command::{Format, run};
pub use judge::judge;
pub use report::{Judged, Located, Report};
pub use text::write as write_text;
