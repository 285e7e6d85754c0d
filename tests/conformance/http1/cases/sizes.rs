//! Sizes: what is long and legal passes, what is longer is refused as that (RFC 9110 section 15.5, RFC 6585 section 5).

use super::super::case::{Case, refused, served};

/// Every case.
pub fn cases() -> Vec<Case> {
    [targets(), heads(), bodies()].concat()
}

fn get(target: &str, fields: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n")
}

fn path(length: usize) -> String {
    "/".to_owned() + &"s".repeat(length - 1)
}

fn targets() -> Vec<Case> {
    let long = |length: usize| {
        let (name, asks) = (format!("of {length} bytes"), format!("GET {}", path(length)));
        served("size-target", "9110 §15.5.15", name, get(&path(length), ""), &asks)
    };
    let longer = |length: usize| {
        let name = format!("of {length} bytes");
        refused("size-target", "9110 §15.5.15", name, get(&path(length), "")).with(&[414]).may_keep()
    };
    let query = get(&format!("/?{}", "s".repeat(8_191)), "");
    let query = refused("size-target", "9110 §15.5.15", "with a query beyond it", query).with(&[414]).may_keep();
    let huge = |length: usize| longer(length).with(&[414, 431]);
    vec![long(4_000), long(8_192), longer(8_193), longer(20_000), longer(64_000), huge(300_000), huge(2_000_000), query]
}

fn heads() -> Vec<Case> {
    let fields = |count: usize| (0..count).map(|number| format!("X-{number}: {number}\r\n")).collect::<String>();
    let one = |length: usize| format!("X-Long: {}\r\n", "s".repeat(length));
    let name = |length: usize| format!("X{}: y\r\n", "s".repeat(length));
    let rows = [
        ("200 fields", fields(200)),
        ("1,000 fields", fields(1_000)),
        ("20,000 fields", fields(20_000)),
        ("a value of 17,000 bytes", one(17_000)),
        ("a value of 70,000 bytes", one(70_000)),
        ("a value of 1,000,000 bytes", one(1_000_000)),
        ("a name of 17,000 bytes", name(17_000)),
        ("a name of 70,000 bytes", name(70_000)),
        ("50 fields of 1,000 bytes", one(1_000).repeat(50)),
        ("20 cookies of 1,000 bytes", format!("Cookie: a={}\r\n", "s".repeat(1_000)).repeat(20)),
    ];
    let large =
        rows.map(|(name, fields)| refused("size-head", "6585 §5", name, get("/s", &fields)).with(&[431]).may_keep());
    let endless = get("/s", "").replace("\r\n\r\n", "\r\n") + "X: " + &"s".repeat(2_000_000);
    let endless = refused("size-head", "6585 §5", "without an end", endless).with(&[431]);
    let legal =
        [("90 fields", fields(90)), ("a value of 15,000 bytes", one(15_000)), ("a name of 200 bytes", name(200))];
    let legal = legal.map(|(name, fields)| served("size-head", "6585 §5", name, get("/s", &fields), "GET /s"));
    large.into_iter().chain(legal).chain([endless]).collect()
}

fn bodies() -> Vec<Case> {
    let limit = 1 << 20;
    let sized = |length: usize, sent: usize| {
        let head = format!("POST /s HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n");
        [head.into_bytes(), vec![b's'; sent]].concat()
    };
    let chunked = |length: usize| {
        let head = b"POST /s HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        let chunk = [b"10000\r\n".as_slice(), &vec![b's'; 65_536], b"\r\n"].concat();
        [head, chunk.repeat(length / 65_536), b"0\r\n\r\n".to_vec()].concat()
    };
    let waits =
        format!("POST /s HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n", limit + 1);
    let over = |name: &str, bytes: Vec<u8>| refused("size-body", "9110 §15.5.14", name, bytes).with(&[413]);
    let exact = served("size-body", "9110 §15.5.14", "exactly the limit", sized(limit, limit), "POST /s");
    let in_chunks = served("size-body", "9110 §15.5.14", "exactly the limit, chunked", chunked(limit), "POST /s");
    vec![
        exact.carrying(vec![b's'; limit]),
        in_chunks.carrying(vec![b's'; limit]),
        over("a byte more, not sent", sized(limit + 1, 0)).may_keep(),
        over("a byte more, sent", sized(limit + 1, limit + 1)).may_keep(),
        over("four times the limit, sent", sized(4 * limit, 4 * limit)).may_keep(),
        over("chunked, beyond the limit", chunked(limit + 65_536)).in_body(),
        over("chunked, four times the limit", chunked(4 * limit)).in_body(),
        over("beyond the limit, and 100 awaited", waits.into_bytes()).may_keep(),
    ]
}
