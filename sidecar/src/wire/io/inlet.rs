//! Bytes that came and are not used yet: heads are read out of them, then bodies.

use std::io::Result;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt};

use super::held::Held;
use super::scratch::poll_read;
use crate::wire::codec::first_line_break;

/// Bytes that came and are not used yet.
#[derive(Default)]
pub(in crate::wire) struct Inlet {
    held: BytesMut,
    /// How much of `held` was looked at for a head without finding its end.
    seen: usize,
    has_ended: bool,
    counted: Held,
}

/// What reading for a head came to.
#[derive(Debug)]
pub(in crate::wire) enum Taken<T, E> {
    /// It is there, and its bytes are used.
    Whole(T),
    /// It can never be one.
    Broken(E),
    /// The other side ended; `partly` says whether something of a head had come.
    Ended { partly: bool },
}

/// Reads a head from the front of the bytes: the head and its length in bytes, or nothing yet.
pub(in crate::wire) trait Parse<T, E>:
    FnMut(&[u8]) -> std::result::Result<Option<(T, usize)>, E>
{
}

impl<T, E, F: FnMut(&[u8]) -> std::result::Result<Option<(T, usize)>, E>> Parse<T, E> for F {}

impl Inlet {
    /// What is held.
    pub(in crate::wire) fn bytes(&self) -> &[u8] {
        &self.held
    }

    /// Whether the other side has ended.
    pub(in crate::wire) fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// Uses the first bytes up.
    pub(in crate::wire) fn skip(&mut self, length: usize) {
        self.held.advance(length.min(self.held.len()));
        self.seen = 0;
        if self.held.is_empty() {
            // An idle connection holds no buffer.
            self.held = BytesMut::new();
        }
        self.counted.set(self.held.len());
    }

    /// Uses the first bytes up and hands them over.
    pub(in crate::wire) fn take(&mut self, length: usize) -> Bytes {
        self.seen = 0;
        let taken = if length >= self.held.len() { std::mem::take(&mut self.held) } else { self.held.split_to(length) };
        self.counted.set(self.held.len());
        taken.freeze()
    }

    /// Reads until `parse` finds a head. A head is looked for only when a line has ended since: one that comes byte by
    /// byte costs no more than one that comes at once.
    pub(in crate::wire) fn poll_head<T, E>(
        &mut self,
        io: &mut (impl AsyncRead + Unpin),
        context: &mut Context<'_>,
        mut parse: impl Parse<T, E>,
    ) -> Poll<Result<Taken<T, E>>> {
        loop {
            if let Some(taken) = self.look(&mut parse) {
                return Poll::Ready(Ok(taken));
            }
            if self.has_ended {
                return Poll::Ready(Ok(Taken::Ended { partly: !self.held.is_empty() }));
            }
            if let Some(taken) = ready!(self.poll_fresh(io, context, &mut parse))? {
                return Poll::Ready(Ok(taken));
            }
        }
    }

    /// Looks at what is held, if anything changed that could matter.
    fn look<T, E>(&mut self, parse: &mut impl Parse<T, E>) -> Option<Taken<T, E>> {
        let fresh = self.held.get(self.seen..).filter(|fresh| !fresh.is_empty())?;
        let matters = self.seen == 0 || first_line_break(fresh).is_some() || self.held.len() - self.seen > 4096;
        if !matters {
            return None;
        }
        match parse(&self.held) {
            Ok(Some((head, length))) => {
                self.skip(length);
                Some(Taken::Whole(head))
            }
            Ok(None) => {
                self.seen = self.held.len();
                None
            }
            Err(error) => Some(Taken::Broken(error)),
        }
    }

    /// Reads; a head that comes whole is read where it lies, and only what follows it is kept.
    fn poll_fresh<T, E>(
        &mut self,
        io: &mut (impl AsyncRead + Unpin),
        context: &mut Context<'_>,
        parse: &mut impl Parse<T, E>,
    ) -> Poll<Result<Option<Taken<T, E>>>> {
        poll_read(io, context, |fresh| {
            if fresh.is_empty() {
                self.has_ended = true;
                return None;
            }
            if !self.held.is_empty() {
                self.held.extend_from_slice(fresh);
                self.counted.set(self.held.len());
                return None;
            }
            match parse(fresh) {
                Ok(Some((head, length))) => {
                    self.hold(fresh.get(length..).unwrap_or_default());
                    Some(Taken::Whole(head))
                }
                Ok(None) => {
                    self.hold(fresh);
                    self.seen = fresh.len();
                    None
                }
                Err(error) => {
                    self.hold(fresh);
                    Some(Taken::Broken(error))
                }
            }
        })
    }

    fn hold(&mut self, bytes: &[u8]) {
        self.seen = 0;
        self.held = BytesMut::from(bytes);
        self.counted.set(bytes.len());
    }

    /// Reads more of a body, up to `most` bytes; 0 where the other side has ended.
    pub(in crate::wire) fn poll_more(
        &mut self,
        io: &mut (impl AsyncRead + Unpin),
        context: &mut Context<'_>,
        most: usize,
    ) -> Poll<Result<usize>> {
        if self.has_ended {
            return Poll::Ready(Ok(0));
        }
        self.held.reserve(most);
        let read = ready!(std::pin::pin!(io.read_buf(&mut self.held)).poll(context))?;
        self.has_ended = read == 0;
        self.counted.set(self.held.len());
        Poll::Ready(Ok(read))
    }

    /// Reads on while nobody needs it, to see whether the other side ends; no more is held than `most` bytes.
    pub(in crate::wire) fn poll_ahead(
        &mut self,
        io: &mut (impl AsyncRead + Unpin),
        context: &mut Context<'_>,
        most: usize,
    ) -> Poll<Result<()>> {
        while !self.has_ended && self.held.len() < most {
            ready!(poll_read(io, context, |fresh| {
                self.has_ended = fresh.is_empty();
                self.held.extend_from_slice(fresh);
                self.counted.set(self.held.len());
            }))?;
        }
        if self.has_ended { Poll::Ready(Ok(())) } else { Poll::Pending }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::io::AsyncWriteExt;

    use super::*;

    /// A head is a line.
    fn line(bytes: &[u8]) -> std::result::Result<Option<(String, usize)>, u8> {
        if let Some(bad) = bytes.iter().find(|byte| **byte == b'!') {
            return Err(*bad);
        }
        let end = bytes.iter().position(|byte| *byte == b'\n').map(|end| end + 1);
        Ok(end.map(|end| (String::from_utf8_lossy(&bytes[..end]).trim_end().to_owned(), end)))
    }

    #[tokio::test]
    async fn heads_come_in_any_pieces_and_several_at_once() {
        let (mut near, mut far) = tokio::io::duplex(64);
        let mut inlet = Inlet::default();
        for piece in ["on", "e", "\ntwo\nth"] {
            far.write_all(piece.as_bytes()).await.unwrap();
            if piece.len() < 3 {
                let pending = poll_fn(|context| Poll::Ready(inlet.poll_head(&mut near, context, line).is_pending()));
                assert!(pending.await);
            }
        }
        for expected in ["one", "two"] {
            let taken = poll_fn(|context| inlet.poll_head(&mut near, context, line)).await.unwrap();
            assert!(matches!(taken, Taken::Whole(text) if text == expected));
        }
        drop(far);
        let end = poll_fn(|context| inlet.poll_head(&mut near, context, line)).await.unwrap();
        assert!(matches!(end, Taken::Ended { partly: true }));
    }

    #[tokio::test]
    async fn what_is_no_head_is_told_and_an_end_is_an_end() {
        let mut inlet = Inlet::default();
        let mut io: &[u8] = b"x!";
        let taken = poll_fn(|context| inlet.poll_head(&mut io, context, line)).await.unwrap();
        assert!(matches!(taken, Taken::Broken(b'!')));
        let (mut inlet, mut io) = (Inlet::default(), &b""[..]);
        let taken = poll_fn(|context| inlet.poll_head(&mut io, context, line)).await.unwrap();
        assert!(matches!(taken, Taken::Ended { partly: false }));
    }

    #[tokio::test]
    async fn a_body_follows_its_head() {
        let mut inlet = Inlet::default();
        let mut io: &[u8] = b"head\nbody";
        poll_fn(|context| inlet.poll_head(&mut io, context, line)).await.unwrap();
        assert_eq!(inlet.take(2), "bo");
        inlet.skip(2);
        assert_eq!(poll_fn(|context| inlet.poll_more(&mut io, context, 10)).await.unwrap(), 0);
        assert!(inlet.has_ended() && inlet.bytes().is_empty());
    }
}
