//! Connections to the app: reused while they are good, and never at the cost of a request.

use crate::common::{App, Config, Fickle, Http1, Program, eventually};

#[tokio::test]
async fn a_connection_that_the_app_has_closed_is_not_used_again() {
    let app = Fickle::start(false).await;
    let program = Program::owning(Config::open(app.address));
    let mut client = Http1::plain(program.http).await;
    for number in 0..50 {
        // Of a POST no second attempt may be made: every one has to find a good connection at once.
        assert_eq!(client.post("/x", "body").await.unwrap().status, 200, "request {number}");
    }
}

#[tokio::test]
async fn only_what_may_be_repeated_is_sent_again() {
    let app = Fickle::start(true).await;
    let program = Program::owning(Config::open(app.address));
    let mut client = Http1::plain(program.http).await;
    assert_eq!(client.get("/x").await.unwrap().status, 200);
    assert_eq!(client.get("/x").await.unwrap().status, 200, "a GET is sent again when its connection had ended");
    assert_eq!(client.post("/x", "body").await.unwrap().status, 502, "a POST is never sent twice");
}

#[tokio::test]
async fn connections_that_nobody_uses_are_closed_before_the_app_does_it() {
    let app = App::start().await;
    let program = Program::owning(Config::open(app.address));
    assert_eq!(Http1::plain(program.http).await.get("/x").await.unwrap().status, 200);
    assert_eq!(app.open_connections(), 1);
    let started = std::time::Instant::now();
    eventually("the connection is closed", async || (app.open_connections() == 0).then_some(())).await;
    let waited = started.elapsed().as_millis();
    assert!((3_000..5_000).contains(&waited), "closed after {waited} ms");
}
