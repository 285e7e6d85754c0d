//! WebSockets over HTTP/2 (RFC 8441).

use bytes::Bytes;
use h2::Reason;
use h2::ext::Protocol;
use http::Request;

use super::world::{client, on_a_worker, read, send, served};

fn connect(protocol: &'static str) -> http::request::Builder {
    let request = Request::connect("https://a/chat").extension(Protocol::from_static(protocol));
    request.header("sec-websocket-version", "13")
}

#[tokio::test]
async fn bytes_pass_both_ways_until_both_ends_have_said_so() {
    on_a_worker(async {
        let (served, far) = served();
        let client = client(far, 65_535).await;
        let (answer, mut up) = send(&client, connect("websocket"), false).await;
        let mut answer = answer.await.unwrap();
        assert!(client.is_extended_connect_protocol_enabled());
        assert_eq!(answer.status(), 200);
        assert!(!answer.headers().contains_key("content-length"));
        for word in ["hello", "again"] {
            up.send_data(Bytes::from(word), false).unwrap();
            assert_eq!(answer.body_mut().data().await.unwrap().unwrap(), word.to_uppercase());
        }
        up.send_data(Bytes::new(), true).unwrap();
        assert_eq!(read(answer.body_mut()).await.unwrap(), "");
        drop((answer, up, client));
        served.task.await.unwrap();
        assert_eq!(served.seen.answered.get(), 1);
    })
    .await;
}

#[tokio::test]
async fn much_passes_though_little_fits() {
    on_a_worker(async {
        let (_served, far) = served();
        let client = client(far, 1000).await;
        let (answer, mut up) = send(&client, connect("websocket"), false).await;
        let mut answer = answer.await.unwrap();
        let sent = 500_000;
        up.send_data(vec![b'a'; sent].into(), true).unwrap();
        let mut taken = 0;
        while let Some(data) = answer.body_mut().data().await {
            let data = data.unwrap();
            assert!(data.iter().all(|byte| *byte == b'A'));
            taken += data.len();
            answer.body_mut().flow_control().release_capacity(data.len()).unwrap();
        }
        assert_eq!(taken, sent);
    })
    .await;
}

#[tokio::test]
async fn a_reset_ends_the_tunnel() {
    on_a_worker(async {
        let (served, far) = served();
        let client = client(far, 65_535).await;
        let (answer, mut up) = send(&client, connect("websocket"), false).await;
        let answer = answer.await.unwrap();
        up.send_reset(Reason::CANCEL);
        drop((answer, up, client));
        served.task.await.unwrap();
        assert_eq!(served.seen.gone.get(), 1);
    })
    .await;
}

#[tokio::test]
async fn other_protocols_are_refused() {
    on_a_worker(async {
        let (served, far) = served();
        let client = client(far, 65_535).await;
        let (answer, _up) = send(&client, connect("connect-udp"), false).await;
        assert_eq!(answer.await.unwrap().status(), 400);
        assert_eq!(served.seen.begun.get(), 0);
    })
    .await;
}
