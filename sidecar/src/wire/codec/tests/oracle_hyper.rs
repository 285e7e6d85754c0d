//! hyper as a judge of whole connections: both read the same messages, or we refuse for a written reason.

use std::cell::RefCell;
use std::convert::Infallible;
use std::rc::Rc;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::wire::codec::{
    Asked, Decoded, Decoder, Framing, FramingError, HeadError, HeadLimits, ParsedResponse, parse_request,
    parse_response,
};

use super::samples::{LEGAL_REQUESTS, LEGAL_RESPONSES};
use super::splits::{all_requests, all_responses, mutated};

/// A request as one reader understood it; a body that did not end is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    method: String,
    target: String,
    body: Option<Vec<u8>>,
}

/// Why our reading ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The bytes did, or the connection was to be closed or upgraded.
    Quiet,
    Head(HeadError),
    Body(FramingError),
}

/// Why we refuse what hyper reads.
fn why_stricter(end: End) -> &'static str {
    match end {
        End::Head(HeadError::Malformed(_)) => "it takes LF alone, many empty lines, folded and odd lists",
        End::Head(HeadError::TargetBytes) => "it cuts a target off at #, and takes 8-bit bytes and broken escapes",
        End::Head(HeadError::Target) => "it takes * and authorities as targets of any method",
        End::Head(HeadError::Method) => "it leaves CONNECT and TRACE to the service",
        End::Head(HeadError::HostMissing | HeadError::HostInvalid) => "it leaves Host to the service",
        End::Head(HeadError::Framing) => "it drops Content-Length beside Transfer-Encoding, and takes lists of codings",
        End::Head(HeadError::ContentLength) => "it takes lengths that are repeated or have many digits",
        End::Head(HeadError::Connection | HeadError::Expectation) => "it leaves fields of the hop to the service",
        End::Head(HeadError::UpgradeInvalid | HeadError::UpgradeVersion) => "it leaves handshakes to the service",
        End::Body(FramingError::Chunk(_)) => "it takes blanks around sizes, and anything as an extension",
        End::Body(FramingError::Trailer(_) | FramingError::Trailers { .. }) => "it takes LF alone behind trailers",
        End::Head(_) | End::Body(FramingError::Truncated) | End::Quiet => "no reason",
    }
}

fn runs<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// The requests that hyper's server hands to its service.
async fn hyper_reads(bytes: &[u8]) -> Vec<Seen> {
    let (mut client, server) = tokio::io::duplex(1 << 20);
    client.write_all(bytes).await.unwrap();
    client.shutdown().await.unwrap();
    let seen = Rc::new(RefCell::new(Vec::new()));
    let service = service_fn(|request: hyper::Request<hyper::body::Incoming>| {
        let seen = Rc::clone(&seen);
        async move {
            let (method, uri) = (request.method().to_string(), request.uri().clone());
            let target = uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
            let body = request.into_body().collect().await.ok().map(|body| body.to_bytes().to_vec());
            seen.borrow_mut().push(Seen { method, target, body });
            Ok::<_, Infallible>(hyper::Response::new(Empty::<Bytes>::new()))
        }
    });
    let connection =
        hyper::server::conn::http1::Builder::new().half_close(true).serve_connection(TokioIo::new(server), service);
    // Whatever it ends with, what the service saw counts.
    let _ = connection.await;
    seen.take()
}

/// The requests that we read; what follows an upgrade too, because hyper's service here grants none.
fn we_read(bytes: &[u8]) -> (Vec<Seen>, End) {
    let (mut seen, mut at) = (Vec::new(), 0);
    loop {
        let parsed = match parse_request(&bytes[at..], &HeadLimits::default(), false) {
            Ok(Some(parsed)) => parsed,
            Ok(None) => return (seen, End::Quiet),
            Err(error) => return (seen, End::Head(error)),
        };
        at += parsed.length;
        let (method, target) = (parsed.head.method_name().to_owned(), parsed.head.target.raw().to_owned());
        let (body, end) = match body(&bytes[at..], parsed.framing) {
            Ok((body, length)) => {
                at += length;
                (Some(body), None)
            }
            Err(FramingError::Truncated) => (None, Some(End::Quiet)),
            Err(error) => (None, Some(End::Body(error))),
        };
        seen.push(Seen { method, target, body });
        if let Some(end) = end.or((!parsed.keep_alive).then_some(End::Quiet)) {
            return (seen, end);
        }
    }
}

/// The payload of a body at the front of bytes that end a connection, and how many bytes it had.
fn body(bytes: &[u8], framing: Framing) -> Result<(Vec<u8>, usize), FramingError> {
    let (mut decoder, mut payload, mut at) = (Decoder::new(framing), Vec::new(), 0);
    loop {
        match decoder.decode(&bytes[at..])? {
            Decoded::Data { consumed, payload: range } => {
                payload.extend_from_slice(&bytes[at..][range]);
                at += consumed;
            }
            Decoded::More { consumed } => return decoder.finish_at_eof().map(|()| (payload, at + consumed)),
            Decoded::End { consumed, trailers: _ } => return Ok((payload, at + consumed)),
        }
    }
}

fn judge_requests(bytes: &[u8]) -> Result<(), String> {
    let (ours, end) = we_read(bytes);
    let theirs = runs(hyper_reads(bytes));
    let told = || format!("{}: we read {ours:?} up to {end:?}, hyper reads {theirs:?}", bytes.escape_ascii());
    let both = ours.iter().zip(&theirs).filter(|(_, theirs)| theirs.body.is_some());
    let is_alike = both.clone().all(|(ours, theirs)| ours == theirs || (ours.body.is_none() && end != End::Quiet));
    let whole = ours.iter().filter(|seen| seen.body.is_some()).count();
    let whole_to_them = theirs.iter().filter(|seen| seen.body.is_some()).count();
    let is_stricter = whole_to_them <= whole || !why_stricter(end).starts_with("no reason");
    // What we read and hyper does not would be a request that it thinks ambiguous.
    if is_alike && whole <= whole_to_them && is_stricter { Ok(()) } else { Err(told()) }
}

/// Bodies in all shapes, as they stand behind a chunked head.
const CHUNKED: [&str; 24] = [
    "0\r\n\r\n",
    "5\r\nhello\r\n0\r\n\r\n",
    "5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n",
    "05\r\nhello\r\n00\r\n\r\n",
    "5\r\nhello\r\n",
    "5\r\nhel",
    "5 \r\nhello\r\n0\r\n\r\n",
    "5\nhello\r\n0\r\n\r\n",
    "5\r\nhello\n0\r\n\r\n",
    "5\r\nhelloo\r\n0\r\n\r\n",
    "+5\r\nhello\r\n0\r\n\r\n",
    "0x5\r\nhello\r\n0\r\n\r\n",
    "5;\r\nhello\r\n0\r\n\r\n",
    "5;a=\"\r\nhello\r\n0\r\n\r\n",
    "5 ;a\r\nhello\r\n0\r\n\r\n",
    "-1\r\n\r\n",
    "ffffffffffffffff\r\nhello",
    "10000000000000005\r\nhello\r\n0\r\n\r\n",
    "0\r\nX: y\n\r\n",
    "0\r\nX : y\r\n\r\n",
    "0\n\n",
    "\r\n0\r\n\r\n",
    "5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n",
    "0\r\n",
];

const NEXT: &str = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n";

/// Every head with every body, and a request behind it.
fn connections() -> Vec<Vec<u8>> {
    let heads = all_requests()
        .into_iter()
        .flat_map(|head| ["", "hello", "0\r\n\r\n"].map(|body| [&head, body.as_bytes(), NEXT.as_bytes()].concat()));
    let chunked = CHUNKED.iter().map(|body| {
        format!("POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{body}{NEXT}").into_bytes()
    });
    heads.chain(chunked).collect()
}

#[test]
fn connections_are_read_alike_or_refused_for_a_reason() {
    let wrong: Vec<String> = connections().iter().filter_map(|bytes| judge_requests(bytes).err()).collect();
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), connections().len());
    let served = LEGAL_REQUESTS.iter().filter(|text| we_read(text.as_bytes()).0.len() == 1).count();
    assert_eq!(served, LEGAL_REQUESTS.len());
}

/// What hyper's client makes of an answer: status and body, if both are whole.
async fn hyper_takes(bytes: &[u8], method: hyper::Method) -> Option<(u16, Vec<u8>)> {
    let (client, mut server) = tokio::io::duplex(1 << 20);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(client)).await.unwrap();
    let answer = async {
        let mut asked = [0; 1024];
        let _ = server.read(&mut asked).await;
        let _ = server.write_all(bytes).await;
        drop(server);
    };
    let request = hyper::Request::builder().method(method).header("host", "a").body(Empty::<Bytes>::new()).unwrap();
    let taken = async {
        let response = sender.send_request(request).await.ok()?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.ok()?;
        Some((status, body.to_bytes().to_vec()))
    };
    let driven = async {
        let _ = connection.await;
    };
    let (taken, (), ()) = futures::join!(taken, driven, answer);
    taken
}

/// What we make of it.
fn we_take(bytes: &[u8], asked: Asked) -> Option<(u16, Vec<u8>)> {
    let mut at = 0;
    let ParsedResponse { head, framing, .. } = loop {
        let parsed = parse_response(&bytes[at..], &HeadLimits::default(), asked).ok().flatten()?;
        at += parsed.length;
        if parsed.head.status >= 200 {
            break parsed;
        }
    };
    body(&bytes[at..], framing).ok().map(|(body, _)| (head.status, body))
}

/// What we take, hyper takes alike. What hyper alone takes, we refuse for the reasons that the other oracle has, and
/// because a length that is repeated, or one beside a transfer coding, is no answer.
fn judge_answer(bytes: &[u8], asked: Asked) -> Result<(), String> {
    let method = if asked == Asked::Head { hyper::Method::HEAD } else { hyper::Method::GET };
    let Some(ours) = we_take(bytes, asked) else { return Ok(()) };
    let theirs = runs(hyper_takes(bytes, method));
    if theirs.as_ref() == Some(&ours) {
        return Ok(());
    }
    Err(format!("{}: we take {ours:?}, hyper {theirs:?}", bytes.escape_ascii()))
}

#[test]
fn answers_that_we_take_are_taken_alike() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let bodies = CHUNKED.iter().map(|body| format!("{chunked}{body}").into_bytes());
    let heads = all_responses().into_iter().flat_map(|head| {
        ["", "hello", "5\r\nhello\r\n0\r\n\r\n"].map(|body| [head.as_slice(), body.as_bytes()].concat())
    });
    let answers: Vec<_> = bodies.chain(heads).collect();
    let both = answers.iter().flat_map(|bytes| [judge_answer(bytes, Asked::Other), judge_answer(bytes, Asked::Head)]);
    let wrong: Vec<String> = both.filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(LEGAL_RESPONSES.iter().any(|text| we_take(text.as_bytes(), Asked::Head).is_some()));
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(1000))]

    #[test]
    fn spoilt_connections_are_read_alike_or_refused_for_a_reason(bytes in mutated(connections())) {
        judge_requests(&bytes).map_err(proptest::test_runner::TestCaseError::fail)?;
    }

    #[test]
    fn spoilt_answers_that_we_take_are_taken_alike(bytes in mutated(all_responses())) {
        judge_answer(&bytes, Asked::Other).map_err(proptest::test_runner::TestCaseError::fail)?;
    }
}
