//! HTTP/2 frame by frame: no library that would refuse to send what is wrong.

pub mod connection;
pub mod frames;
