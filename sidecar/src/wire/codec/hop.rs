//! What the fields of this hop say together: framing, persistence, upgrade (RFC 9110 section 7.6.1, RFC 9112 section 6).

use crate::wire::fields::Fields;
use crate::wire::head::Version;

use super::classes::{TOKEN, run_of};
use super::error::{Flaw, HopError};
use super::framing::Framing;
use super::names::{Name, is_protected};

/// More names in `Connection` than this are no list that anyone means.
const MOST_NAMED: usize = 32;

/// What was read so far.
#[derive(Default)]
pub(super) struct Hop<'a> {
    /// What Content-Length says, in bytes.
    pub(super) length: Option<u64>,
    /// Whether Transfer-Encoding says chunked.
    pub(super) is_chunked: bool,
    /// Whether `Upgrade` names WebSocket.
    pub(super) names_websocket: bool,
    /// Whether `Connection` says upgrade.
    pub(super) says_upgrade: bool,
    says_close: bool,
    says_keep_alive: bool,
    named: Vec<&'a [u8]>,
}

impl<'a> Hop<'a> {
    /// Takes a field of this hop; any other name is left alone.
    pub(super) fn take(&mut self, name: Name, value: &'a [u8], version: Version) -> Result<(), HopError> {
        match name {
            Name::ContentLength => self.take_length(value),
            Name::TransferEncoding => self.take_coding(value, version),
            Name::Connection => self.take_options(value),
            Name::Upgrade => {
                let mut protocols = value.split(|&byte| byte == b',');
                self.names_websocket |= protocols.any(|name| name.trim_ascii().eq_ignore_ascii_case(b"websocket"));
                Ok(())
            }
            Name::Misspelt => {
                Err(Flaw("fields of framing and of the connection must be written with hyphens, not with underscores")
                    .into())
            }
            _ => Ok(()),
        }
    }

    /// How the message says that it is framed; `None` where it says nothing.
    pub(super) fn framing(&self) -> Option<Framing> {
        match (self.is_chunked, self.length) {
            (true, _) => Some(Framing::Chunked),
            (false, length) => length.map(Framing::Length),
        }
    }

    /// Whether the connection outlasts the message (RFC 9112 section 9.3).
    pub(super) fn keeps_alive(&self, version: Version) -> bool {
        !self.says_close && (version != Version::Http10 || self.says_keep_alive)
    }

    /// Removes the fields that `Connection` named: they end here.
    pub(super) fn end_named(&self, fields: &mut Fields) {
        if !self.named.is_empty() {
            fields.retain(|field| !self.named.iter().any(|name| field.name.eq_ignore_ascii_case(name)));
        }
    }

    fn take_length(&mut self, value: &[u8]) -> Result<(), HopError> {
        if self.length.is_some() {
            return Err(HopError::ContentLength);
        }
        self.length = Some(length(value).ok_or(HopError::ContentLength)?);
        if self.is_chunked { Err(HopError::TransferEncoding) } else { Ok(()) }
    }

    fn take_coding(&mut self, value: &[u8], version: Version) -> Result<(), HopError> {
        let is_clear = !self.is_chunked
            && self.length.is_none()
            && version != Version::Http10
            && value.eq_ignore_ascii_case(b"chunked");
        self.is_chunked = true;
        if is_clear { Ok(()) } else { Err(HopError::TransferEncoding) }
    }

    fn take_options(&mut self, value: &'a [u8]) -> Result<(), HopError> {
        if value.eq_ignore_ascii_case(b"keep-alive") {
            self.says_keep_alive = true;
            return Ok(());
        }
        for option in value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii) {
            match option {
                _ if option.eq_ignore_ascii_case(b"keep-alive") => self.says_keep_alive = true,
                _ if option.eq_ignore_ascii_case(b"close") => self.says_close = true,
                _ if option.eq_ignore_ascii_case(b"upgrade") => self.says_upgrade = true,
                _ if run_of(option, TOKEN) != option.len() => {
                    return Err(Flaw("Connection must be a list of names").into());
                }
                _ if is_protected(option) => return Err(HopError::Connection),
                // Empty items of a list mean nothing (RFC 9110 section 5.6.1.2); what ends here anyway needs no name.
                _ if option.is_empty() || Name::of(option) == Name::HopByHop => {}
                _ if self.named.len() == MOST_NAMED => return Err(Flaw("Connection names too many fields").into()),
                _ => self.named.push(option),
            }
        }
        Ok(())
    }
}

/// A length of digits only, below 2^63.
fn length(value: &[u8]) -> Option<u64> {
    if value.is_empty() || value.len() > 19 {
        return None;
    }
    let number = value
        .iter()
        .try_fold(0_u64, |number, byte| byte.is_ascii_digit().then(|| number * 10 + u64::from(byte - b'0')))?;
    (number < 1 << 63).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken<'a>(fields: &[(Name, &'a str)], version: Version) -> Result<Hop<'a>, HopError> {
        let mut hop = Hop::default();
        for (name, value) in fields {
            hop.take(*name, value.as_bytes(), version)?;
        }
        Ok(hop)
    }

    fn framing(fields: &[(Name, &str)]) -> Result<Option<Framing>, HopError> {
        taken(fields, Version::Http11).map(|hop| hop.framing())
    }

    #[test]
    fn a_length_is_digits_and_nothing_else() {
        for (value, expected) in [
            ("0", Some(0)),
            ("007", Some(7)),
            ("9223372036854775807", Some((1 << 63) - 1)),
            ("9223372036854775808", None),
            ("9999999999999999999", None),
            ("00000000000000000000", None),
            ("18446744073709551616", None),
            ("", None),
            ("+5", None),
            ("-5", None),
            ("5 ", None),
            ("5, 5", None),
            ("5,", None),
            ("0x5", None),
            ("5_0", None),
            ("5.0", None),
            ("5e1", None),
            ("\u{665}", None),
            ("5;a", None),
            ("\"5\"", None),
        ] {
            assert_eq!(length(value.as_bytes()), expected, "{value}");
        }
    }

    #[test]
    fn framing_is_said_once_and_in_one_way() {
        use Name::{ContentLength as Length, TransferEncoding as Coding};
        assert_eq!(framing(&[]), Ok(None));
        assert_eq!(framing(&[(Length, "5")]), Ok(Some(Framing::Length(5))));
        assert_eq!(framing(&[(Coding, "ChunkeD")]), Ok(Some(Framing::Chunked)));
        assert_eq!(framing(&[(Length, "5"), (Length, "5")]), Err(HopError::ContentLength));
        assert_eq!(framing(&[(Coding, "chunked"), (Coding, "chunked")]), Err(HopError::TransferEncoding));
        assert_eq!(framing(&[(Length, "5"), (Coding, "chunked")]), Err(HopError::TransferEncoding));
        assert_eq!(framing(&[(Coding, "chunked"), (Length, "5")]), Err(HopError::TransferEncoding));
        let old = taken(&[(Coding, "chunked")], Version::Http10).map(|hop| hop.framing());
        assert_eq!(old, Err(HopError::TransferEncoding));
    }

    #[test]
    fn every_other_spelling_of_chunked_is_refused() {
        for value in [
            "",
            "identity",
            "gzip",
            "chunked, chunked",
            "gzip, chunked",
            "chunked, gzip",
            "chunked,",
            ",chunked",
            "identity, chunked",
            "\"chunked\"",
            "'chunked'",
            "chunked;q=1",
            "chunked\x0b",
            "x chunked",
            "xchunked",
            "chunkedx",
            "chunk",
            "chun ked",
            "chunked chunked",
            "trailers",
        ] {
            assert_eq!(framing(&[(Name::TransferEncoding, value)]), Err(HopError::TransferEncoding), "{value:?}");
        }
    }

    #[test]
    fn connection_says_whether_it_lasts() {
        let lasts =
            |value: &str, version| taken(&[(Name::Connection, value)], version).map(|hop| hop.keeps_alive(version));
        for (value, in_11, in_10) in [
            ("", true, false),
            ("keep-alive", true, true),
            ("Keep-Alive, close", false, false),
            ("CLOSE", false, false),
            ("x-a ,, keep-alive", true, true),
            ("upgrade", true, false),
        ] {
            assert_eq!(lasts(value, Version::Http11), Ok(in_11), "{value}");
            assert_eq!(lasts(value, Version::Http10), Ok(in_10), "{value}");
        }
    }

    #[test]
    fn what_connection_names_ends_here_but_nothing_that_others_need() {
        let hop = taken(&[(Name::Connection, "X-Secret, TE, close"), (Name::Connection, "x-b")], Version::Http11);
        let mut fields = Fields::default();
        for name in ["x-secret", "x-b", "accept"] {
            fields.append(name, "1");
        }
        hop.unwrap().end_named(&mut fields);
        assert!(fields.len() == 1 && fields.has("accept"));
        for name in [
            "Content-Length",
            "transfer-encoding",
            "Host",
            "Authorization",
            "cookie",
            "Forwarded",
            "x-forwarded-for",
            "X-Shipshape-Subject",
            "x-request-id",
        ] {
            let refused = taken(&[(Name::Connection, &format!("close, {name}"))], Version::Http11).err();
            assert_eq!(refused, Some(HopError::Connection), "{name}");
        }
        for list in ["\"close\"", "close;x", "a b", "close\x7f", "(x)"] {
            let refused = taken(&[(Name::Connection, list)], Version::Http11).err();
            assert!(matches!(refused, Some(HopError::Flaw(_))), "{list}");
        }
        let many: Vec<String> = (0..=MOST_NAMED).map(|number| format!("x-{number}")).collect();
        assert!(taken(&[(Name::Connection, &many.join(","))], Version::Http11).is_err());
    }

    #[test]
    fn a_websocket_is_found_among_protocols() {
        for (value, expected) in [("websocket", true), ("h2c, WebSocket", true), ("h2c", false), ("websockets", false)]
        {
            let hop = taken(&[(Name::Upgrade, value)], Version::Http11).unwrap();
            assert_eq!(hop.names_websocket, expected, "{value}");
        }
    }
}
