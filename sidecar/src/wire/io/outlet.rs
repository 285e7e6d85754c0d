//! Bytes that are to leave: framing of ours and payload that is not copied.

use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::AsyncWrite;

use super::held::Held;
use crate::wire::spare::{give_buffer, take_buffer};

/// Payload up to this length is copied behind its framing: one buffer is written faster than two.
const COPIED: usize = 4096;

/// Bytes that are to leave.
#[derive(Default)]
pub(in crate::wire) struct Outlet {
    framing: Vec<u8>,
    written: usize,
    payload: Bytes,
    /// What ends the payload's chunk: whoever reads it must not have to wait for the next one.
    tail: &'static [u8],
    counted: Held,
}

impl Outlet {
    /// Where framing is written to; only while [`Self::has_room`].
    pub(in crate::wire) fn framing(&mut self) -> &mut Vec<u8> {
        if self.framing.capacity() == 0 {
            self.framing = take_buffer();
        }
        &mut self.framing
    }

    /// Whether more can be taken now: framing goes before payload, so behind a payload nothing fits.
    pub(in crate::wire) fn has_room(&self) -> bool {
        self.payload.is_empty() && self.tail.is_empty() && self.framing.len() - self.written < 4 * COPIED
    }

    /// Takes payload; only while [`Self::has_room`].
    pub(in crate::wire) fn push(&mut self, payload: Bytes) {
        self.push_with(payload, b"");
    }

    /// Takes payload and what ends it; only while [`Self::has_room`].
    pub(in crate::wire) fn push_with(&mut self, payload: Bytes, tail: &'static [u8]) {
        if payload.len() <= COPIED {
            let framing = self.framing();
            framing.extend_from_slice(&payload);
            framing.extend_from_slice(tail);
        } else {
            (self.payload, self.tail) = (payload, tail);
            self.counted.set(self.payload.len());
        }
    }

    /// How many bytes wait.
    pub(in crate::wire) fn waiting(&self) -> usize {
        self.framing.len() - self.written + self.payload.len() + self.tail.len()
    }

    /// Whether nothing waits.
    pub(in crate::wire) fn is_empty(&self) -> bool {
        self.waiting() == 0
    }

    /// Hands everything over at once, where it is all framing and `take` takes it; whether it was.
    pub(in crate::wire) fn hand_over(&mut self, take: impl FnOnce(&[u8]) -> bool) -> bool {
        let framing = self.framing.get(self.written..).unwrap_or_default();
        let length = framing.len();
        if !self.payload.is_empty() || !self.tail.is_empty() || !take(framing) {
            return false;
        }
        self.wrote(length);
        true
    }

    /// Writes once; how much went out. Only while something waits.
    pub(in crate::wire) fn poll_write(
        &mut self,
        io: &mut (impl AsyncWrite + Unpin),
        context: &mut Context<'_>,
    ) -> Poll<Result<usize>> {
        let framing = self.framing.get(self.written..).unwrap_or_default();
        let io = Pin::new(io);
        let written = if self.payload.is_empty() && self.tail.is_empty() {
            ready!(io.poll_write(context, framing))?
        } else {
            let all = [IoSlice::new(framing), IoSlice::new(&self.payload), IoSlice::new(self.tail)];
            // What is empty would be all that a writer without vectors takes.
            let from = if framing.is_empty() { if self.payload.is_empty() { 2 } else { 1 } } else { 0 };
            ready!(io.poll_write_vectored(context, all.get(from..).unwrap_or_default()))?
        };
        if written == 0 {
            return Poll::Ready(Err(Error::from(ErrorKind::WriteZero)));
        }
        self.wrote(written);
        Poll::Ready(Ok(written))
    }

    fn wrote(&mut self, written: usize) {
        let framing = written.min(self.framing.len() - self.written);
        self.written += framing;
        let payload = (written - framing).min(self.payload.len());
        self.payload.advance(payload);
        self.counted.set(self.payload.len());
        self.tail = self.tail.get(written - framing - payload..).unwrap_or_default();
        if self.written == self.framing.len() {
            give_buffer(std::mem::take(&mut self.framing));
            self.written = 0;
        }
        if self.payload.is_empty() {
            // Whoever made it may use its memory again.
            self.payload = Bytes::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::io::AsyncReadExt;

    use super::*;

    #[tokio::test]
    async fn framing_and_payload_leave_in_order_whatever_is_taken_at_once() {
        for room in [1, 7, 4096, 1 << 20] {
            let (mut near, mut far) = tokio::io::duplex(room);
            let reading = tokio::spawn(async move {
                let mut all = Vec::new();
                far.read_to_end(&mut all).await.map(|_| all)
            });
            let mut outlet = Outlet::default();
            outlet.framing().extend_from_slice(b"head ");
            outlet.push(Bytes::from_static(b"short "));
            assert!(outlet.has_room());
            outlet.push_with(Bytes::from(vec![b'x'; COPIED + 1]), b"\r\n");
            assert!(!outlet.has_room());
            while !outlet.is_empty() {
                poll_fn(|context| outlet.poll_write(&mut near, context)).await.unwrap();
            }
            drop(near);
            let all = reading.await.unwrap().unwrap();
            assert!(
                all.starts_with(b"head short xx") && all.ends_with(b"x\r\n") && all.len() == 11 + COPIED + 3,
                "{room}"
            );
        }
    }
}
