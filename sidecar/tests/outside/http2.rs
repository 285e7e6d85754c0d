//! HTTP/2 as a client sees it that does not stop when it could.

use std::net::SocketAddr;

use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use h2::{Reason, RecvStream, SendStream};
use http::Request;
use serde_json::json;

use crate::common::{App, Config, Program, tls};

/// More than a stream's window, twice the largest body, and less than what is thrown away of a body.
const BODY: usize = 2 << 20;

async fn connect(address: SocketAddr, certificate: &str) -> SendRequest<Bytes> {
    let io = tls(address, certificate, &["h2"], rustls::ALL_VERSIONS).await.unwrap();
    let (client, connection) = h2::client::handshake(io).await.unwrap();
    tokio::spawn(connection);
    client.ready().await.unwrap()
}

async fn post(
    client: &mut SendRequest<Bytes>,
    path: &str,
    length: Option<usize>,
) -> (ResponseFuture, SendStream<Bytes>) {
    let mut request = Request::post(format!("https://localhost{path}"));
    if let Some(length) = length {
        request = request.header("content-length", length);
    }
    *client = client.clone().ready().await.unwrap();
    client.send_request(request.body(()).unwrap(), false).unwrap()
}

/// Sends a body and looks at nothing else; an error where the stream was reset first.
async fn send(stream: &mut SendStream<Bytes>, mut left: usize) -> Result<(), h2::Error> {
    while left > 0 {
        stream.reserve_capacity(left);
        let next = std::future::poll_fn(|context| stream.poll_capacity(context)).await;
        let room = next.ok_or(h2::Error::from(h2::Reason::STREAM_CLOSED))??.min(left);
        left -= room;
        stream.send_data(vec![b'x'; room].into(), left == 0)?;
    }
    Ok(())
}

async fn read(mut body: RecvStream) -> String {
    let mut all = Vec::new();
    while let Some(data) = body.data().await {
        let data = data.unwrap();
        body.flow_control().release_capacity(data.len()).unwrap();
        all.extend_from_slice(&data);
    }
    String::from_utf8(all).unwrap()
}

#[tokio::test]
async fn a_client_that_sends_on_regardless_gets_its_refusal_and_no_reset() {
    let app = App::start().await;
    let program = Program::owning(Config::open(app.address));
    let mut client = connect(program.https, &program.certificate).await;
    let cases = [
        // Refused by its head, by its length as it came, and answered by the app without being read.
        ("/echo", Some(BODY), 413, "BODY_TOO_LARGE"),
        ("/slow/0", None, 413, "BODY_TOO_LARGE"),
        ("/unready", Some(BODY / 2), 503, "not yet"),
    ];
    for (path, length, status, text) in cases {
        let (answer, mut body) = post(&mut client, path, length).await;
        let sent = send(&mut body, length.unwrap_or(BODY)).await;
        sent.unwrap_or_else(|error| panic!("{path} was reset in the middle: {error}"));
        let answer = answer.await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
        assert!(read(answer.into_body()).await.contains(text), "{path}");
    }
}

#[tokio::test]
async fn a_client_that_never_stops_is_reset_and_its_connection_serves_on() {
    let app = App::start().await;
    let program = Program::owning(Config::open(app.address));
    let mut client = connect(program.https, &program.certificate).await;
    let endless = 1 << 30;
    let (answer, mut body) = post(&mut client, "/echo", Some(endless)).await;
    assert_eq!(answer.await.unwrap().status(), 413);
    assert!(send(&mut body, endless).await.is_err(), "a body of {endless} bytes was taken");
    let (answer, mut body) = post(&mut client, "/echo", Some(2)).await;
    send(&mut body, 2).await.unwrap();
    assert_eq!(read(answer.await.unwrap().into_body()).await, "xx");
}

#[tokio::test]
async fn a_stream_whose_window_stays_shut_is_reset_and_its_connection_serves_on() {
    let app = App::start().await;
    let policy = json!({"auth": {"mode": "None"}, "timeouts": {"bodyIdle": "1s"}});
    let program = Program::owning(Config::new(app.address, policy));
    let mut client = connect(program.https, &program.certificate).await;
    let (answer, _) = get(&mut client, "/large").await;
    let mut body = answer.await.unwrap().into_body();
    let mut taken = 0;
    let end = loop {
        match body.data().await {
            // What is read and never released keeps the window shut.
            Some(Ok(data)) => taken += data.len(),
            Some(Err(error)) => break error.reason(),
            None => break None,
        }
    };
    assert_eq!((end, taken), (Some(Reason::CANCEL), 65_535));
    // The connection's window is given back.
    drop(body);
    let (answer, mut body) = post(&mut client, "/echo", Some(2)).await;
    send(&mut body, 2).await.unwrap();
    assert_eq!(read(answer.await.unwrap().into_body()).await, "xx");
}

async fn get(client: &mut SendRequest<Bytes>, path: &str) -> (ResponseFuture, SendStream<Bytes>) {
    *client = client.clone().ready().await.unwrap();
    let request = Request::get(format!("https://localhost{path}")).body(()).unwrap();
    client.send_request(request, true).unwrap()
}
