//! WebSockets: a tunnel only where the client asked for one and the upstream agreed, and not a byte before.

use anyhow::{Context, Result, ensure};

use super::super::client::{Client, End};
use super::super::flow::Flow;
use super::super::reply::Reply;
use super::super::upstream::Connection;
use super::super::world::{PATIENCE, World};

const CLASS: &str = "tunnel";

pub const FLOWS: &[Flow] = &[
    Flow { class: CLASS, rule: "6455 §4", name: "bytes pass both ways", run: both_ways },
    Flow { class: CLASS, rule: "9110 §7.8", name: "bytes before the upstream agreed wait for it", run: early_bytes },
    Flow {
        class: CLASS, rule: "9110 §7.8", name: "where the upstream does not agree, there is none", run: not_agreed
    },
    Flow {
        class: CLASS,
        rule: "9110 §7.8",
        name: "another protocol than asked for is a failure",
        run: another_protocol,
    },
];

const HANDSHAKE: &str = "GET /tunnel HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
const AGREED: &str = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

fn both_ways(world: &World) -> Result<()> {
    world.upstream.begin(vec![Reply::bytes(AGREED).and("from the upstream")]);
    let mut client = Client::connect(world.http, false)?;
    client.write(HANDSHAKE.as_bytes());
    let came = client.read_until(PATIENCE, |told| told.tunnel == b"from the upstream");
    ensure!(came, "the upstream's bytes did not arrive: {:?}", client.told);
    let answer = client.told.answers.first().context("no 101")?;
    ensure!(answer.text("sec-websocket-accept") == Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{answer:?}");
    client.write(b"from the client");
    let arrived = |seen: &[Connection]| seen.iter().any(|connection| connection.rest == b"from the client");
    world.upstream.until("the client's bytes arrive", PATIENCE, arrived)?;
    drop(client);
    let ended = |seen: &[Connection]| seen.iter().all(|connection| connection.has_ended);
    world.upstream.until("the tunnel ends with its client", PATIENCE, ended)?;
    Ok(())
}

/// CVE-2026-2833: what came with the handshake was passed on before the upstream had agreed.
fn early_bytes(world: &World) -> Result<()> {
    world.upstream.begin(vec![Reply::silence()]);
    let mut client = Client::connect(world.http, false)?;
    client.write([HANDSHAKE, "GET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n"].concat().as_bytes());
    client.read_until(PATIENCE, |told| !told.answers.is_empty());
    let told = client.told.clone();
    drop(client);
    world.fence()?;
    let seen = world.upstream.seen();
    world.upstream.cut();
    ensure!(told.answers.first().is_some_and(|answer| answer.status() == 504), "{told:?}");
    let is_clean = |connection: &Connection| connection.requests.len() <= 1 && connection.rest.is_empty();
    ensure!(seen.iter().all(is_clean), "bytes reached an upstream that had not agreed: {seen:?}");
    Ok(())
}

fn not_agreed(world: &World) -> Result<()> {
    world.upstream.begin(vec![Reply::ok()]);
    let mut client = Client::connect(world.http, false)?;
    client.write([HANDSHAKE, "\x01\x02\x03\x04 raw\r\n\r\n"].concat().as_bytes());
    let ended = client.read_to_end(PATIENCE);
    let told = std::mem::take(&mut client.told);
    drop(client);
    world.fence()?;
    let seen = world
        .upstream
        .until("the upstream's connections end", PATIENCE, |seen| seen.iter().all(|connection| connection.has_ended))?;
    ensure!(ended && told.end == End::Closed, "raw bytes after a refused upgrade were not cut off: {told:?}");
    ensure!(told.answers.first().is_some_and(|answer| answer.status() == 200), "{told:?}");
    ensure!(told.answers.get(1).is_none_or(|answer| answer.status() == 400), "{told:?}");
    ensure!(seen.iter().all(|connection| connection.requests.len() <= 1 && connection.rest.is_empty()), "{seen:?}");
    Ok(())
}

fn another_protocol(world: &World) -> Result<()> {
    let other = AGREED.replace("Upgrade: websocket", "Upgrade: h2c");
    world.upstream.begin(vec![Reply::bytes(other)]);
    let mut client = Client::connect(world.http, false)?;
    client.write(HANDSHAKE.as_bytes());
    client.read_until(PATIENCE, |told| !told.answers.is_empty());
    let told = std::mem::take(&mut client.told);
    world.upstream.cut();
    ensure!(told.answers.first().is_some_and(|answer| answer.status() == 502), "{told:?}");
    Ok(())
}
