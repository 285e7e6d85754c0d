//! A range of addresses: `10.0.0.0/8`, `2001:db8::/32`, or one address alone.

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

use super::word::{WordError, word};

/// A range of IP addresses in CIDR notation (RFC 4632), or a single address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cidr {
    text: String,
    net: IpNet,
}

word!(
    Cidr,
    "^[0-9A-Fa-f:.]{2,45}(/[0-9]{1,3})?$",
    49,
    "A range of addresses in CIDR notation, such as 10.0.0.0/8 or 2001:db8::/32, or a single address."
);

impl Cidr {
    /// Whether the address lies in the range; an IPv4 address mapped into IPv6 counts as the IPv4 address.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.net.contains(&address.to_canonical())
    }
}

impl FromStr for Cidr {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        let net = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        net.map(|net| Self { text: text.to_owned(), net: net.trunc() })
            .map_err(|_| WordError(format!("\"{text}\" is no address range: write CIDR notation such as 10.0.0.0/8")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contains_mapped_addresses() {
        let range: Cidr = "10.0.0.0/8".parse().unwrap();
        assert!(range.contains("10.1.2.3".parse().unwrap()));
        assert!(range.contains("::ffff:10.1.2.3".parse().unwrap()));
        assert!(!range.contains("11.0.0.1".parse().unwrap()));
        assert!("fd00::1".parse::<Cidr>().unwrap().contains("fd00::1".parse().unwrap()));
        assert!("10.0.0.0/33".parse::<Cidr>().is_err());
    }
}
