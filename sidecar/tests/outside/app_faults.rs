//! An app that misbehaves: the client sees an error or a broken answer, never a wrong one.

use hyper::Request;

use crate::common::{Config, Http1, Http2, Program, Raw, empty, whole};

/// What the client gets over HTTP/1 and over HTTP/2: a status and a body, or `None` where the answer broke off.
async fn seen(bytes: &'static [u8]) -> [Option<(u16, String)>; 2] {
    let app = Raw::start(bytes).await;
    let program = Program::owning(Config::open(app.address));
    let mut one = Http1::plain(program.http).await;
    let mut two = Http2::secure(program.https, &program.certificate).await;
    let first = one.open(Request::get("/x").header("host", "localhost").body(empty()).unwrap()).await;
    let second = two.open(Request::get("https://localhost/x").body(empty()).unwrap()).await;
    let mut answers = Vec::new();
    for response in [first, second] {
        let answer = match response {
            Ok(response) => whole(response).await.ok(),
            Err(_) => None,
        };
        answers.push(answer.map(|answer| (answer.status, answer.text())));
    }
    answers.try_into().unwrap()
}

#[tokio::test]
async fn an_answer_that_breaks_off_never_looks_complete() {
    for bytes in [
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf".as_slice(),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nxyz\r\n",
    ] {
        assert_eq!(seen(bytes).await, [None, None], "{}", String::from_utf8_lossy(bytes));
    }
}

#[tokio::test]
async fn what_is_no_answer_becomes_502() {
    for bytes in [
        b"".as_slice(),
        b"HTTP/1.1 200",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 700 What\r\nContent-Length: 0\r\n\r\n",
    ] {
        for answer in seen(bytes).await {
            let (status, body) = answer.unwrap();
            assert_eq!(status, 502, "{} became {body}", String::from_utf8_lossy(bytes));
            assert!(body.contains("APP_BROKEN"), "{body}");
        }
    }
}

#[tokio::test]
async fn framing_of_the_app_ends_at_the_sidecar() {
    let [one, two] =
        seen(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close, x-inner\r\nX-Inner: 1\r\n\r\nok").await;
    assert_eq!((one, two), (Some((200, "ok".into())), Some((200, "ok".into()))));
}
