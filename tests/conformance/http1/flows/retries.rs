//! Connections of the upstream: used again while they are good, and a request is repeated only where that is harmless.

use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::super::client::Client;
use super::super::flow::Flow;
use super::super::reply::Reply;
use super::super::upstream::Connection;
use super::super::world::{PATIENCE, World};

/// RFC 9110 section 9.2.2 and RFC 9112 section 9.3.1.
const CLASS: &str = "retry";

pub const FLOWS: &[Flow] = &[
    Flow { class: CLASS, rule: "9112 §9.3", name: "an idle connection is used again", run: used_again },
    Flow {
        class: CLASS,
        rule: "9112 §9.5",
        name: "a connection that the upstream closed is not used again",
        run: closed,
    },
    Flow { class: CLASS, rule: "9112 §9.3.1", name: "a GET is sent again, once", run: |world| repeated(world, "GET") },
    Flow {
        class: CLASS,
        rule: "9112 §9.3.1",
        name: "a HEAD is sent again, once",
        run: |world| repeated(world, "HEAD"),
    },
    Flow {
        class: CLASS,
        rule: "9112 §9.3.1",
        name: "an OPTIONS is sent again, once",
        run: |world| repeated(world, "OPTIONS"),
    },
    Flow { class: CLASS, rule: "9112 §9.3.1", name: "nothing is sent a third time", run: never_twice },
    Flow {
        class: CLASS,
        rule: "9110 §9.2.2",
        name: "a POST is never sent again",
        run: |world| once(world, "POST", "hello"),
    },
    Flow {
        class: CLASS,
        rule: "9110 §9.2.2",
        name: "an empty POST is never sent again",
        run: |world| once(world, "POST", ""),
    },
    Flow {
        class: CLASS,
        rule: "9110 §9.2.2",
        name: "a PATCH is never sent again",
        run: |world| once(world, "PATCH", "hello"),
    },
    Flow {
        class: CLASS,
        rule: "9110 §9.2.2",
        name: "an unknown method is never sent again",
        run: |world| once(world, "MERGE", ""),
    },
    Flow {
        class: CLASS,
        rule: "9110 §9.2.2",
        name: "a GET with a body is never sent again",
        run: |world| once(world, "GET", "hello"),
    },
    Flow {
        class: CLASS, rule: "9112 §9.3.1", name: "what was answered in part is not sent again", run: half_answered
    },
    Flow { class: CLASS, rule: "9112 §9.3.1", name: "a new connection that closes is a failure", run: new_one },
];

/// Asks on a connection of its own, and gives the status.
fn ask(world: &World, method: &str, target: &str, body: &str) -> Result<u16> {
    let mut client = Client::connect(world.http, method == "HEAD")?;
    let length =
        if body.is_empty() && method != "POST" { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    client.write(
        format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\n{length}Connection: close\r\n\r\n{body}").as_bytes(),
    );
    client.read_to_end(PATIENCE);
    Ok(client.told.answers.first().with_context(|| format!("{method} {target}: {:?}", client.told))?.status())
}

/// How often a request reached the upstream.
fn times(world: &World, asks: &str) -> usize {
    world.upstream.seen().iter().flat_map(|connection| &connection.requests).filter(|one| one.asks() == asks).count()
}

/// After a first request, the connection is idle; the second is answered by `replies`.
fn with_idle_connection(world: &World, replies: Vec<Reply>) -> Result<()> {
    world.upstream.cut();
    world.upstream.until("the connections of before end", PATIENCE, |seen| seen.iter().all(|one| one.has_ended))?;
    world.upstream.begin([vec![Reply::kept()], replies].concat());
    ensure!(ask(world, "GET", "/first", "")? == 200, "the first request");
    Ok(())
}

/// Leaves no connection to the next case.
fn end(world: &World) {
    world.upstream.cut();
}

fn used_again(world: &World) -> Result<()> {
    with_idle_connection(world, vec![Reply::kept()])?;
    ensure!(ask(world, "POST", "/second", "hello")? == 200, "the second request");
    let shared = world.upstream.seen().iter().any(|connection| connection.requests.len() == 2);
    end(world);
    ensure!(shared, "each request had a connection of its own");
    Ok(())
}

fn closed(world: &World) -> Result<()> {
    with_idle_connection(world, vec![Reply::kept()])?;
    world.upstream.cut();
    let status = ask(world, "POST", "/second", "hello")?;
    let times = times(world, "POST /second");
    end(world);
    ensure!((status, times) == (200, 1), "POST was answered {status}, and sent {times} times");
    Ok(())
}

fn repeated(world: &World, method: &str) -> Result<()> {
    let last = if method == "HEAD" { Reply::ok() } else { Reply::kept() };
    with_idle_connection(world, vec![Reply::silence().closing(), last])?;
    let status = ask(world, method, "/second", "")?;
    let times = times(world, &format!("{method} /second"));
    end(world);
    ensure!((status, times) == (200, 2), "{method} was answered {status}, and sent {times} times");
    Ok(())
}

fn never_twice(world: &World) -> Result<()> {
    let gone = || Reply::silence().closing();
    with_idle_connection(world, vec![gone(), gone(), gone(), Reply::kept()])?;
    let status = ask(world, "GET", "/second", "")?;
    let times = times(world, "GET /second");
    end(world);
    ensure!((status, times) == (502, 2), "GET was answered {status}, and sent {times} times");
    Ok(())
}

fn once(world: &World, method: &str, body: &str) -> Result<()> {
    with_idle_connection(world, vec![Reply::silence().closing(), Reply::kept()])?;
    let status = ask(world, method, "/second", body)?;
    let times = times(world, &format!("{method} /second"));
    end(world);
    ensure!((status, times) == (502, 1), "{method} was answered {status}, and sent {times} times");
    Ok(())
}

fn half_answered(world: &World) -> Result<()> {
    with_idle_connection(world, vec![Reply::bytes("HTTP/1.1 2").closing(), Reply::kept()])?;
    let status = ask(world, "GET", "/second", "")?;
    let times = times(world, "GET /second");
    end(world);
    ensure!((status, times) == (502, 1), "GET was answered {status}, and sent {times} times");
    Ok(())
}

fn new_one(world: &World) -> Result<()> {
    world.upstream.cut();
    let ended = |seen: &[Connection]| seen.iter().all(|one| one.has_ended);
    world.upstream.until("the connections of before end", Duration::from_secs(5), ended)?;
    world.upstream.begin(vec![Reply::silence().closing(), Reply::kept()]);
    let status = ask(world, "GET", "/first", "")?;
    let times = times(world, "GET /first");
    end(world);
    ensure!((status, times) == (502, 1), "GET was answered {status}, and sent {times} times");
    Ok(())
}
