//! Whole connections, read by us and by hyper: whatever we read whole, it reads the same way.
//!
//! Where we refuse, hyper may read on: the codec's own tests list why ours is stricter.

use std::cell::RefCell;
use std::convert::Infallible;
use std::rc::Rc;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use shipshape_sidecar::wire::codec::{Decoded, Decoder, Framing, FramingError, HeadLimits, parse_request};
use tokio::io::AsyncWriteExt;

/// A request that was read whole.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    method: String,
    target: String,
    body: Vec<u8>,
}

/// The input is what a client sends before it ends its side of the connection.
pub fn run(data: &[u8]) {
    let (ours, is_refused) = we_read(data);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let theirs = runtime.block_on(hyper_reads(data));
    let is_alike = ours.len() <= theirs.len() && ours.iter().zip(&theirs).all(|(ours, theirs)| ours == theirs);
    assert!(is_alike, "we read {ours:?}, hyper reads {theirs:?}");
    assert!(is_refused || ours.len() == theirs.len(), "we wait for more behind {ours:?}, hyper reads {theirs:?}");
}

fn we_read(bytes: &[u8]) -> (Vec<Seen>, bool) {
    let (mut seen, mut rest) = (Vec::new(), bytes);
    loop {
        let parsed = match parse_request(rest, &HeadLimits::default(), false) {
            Ok(Some(parsed)) => parsed,
            verdict => return (seen, verdict.is_err()),
        };
        rest = &rest[parsed.length..];
        let (body, length) = match body(rest, parsed.framing) {
            Ok(body) => body,
            Err(error) => return (seen, error != FramingError::Truncated),
        };
        rest = &rest[length..];
        let (method, target) = (parsed.head.method_name().to_owned(), parsed.head.target.raw().to_owned());
        seen.push(Seen { method, target, body });
        if !parsed.keep_alive {
            return (seen, false);
        }
    }
}

fn body(bytes: &[u8], framing: Framing) -> Result<(Vec<u8>, usize), FramingError> {
    let (mut decoder, mut payload, mut at) = (Decoder::new(framing), Vec::new(), 0);
    loop {
        match decoder.decode(&bytes[at..])? {
            Decoded::Data { consumed, payload: range } => {
                payload.extend_from_slice(&bytes[at..][range]);
                at += consumed;
            }
            Decoded::More { .. } => return Err(FramingError::Truncated),
            Decoded::End { consumed, trailers: _ } => return Ok((payload, at + consumed)),
        }
    }
}

async fn hyper_reads(bytes: &[u8]) -> Vec<Seen> {
    let (mut client, server) = tokio::io::duplex(bytes.len().max(1) + (1 << 16));
    client.write_all(bytes).await.expect("room for all of it");
    client.shutdown().await.expect("an end");
    let seen = Rc::new(RefCell::new(Vec::new()));
    let service = service_fn(|request: hyper::Request<hyper::body::Incoming>| {
        let seen = Rc::clone(&seen);
        async move {
            let (method, uri) = (request.method().to_string(), request.uri().clone());
            let target = uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
            if let Ok(body) = request.into_body().collect().await {
                seen.borrow_mut().push(Seen { method, target, body: body.to_bytes().to_vec() });
            }
            Ok::<_, Infallible>(hyper::Response::new(Empty::<Bytes>::new()))
        }
    });
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder.half_close(true).max_headers(1100);
    // Whatever it ends with, what the service saw counts.
    let _ = builder.serve_connection(TokioIo::new(server), service).await;
    seen.take()
}
