//! Clients that ask for more than anybody needs: each is sent away with GOAWAY, after little work.

use h2::{Reason, SendStream};
use http::Request;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use super::world::{ask, client, on_a_worker, send, served};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
const GOAWAY: u8 = 7;

/// Sends frames until the server has enough; the reason that it gave, and how many frames it took until it closed.
async fn flood(far: DuplexStream, frame: impl Fn(u32) -> Vec<u8>) -> (Option<Reason>, u32) {
    let (mut from, mut to) = tokio::io::split(far);
    let listening = tokio::task::spawn_local(async move {
        let mut all = Vec::new();
        // The kernel or the pipe may report the end as an error.
        let _ = from.read_to_end(&mut all).await;
        all
    });
    to.write_all(PREFACE).await.unwrap();
    let mut sent = 0;
    while sent < 50_000 && to.write_all(&frame(sent)).await.is_ok() && !listening.is_finished() {
        sent += 1;
    }
    (reason(&listening.await.unwrap()), sent)
}

/// The reason of the GOAWAY among the frames.
fn reason(mut bytes: &[u8]) -> Option<Reason> {
    while let [high, middle, low, kind, _flags, _, _, _, _, rest @ ..] = bytes {
        let length = u32::from_be_bytes([0, *high, *middle, *low]) as usize;
        if *kind == GOAWAY {
            return Some(u32::from_be_bytes(rest[4..8].try_into().unwrap()).into());
        }
        bytes = rest.get(length..)?;
    }
    None
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = u32::try_from(payload.len()).unwrap().to_be_bytes()[1..].to_vec();
    bytes.extend_from_slice(&[kind, flags]);
    bytes.extend_from_slice(&stream.to_be_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

/// `GET https a /wait`.
const WAIT: &[u8] = b"\x82\x87\x01\x01a\x04\x05/wait";

async fn is_calmed_down(name: &str, most: u32, frames: impl Fn(u32) -> Vec<u8>) {
    let (served, far) = served();
    let (reason, sent) = flood(far, frames).await;
    assert_eq!(reason, Some(Reason::ENHANCE_YOUR_CALM), "{name}");
    assert!(sent <= most, "{name}: {sent} frames");
    served.task.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn frames_that_serve_no_request_are_bounded() {
    on_a_worker(async {
        // What the pipe holds comes on top.
        is_calmed_down("PING", 6000, |_| frame(6, 0, 0, &[0; 8])).await;
        is_calmed_down("SETTINGS", 6000, |_| frame(4, 0, 0, &[0, 3, 0, 0, 0, 100])).await;
        is_calmed_down("PRIORITY", 6000, |_| frame(2, 0, 1, &[0, 0, 0, 0, 15])).await;
        is_calmed_down("WINDOW_UPDATE", 7000, |_| frame(8, 0, 0, &[0, 0, 0, 1])).await;
        is_calmed_down("unknown", 8000, |_| frame(0xfa, 0, 0, &[])).await;
        is_calmed_down("large unknown", 65, |_| frame(0xfa, 0, 0, &[0; 16_384])).await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn resets_in_the_same_breath_are_bounded() {
    on_a_worker(async {
        is_calmed_down("rapid reset", 3000, |at| {
            let stream = 2 * at + 1;
            [frame(1, 5, stream, WAIT), frame(3, 0, stream, &[0, 0, 0, 8])].concat()
        })
        .await;
        is_calmed_down("provoked resets", 3000, |at| {
            let stream = 2 * at + 1;
            // A window beyond all bounds makes the server reset the stream.
            [frame(1, 5, stream, WAIT), frame(8, 0, stream, &[0x7f, 0xff, 0xff, 0xff])].concat()
        })
        .await;
        is_calmed_down("endless opening", 4000, |at| frame(1, 5, 2 * at + 1, WAIT)).await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn requests_that_are_given_up_one_after_the_other_are_bounded() {
    on_a_worker(async {
        let (served, far) = served();
        let client = client(far, 65_535).await;
        let mut resets = 0;
        while resets < 1000 {
            let Ok(mut ready) = client.clone().ready().await else { break };
            let request = Request::get("https://a/wait").body(()).unwrap();
            let Ok((answer, mut stream)) = ready.send_request(request, false) else { break };
            while served.seen.begun.get() <= resets && !served.task.is_finished() {
                tokio::task::yield_now().await;
            }
            SendStream::send_reset(&mut stream, Reason::CANCEL);
            drop(answer);
            resets += 1;
        }
        served.task.await.unwrap();
        assert!((50..300).contains(&resets), "{resets}");
        assert_eq!(served.seen.begun.get(), served.seen.gone.get());
    })
    .await;
}

#[tokio::test]
async fn whoever_asks_much_and_takes_it_is_served() {
    on_a_worker(async {
        let (served, far) = served();
        let client = client(far, 1000).await;
        for _ in 0..500 {
            let mut answer = ask(&client, "/large/1").await.await.unwrap();
            while let Some(data) = answer.body_mut().data().await {
                let length = data.unwrap().len();
                answer.body_mut().flow_control().release_capacity(length).unwrap();
            }
        }
        let (answer, mut stream) = send(&client, Request::get("https://a/wait"), false).await;
        stream.send_reset(Reason::CANCEL);
        drop((answer, stream, client));
        served.task.await.unwrap();
        assert_eq!(served.seen.answered.get(), 500);
    })
    .await;
}
