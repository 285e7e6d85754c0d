//! What each fuzz target does with its input: it may refuse it in any way, and panics where a law does not hold.

pub mod chunked_decoder;
pub mod config_file;
pub mod differential_hyper;
pub mod path_normaliser;
pub mod request_head;
pub mod response_head;
