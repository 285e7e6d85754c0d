//! The grammar of chunks (RFC 9112 section 7.1).

use super::super::case::{Case, Step, named, refused, served};

/// What stands where a chunk's size should, and is none.
const SIZES: &[&[u8]] = &[
    b"",
    b" ",
    b" 5",
    b"\t5",
    b"5 ",
    b"5\t",
    b"+5",
    b"-5",
    b"-0",
    b"0x5",
    b"0X5",
    b"5h",
    b"g",
    b"five",
    b"5.0",
    b"5,",
    b"5,5",
    b"5 5",
    b"5_",
    b"5:",
    b"5u",
    b"%35",
    b"\"5\"",
    b"(5)",
    b"5\x00",
    b"\x005",
    b"5\x0b",
    b"\x0b5",
    b"5\x0c",
    b"5\x1f",
    b"5\x7f",
    b"5\xa0",
    b"\xff5",
    b"\xef\xbc\x95",
    b"5\rX",
    b"\r5",
    b"5\r",
];

/// Sizes that no body can have; wrapped around, some of them are 5.
const HUGE: &[&[u8]] = &[
    b"FFFFFFFF",
    b"100000005",
    b"7FFFFFFFFFFFFFFF",
    b"8000000000000005",
    b"FFFFFFFFFFFFFFFF",
    b"FFFFFFFFFFFFFFFB",
    b"10000000000000005",
    b"FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
];

/// Extensions that carry what no line may.
const BAD_EXTENSIONS: &[&[u8]] = &[
    b";a\nb",
    b";\n",
    b";a=\"\n\"",
    b";a\rb",
    b";a=\"\r\"",
    b";a=\x00",
    b";\x00",
    b";a=\"\x01\"",
    b";a=\x7f",
    b";a\x0b",
    b"\n;a",
    b"\x00;a",
];

/// Extensions that are legal, and dropped.
const EXTENSIONS: &[&[u8]] =
    &[b";a", b";a=b", b";a=b;c=d", b";a=\"b\"", b";a=\"b;c\"", b";a=\"b\\\"c\"", b";a=\"\"", b";a=\"\tb c\""];

/// Extensions that are wrong or odd, and whose end is clear: dropping and refusing are both safe.
const ODD_EXTENSIONS: &[&[u8]] = &[
    b";",
    b" ;a=b",
    b"; a=b",
    b";a =b",
    b";a= b",
    b";;a",
    b";=b",
    b";a=",
    b";a=\"b",
    b";a=b=c",
    b";a b",
    b";\xff",
    b";a=\"\xe9\"",
];

/// What stands after the five bytes of a chunk, and is not its end.
const ENDS: &[&[u8]] = &[
    b"\n",
    b"\r",
    b"",
    b"X\r\n",
    b" \r\n",
    b"\r\r\n",
    b"\n\r",
    b"\x00\x00",
    b"  ",
    b"\r\x00",
    b"\x0b\n",
    b"world\r\n",
];

/// What stands where the last chunk and the end of the trailers should.
const LASTS: &[&[u8]] = &[
    b"0\n\r\n",
    b"0\r\n\n",
    b"0\n\n",
    b"0\r\r\n\r\n",
    b"0\rX\r\n\r\n",
    b"0\r\n\rX",
    b"0x0\r\n\r\n",
    b"-0\r\n\r\n",
    b"0 \r\n\r\n",
    b" 0\r\n\r\n",
    b"0\x00\r\n\r\n",
    b"O\r\n\r\n",
    b"\r\n0\r\n\r\n",
    b"0;\n\r\n\r\n",
];

/// Every case.
pub fn cases() -> Vec<Case> {
    [sizes(), extensions(), ends(), legal(), cut_off()].concat()
}

fn post(body: &[u8]) -> Vec<u8> {
    [b"POST /chunks HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", body].concat()
}

/// One chunk of `hello` whose size line reads like that.
fn sized(line: &[u8]) -> Vec<u8> {
    post(&[line, b"\r\nhello\r\n0\r\n\r\n"].concat())
}

fn passes(name: String, bytes: Vec<u8>) -> Case {
    served("chunk-legal", "9112 §7.1", name, bytes, "POST /chunks").carrying("hello")
}

fn broken(class: &'static str, name: String, bytes: Vec<u8>) -> Case {
    refused(class, "9112 §7.1", name, bytes).in_body()
}

fn sizes() -> Vec<Case> {
    let bad = SIZES.iter().map(|size| broken("chunk-size", named(size), sized(size)));
    let line_feed = broken("chunk-size", "[5\\n]".to_owned(), post(b"5\nhello\r\n0\r\n\r\n"));
    // Who counts what comes, and not what is announced, waits for it until the time is over.
    let huge = HUGE.iter().map(|size| broken("chunk-size", named(size), sized(size)).with(&[400, 408, 413]));
    let zeros = broken("chunk-size", "300 zeros and a 5".to_owned(), sized(("0".repeat(300) + "5").as_bytes()));
    bad.chain(huge).chain([line_feed, zeros]).collect()
}

fn extensions() -> Vec<Case> {
    let with = |extension: &[u8]| sized(&[b"5", extension].concat());
    let bad = BAD_EXTENSIONS
        .iter()
        .map(|extension| refused("chunk-extension", "9112 §7.1.1", named(extension), with(extension)).in_body());
    let good = EXTENSIONS.iter().map(|extension| {
        served("chunk-extension", "9112 §7.1.1", named(extension), with(extension), "POST /chunks").carrying("hello")
    });
    let odd = ODD_EXTENSIONS.iter().map(|extension| {
        served("chunk-extension", "9112 §7.1.1", named(extension), with(extension), "POST /chunks")
            .carrying("hello")
            .or_refused(&[400])
            .in_body()
    });
    let last = served(
        "chunk-extension",
        "9112 §7.1.1",
        "of the last chunk",
        post(b"5\r\nhello\r\n0;a=b\r\n\r\n"),
        "POST /chunks",
    );
    let long = with(&[b";a=", "b".repeat(20_000).as_bytes()].concat());
    let long = refused("chunk-extension", "9112 §7.1.1", "of 20,000 bytes", long).in_body().with(&[400, 413, 431]);
    let endless = post(&[b"5;a=", "b".repeat(1 << 20).as_bytes()].concat());
    let endless = refused("chunk-extension", "9112 §7.1.1", "without an end", endless).in_body().with(&[400, 413, 431]);
    let chunk = [b"1;a=", "b".repeat(100).as_bytes(), b"\r\nx\r\n"].concat();
    let many = post(&[chunk.repeat(2_000), b"0\r\n\r\n".to_vec()].concat());
    let many = refused("chunk-extension", "9112 §7.1.1", "of 2,000 chunks", many).in_body().with(&[400, 413, 431]);
    bad.chain(good).chain(odd).chain([last.carrying("hello"), long, endless, many]).collect()
}

fn ends() -> Vec<Case> {
    let after = |end: &[u8]| post(&[b"5\r\nhello", end, b"0\r\n\r\n"].concat());
    let ends = ENDS.iter().map(|end| broken("chunk-end", named(end), after(end)));
    let lasts = LASTS.iter().map(|last| broken("chunk-last", named(last), post(&[b"5\r\nhello\r\n", *last].concat())));
    ends.chain(lasts).collect()
}

fn legal() -> Vec<Case> {
    let all = b"5\r\nhello\r\n0\r\n\r\n";
    let many: Vec<u8> = (0..1000).flat_map(|_| *b"1\r\nx\r\n").chain(*b"0\r\n\r\n").collect();
    let rows: &[(&str, &[u8])] = &[
        ("one chunk", all),
        ("a zero before", b"05\r\nhello\r\n0\r\n\r\n"),
        ("some zeros before", b"0000005\r\nhello\r\n0\r\n\r\n"),
        ("several last zeros", b"5\r\nhello\r\n0000\r\n\r\n"),
        ("a chunk for each byte", b"1\r\nh\r\n1\r\ne\r\n1\r\nl\r\n1\r\nl\r\n1\r\no\r\n0\r\n\r\n"),
    ];
    let mut cases: Vec<_> = rows.iter().map(|(name, body)| passes((*name).to_owned(), post(body))).collect();
    cases.push(passes("one chunk".to_owned(), post(all)).trickled());
    cases.push(
        passes("sizes in small letters".to_owned(), post(b"a\r\n0123456789\r\n0\r\n\r\n")).carrying("0123456789"),
    );
    cases.push(passes("sizes in capitals".to_owned(), post(b"A\r\n0123456789\r\n0\r\n\r\n")).carrying("0123456789"));
    cases.push(
        passes("what looks like the end, inside".to_owned(), post(b"5\r\n0\r\n\r\n\r\n0\r\n\r\n"))
            .carrying("0\r\n\r\n"),
    );
    cases.push(passes("a thousand chunks".to_owned(), post(&many)).carrying("x".repeat(1000)));
    cases.push(passes("of nothing".to_owned(), post(b"0\r\n\r\n")).carrying(""));
    let split =
        passes("head and body apart".to_owned(), post(b"")).send("5\r\nhel").send("lo\r").send("\n0\r\n\r").send("\n");
    cases.push(split);
    cases
}

/// A body that ends before its end never is one.
fn cut_off() -> Vec<Case> {
    let rows: &[&[u8]] = &[
        b"",
        b"5",
        b"5\r",
        b"5\r\n",
        b"5\r\nhel",
        b"5\r\nhello",
        b"5\r\nhello\r",
        b"5\r\nhello\r\n",
        b"5\r\nhello\r\n0",
        b"5\r\nhello\r\n0\r\n",
        b"5\r\nhello\r\n0\r\n\r",
        b"5\r\nhello\r\n0\r\nX: y\r\n",
    ];
    let cut = |body: &&[u8]| refused("body-cut", "9112 §8", named(body), post(body)).step(Step::HalfClose).or_nothing();
    let sized = b"POST /chunks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhel";
    let sized = refused("body-cut", "9112 §8", "sized", sized).step(Step::HalfClose).or_nothing();
    rows.iter().map(cut).chain([sized]).collect()
}
