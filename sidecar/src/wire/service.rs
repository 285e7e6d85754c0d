//! Who answers the requests of a connection, whatever protocol it speaks.

use std::future::Future;

use bytes::Bytes;
use tokio::sync::watch;
use tokio::time::Instant;

use super::activity::Limits;
use super::body::BodyStream;
use super::head::{RequestHead, ResponseHead};
use super::hyper_head::HeadError;
use super::traits::Client;

/// Who answers requests.
pub trait Service: 'static {
    /// The limits in force now.
    fn limits(&self) -> Limits;

    /// Answers a request.
    fn request(
        &self,
        head: RequestHead,
        body: Option<BodyStream>,
        client: impl Client + 'static,
    ) -> impl Future<Output = ()>;

    /// Answers a request whose head has no single meaning.
    fn refuse(&self, error: HeadError, client: impl Client + 'static) -> impl Future<Output = ()>;

    /// The answer to what could not be read, or not in time: 400, 408, 414 or 431.
    fn unreadable(&self, status: u16) -> (ResponseHead, Bytes);
}

/// When a drain began, once it did.
pub type Draining = watch::Receiver<Option<Instant>>;
