//! The buffer into which all connections of a thread read: an idle connection holds none.

use std::cell::RefCell;
use std::io::{Error, ErrorKind, Result};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};

/// What one read may bring at most, in bytes.
const READ: usize = 64 * 1024;

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; READ]);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_read_brings_what_is_there() {
        let mut io: &[u8] = b"abc";
        let seen = std::future::poll_fn(|context| poll_read(&mut io, context, <[u8]>::to_vec)).await.unwrap();
        assert_eq!(seen, b"abc");
        let end = std::future::poll_fn(|context| poll_read(&mut io, context, <[u8]>::len)).await.unwrap();
        assert_eq!(end, 0);
    }
}
