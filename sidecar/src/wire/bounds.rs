//! Bounds that hold for clients and apps whichever version of HTTP they speak.

use std::time::Duration;

/// Room for a request's head in bytes: twice what a policy may allow (`sizes.headers` 64 KiB, `sizes.url` 32 KiB), so
/// that what is too large by policy is still read and refused with a document.
pub(super) const REQUEST_HEAD: u32 = 128 * 1024;
/// An app's head of more bytes is no answer.
pub(super) const ANSWER_HEAD: u32 = 256 * 1024;
/// Interim answers to one request; no app has so much to say before it answers.
pub(super) const HINTS: usize = 16;
/// What a client has to take of its answer on average, in bytes per second, while it is waited for. One that takes
/// next to nothing would hold memory for as long as it likes.
pub(super) const SLOWEST_READER: u64 = 500;
/// How long a connection stays open without a request once a drain began: long enough for a client that is about to
/// send, short enough for a drain.
pub(super) const DRAIN_IDLE: Duration = Duration::from_secs(1);
/// How long a connection that was ended is still read. Bytes that nobody read would make the kernel reset the
/// connection, and a reset eats the last words on their way (RFC 9112 section 9.6).
pub(super) const LINGER: Duration = Duration::from_secs(1);
/// No more than so many bytes are read and dropped by then.
pub(super) const LINGER_BYTES: usize = 4 << 20;
