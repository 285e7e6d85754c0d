//! Field lines on their way out. What would split a message is left out: it could only come from a defect.

use crate::wire::fields::Fields;

use super::classes::run_without_control;
use super::names::Name;

/// Appends the fields that are the message's own; says whether a Date is among them.
pub(super) fn write_fields(out: &mut Vec<u8>, fields: &Fields) -> bool {
    let mut has_date = false;
    fields.write_lines(out, |name| {
        has_date |= name == b"date";
        // Host stands first in a request; framing is written anew.
        Name::of(name).goes_through()
    });
    has_date
}

/// Appends one line.
pub(super) fn write_field(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    let is_one_line = run_without_control(value) == value.len();
    if is_one_line {
        out.extend_from_slice(name);
        out.extend_from_slice(b": ");
        out.extend_from_slice(value);
        out.extend_from_slice(b"\r\n");
    }
}

/// Appends one line with a number.
pub(super) fn write_number(out: &mut Vec<u8>, name: &[u8], number: u64) {
    write_field(out, name, itoa::Buffer::new().format(number).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn framing_and_hop_fields_are_never_copied() {
        let mut fields = Fields::default();
        for name in ["content-length", "transfer-encoding", "connection", "upgrade", "te", "host", "expect", "accept"] {
            fields.append(name, "1");
        }
        let mut out = Vec::new();
        assert!(!write_fields(&mut out, &fields));
        assert_eq!(out, b"accept: 1\r\n");
    }

    #[test]
    fn no_value_ends_its_line() {
        let mut out = Vec::new();
        for value in ["a\r\nb: c", "a\nb", "a\rb", "a\0b"] {
            write_field(&mut out, b"x", value.as_bytes());
        }
        assert!(out.is_empty());
    }
}
