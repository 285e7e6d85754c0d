//! Where the packets are cut makes no difference: every place is tried.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::super::client::Client;
use super::super::flow::Flow;
use super::super::message::Message;
use super::super::reply::Reply;
use super::super::upstream::Connection;
use super::super::world::{PATIENCE, World};

const CLASS: &str = "split";
/// Makes it likely that the two parts are two packets; either way the outcome must be the same.
const BEAT: Duration = Duration::from_micros(500);

pub const FLOWS: &[Flow] = &[
    Flow { class: CLASS, rule: "9112 §2.2", name: "a request and the one behind it, cut anywhere", run: requests },
    Flow { class: CLASS, rule: "9112 §6.3", name: "a refused request, cut anywhere", run: refusals },
    Flow { class: CLASS, rule: "9112 §2.2", name: "an answer, cut anywhere", run: answers },
];

const TWO: &str = "\r\nPOST /1 HTTP/1.1\r\nHost: a\r\nX: \t y z \r\nTransfer-Encoding: chunked\r\n\r\n3;a=\"b\"\r\nabc\r\n02\r\nde\r\n0\r\nT: u\r\n\r\nPUT /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\n\r\nfgh";
const BOTH: &str = "POST /1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";
const ANSWER: &str = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nX: \t y z \r\nTransfer-Encoding: chunked\r\n\r\n3;a=\"b\"\r\nabc\r\n02\r\nde\r\n0\r\nT: u\r\n\r\n";

fn cuts(text: &str) -> impl Iterator<Item = (&str, &str)> {
    (1..text.len()).filter_map(|at| text.split_at_checked(at))
}

fn exchange(world: &World, (one, two): (&str, &str)) -> Result<Client> {
    let mut client = Client::connect(world.http, false)?;
    client.write(one.as_bytes());
    std::thread::sleep(BEAT);
    client.write(two.as_bytes());
    client.read_to_end(PATIENCE);
    Ok(client)
}

fn requests(world: &World) -> Result<()> {
    for cut in cuts(TWO) {
        world.upstream.begin(vec![Reply::ok()]);
        let client = exchange(world, cut)?;
        let statuses: Vec<_> = client.told.answers.iter().map(Message::status).collect();
        ensure!(statuses == [200, 200], "cut into {cut:?}: {:?}", client.told);
        let ended = |seen: &[Connection]| seen.len() == 2 && seen.iter().all(|one| one.has_ended);
        let seen = world.upstream.until("both requests reach the upstream", PATIENCE, ended)?;
        let came: Vec<_> =
            seen.iter().flat_map(|one| &one.requests).map(|one| (one.asks(), one.body.as_slice())).collect();
        ensure!(came == [("POST /1", b"abcde".as_slice()), ("PUT /2", b"fgh")], "cut into {cut:?}: {came:?}");
    }
    Ok(())
}

fn refusals(world: &World) -> Result<()> {
    world.upstream.begin(vec![Reply::ok()]);
    for cut in cuts(BOTH) {
        let client = exchange(world, cut)?;
        let statuses: Vec<_> = client.told.answers.iter().map(Message::status).collect();
        ensure!(statuses == [400], "cut into {cut:?}: {:?}", client.told);
    }
    world.fence()?;
    let seen = world.upstream.seen();
    ensure!(seen.iter().all(|one| one.requests.is_empty() && one.rest.is_empty()), "it reached the upstream: {seen:?}");
    Ok(())
}

fn answers(world: &World) -> Result<()> {
    for (one, two) in cuts(ANSWER) {
        // The upstream's two writes are two packets: it does not gather them.
        world.upstream.begin(vec![Reply::bytes(one).paced().and(two)]);
        let asks = "GET /1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        let client = exchange(world, (asks, ""))?;
        let came: Vec<_> = client.told.answers.iter().map(|one| (one.status(), one.body.as_slice())).collect();
        ensure!(came == [(200, b"abcde".as_slice())], "cut into {:?}: {:?}", (one, two), client.told);
        let hints = client.told.interims.iter().filter(|one| one.status() == 103).count();
        ensure!(hints == 1, "cut into {:?}: {:?}", (one, two), client.told.interims);
    }
    world.upstream.cut();
    Ok(())
}
