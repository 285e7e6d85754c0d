//! Clients that leave: what the upstream does for them ends soon.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::super::client::Client;
use super::super::flow::Flow;
use super::super::reply::Reply;
use super::super::upstream::Connection;
use super::super::world::{PATIENCE, World};

const CLASS: &str = "client-gone";
/// How long an upstream may work on for a client that has left: who only ended its own side, and looks just the same, is
/// given a second; the rest is for a busy machine.
const SOON: Duration = Duration::from_secs(2);

pub const FLOWS: &[Flow] = &[
    Flow { class: CLASS, rule: "9112 §9.6", name: "before the answer", run: before_the_answer },
    Flow {
        class: CLASS,
        rule: "9112 §9.6",
        name: "within a sized answer",
        run: |world| within_the_answer(world, SIZED),
    },
    Flow {
        class: CLASS,
        rule: "9112 §9.6",
        name: "within a chunked answer",
        run: |world| within_the_answer(world, CHUNKED),
    },
    Flow { class: CLASS, rule: "9112 §8", name: "within its body", run: within_its_body },
    Flow { class: CLASS, rule: "9112 §8", name: "within its chunked body", run: within_its_chunks },
];

const SIZED: &str = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";
const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n";

fn has_request(seen: &[Connection]) -> bool {
    seen.iter().any(|connection| !connection.requests.is_empty())
}

fn has_part(seen: &[Connection]) -> bool {
    seen.iter().any(|connection| connection.rest.ends_with(b"half") || connection.rest.ends_with(b"half\r\n"))
}

fn all_ended(seen: &[Connection]) -> bool {
    seen.iter().all(|connection| connection.has_ended)
}

fn before_the_answer(world: &World) -> Result<()> {
    world.upstream.begin(vec![Reply::silence()]);
    let mut client = Client::connect(world.http, false)?;
    client.write(b"GET /gone HTTP/1.1\r\nHost: localhost\r\n\r\n");
    world.upstream.until("the request reaches the upstream", PATIENCE, has_request)?;
    drop(client);
    world.upstream.until("the upstream's connection ends after its client left", SOON, all_ended)?;
    Ok(())
}

fn within_the_answer(world: &World, answer: &str) -> Result<()> {
    world.upstream.begin(vec![Reply::bytes(answer)]);
    let mut client = Client::connect(world.http, false)?;
    client.write(b"GET /gone HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let has_half = client.read_until(PATIENCE, |told| told.part.as_ref().is_some_and(|part| part.body == b"half"));
    ensure!(has_half, "what there is of the answer is not passed on: {:?}", client.told);
    drop(client);
    world.upstream.until("the upstream's connection ends after its client left", SOON, all_ended)?;
    Ok(())
}

fn within_its_body(world: &World) -> Result<()> {
    within(world, "POST /gone HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf")
}

fn within_its_chunks(world: &World) -> Result<()> {
    within(world, "POST /gone HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")
}

fn within(world: &World, request: &str) -> Result<()> {
    world.upstream.begin(vec![Reply::kept()]);
    let mut client = Client::connect(world.http, false)?;
    client.write(request.as_bytes());
    world.upstream.until("what there is of the body reaches the upstream", PATIENCE, has_part)?;
    drop(client);
    let seen = world.upstream.until("the upstream's connection ends after its client left", SOON, all_ended)?;
    ensure!(!has_request(&seen), "half a body reached the upstream as a whole request: {seen:?}");
    Ok(())
}
