//! What is legal and must stay so: pipelining, HTTP/1.0, 100-continue, bodies on any method (RFC 9112 section 9).

use super::super::case::{Case, Step, refused, served};

const CLASS: &str = "ordinary";

/// Every case.
pub fn cases() -> Vec<Case> {
    [methods_with_bodies(), connections(), old(), continues(), fields(), behind_a_refusal()].concat()
}

fn request(asks: &str, fields: &str) -> String {
    format!("{asks} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n")
}

fn methods_with_bodies() -> Vec<Case> {
    let sized = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"].map(|method| {
        let (asks, name) = (format!("{method} /o"), format!("{method} with a body"));
        let bytes = request(&asks, "Content-Length: 5\r\n") + "hello";
        served(CLASS, "9110 §9.3", name, bytes, &asks).carrying("hello")
    });
    let chunked = ["GET", "DELETE", "PUT"].map(|method| {
        let (asks, name) = (format!("{method} /o"), format!("{method} with a chunked body"));
        let bytes = request(&asks, "Transfer-Encoding: chunked\r\n") + "5\r\nhello\r\n0\r\n\r\n";
        served(CLASS, "9110 §9.3", name, bytes, &asks).carrying("hello")
    });
    // What looks like a request inside of a body is a body.
    let inside = "GET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let get = request("GET /o", &format!("Content-Length: {}\r\n", inside.len())) + inside;
    let get = served(CLASS, "9112 §6", "GET with a request as its body", get, "GET /o").carrying(inside);
    let binary: Vec<u8> = (0..=255).collect();
    let post = [request("POST /o", "Content-Length: 256\r\n").into_bytes(), binary.clone()].concat();
    let post = served(CLASS, "9112 §6", "every byte in a body", post, "POST /o").carrying(binary);
    sized.into_iter().chain(chunked).chain([get, post]).collect()
}

fn connections() -> Vec<Case> {
    let (one, two, three) = (request("GET /1", ""), request("GET /2", ""), request("GET /3", ""));
    let post = request("POST /1", "Content-Length: 5\r\n") + "hello";
    let chunked = request("POST /1", "Transfer-Encoding: chunked\r\n") + "5\r\nhello\r\n0\r\n\r\n";
    let pipelined = |name: &str, bytes: String, asks: &str| served(CLASS, "9112 §9.3.2", name, bytes, asks);
    let head = request("HEAD /1", "") + &two;
    let sixty: String = (1..=60).map(|number| request(&format!("GET /{number}"), "")).collect();
    vec![
        pipelined("two pipelined", format!("{one}{two}"), "GET /1").and("GET /2"),
        pipelined("three pipelined", format!("{one}{two}{three}"), "GET /1").and("GET /2").and("GET /3"),
        pipelined("two pipelined", format!("{one}{two}"), "GET /1").and("GET /2").trickled(),
        pipelined("after a sized body", format!("{post}{two}"), "POST /1").carrying("hello").and("GET /2"),
        pipelined("after a chunked body", format!("{chunked}{two}"), "POST /1").carrying("hello").and("GET /2"),
        pipelined("after HEAD", head, "HEAD /1").and("GET /2"),
        pipelined("cut within the second head", format!("{one}GET /2 HT"), "GET /1")
            .and("GET /2")
            .send("TP/1.1\r\nHost: localhost\r\n\r\n"),
        pipelined("one after the other", one.clone(), "GET /1").step(Step::AwaitAnswers(1)).send(two).and("GET /2"),
        (2..=60)
            .fold(pipelined("sixty pipelined", sixty, "GET /1"), |case, number| case.and(&format!("GET /{number}"))),
        served(CLASS, "9112 §9.6", "the client has ended its side", one, "GET /1").step(Step::HalfClose).closing(),
        pipelined("bytes after Connection: close", request("GET /1", "Connection: close\r\n") + &three, "GET /1")
            .closing(),
    ]
}

fn old() -> Vec<Case> {
    let rows = [
        ("HTTP/1.0", "GET /o HTTP/1.0\r\nHost: localhost\r\n\r\n"),
        ("HTTP/1.0 without Host", "GET /o HTTP/1.0\r\n\r\n"),
        ("HTTP/1.0, close", "GET /o HTTP/1.0\r\nConnection: close\r\n\r\n"),
        ("HTTP/1.0, 100-continue is not for it", "GET /o HTTP/1.0\r\nExpect: 100-continue\r\n\r\n"),
    ];
    let closes = rows.map(|(name, bytes)| served(CLASS, "9112 §9.3", name, bytes, "GET /o").closing());
    let kept = "GET /o HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n";
    let kept = served(CLASS, "9112 §9.3", "HTTP/1.0, keep-alive", kept, "GET /o").may_keep();
    let post = "POST /o HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello";
    let post = served(CLASS, "9112 §9.3", "HTTP/1.0 with a body", post, "POST /o").carrying("hello").closing();
    let head = served(CLASS, "9112 §9.3", "HTTP/1.0 HEAD", "HEAD /o HTTP/1.0\r\n\r\n", "HEAD /o").closing();
    closes.into_iter().chain([kept, post, head]).collect()
}

fn continues() -> Vec<Case> {
    let rule = "9110 §10.1.1";
    let head = request("POST /o", "Expect: 100-continue\r\nContent-Length: 5\r\n");
    let chunked = request("POST /o", "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n");
    let waits = served(CLASS, rule, "100 awaited", head.clone(), "POST /o").step(Step::AwaitContinue).send("hello");
    let at_once = served(CLASS, rule, "100 not awaited", head + "hello", "POST /o");
    let chunks = served(CLASS, rule, "100 awaited, chunked", chunked, "POST /o").step(Step::AwaitContinue);
    let chunks = chunks.send("5\r\nhello\r\n0\r\n\r\n");
    [waits, at_once, chunks].map(|case| case.carrying("hello").lacking(&["expect"])).to_vec()
}

fn fields() -> Vec<Case> {
    let rows: &[(&str, &'static str, &str)] = &[
        ("Range", "range", "bytes=0-1"),
        ("If-None-Match", "if-none-match", "\"a\", W/\"b\""),
        ("Accept-Encoding", "accept-encoding", "gzip;q=0.5, br"),
        ("Cookie", "cookie", "a=b; c=\"d\""),
        ("User-Agent", "user-agent", "a/1.0 (b; c) d/2.0"),
        ("Referer", "referer", "https://a.example/b?c#d"),
        ("Max-Forwards", "max-forwards", "10"),
        ("Origin: null", "origin", "null"),
    ];
    let case = |(name, field, value): &(&str, &'static str, &str)| {
        let bytes = request("GET /o", &format!("{field}: {value}\r\n"));
        served(CLASS, "9110 §5", format!("{name} reaches the upstream"), bytes, "GET /o").having(field, *value)
    };
    rows.iter().map(case).collect()
}

/// What follows a refused request on its connection is never served.
fn behind_a_refusal() -> Vec<Case> {
    let (one, hidden) = (request("GET /1", ""), request("GET /hidden", ""));
    let broken = request("GET /2", "Content-Length: x\r\n");
    let chunked = request("POST /2", "Transfer-Encoding: chunked\r\n") + "x\r\n";
    vec![
        refused(CLASS, "9112 §9.6", "behind a broken head", format!("{broken}{hidden}")),
        refused(CLASS, "9112 §9.6", "behind a broken body", format!("{chunked}{hidden}")).in_body(),
        refused(CLASS, "9112 §9.6", "a broken head behind a good one", format!("{one}{broken}{hidden}"))
            .after_serving(1),
        refused(CLASS, "9112 §9.6", "a refusal to HEAD", request("HEAD /2", "Content-Length: x\r\n")),
        refused(CLASS, "9112 §9.6", "a megabyte behind a broken head", broken + &"x".repeat(1 << 20)),
    ]
}
