//! What the upstream of a case answers: bytes, exactly as a case says.

use std::time::Duration;

/// One answer of the upstream, given to the next request that it sees.
#[derive(Debug, Clone)]
pub struct Reply {
    /// What has to be there first.
    pub after: After,
    /// The bytes, one write each.
    pub writes: Vec<Vec<u8>>,
    /// How often all of them are written.
    pub times: usize,
    /// How long it waits between two writes.
    pub beat: Duration,
    /// What becomes of the connection.
    pub then: Then,
}

/// What an upstream waits for before it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// The head of a request.
    Head,
    /// A whole request.
    Request,
}

/// What an upstream does with a connection after its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Reads on.
    Keep,
    /// Closes it.
    Close,
}

impl Reply {
    /// These bytes after a whole request; then it reads on.
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self { after: After::Request, writes: vec![bytes.into()], times: 1, beat: Duration::ZERO, then: Then::Keep }
    }

    /// An ordinary answer of two bytes, on a connection that ends with it: whatever else comes on it was hidden.
    pub fn ok() -> Self {
        Self::bytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
    }

    /// The same, on a connection that stays open.
    pub fn kept() -> Self {
        Self::bytes("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nkept")
    }

    /// Nothing at all.
    pub fn silence() -> Self {
        Self { writes: Vec::new(), ..Self::bytes("") }
    }

    /// The same answer, and then the connection is closed.
    pub fn closing(self) -> Self {
        Self { then: Then::Close, ..self }
    }

    /// The same answer, as soon as the head is there.
    pub fn early(self) -> Self {
        Self { after: After::Head, ..self }
    }

    /// The same answer, so many times.
    pub fn repeated(self, times: usize) -> Self {
        Self { times, ..self }
    }

    /// The same answer, its writes likely in packets of their own.
    pub fn paced(self) -> Self {
        Self { beat: Duration::from_micros(500), ..self }
    }

    /// The same answer and more, in a write of its own.
    pub fn and(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.writes.push(bytes.into());
        self
    }
}
