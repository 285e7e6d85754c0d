//! The two sides of the wire: the client that asked and the app that answers.

use std::future::Future;

use super::body::{Body, Capped};
use super::head::{RequestHead, ResponseHead};

/// The client of one request.
pub trait Client: Send {
    /// Answers. The body is taken as the client reads it; the future ends when it was taken whole or the client went
    /// away. Dropping the body tells its source that nobody reads on.
    ///
    /// # Errors
    /// When the client went away first.
    fn answer(self, head: ResponseHead, body: Body) -> impl Future<Output = Result<(), ClientGone>> + Send;

    /// Resolves when the client has gone away, so that the app's request can be cancelled.
    fn gone(&mut self) -> impl Future<Output = ()> + Send;
}

/// The client went away before it had its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the client went away")]
pub struct ClientGone;

/// The app behind the sidecar.
pub trait App: Send + Sync {
    /// Sends a request and waits for the head of its answer; the body follows as the app sends it. Dropping the
    /// future or the answer's body cancels the request.
    ///
    /// # Errors
    /// Why there is no answer.
    fn send(
        &self,
        head: RequestHead,
        body: Capped,
    ) -> impl Future<Output = Result<(ResponseHead, Body), AppError>> + Send;
}

/// Why the app gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppError {
    /// No connection could be opened.
    #[error("no connection to the app: {0}")]
    Connect(String),
    /// It closed the connection, or answered with something that is no HTTP.
    #[error("the app broke its answer off: {0}")]
    Broken(String),
    /// The request's own body failed: nothing the app did.
    #[error("the request's body failed: {0}")]
    Request(super::body::BodyError),
}
