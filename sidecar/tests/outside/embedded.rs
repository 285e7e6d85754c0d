//! The sidecar as a library, as `shipshape local` runs it.

use std::io::Write;
use std::sync::{Arc, Mutex};

use shipshape_sidecar::server::{Options, start};

use crate::common::{App, Config, Http1, eventually, exchange};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_request_that_the_deadline_cuts_is_logged() {
    let app = App::start().await;
    let mut config = Config::open(app.address);
    config.change(|config| config.drain_seconds = 1).write("r1");
    let lines = Lines::default();
    let running = start(Options { access_log: Box::new(lines.clone()), ..Options::new(config.path()) }).unwrap();
    let mut client = Http1::plain(running.addresses().http).await;
    let cut = tokio::spawn(async move { client.get("/slow/60000").await.is_err() });
    eventually("the app was asked", async || (app.requests() == 1).then_some(())).await;
    running.stop();
    tokio::task::spawn_blocking(|| running.wait()).await.unwrap().unwrap();
    assert!(cut.await.unwrap());
    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("/slow/60000"), "{log:?}");
}

#[tokio::test]
async fn it_starts_serves_and_stops_within_another_process() {
    let app = App::start().await;
    let config = Config::open("127.0.0.1:9".parse().unwrap());
    let lines = Lines::default();
    let options = Options {
        app: Some(app.address),
        workers: Some(1),
        access_log: Box::new(lines.clone()),
        ..Options::new(config.path())
    };
    let running = start(options).unwrap();
    let answer = Http1::plain(running.addresses().http).await.get("/hello").await.unwrap();
    assert_eq!(answer.status, 200, "the command line's app wins over the file's");
    assert_eq!(running.live().revision(None).revision, "r1");
    running.stop();
    tokio::task::spawn_blocking(|| running.wait()).await.unwrap().unwrap();
    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let line: serde_json::Value = serde_json::from_str(log.trim()).unwrap();
    assert_eq!(line["path"], "/hello");
}

#[tokio::test]
async fn one_connection_too_many_is_closed_and_counted() {
    let app = App::start().await;
    let config = Config::open(app.address);
    let running = start(Options { max_connections: 1, ..Options::new(config.path()) }).unwrap();
    let addresses = running.addresses();
    let mut first = Http1::plain(addresses.http).await;
    assert_eq!(first.get("/x").await.unwrap().status, 200);
    assert_eq!(exchange(addresses.http, b"").await, "");
    assert_eq!(first.get("/x").await.unwrap().status, 200);
    let metrics = Http1::plain(addresses.admin).await.get("/metrics").await.unwrap().text();
    assert!(metrics.contains("shipshape_connections_refused_total 1"), "{metrics}");
    running.stop();
    tokio::task::spawn_blocking(|| running.wait()).await.unwrap().unwrap();
}
