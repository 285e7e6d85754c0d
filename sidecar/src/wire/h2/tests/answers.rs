//! Requests and their answers, as they should be and as they must not be.

use std::future::poll_fn;

use bytes::Bytes;
use h2::Reason;
use http::Request;
use tokio::time::Instant;

use super::world::{ask, client, on_a_worker, read, send, served};

#[tokio::test]
async fn a_request_gets_its_answer() {
    on_a_worker(async {
        let (served, far) = served();
        let client = client(far, 65_535).await;
        let (answer, mut body) = send(&client, Request::post("https://a/echo"), false).await;
        body.send_data(Bytes::from_static(b"some"), false).unwrap();
        body.send_data(Bytes::from_static(b"thing"), true).unwrap();
        let mut answer = answer.await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers()["content-length"].to_str().unwrap()), (200, "9"));
        assert!(httpdate::parse_http_date(answer.headers()["date"].to_str().unwrap()).is_ok());
        assert_eq!(read(answer.body_mut()).await.unwrap(), "something");
        drop((answer, body, client));
        served.task.await.unwrap();
        assert_eq!((served.seen.begun.get(), served.seen.answered.get()), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn hints_come_before_the_answer() {
    on_a_worker(async {
        let (_served, far) = served();
        let client = client(far, 65_535).await;
        let mut answer = ask(&client, "/hint").await;
        let hint = poll_fn(|context| answer.poll_informational(context)).await.unwrap().unwrap();
        assert_eq!((hint.status().as_u16(), hint.headers()["link"].to_str().unwrap()), (103, "</style.css>"));
        assert_eq!(answer.await.unwrap().status(), 200);
    })
    .await;
}

#[tokio::test]
async fn a_body_is_asked_for_when_somebody_wants_it() {
    on_a_worker(async {
        let (_served, far) = served();
        let client = client(far, 65_535).await;
        for (path, is_asked_for) in [("echo", true), ("nothing", false)] {
            let request = Request::post(format!("https://a/{path}")).header("expect", "100-continue");
            let (mut answer, mut body) = send(&client, request, false).await;
            let hint = poll_fn(|context| answer.poll_informational(context)).await.map(|hint| hint.unwrap().status());
            assert_eq!(hint.map(|status| status.as_u16()), is_asked_for.then_some(100), "{path}");
            // Whoever is not asked has its answer already.
            let _ = body.send_data(Bytes::from_static(b"body"), true);
            assert_eq!(answer.await.unwrap().status().as_u16(), if is_asked_for { 200 } else { 404 });
        }
    })
    .await;
}

#[tokio::test]
async fn trailers_end_an_answer() {
    on_a_worker(async {
        let (_served, far) = served();
        let client = client(far, 65_535).await;
        let mut answer = ask(&client, "/trailers").await.await.unwrap();
        assert_eq!(read(answer.body_mut()).await.unwrap(), "body");
        assert_eq!(answer.body_mut().trailers().await.unwrap().unwrap()["grpc-status"], "0");
    })
    .await;
}

#[tokio::test]
async fn a_broken_answer_never_looks_whole() {
    on_a_worker(async {
        let (served, far) = served();
        let client = client(far, 65_535).await;
        let outcome = match ask(&client, "/short").await.await {
            Ok(mut answer) => read(answer.body_mut()).await.map(|_| ()),
            // The reset overtook the head.
            Err(error) => Err(error),
        };
        assert_eq!(outcome.unwrap_err().reason(), Some(Reason::INTERNAL_ERROR));
        let mut answer = ask(&client, "/exact").await.await.unwrap();
        assert_eq!(read(answer.body_mut()).await.unwrap(), "abcdef");
        assert_eq!((served.seen.gone.get(), served.seen.answered.get()), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn an_answer_to_head_has_a_length_and_no_body() {
    on_a_worker(async {
        let (_served, far) = served();
        let client = client(far, 65_535).await;
        let mut answer = send(&client, Request::head("https://a/nothing"), true).await.0.await.unwrap();
        assert_eq!(answer.status(), 404);
        assert!(answer.body().is_end_stream() && read(answer.body_mut()).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_request_without_a_single_meaning_is_refused_with_a_document() {
    on_a_worker(async {
        let (served, far) = served();
        let client = client(far, 65_535).await;
        let request = Request::get("https://a/echo").header("host", "b");
        let mut answer = send(&client, request, true).await.0.await.unwrap();
        assert_eq!(answer.status(), 400);
        assert!(read(answer.body_mut()).await.unwrap().contains("host"));
        assert_eq!(served.seen.begun.get(), 0);
    })
    .await;
}

#[tokio::test]
async fn whoever_gives_up_is_noticed() {
    on_a_worker(async {
        let (served, far) = served();
        let client = client(far, 65_535).await;
        let (answer, mut stream) = send(&client, Request::get("https://a/wait"), false).await;
        // A later request has been answered: the first is under way by then.
        ask(&client, "/echo").await.await.unwrap();
        stream.send_reset(Reason::CANCEL);
        assert!(answer.await.is_err());
        ask(&client, "/echo").await.await.unwrap();
        assert_eq!((served.seen.begun.get(), served.seen.gone.get()), (3, 1));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_drain_ends_the_connection_once_all_is_answered() {
    on_a_worker(async {
        let (served, far) = served();
        let client = client(far, 65_535).await;
        let (answer, mut body) = send(&client, Request::post("https://a/echo"), false).await;
        ask(&client, "/echo").await.await.unwrap();
        served.drain.send_replace(Some(Instant::now()));
        ask(&client, "/echo").await.await.unwrap();
        body.send_data(Bytes::from_static(b"late"), true).unwrap();
        assert_eq!(read(answer.await.unwrap().body_mut()).await.unwrap(), "late");
        let started = Instant::now();
        served.task.await.unwrap();
        assert!(started.elapsed().as_secs() < 3, "{:?}", started.elapsed());
        assert_eq!(served.seen.answered.get(), 3);
    })
    .await;
}
