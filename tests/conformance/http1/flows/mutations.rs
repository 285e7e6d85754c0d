//! Requests with a few bytes changed at random: upstream comes what the strictest reader reads in them, or less.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::super::client::Client;
use super::super::flow::Flow;
use super::super::message::{Message, Role};
use super::super::noise::Noise;
use super::super::reading::{Reading, read};
use super::super::reply::Reply;
use super::super::upstream::Connection;
use super::super::world::{PATIENCE, World};

const CLASS: &str = "mutation";
const RULE: &str = "9112 §11.2";
/// Requests that are tried in one flow.
const TRIES: usize = 120;
const LIMIT: Duration = Duration::from_secs(15);

pub const FLOWS: &[Flow] = &[
    Flow { class: CLASS, rule: RULE, name: "seed 1", run: |world| mutate(world, 1) },
    Flow { class: CLASS, rule: RULE, name: "seed 2", run: |world| mutate(world, 2) },
    Flow { class: CLASS, rule: RULE, name: "seed 3", run: |world| mutate(world, 3) },
    Flow { class: CLASS, rule: RULE, name: "seed 4", run: |world| mutate(world, 4) },
    Flow { class: CLASS, rule: RULE, name: "seed 5", run: |world| mutate(world, 5) },
    Flow { class: CLASS, rule: RULE, name: "seed 6", run: |world| mutate(world, 6) },
    Flow { class: CLASS, rule: RULE, name: "seed 7", run: |world| mutate(world, 7) },
    Flow { class: CLASS, rule: RULE, name: "seed 8", run: |world| mutate(world, 8) },
];

const BASES: &[&[u8]] = &[
    b"GET /m HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n",
    b"GET /m?x=y HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n",
    b"POST /m HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET /n HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST /m HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /n HTTP/1.1\r\nHost: a\r\n\r\n",
    b"PUT /m HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: a\r\nConnection: close\r\n\r\n1\r\nx\r\n01\r\ny\r\n0\r\nT: u\r\n\r\n",
    b"DELETE /m HTTP/1.1\r\nHost: a\r\nContent-Length: 38\r\n\r\nGET /inner HTTP/1.1\r\nHost: localhost\r\n\r\n",
];

/// What lenient readers stumble over.
const PIECES: &[&[u8]] = &[
    b"\r",
    b"\n",
    b"\r\n",
    b"\n\r\n",
    b"\r\n\r\n",
    b" ",
    b"\t",
    b"\r\n ",
    b":",
    b",",
    b";",
    b"\x00",
    b"\x0b",
    b"\x7f",
    b"\x80",
    b"\xff",
    b"0",
    b"5",
    b"-",
    b"+",
    b"0x",
    b"\"",
    b"HTTP/1.1",
    b"Transfer-Encoding: chunked\r\n",
    b"Content-Length: 5\r\n",
    b"Content-Length: 0\r\n",
    b"Host: b\r\n",
    b"0\r\n\r\n",
    b"GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n",
];

fn mutate(world: &World, seed: u32) -> Result<()> {
    let mut noise = Noise::new(seed);
    for number in 0..TRIES {
        let bytes = mutated(&mut noise);
        judge(world, &bytes).map_err(|error| error.context(format!("try {number}: \"{}\"", bytes.escape_ascii())))?;
    }
    Ok(())
}

fn mutated(noise: &mut Noise) -> Vec<u8> {
    let mut bytes = noise.one_of(BASES).unwrap_or_default().to_vec();
    for _ in 0..=noise.below(3) {
        let at = noise.below(bytes.len());
        let piece = noise.one_of(PIECES).unwrap_or_default().to_vec();
        let taken = match noise.below(4) {
            0 => piece.len().min(bytes.len() - at),
            1 => noise.below(4).min(bytes.len() - at),
            _ => 0,
        };
        let piece = if noise.below(8) == 0 { vec![noise.byte()] } else { piece };
        bytes.splice(at..at + taken, piece);
    }
    bytes
}

fn judge(world: &World, bytes: &[u8]) -> Result<()> {
    world.upstream.begin(vec![Reply::ok()]);
    let mut client = Client::connect(world.http, bytes.starts_with(b"HEAD "))?;
    client.write(bytes);
    client.half_close();
    ensure!(client.read_to_end(LIMIT), "the connection did not end: {:?}", client.told);
    let told = std::mem::take(&mut client.told);
    drop(client);
    world.fence()?;
    let ended = |seen: &[Connection]| seen.iter().all(|one| one.has_ended);
    let seen = world.upstream.until("the upstream's connections end", PATIENCE, ended)?;
    ensure!(told.broken.is_none(), "the client was told {:?}", told.broken);
    if let Some(answer) =
        told.answers.iter().find(|answer| answer.status() >= 500 && ![501, 505].contains(&answer.status()))
    {
        anyhow::bail!("a client's fault was answered {}", answer.start);
    }
    if let Some(why) = seen.iter().find_map(|one| one.broken.as_ref()) {
        anyhow::bail!("upstream came {why}");
    }
    let (came, meant) = (seen.iter().flat_map(|one| &one.requests).map(essence).collect::<Vec<_>>(), meant(bytes));
    let meant: Vec<_> = meant.iter().map(essence).collect();
    ensure!(meant.starts_with(&came), "upstream came {came:?}, meant was {meant:?}");
    Ok(())
}

/// The requests that the strictest reader finds in some bytes.
fn meant(mut bytes: &[u8]) -> Vec<Message> {
    let mut found = Vec::new();
    loop {
        for _ in 0..2 {
            bytes = bytes.strip_prefix(b"\r\n").unwrap_or(bytes);
        }
        let Reading::Whole(request, taken) = read(bytes, Role::Request, true) else { return found };
        bytes = bytes.get(taken..).unwrap_or_default();
        found.push(request);
    }
}

fn essence(request: &Message) -> (String, Vec<u8>) {
    (request.asks().to_owned(), request.body.clone())
}
