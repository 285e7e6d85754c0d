//! Checked words: each holds text that was parsed once and keeps the spelling its author chose.

mod byte_size;
mod cidr;
mod header_name;
mod hostname;
mod origin;
mod path_pattern;
mod quantity;
mod timespan;
mod word;

pub use byte_size::ByteSize;
pub use cidr::Cidr;
pub use header_name::HeaderName;
pub use hostname::Hostname;
pub use origin::Origin;
pub use path_pattern::{PathPattern, Segment};
pub use quantity::Quantity;
pub use timespan::Timespan;
pub use word::WordError;
