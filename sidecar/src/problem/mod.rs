//! Every refusal: one taxonomy of codes, and the problem document (RFC 9457) that a client gets.

mod code;
mod document;
pub mod grpc;

pub use code::Code;
pub use document::Problem;
