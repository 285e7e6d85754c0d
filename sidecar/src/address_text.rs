//! An address as text, written without the machinery of formatting: it stands in every log line and every request.

use std::io::Write;
use std::net::IpAddr;

/// The longest: an IPv4 address written within an IPv6 one.
const LONGEST: usize = 45;

/// An address as text.
#[derive(Clone, Copy)]
pub struct AddressText {
    bytes: [u8; LONGEST],
    length: usize,
}

impl AddressText {
    /// The text of an address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        let mut bytes = [0; LONGEST];
        let mut rest = bytes.as_mut_slice();
        // The longest address has room.
        let _ = match address {
            IpAddr::V4(address) => write_octets(&mut rest, address.octets()),
            IpAddr::V6(address) => write!(rest, "{address}"),
        };
        let length = LONGEST - rest.len();
        Self { bytes, length }
    }

    /// The text.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

fn write_octets(out: &mut &mut [u8], octets: [u8; 4]) -> std::io::Result<()> {
    for (at, octet) in octets.into_iter().enumerate() {
        if at > 0 {
            out.write_all(b".")?;
        }
        out.write_all(itoa::Buffer::new().format(octet).as_bytes())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_usual_text() {
        for text in ["0.0.0.0", "203.0.113.7", "255.255.255.255", "::", "::1", "2001:db8::7", "::ffff:203.0.113.7"] {
            let address: IpAddr = text.parse().unwrap();
            assert_eq!(AddressText::of(address).as_bytes(), address.to_string().as_bytes());
        }
        let longest: IpAddr = "abcd:abcd:abcd:abcd:abcd:abcd:abcd:abcd".parse().unwrap();
        assert_eq!(AddressText::of(longest).as_bytes(), longest.to_string().as_bytes());
    }
}
