//! Buffers that the connections of a thread share: an idle connection holds none.

use std::cell::RefCell;
use std::io::{Error, ErrorKind, Result};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};

/// What one read may bring at most, in bytes.
const READ: usize = 64 * 1024;
/// Buffers of a thread that wait for their next use, and how large each may be.
const SPARE: usize = 64;
const SPARE_BYTES: usize = 32 * 1024;

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; READ]);
    static BUFFERS: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// Reads once and hands over what came; nothing came where the other side has ended.
pub(in crate::wire) fn poll_read<T>(
    io: &mut (impl AsyncRead + Unpin),
    context: &mut Context<'_>,
    take: impl FnOnce(&[u8]) -> T,
) -> Poll<Result<T>> {
    SCRATCH.with(|scratch| {
        // Nobody reads within `take`, so it is always free.
        let Ok(mut scratch) = scratch.try_borrow_mut() else {
            return Poll::Ready(Err(Error::from(ErrorKind::ResourceBusy)));
        };
        let mut buffer = ReadBuf::new(&mut scratch);
        ready!(Pin::new(io).poll_read(context, &mut buffer))?;
        Poll::Ready(Ok(take(buffer.filled())))
    })
}

/// An empty buffer that probably has room.
pub(in crate::wire) fn take_buffer() -> Vec<u8> {
    BUFFERS.with(|buffers| buffers.try_borrow_mut().ok()?.pop()).unwrap_or_default()
}

/// Keeps a buffer for the next use, unless it is large or there are enough.
pub(in crate::wire) fn give_buffer(mut buffer: Vec<u8>) {
    if buffer.capacity() == 0 || buffer.capacity() > SPARE_BYTES {
        return;
    }
    buffer.clear();
    BUFFERS.with(|buffers| {
        if let Ok(mut buffers) = buffers.try_borrow_mut()
            && buffers.len() < SPARE
        {
            buffers.push(buffer);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_come_back_empty_and_large_ones_are_let_go() {
        give_buffer(Vec::with_capacity(SPARE_BYTES * 2));
        assert_eq!(take_buffer().capacity(), 0);
        let mut buffer = Vec::with_capacity(100);
        buffer.extend_from_slice(b"text");
        give_buffer(buffer);
        let buffer = take_buffer();
        assert!(buffer.is_empty() && buffer.capacity() >= 100);
    }

    #[tokio::test]
    async fn one_read_brings_what_is_there() {
        let mut io: &[u8] = b"abc";
        let seen = std::future::poll_fn(|context| poll_read(&mut io, context, <[u8]>::to_vec)).await.unwrap();
        assert_eq!(seen, b"abc");
        let end = std::future::poll_fn(|context| poll_read(&mut io, context, <[u8]>::len)).await.unwrap();
        assert_eq!(end, 0);
    }
}
