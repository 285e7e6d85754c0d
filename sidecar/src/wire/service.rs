//! Who answers the requests of a connection, whatever protocol it speaks.

use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::body::BodyStream;
use super::codec::HeadError;
use super::head::RequestHead;
use super::traits::Client;

/// Who answers requests.
pub trait Service: 'static {
    /// The limits in force now.
    fn limits(&self) -> Limits;

    /// Answers a request.
    fn request(
        self: Rc<Self>,
        head: RequestHead,
        body: Option<BodyStream>,
        client: impl Client + 'static,
    ) -> impl Future<Output = ()> + 'static;

    /// Answers a request whose head has no single meaning, or did not come in time.
    fn refuse(&self, error: HeadError, client: impl Client + 'static) -> impl Future<Output = ()>;
}

/// When a drain began, once it did.
pub type Draining = watch::Receiver<Option<Instant>>;

/// How long the parts of a connection may take, and how many fields a request may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From the connection's start, or a head's first byte, to the head's end.
    pub head: Duration,
    /// Without a request.
    pub idle: Duration,
    /// For a client that takes next to nothing of its answer.
    pub stall: Duration,
    /// From its start: then it ends gently, so that pods that were added receive traffic.
    pub age: Duration,
    /// Header fields of a request.
    pub header_count: usize,
}
