//! The end of a sidecar: nothing that was accepted is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crate::common::{App, Config, Http1, Http2, Program, eventually, refused};

#[tokio::test]
async fn a_drain_goes_on_serving_and_says_goodbye() {
    let app = App::start().await;
    let mut program = Program::owning(Config::open(app.address));
    let mut kept = Http1::plain(program.http).await;
    assert_eq!(kept.get("/x").await.unwrap().header("connection"), None);
    program.drain();
    let last = kept.get("/x").await.unwrap();
    assert_eq!((last.status, last.header("connection")), (200, Some("close")));
    assert_eq!(Http1::plain(program.http).await.get("/x").await.unwrap().status, 200);
    let mut two = Http2::secure(program.https, &program.certificate).await;
    assert_eq!(two.get("/x").await.unwrap().status, 200);
    assert_eq!(Http1::plain(program.admin).await.get("/readyz").await.unwrap().status, 200);
    program.terminate();
    assert!(program.ended().await);
}

#[tokio::test]
async fn the_app_is_held_until_nothing_is_in_flight() {
    let app = App::start().await;
    let program = Program::owning(Config::open(app.address));
    let at_once = Instant::now();
    let told = Http1::plain(program.admin).await.get("/drained").await.unwrap();
    assert_eq!(told.text(), "no drain began\n");
    assert!(at_once.elapsed() < Duration::from_secs(4));

    let mut slow = Http1::plain(program.http).await;
    let answer = tokio::spawn(async move { slow.get("/slow/6500").await.unwrap().status });
    eventually("the app was asked", async || (app.requests() == 1).then_some(())).await;
    program.drain();
    let told = Http1::plain(program.admin).await.get("/drained").await.unwrap();
    assert_eq!(told.text(), "drained\n");
    assert!(answer.is_finished(), "the app would have ended before its answer");
    assert_eq!(answer.await.unwrap(), 200);
}

#[tokio::test]
async fn the_drain_s_deadline_lets_the_app_end() {
    let app = App::start().await;
    let mut config = Config::open(app.address);
    config.change(|config| config.drain_seconds = 2).write("r1");
    let mut program = Program::start(&config);
    let mut stuck = Http1::plain(program.http).await;
    let answer = tokio::spawn(async move { stuck.get("/slow/60000").await.is_err() });
    eventually("the app was asked", async || (app.requests() == 1).then_some(())).await;
    program.drain();
    let began = Instant::now();
    assert_eq!(Http1::plain(program.admin).await.get("/drained").await.unwrap().text(), "drained\n");
    program.terminate();
    assert!(program.ended().await);
    assert!((Duration::from_secs(2)..Duration::from_secs(10)).contains(&began.elapsed()), "{:?}", began.elapsed());
    assert!(answer.await.unwrap(), "a request without an answer looked answered");
}

#[tokio::test]
async fn what_is_in_flight_is_finished_after_the_signal() {
    let app = App::start().await;
    let mut program = Program::owning(Config::open(app.address));
    let mut one = Http1::secure(program.https, &program.certificate).await;
    let mut two = Http2::secure(program.https, &program.certificate).await;
    let first = tokio::spawn(async move { one.get("/slow/3000").await.unwrap().status });
    let second = tokio::spawn(async move { two.get("/slow/3000").await.unwrap().status });
    eventually("the app was asked", async || (app.requests() == 2).then_some(())).await;
    program.terminate();
    assert!(program.ended().await);
    assert_eq!((first.await.unwrap(), second.await.unwrap()), (200, 200));
}

#[test]
fn two_sidecars_cannot_share_a_control_socket() {
    use std::os::unix::fs::PermissionsExt;
    let config = Config::open("127.0.0.1:9".parse().unwrap());
    let program = Program::start(&config);
    let socket = config.folder().join("control.sock");
    assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    let (code, said) = refused(&["run", "--control", socket.to_str().unwrap()], &config.path());
    assert_eq!(code, Some(1));
    assert!(said.contains("another sidecar listens on"), "{said}");
    // Without a choice of its own the second serves, whoever has the usual socket.
    drop((Program::with_the_usual_socket(&config), Program::with_the_usual_socket(&config)));
    // What a killed process left behind is in nobody's way.
    drop(program);
    assert!(socket.exists());
    drop(Program::start(&config));
}

/// As a pod ends: both hooks, endpoints that go a little later, and the signal once the app has ended.
#[tokio::test]
async fn a_pod_that_ends_under_load_loses_nothing() {
    let app = App::start().await;
    let mut program = Program::owning(Config::open(app.address));
    let (endpoint_gone, served) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let clients: Vec<_> = (0..10)
        .map(|number| {
            let (address, certificate) = (program.https, program.certificate.clone());
            let (gone, served) = (Arc::clone(&endpoint_gone), Arc::clone(&served));
            tokio::spawn(async move {
                while !gone.load(Relaxed) {
                    if number % 2 == 0 {
                        over_http1(Http1::secure(address, &certificate).await, &served).await;
                    } else {
                        over_http2(Http2::secure(address, &certificate).await, &served).await;
                    }
                }
            })
        })
        .collect();
    eventually("requests are served", async || (served.load(Relaxed) > 100).then_some(())).await;
    let hook = Http1::plain(program.admin);
    program.drain();
    let held = tokio::spawn(async move { hook.await.get("/drained").await.unwrap().text() });
    let before = served.load(Relaxed);
    eventually("the drain goes on serving", async || (served.load(Relaxed) > before + 100).then_some(())).await;
    endpoint_gone.store(true, Relaxed);
    for client in clients {
        client.await.expect("a request was lost");
    }
    assert_eq!(held.await.unwrap(), "drained\n");
    program.terminate();
    assert!(program.ended().await);
}

/// Requests until the end of the connection is announced.
async fn over_http1(mut connection: Http1, served: &AtomicUsize) {
    loop {
        let answer = connection.get("/slow/10").await.expect("a request was lost");
        assert_eq!(answer.status, 200);
        served.fetch_add(1, Relaxed);
        if answer.header("connection") == Some("close") {
            return;
        }
    }
}

/// Requests until a GOAWAY; a request that it left unsent is not lost.
async fn over_http2(mut connection: Http2, served: &AtomicUsize) {
    loop {
        match connection.get("/slow/10").await {
            Ok(answer) => assert_eq!(answer.status, 200),
            Err(error) if error.is_canceled() || error.is_closed() => return,
            Err(error) => panic!("a request was lost: {error:?}"),
        }
        served.fetch_add(1, Relaxed);
    }
}

#[tokio::test]
async fn a_signal_under_load_loses_nothing() {
    let app = App::start().await;
    let mut program = Program::owning(Config::open(app.address));
    let (ending, served) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let clients: Vec<_> =
        (0..20).map(|_| tokio::spawn(load(program.http, Arc::clone(&ending), Arc::clone(&served)))).collect();
    eventually("requests are served", async || (served.load(Relaxed) > 200).then_some(())).await;
    program.terminate();
    ending.store(true, Relaxed);
    assert!(program.ended().await);
    for client in clients {
        assert_eq!(client.await.unwrap(), 0, "requests were lost");
    }
}

/// Sends one request after the other until no connection is accepted any more; how many got no answer. A connection
/// is used again only where the last answer did not announce its end.
async fn load(address: std::net::SocketAddr, ending: Arc<AtomicBool>, served: Arc<AtomicUsize>) -> usize {
    let mut lost = 0;
    loop {
        if tokio::net::TcpStream::connect(address).await.is_err() {
            assert!(ending.load(Relaxed), "a connection was refused before the end");
            return lost;
        }
        let mut client = Http1::plain_if_open(address).await;
        while let Some(connection) = client.as_mut() {
            match connection.get("/slow/20").await {
                Ok(answer) if answer.status == 200 => {
                    served.fetch_add(1, Relaxed);
                    if answer.header("connection") == Some("close") {
                        client = None;
                    }
                }
                Ok(_) | Err(_) => {
                    lost += 1;
                    client = None;
                }
            }
        }
    }
}
