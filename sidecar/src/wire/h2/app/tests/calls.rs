//! Calls of every kind, and what becomes of them when the app does not do its part.

use std::time::Duration;

use bytes::Bytes;
use futures::channel::mpsc;
use futures::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::world::{app, ask, head, on_a_worker, read, send, serve};
use crate::wire::body::{Body, BodyError, BodyStream, Capped, Frame};
use crate::wire::h2::frames::FrameHeads;
use crate::wire::head::{RequestHead, Upgrade};
use crate::wire::traits::{App, AppError, Exchange, Said};
use crate::wire::websocket;

fn pieces(pieces: &[&'static str]) -> BodyStream {
    let pieces: Vec<_> = pieces.iter().map(|piece| Ok(Frame::Data(Bytes::from_static(piece.as_bytes())))).collect();
    Box::pin(futures::stream::iter(pieces))
}

fn post(length: Option<u64>) -> RequestHead {
    RequestHead { content_length: length, ..head("POST", "/echo") }
}

/// Waits until something has come true.
async fn until(is_true: impl Fn() -> bool) {
    let waiting = async {
        while !is_true() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), waiting).await.unwrap();
}

#[tokio::test]
async fn a_request_arrives_as_it_was_asked() {
    on_a_worker(async {
        let server = serve(100).await;
        let (_, said) = ask(&server.app, head("PATCH", "/head?x=%41")).await.unwrap();
        assert_eq!(said, "PATCH http://shop.example/head?x=%41 te=none");
        let mut call = RequestHead { authority: String::new(), ..head("POST", "/head") };
        call.fields.append("content-type", "application/grpc");
        let (_, said) = ask(&server.app, call).await.unwrap();
        assert_eq!(said, format!("POST http://{}/head te=trailers", server.app.address));
        assert_eq!(server.seen.connections.get(), 1, "one connection carries all requests");
    })
    .await;
}

#[tokio::test]
async fn a_body_goes_up_and_an_answer_with_trailers_comes_down() {
    on_a_worker(async {
        let server = serve(100).await;
        for length in [None, Some(9)] {
            let mut exchange = server.app.send(post(length), Capped::new(Some(pieces(&["some", "thing"])), None));
            let Ok(Said::Answer(head, body)) = exchange.next().await else { panic!("no answer") };
            assert_eq!((head.status, head.content_length), (200, None));
            let (text, trailers) = read(body).await.unwrap();
            assert_eq!((text.as_str(), trailers.text("grpc-status"), trailers.len()), ("something", Some("0"), 1));
        }
        let large: &'static str = Box::leak("x".repeat(300_000).into_boxed_str());
        let (_, text) = send(&server.app, post(Some(900_000)), Some(pieces(&[large, large, large]))).await.unwrap();
        assert_eq!(text.len(), 900_000);
    })
    .await;
}

#[tokio::test]
async fn both_sides_talk_at_once() {
    on_a_worker(async {
        let server = serve(100).await;
        let (mut say, said) = mpsc::channel(1);
        let body: BodyStream = Box::pin(said);
        let mut exchange = server.app.send(post(None), Capped::new(Some(body), None));
        let Ok(Said::Answer(_, Body::Stream(mut answer))) = exchange.next().await else { panic!("no stream") };
        for word in ["one", "two", "three"] {
            say.send(Ok(Frame::Data(Bytes::from_static(word.as_bytes())))).await.unwrap();
            assert_eq!(answer.next().await, Some(Ok(Frame::Data(Bytes::from_static(word.as_bytes())))));
        }
        drop(say);
        assert!(matches!(answer.next().await, Some(Ok(Frame::Trailers(_)))));
        assert_eq!(answer.next().await, None);
    })
    .await;
}

#[tokio::test]
async fn hints_come_before_the_answer_and_100_is_not_among_them() {
    on_a_worker(async {
        let server = serve(100).await;
        let mut exchange = server.app.send(head("GET", "/hint"), Capped::new(None, None));
        let Ok(Said::Hint(hint)) = exchange.next().await else { panic!("no hint") };
        assert_eq!((hint.status, hint.fields.text("link")), (103, Some("</a>")));
        let Ok(Said::Answer(head, body)) = exchange.next().await else { panic!("no answer") };
        assert_eq!((head.status, read(body).await.unwrap().0.len()), (204, 0));
    })
    .await;
}

#[tokio::test]
async fn what_the_app_did_not_look_at_is_sent_once_more() {
    on_a_worker(async {
        for (method, path, is_repeated) in
            [("POST", "/refuse", true), ("GET", "/close", true), ("POST", "/close", false)]
        {
            let server = serve(100).await;
            // The connection was used before: the app may close it.
            ask(&server.app, head("GET", "/echo")).await.unwrap();
            let outcome = ask(&server.app, head(method, path)).await;
            assert_eq!(outcome.is_ok(), is_repeated, "{method} {path}: {outcome:?}");
            assert!(is_repeated || matches!(outcome, Err(AppError::Broken(_))));
            assert!(ask(&server.app, head("GET", "/echo")).await.is_ok(), "after {method} {path}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_goaway_that_leaves_a_request_out_sends_it_to_another_connection() {
    on_a_worker(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let app = app(listener.local_addr().unwrap());
        let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
        // GOAWAY with no stream looked at and no error, and then an answer: 204 to the first stream.
        let goaway = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let answer = [0, 0, 1, 1, 5, 0, 0, 0, 1, 0x89];
        let serving = async {
            let mut held = Vec::new();
            for reply in [&goaway[..], &answer] {
                let (mut stream, _) = listener.accept().await.unwrap();
                let (mut heads, mut has_come, mut buffer) = (FrameHeads::default(), false, [0; 1024]);
                while !has_come {
                    let read = stream.read(&mut buffer).await.unwrap();
                    heads.look(&buffer[..read], |kind, _, _| has_come |= kind == 1);
                }
                stream.write_all(&[&settings, reply].concat()).await.unwrap();
                held.push(stream);
            }
            std::future::pending::<()>().await;
        };
        let asking = ask(&app, head("POST", "/orders"));
        tokio::select! {
            () = serving => {}
            outcome = asking => assert_eq!(outcome.unwrap().0.status, 204),
        }
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_breaks_off_never_looks_whole() {
    on_a_worker(async {
        let server = serve(100).await;
        let mut exchange = server.app.send(head("GET", "/broken"), Capped::new(None, None));
        let outcome = match exchange.next().await {
            Ok(Said::Answer(_, body)) => read(body).await.map_err(AppError::Request),
            Ok(said) => panic!("{said:?}"),
            Err(error) => Err(error),
        };
        assert!(outcome.is_err());
    })
    .await;
}

#[tokio::test]
async fn whatever_is_dropped_is_cancelled() {
    on_a_worker(async {
        let server = serve(100).await;
        let mut exchange = server.app.send(head("GET", "/wait"), Capped::new(None, None));
        let asked = async {
            tokio::select! {
                _ = exchange.next() => panic!("an answer"),
                () = until(|| server.seen.requests.get() == 1) => {}
            }
        };
        asked.await;
        drop(exchange);
        until(|| server.seen.cancelled.get() == 1).await;
    })
    .await;
}

#[tokio::test]
async fn a_request_that_breaks_off_is_the_clients_fault() {
    on_a_worker(async {
        let server = serve(100).await;
        for (length, rest, expected) in [
            (None, Some(Err(BodyError::Stalled)), BodyError::Stalled),
            (Some(10), None, BodyError::Gone),
            (Some(3), None, BodyError::Framing("it is longer than it was said to be".to_owned())),
        ] {
            let body: BodyStream = Box::pin(pieces(&["some"]).chain(futures::stream::iter(rest)));
            let mut exchange = server.app.send(post(length), Capped::new(Some(body), None));
            let outcome = match exchange.next().await {
                Ok(Said::Answer(_, body)) => read(body).await.map(|_| ()),
                Err(AppError::Request(error)) => Err(error),
                other => panic!("{other:?}"),
            };
            assert_eq!(outcome, Err(expected));
        }
    })
    .await;
}

#[tokio::test]
async fn more_streams_than_one_connection_carries_are_spread() {
    on_a_worker(async {
        let server = serve(2).await;
        ask(&server.app, head("GET", "/echo")).await.unwrap();
        let mut exchanges: Vec<_> =
            (0..6).map(|_| Box::pin(server.app.send(head("GET", "/wait"), Capped::new(None, None)))).collect();
        let all = futures::future::select_all(exchanges.iter_mut().map(|exchange| Box::pin(exchange.next())));
        tokio::select! {
            _ = all => panic!("an answer"),
            () = until(|| server.seen.requests.get() == 7) => {}
        }
        assert_eq!(server.seen.connections.get(), 3);
        drop(exchanges);
        until(|| server.seen.cancelled.get() == 6).await;
    })
    .await;
}

#[tokio::test]
async fn a_websocket_becomes_a_stream_of_the_app() {
    on_a_worker(async {
        let server = serve(100).await;
        let mut chat = RequestHead { upgrade: Some(Upgrade::WebSocket), ..head("GET", "/chat") };
        let key = websocket::key(7);
        chat.fields.append("sec-websocket-key", &key);
        let mut exchange = server.app.send(chat, Capped::new(None, None));
        let Ok(Said::Answer(head, Body::Tunnel(mut tunnel))) = exchange.next().await else { panic!("no tunnel") };
        let accept = websocket::accept(key.as_bytes());
        assert_eq!((head.status, head.fields.text("sec-websocket-accept")), (101, Some(accept.as_str())));
        tunnel.write_all(b"hello").await.unwrap();
        let mut buffer = [0; 5];
        tunnel.read_exact(&mut buffer).await.unwrap();
        assert_eq!(&buffer, b"hello");
        tunnel.shutdown().await.unwrap();
        assert_eq!(tunnel.read(&mut buffer).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn an_app_that_is_not_there_is_told_apart() {
    on_a_worker(async {
        let address = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let outcome = ask(&app(address), head("GET", "/")).await;
        assert!(matches!(outcome, Err(AppError::Connect(why)) if why.contains(&address.to_string())));
    })
    .await;
}
