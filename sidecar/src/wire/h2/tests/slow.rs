//! Clients that take their time.

use std::time::Duration;

use h2::Reason;
use tokio::io::AsyncWriteExt;
use tokio::time::Instant;

use super::world::{LIMITS, PIECE, ask, client, on_a_worker, read, served};

#[tokio::test(start_paused = true)]
async fn a_stream_that_nobody_reads_is_reset_and_its_connection_serves_on() {
    on_a_worker(async {
        let (served, far) = served();
        let client = client(far, 65_535).await;
        let started = Instant::now();
        let mut answer = ask(&client, "/large/100").await.await.unwrap();
        assert_eq!(read(answer.body_mut()).await.unwrap_err().reason(), Some(Reason::CANCEL));
        assert_eq!(started.elapsed().as_secs(), LIMITS.stall.as_secs());
        assert_eq!(served.seen.pieces.get(), 65_535_usize.div_ceil(PIECE), "no more is asked of the app than is taken");
        assert_eq!(ask(&client, "/echo").await.await.unwrap().status(), 200);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_trickles_is_reset_and_a_slow_one_is_delivered() {
    on_a_worker(async {
        for (every_second, is_delivered) in [(1, false), (2000, true)] {
            let (_served, far) = served();
            let client = client(far, 1000).await;
            let mut answer = ask(&client, "/large/4").await.await.unwrap();
            let (mut taken, started) = (0, Instant::now());
            let outcome = loop {
                match answer.body_mut().data().await {
                    Some(Ok(data)) => taken += data.len(),
                    Some(Err(error)) => break error.reason(),
                    None => break None,
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
                let used = answer.body_mut().flow_control().used_capacity();
                answer.body_mut().flow_control().release_capacity(used.min(every_second)).unwrap();
            };
            let expected = if is_delivered { None } else { Some(Reason::CANCEL) };
            assert_eq!((outcome, taken == 4 * PIECE), (expected, is_delivered), "{every_second} bytes a second");
            assert!(is_delivered || started.elapsed().as_secs() <= 61, "{:?}", started.elapsed());
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_of_which_nothing_is_read_ends() {
    on_a_worker(async {
        let (served, far) = served();
        let client = client(far, 0).await;
        let mut waiting = Vec::new();
        for _ in 0..100 {
            waiting.push(ask(&client, "/large/100").await);
        }
        let started = Instant::now();
        served.task.await.unwrap();
        assert!((29..33).contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());
        assert_eq!(served.seen.pieces.get(), 0);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_socket_that_nobody_reads_is_cut() {
    on_a_worker(async {
        let (served, mut far) = served();
        let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
        // Windows of 2^31 - 1 bytes, and a request for more than the pipe holds: "GET https a /large/100".
        bytes.extend_from_slice(&[0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 4, 0x7f, 0xff, 0xff, 0xff]);
        bytes.extend_from_slice(&[0, 0, 4, 8, 0, 0, 0, 0, 0, 0x7f, 0xff, 0, 0]);
        let block = [&[0x82, 0x87, 0x01, 1][..], b"a", &[0x04, 10], b"/large/100"].concat();
        bytes.extend_from_slice(&[0, 0, u8::try_from(block.len()).unwrap(), 1, 5, 0, 0, 0, 1]);
        bytes.extend_from_slice(&block);
        far.write_all(&bytes).await.unwrap();
        let started = Instant::now();
        served.task.await.unwrap();
        assert!((30..33).contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());
        assert_eq!((served.seen.begun.get(), served.seen.gone.get()), (1, 1));
        drop(far);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn whoever_never_begins_or_never_goes_on_is_sent_away() {
    on_a_worker(async {
        for (begins, seconds) in [(&b""[..], 10..11), (b"PRI * HTTP/2.0\r\n", 10..11)] {
            let (served, mut far) = served();
            far.write_all(begins).await.unwrap();
            let started = Instant::now();
            served.task.await.unwrap();
            assert!(seconds.contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());
        }
        let (served, far) = served();
        let client = client(far, 65_535).await;
        ask(&client, "/echo").await.await.unwrap();
        let started = Instant::now();
        served.task.await.unwrap();
        assert!((75..82).contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_waits_is_asked_whether_it_lives() {
    on_a_worker(async {
        let (served, far) = served();
        let client = client(far, 65_535).await;
        let waiting = ask(&client, "/wait").await;
        // It answers each PING, so it may wait for long.
        tokio::time::sleep(Duration::from_secs(600)).await;
        assert!(!served.task.is_finished());
        drop((waiting, client));
        served.task.await.unwrap();
    })
    .await;
}
