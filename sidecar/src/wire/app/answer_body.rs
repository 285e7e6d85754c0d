//! The body of an app's answer as it comes, while what is left of the request goes on being sent.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use futures::Stream;
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use super::connection::AppConnection;
use super::pool::AppPool;
use super::upload::{Upload, UploadError};
use crate::wire::body::{BodyError, Frame};
use crate::wire::codec::{Decoded, Decoder, Framing};
use crate::wire::io::Inlet;
use crate::wire::late_upload::LateUpload;

/// What one read may bring: a client that takes nothing holds no more than two of these.
const PIECE: usize = 16 * 1024;

/// The body of an app's answer. Read to its end, it gives the connection back; dropped before, it closes it.
pub(super) struct AnswerBody {
    /// There until the end.
    source: Option<Source>,
    inlet: Inlet,
    decoder: Decoder,
    address: SocketAddr,
    /// Where the connection goes, if it can be used again.
    pool: Option<Rc<AppPool>>,
}

enum Source {
    Whole(TcpStream),
    /// The request is still being sent on the other half.
    Half(OwnedReadHalf, LateUpload<Option<OwnedWriteHalf>>),
}

/// Sends the rest of a request; the connection's half comes back if all of it was taken.
async fn send(mut upload: Upload, mut writing: OwnedWriteHalf) -> Result<Option<OwnedWriteHalf>, BodyError> {
    match poll_fn(|context| upload.poll(&mut writing, context)).await {
        Ok(()) => Ok(Some(writing)),
        Err(UploadError::App) => Ok(None),
        Err(UploadError::Body(error)) => Err(error),
    }
}

impl AnswerBody {
    pub(super) fn new(connection: AppConnection, framing: Framing, upload: Upload, pool: Option<Rc<AppPool>>) -> Self {
        let AppConnection { stream, address, inlet, is_used: _ } = connection;
        let source = if upload.is_over() {
            Source::Whole(stream)
        } else {
            let (reading, writing) = stream.into_split();
            Source::Half(reading, LateUpload::begin(send(upload, writing)))
        };
        Self { source: Some(source), inlet, decoder: Decoder::new(framing), address, pool }
    }

    /// The answer is over: its connection is used again when the request is over too and nothing came behind it.
    fn end(&mut self) {
        let stream = match self.source.take() {
            Some(Source::Whole(stream)) => Some(stream),
            Some(Source::Half(reading, upload)) => {
                upload.end().flatten().and_then(|writing| reading.reunite(writing).ok())
            }
            None => None,
        };
        if let (Some(stream), Some(pool)) = (stream, self.pool.take())
            && self.inlet.bytes().is_empty()
        {
            pool.put(AppConnection { stream, address: self.address, inlet: Inlet::default(), is_used: true });
        }
    }

    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Frame>, BodyError>> {
        loop {
            if !self.inlet.bytes().is_empty() && !self.decoder.is_done() {
                let broken = |error: crate::wire::codec::FramingError| BodyError::Framing(error.to_string());
                match self.decoder.decode(self.inlet.bytes()).map_err(broken)? {
                    Decoded::Data { consumed, payload } => {
                        let data = self.inlet.take(consumed).slice(payload);
                        return Poll::Ready(Ok(Some(Frame::Data(data))));
                    }
                    Decoded::More { consumed } => self.inlet.skip(consumed),
                    Decoded::End { consumed, trailers } => {
                        self.inlet.skip(consumed);
                        return Poll::Ready(Ok(trailers.map(Frame::Trailers)));
                    }
                }
            }
            if self.decoder.is_done() || !ready!(self.poll_more(context))? {
                return Poll::Ready(Ok(None));
            }
        }
    }

    /// Reads on; whether anything can follow.
    fn poll_more(&mut self, context: &mut Context<'_>) -> Poll<Result<bool, BodyError>> {
        let read = match &mut self.source {
            Some(Source::Whole(stream)) => self.inlet.poll_more(stream, context, PIECE),
            Some(Source::Half(reading, upload)) => {
                upload.check(context)?;
                self.inlet.poll_more(reading, context, PIECE)
            }
            None => return Poll::Ready(Ok(false)),
        };
        Poll::Ready(match ready!(read) {
            Ok(1..) => Ok(true),
            Ok(0) => {
                self.pool = None;
                self.decoder.finish_at_eof().map(|()| false).map_err(|_| BodyError::Gone)
            }
            Err(_) => Err(BodyError::Gone),
        })
    }
}

impl Stream for AnswerBody {
    type Item = Result<Frame, BodyError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.source.is_none() {
            return Poll::Ready(None);
        }
        let piece = ready!(this.poll_piece(context));
        match &piece {
            Ok(Some(Frame::Data(_))) if !this.decoder.is_done() => {}
            Ok(_) => this.end(),
            Err(_) => this.source = None,
        }
        Poll::Ready(piece.transpose())
    }
}
