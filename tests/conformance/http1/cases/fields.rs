//! Names and values of fields (RFC 9110 sections 5.1, 5.5 and 5.6.2).

use super::super::case::{Case, named, refused, served};

/// Names that are no token.
const NAMES: &[&[u8]] = &[
    b"",
    b" ",
    b"X ",
    b"X\t",
    b"X Y",
    b"X\x0b",
    b"X\x00",
    b"\x00X",
    b"X\x01",
    b"X\x1f",
    b"X\x7f",
    b"X\x80",
    b"X\xff",
    b"\xc3\xa9",
    b"\xef\xbb\xbfX",
    b"\"X\"",
    b"X(",
    b"X)",
    b"X,",
    b"X/",
    b"X;",
    b"X<",
    b"X=",
    b"X>",
    b"X?",
    b"X@",
    b"X[",
    b"X\\",
    b"X]",
    b"X{",
    b"X}",
];

/// Values that are legal, and reach the upstream as they are, without the blanks around them.
const VALUES: &[(&str, &[u8], &[u8])] = &[
    ("empty", b"", b""),
    ("only blanks", b"  \t  ", b""),
    ("no blank before", b"y", b"y"),
    ("tabs around", b"\ty\t", b"y"),
    ("blanks around", b"   y   ", b"y"),
    ("a tab inside", b" y\tz", b"y\tz"),
    ("blanks inside", b" y   z", b"y   z"),
    ("8-bit", b" caf\xe9", b"caf\xe9"),
    ("the lowest and the highest 8-bit", b" \x80\xff", b"\x80\xff"),
    ("UTF-8", b" caf\xc3\xa9 \xe2\x82\xac", b"caf\xc3\xa9 \xe2\x82\xac"),
    ("8-bit blanks around", b" \xa0y\x85", b"\xa0y\x85"),
    ("a quote that does not end", b" \"y", b"\"y"),
    ("a backslash at the end", b" y\\", b"y\\"),
    ("a colon", b" : y", b": y"),
    ("commas", b" ,,y,,", b",,y,,"),
    ("all visible", b" !\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~", b"!\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~"),
    ("what looks like a line's end", b" y\\r\\nZ: z", b"y\\r\\nZ: z"),
    ("an encoded line's end", b" y%0d%0aZ:%20z", b"y%0d%0aZ:%20z"),
];

/// Every case.
pub fn cases() -> Vec<Case> {
    [names(), values(), legal()].concat()
}

fn get(field: &[u8]) -> Vec<u8> {
    [b"GET /fields HTTP/1.1\r\nHost: localhost\r\n", field, b"\r\n\r\n"].concat()
}

fn names() -> Vec<Case> {
    let case = |name: &&[u8]| refused("field-name", "9110 §5.1", named(name), get(&[*name, b": y"].concat()));
    NAMES.iter().map(case).collect()
}

/// Every control byte, at the start, inside and at the end.
fn values() -> Vec<Case> {
    let controls = (0..=0x1f).chain([0x7f]).filter(|byte| !b"\t\r\n".contains(byte));
    let inside = controls.map(|byte: u8| {
        let field = [b"X: y", [byte].as_slice(), b"z"].concat();
        refused("field-value", "9110 §5.5", named(&[b'y', byte, b'z']), get(&field))
    });
    let around = [0, 1, 0x0b, 0x1b, 0x7f].into_iter().flat_map(|byte: u8| {
        [vec![byte, b'y'], vec![b'y', byte], vec![byte]]
            .map(|value| refused("field-value", "9110 §5.5", named(&value), get(&[b"X:".as_slice(), &value].concat())))
    });
    let host = refused("field-value", "9110 §5.5", "a NUL in Cookie", get(b"Cookie: a=b\x00; c=d"));
    inside.chain(around).chain([host]).collect()
}

fn legal() -> Vec<Case> {
    let values = VALUES.iter().map(|(name, value, reached)| {
        let bytes = get(&[b"X-Value:".as_slice(), value].concat());
        served("field-value", "9110 §5.5", *name, bytes, "GET /fields").having("x-value", *reached)
    });
    let long = "y".repeat(8_000);
    let many: String = (0..80).map(|number| format!("\r\nX-{number}: {number}")).collect();
    let rows: &[(&str, Vec<u8>, &'static str, &[u8])] = &[
        ("every byte of a token", get(b"!#$%&'*+-.^_`|~09AZaz: y"), "!#$%&'*+-.^_`|~09azaz", b"y"),
        ("one letter", get(b"x: y"), "x", b"y"),
        ("digits", get(b"1: y"), "1", b"y"),
        ("an underscore", get(b"x_y: z"), "x_y", b"z"),
        ("capitals", get(b"X-CAPITALS: y"), "x-capitals", b"y"),
        ("8,000 bytes", get(format!("X-Long: {long}").as_bytes()), "x-long", long.as_bytes()),
        ("80 of them", get(format!("A: b{many}").as_bytes()), "x-79", b"79"),
        ("a repeated one among them", get(b"Accept: a\r\nX: y\r\nAccept: b"), "x", b"y"),
    ];
    let rows = rows.iter().map(|(name, bytes, field, value)| {
        served("field-name", "9110 §5.1", *name, bytes.clone(), "GET /fields").having(field, *value)
    });
    values.chain(rows).collect()
}
