//! Statuses with rules of their own, what is no answer at all, and silence (RFC 9110 section 15).

use super::super::answer::{ASKS, AnswerCase, broken, passed};
use super::super::reply::Reply;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const HEAD: &str = "HEAD /answer HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Every case.
pub fn cases() -> Vec<AnswerCase> {
    [interim(), switching(), without_body(), to_head(), no_answer(), silence(), early()].concat()
}

fn interim() -> Vec<AnswerCase> {
    let rule = "9110 §15.2";
    let then_ok = |name: &str, before: &str| passed("answer-1xx", rule, name, format!("{before}{OK}"), (200, b"ok"));
    let hint = "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n";
    let flood = |bytes: &'static str| {
        move |reply: Reply| Reply { writes: vec![bytes.repeat(1_000).into()], ..reply }.repeated(500)
    };
    vec![
        then_ok("100", "HTTP/1.1 100 Continue\r\n\r\n"),
        then_ok("100 twice", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"),
        then_ok("100 with fields", "HTTP/1.1 100 Continue\r\nX-Smuggled: y\r\n\r\n"),
        then_ok("102", "HTTP/1.1 102 Processing\r\n\r\n").after_interims(&[102]),
        then_ok("103", hint).after_interims(&[103]),
        then_ok("103 twice", &format!("{hint}{hint}")).after_interims(&[103, 103]),
        then_ok("100 and 103", &format!("HTTP/1.1 100 Continue\r\n\r\n{hint}")).after_interims(&[103]),
        then_ok("103 for HTTP/1.0", hint).asked("GET /answer HTTP/1.0\r\n\r\n"),
        then_ok("103 with Content-Length", "HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\n")
            .or_gateway(502)
            .after_interims(&[103]),
        broken(
            "answer-1xx",
            rule,
            "103 with Transfer-Encoding",
            format!("HTTP/1.1 103 Early Hints\r\nTransfer-Encoding: chunked\r\n\r\n{OK}"),
        ),
        broken("answer-1xx", rule, "100, and nothing more", "HTTP/1.1 100 Continue\r\n\r\n").closing(),
        broken(
            "answer-1xx",
            rule,
            "103 with a control byte",
            format!("HTTP/1.1 103 Early Hints\r\nLink: \x01\r\n\r\n{OK}"),
        ),
        broken("answer-1xx", rule, "endless 100", "").replied(flood("HTTP/1.1 100 Continue\r\n\r\n")),
        broken("answer-1xx", rule, "endless 102", "").replied(flood("HTTP/1.1 102 Processing\r\n\r\n")),
        broken("answer-1xx", rule, "endless 103", "").replied(flood("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")),
    ]
}

/// Nobody asked for another protocol.
fn switching() -> Vec<AnswerCase> {
    let rows = [
        ("101 unasked", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\npoison"),
        ("101 to h2c", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\npoison"),
        ("101 without Upgrade", "HTTP/1.1 101 Switching Protocols\r\n\r\npoison"),
        (
            "101 and an answer",
            "HTTP/1.1 101 Switching Protocols\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison",
        ),
    ];
    let unasked = rows.map(|(name, bytes)| broken("answer-101", "9110 §7.8", name, bytes));
    let asks = "GET /answer HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n";
    let agreed = rows.map(|(name, bytes)| {
        broken("answer-101", "9110 §7.8", format!("{name}, where h2c was asked for"), bytes).asked(asks)
    });
    unasked.into_iter().chain(agreed).collect()
}

fn without_body() -> Vec<AnswerCase> {
    let rule = "9112 §6.3";
    let none = |name: &str, bytes: &str, status: u16| passed("answer-bodiless", rule, name, bytes, (status, b""));
    vec![
        none("204", "HTTP/1.1 204 No Content\r\n\r\n", 204),
        none("204 of length 0", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", 204),
        none("204 with a length", "HTTP/1.1 204 No Content\r\nContent-Length: 6\r\n\r\npoison", 204)
            .or_gateway(502)
            .never_reused(),
        none("204 with bytes", "HTTP/1.1 204 No Content\r\n\r\npoison", 204).never_reused(),
        none(
            "204 with chunks",
            "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n6\r\npoison\r\n0\r\n\r\n",
            204,
        )
        .or_gateway(502)
        .never_reused(),
        none(
            "204 with an answer",
            "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison",
            204,
        )
        .never_reused(),
        none("304", "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n", 304),
        none(
            "304 with the length of what did not change",
            "HTTP/1.1 304 Not Modified\r\nContent-Length: 6\r\n\r\n",
            304,
        ),
        none("304 with bytes", "HTTP/1.1 304 Not Modified\r\nContent-Length: 6\r\n\r\npoison", 304).never_reused(),
        none(
            "304 with chunks",
            "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n6\r\npoison\r\n0\r\n\r\n",
            304,
        )
        .or_gateway(502)
        .never_reused(),
        none(
            "304 with TE and CL",
            "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n",
            304,
        )
        .gateway(502),
        none(
            "304 with two lengths",
            "HTTP/1.1 304 Not Modified\r\nContent-Length: 6\r\nContent-Length: 7\r\n\r\n",
            304,
        )
        .gateway(502),
    ]
}

fn to_head() -> Vec<AnswerCase> {
    let rule = "9110 §9.3.2";
    let head = |name: &str, bytes: &str| passed("answer-to-head", rule, name, bytes, (200, b"")).asked(HEAD);
    vec![
        head("with the length of a GET", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n")
            .having("content-length", &[b"6"]),
        head("without a length", "HTTP/1.1 200 OK\r\nX: y\r\n\r\n"),
        head("chunked, for a GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        head("with a body", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison").never_reused(),
        head("with chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\npoison\r\n0\r\n\r\n")
            .never_reused(),
        head(
            "with an answer",
            "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison",
        )
        .never_reused(),
        head("with two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nContent-Length: 7\r\n\r\n").gateway(502),
        head("with TE and CL", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n")
            .gateway(502),
        head("with a length that is none", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n").gateway(502),
    ]
}

fn no_answer() -> Vec<AnswerCase> {
    let rows: &[(&str, &[u8])] = &[
        ("nothing", b""),
        ("a byte", b"H"),
        ("half a line", b"HTTP/1.1 200"),
        ("half a head", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"),
        ("a head without its last line feed", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r"),
        ("empty lines", b"\r\n\r\n\r\n\r\n"),
        ("SSH", b"SSH-2.0-OpenSSH_9.2p1\r\n"),
        ("Redis", b"-ERR unknown command\r\n"),
        ("SMTP", b"220 localhost ESMTP\r\n"),
        ("a TLS alert", b"\x15\x03\x01\x00\x02\x02\x46"),
        ("HTTP/2 settings", b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"),
        ("a page without a head", b"<html>poison</html>\r\n\r\n"),
        ("text", b"ok"),
        ("zeros", &[0; 64]),
        ("ones", &[0xff; 64]),
    ];
    let cases = rows.iter().map(|(name, bytes)| broken("answer-none", "9112 §4", *name, *bytes).closing());
    let open = [("SSH, and no end", "SSH-2.0-OpenSSH_9.2p1\r\n"), ("text with a blank line, and no end", "ok\r\n\r\n")];
    let open = open.map(|(name, bytes)| broken("answer-none", "9112 §4", name, bytes));
    cases.chain(open).collect()
}

/// Who says nothing, or stops, costs the time limit of the route.
fn silence() -> Vec<AnswerCase> {
    let rows: &[(&str, &str)] = &[
        ("nothing", ""),
        ("half a line", "HTTP/1.1 2"),
        ("a line", "HTTP/1.1 200 OK\r\n"),
        ("half a head", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: "),
        ("100", "HTTP/1.1 100 Continue\r\n\r\n"),
    ];
    let case = |(name, bytes): &(&str, &str)| broken("answer-silence", "9110 §15.6.5", *name, *bytes).gateway(504);
    rows.iter().map(case).collect()
}

/// An answer that comes before the request is whole.
fn early() -> Vec<AnswerCase> {
    let rule = "9112 §9.6";
    let half = "POST /answer HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf";
    let refusal = "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno";
    let chunked = "POST /answer HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n";
    let early = |name: &str, request: &str| {
        passed("answer-early", rule, name, refusal, (403, b"no")).asked(request).replied(Reply::early).never_reused()
    };
    let large = ["POST /answer HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n", &"x".repeat(1_000_000)]
        .concat();
    vec![
        early("sized, half of it sent", half),
        early("chunked, half of it sent", chunked),
        early("sized, half of it sent, then closed", half).closing(),
        early("a megabyte on the way", &large).may_be_reused(),
        broken("answer-early", rule, "closed without a word, half of it sent", "")
            .asked(half)
            .replied(Reply::early)
            .closing(),
        passed("answer-early", rule, "no body to wait for", refusal, (403, b"no")).asked(ASKS).may_be_reused(),
    ]
}
