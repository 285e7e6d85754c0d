//! One JSON object, written member by member: valid whatever bytes it is given.

use std::io::Write;
use std::net::IpAddr;

use crate::address_text::AddressText;
use crate::text_blocks::{is_plain, is_special};

/// A JSON object that is being written onto a buffer.
pub struct JsonObject<'a> {
    out: &'a mut Vec<u8>,
    is_empty: bool,
}

impl<'a> JsonObject<'a> {
    /// Begins an object.
    pub fn begin(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, is_empty: true }
    }

    /// Goes on with an object that was begun and has a member already.
    pub fn resume(out: &'a mut Vec<u8>) -> Self {
        Self { out, is_empty: false }
    }

    /// A member that is text; bytes that are not UTF-8 become U+FFFD.
    pub fn text(&mut self, name: &'static str, value: impl AsRef<[u8]>) {
        self.name(name);
        string(self.out, value.as_ref());
    }

    /// A member that is text, where there is one.
    pub fn maybe_text(&mut self, name: &'static str, value: Option<impl AsRef<[u8]>>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// Members that are written already, without the braces around them.
    pub fn members(&mut self, written: &[u8]) {
        if !self.is_empty {
            self.out.push(b',');
        }
        self.is_empty = false;
        self.out.extend_from_slice(written);
    }

    /// A member that is an address.
    pub fn address(&mut self, name: &'static str, address: IpAddr) {
        self.quoted(name, |out| out.extend_from_slice(AddressText::of(address).as_bytes()));
    }

    /// A member that is text which `write` writes, in which nothing is to be escaped.
    pub fn quoted(&mut self, name: &'static str, write: impl FnOnce(&mut Vec<u8>)) {
        self.name(name);
        self.out.push(b'"');
        write(self.out);
        self.out.push(b'"');
    }

    /// A member that is text in several parts; each of them is whole in itself.
    pub fn text_of<const PARTS: usize>(&mut self, name: &'static str, parts: [&[u8]; PARTS]) {
        self.name(name);
        self.out.push(b'"');
        parts.iter().for_each(|part| characters(self.out, part));
        self.out.push(b'"');
    }

    /// A member that is a whole number.
    pub fn number(&mut self, name: &'static str, value: u64) {
        self.name(name);
        self.out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    }

    /// A member in milliseconds with three decimals, from microseconds.
    pub fn millis(&mut self, name: &'static str, micros: u64) {
        self.number(name, micros / 1000);
        let digits = [micros / 100 % 10, micros / 10 % 10, micros % 10].map(|digit| b'0' + digit.to_le_bytes()[0]);
        self.out.push(b'.');
        self.out.extend_from_slice(&digits);
    }

    /// A member that is true or false.
    pub fn flag(&mut self, name: &'static str, value: bool) {
        self.name(name);
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
    }

    /// A member that is a list of texts.
    pub fn texts<T: AsRef<[u8]>>(&mut self, name: &'static str, values: impl IntoIterator<Item = T>) {
        self.name(name);
        self.out.push(b'[');
        for (at, value) in values.into_iter().enumerate() {
            if at > 0 {
                self.out.push(b',');
            }
            string(self.out, value.as_ref());
        }
        self.out.push(b']');
    }

    /// A member that is a list of objects.
    pub fn objects<T>(
        &mut self,
        name: &'static str,
        values: impl IntoIterator<Item = T>,
        mut write: impl FnMut(T, &mut JsonObject<'_>),
    ) {
        self.name(name);
        self.out.push(b'[');
        for (at, value) in values.into_iter().enumerate() {
            if at > 0 {
                self.out.push(b',');
            }
            let mut object = JsonObject::begin(self.out);
            write(value, &mut object);
            object.end();
        }
        self.out.push(b']');
    }

    /// Ends the object.
    pub fn end(self) {
        self.out.push(b'}');
    }

    fn name(&mut self, name: &'static str) {
        let before = if self.is_empty { &b"\""[..] } else { b",\"" };
        self.is_empty = false;
        // Names are ours: nothing in them is to be escaped.
        for text in [before, name.as_bytes(), b"\":"] {
            self.out.extend_from_slice(text);
        }
    }
}

fn string(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    characters(out, bytes);
    out.push(b'"');
}

fn characters(out: &mut Vec<u8>, bytes: &[u8]) {
    // So it is with almost every text.
    if is_plain(bytes) {
        out.extend_from_slice(bytes);
        return;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => escape(out, text),
        Err(_) => {
            for chunk in bytes.utf8_chunks() {
                escape(out, chunk.valid());
                if !chunk.invalid().is_empty() {
                    out.extend_from_slice("\u{FFFD}".as_bytes());
                }
            }
        }
    }
}

/// Copies runs that need no escape at once: almost every text is one run.
fn escape(out: &mut Vec<u8>, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(is_special) {
        let (plain, after) = rest.split_at(at);
        out.extend_from_slice(plain.as_bytes());
        let mut chars = after.chars();
        match chars.next() {
            Some('"') => out.extend_from_slice(b"\\\""),
            Some('\\') => out.extend_from_slice(b"\\\\"),
            Some(control) => {
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            None => {}
        }
        rest = chars.as_str();
    }
    out.extend_from_slice(rest.as_bytes());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn object(value: &[u8]) -> Value {
        let mut out = Vec::new();
        let mut object = JsonObject::begin(&mut out);
        object.text("text", value);
        object.number("number", 7);
        object.millis("millis", 1_234_005);
        object.flag("flag", true);
        object.texts("texts", [value, b"x"]);
        object.objects("objects", [value], |value, inner| inner.text("inner", value));
        object.maybe_text("none", None::<&str>);
        object.end();
        serde_json::from_slice(&out).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&out)))
    }

    #[test]
    fn every_kind_of_member_reads_back() {
        let read = object("a\"\\\n\u{7f}é".as_bytes());
        assert_eq!(read["text"], "a\"\\\n\u{7f}é");
        assert_eq!((&read["number"], &read["flag"]), (&Value::from(7), &Value::from(true)));
        assert_eq!(read["millis"].as_f64(), Some(1234.005));
        assert_eq!(read["texts"][1], "x");
        assert_eq!(read["objects"][0]["inner"], read["text"]);
        assert!(read.get("none").is_none());
    }

    proptest! {
        #[test]
        fn any_bytes_make_valid_json(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let read = object(&bytes);
            prop_assert_eq!(read["text"].as_str().unwrap(), String::from_utf8_lossy(&bytes));
        }
    }
}
