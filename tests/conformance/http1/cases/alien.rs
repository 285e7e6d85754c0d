//! Other protocols on the port: they are told so, or cut off, and nothing reaches the upstream.

use super::super::case::{Case, refused};
use super::super::noise::Noise;

/// What others say first.
const FIRST_WORDS: &[(&str, &[u8])] = &[
    (
        "TLS 1.3 ClientHello",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f",
    ),
    ("TLS record with line ends", b"\x16\x03\x01\x00\x10\r\n\r\n\r\n\r\n\r\n\r\n\r\n"),
    ("SSLv2 hello", b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10\x01\x00\x80"),
    ("SSH", b"SSH-2.0-OpenSSH_9.2p1\r\n"),
    ("Redis, inline", b"PING\r\n"),
    ("Redis", b"*1\r\n$4\r\nPING\r\n"),
    ("Redis, EVAL", b"EVAL x 0\r\nSET a b\r\n"),
    ("memcached", b"get a\r\n"),
    ("SMTP", b"EHLO localhost\r\n"),
    ("IMAP", b"a001 CAPABILITY\r\n"),
    ("FTP", b"USER x\r\nPASS y\r\n"),
    ("PostgreSQL", b"\x00\x00\x00\x08\x04\xd2\x16\x2f"),
    ("MySQL", b"\x4a\x00\x00\x00\x0a8.0.36\x00"),
    ("MongoDB", b"\x3a\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\xd4\x07\x00\x00"),
    ("MQTT", b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00"),
    ("AMQP", b"AMQP\x00\x00\x09\x01"),
    ("Kafka", b"\x00\x00\x00\x1a\x00\x12\x00\x03\x00\x00\x00\x01\x00\x04test"),
    ("RTSP", b"DESCRIBE rtsp://localhost/x RTSP/1.0\r\nCSeq: 1\r\n\r\n"),
    ("SIP", b"OPTIONS sip:x@localhost SIP/2.0\r\nHost: localhost\r\n\r\n"),
    ("Gopher", b"/\r\n"),
    ("HTTP's answer", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ("SOCKS 4", b"\x04\x01\x00\x50\x7f\x00\x00\x01\x00"),
    ("SOCKS 5", b"\x05\x01\x00\r\n\r\n"),
    ("DNS", b"\x00\x1d\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x03com\x00\x00\x01\x00\x01"),
    ("RDP", b"\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00"),
    ("LDAP", b"\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00"),
    ("JSON", b"{\"method\":\"GET\"}\r\n\r\n"),
    ("XML", b"<?xml version=\"1.0\"?>\r\n\r\n"),
    ("zeros", b"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
    ("ones", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
];

/// PROXY headers, where no proxy is trusted to send them.
const PROXIED: &[(&str, &[u8])] = &[
    ("PROXY v1", b"PROXY TCP4 1.2.3.4 5.6.7.8 1111 80\r\n"),
    ("PROXY v1, IPv6", b"PROXY TCP6 ::1 ::1 1111 80\r\n"),
    ("PROXY v1, unknown", b"PROXY UNKNOWN\r\n"),
    ("PROXY v2", b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\x01\x02\x03\x04\x05\x06\x07\x08\x04\x57\x00\x50"),
    ("PROXY v2, local", b"\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00"),
];

/// Every case.
pub fn cases() -> Vec<Case> {
    let plain = b"GET /alien HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let words = FIRST_WORDS.iter().map(|(name, bytes)| {
        // Some are as short as the beginning of a request; then the time for a head has to pass.
        refused("alien", "9112 §3", *name, *bytes).with(&[400, 408, 501, 505]).or_mute()
    });
    let proxied =
        PROXIED.iter().map(|(name, bytes)| refused("alien", "9112 §3", *name, [bytes, plain.as_slice()].concat()));
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00";
    let preface = refused("alien", "9113 §3.4", "HTTP/2 preface", preface).with(&[400, 505]).or_mute();
    let random = (0..8).map(|number| {
        let mut noise = Noise::new(number);
        let bytes: Vec<u8> = std::iter::repeat_with(|| noise.byte()).take(500).chain(*b"\r\n\r\n").collect();
        refused("alien", "9112 §3", format!("random bytes {number}"), bytes).with(&[400, 408, 505]).or_mute()
    });
    words.chain(proxied).chain([preface]).chain(random).collect()
}
