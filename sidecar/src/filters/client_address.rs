//! Who the client is: the peer, or whom a trusted proxy names.

use std::net::{IpAddr, SocketAddr};

use shipshape_crds::policy;
use shipshape_crds::text::Cidr;

use crate::wire::Fields;

/// Finds the client's address.
#[derive(Debug, Clone, Default)]
pub struct ClientAddress {
    trusted: Vec<Cidr>,
}

/// Where a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// The client's address; IPv4-mapped ones are IPv4.
    pub client: IpAddr,
    /// Whether the peer is a trusted proxy, whose forwarding fields are believed.
    pub via_proxy: bool,
}

impl ClientAddress {
    /// Trusts the proxies that the policy names.
    #[must_use]
    pub fn from_policy(policy: Option<&policy::ClientAddress>) -> Self {
        Self { trusted: policy.map(|policy| policy.trusted_proxies.clone()).unwrap_or_default() }
    }

    /// Reads X-Forwarded-For from right to left, up to the first address that is no trusted proxy: each proxy appends
    /// whom it saw, so everything left of that address may be invented. What cannot be read ends the walk too: the
    /// proxy that passed it on is the last one known.
    #[must_use]
    pub fn find(&self, peer: IpAddr, fields: &Fields) -> Origin {
        let peer = peer.to_canonical();
        if !self.trusts(peer) {
            return Origin { client: peer, via_proxy: false };
        }
        let mut client = peer;
        let lines: Vec<&str> = fields.all("x-forwarded-for").map(|v| std::str::from_utf8(v).unwrap_or("?")).collect();
        for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
            let Some(address) = address(hop.trim()) else { break };
            client = address;
            if !self.trusts(address) {
                break;
            }
        }
        Origin { client, via_proxy: true }
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|range| range.contains(address))
    }
}

/// An address, which some proxies write with a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse::<SocketAddr>().map(|address| address.ip());
    bare.parse::<IpAddr>().or_else(|_| with_port()).ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(peer: &str, forwarded: &[&str]) -> (String, bool) {
        let trusted = ["10.0.0.0/8", "fd00::/8"].map(|range| range.parse().unwrap()).to_vec();
        let filter = ClientAddress::from_policy(Some(&policy::ClientAddress { trusted_proxies: trusted }));
        let mut fields = Fields::default();
        for line in forwarded {
            fields.append("x-forwarded-for", *line);
        }
        let origin = filter.find(peer.parse().unwrap(), &fields);
        (origin.client.to_string(), origin.via_proxy)
    }

    #[test]
    fn an_untrusted_peer_is_the_client_whatever_it_says() {
        assert_eq!(find("203.0.113.7", &["198.51.100.1"]), ("203.0.113.7".into(), false));
        assert_eq!(find("::ffff:203.0.113.7", &[]), ("203.0.113.7".into(), false));
    }

    #[test]
    fn the_walk_goes_from_right_to_left_up_to_the_first_untrusted() {
        let client = |peer: &str, lines: &[&str]| find(peer, lines).0;
        assert_eq!(client("10.0.0.1", &["198.51.100.1, 203.0.113.7, 10.9.9.9"]), "203.0.113.7");
        assert_eq!(client("10.0.0.1", &["198.51.100.1", "203.0.113.7", "10.9.9.9"]), "203.0.113.7");
        assert_eq!(client("::ffff:10.0.0.1", &["203.0.113.7:4711"]), "203.0.113.7");
        assert_eq!(client("fd00::1", &["[2001:db8::1]:443"]), "2001:db8::1");
        assert_eq!(client("fd00::1", &["::ffff:203.0.113.7"]), "203.0.113.7");
        assert_eq!(client("10.0.0.1", &["10.0.0.3, 10.0.0.2"]), "10.0.0.3");
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &["203.0.113.7, junk, 10.0.0.2"]), "10.0.0.2");
        assert_eq!(client("10.0.0.1", &["203.0.113.7, "]), "10.0.0.1");
    }
}
