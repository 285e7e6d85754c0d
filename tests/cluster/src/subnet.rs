//! Chooses addresses for a cluster that nothing on the host uses yet.

use std::net::Ipv4Addr;

use anyhow::{Context, Result};
use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One of the /16 networks that clusters may take; everything else follows from its second byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice {
    second: u8,
}

impl Slice {
    /// The network 10.`second`.0.0/16.
    pub const fn new(second: u8) -> Self {
        Self { second }
    }

    /// The first slice that overlaps none of `used`.
    pub fn free(used: &[Ipv4Net]) -> Result<Self> {
        (200..=250)
            .map(Self::new)
            .find(|slice| !used.iter().any(|net| overlap(*net, slice.all())))
            .context("no network from 10.200.0.0/16 to 10.250.0.0/16 is free: take down a cluster or remove a route")
    }

    /// All addresses of the cluster: what the host routes to it.
    pub fn all(self) -> Ipv4Net {
        self.net(0, 16)
    }

    /// Pods get theirs here.
    pub fn pods(self) -> Ipv4Net {
        self.net(0, 17)
    }

    /// Services get theirs here.
    pub fn services(self) -> Ipv4Net {
        self.net(128, 18)
    }

    /// The link between the host and the cluster.
    pub fn link(self) -> Ipv4Net {
        self.net(192, 30)
    }

    /// The host's end of the link.
    pub fn host(self) -> Ipv4Addr {
        self.address(192, 1)
    }

    /// The cluster's end of the link: the node, the API server, NodePorts.
    pub fn node(self) -> Ipv4Addr {
        self.address(192, 2)
    }

    /// The address of the Service `default/kubernetes`.
    pub fn first_service(self) -> Ipv4Addr {
        self.address(128, 1)
    }

    /// The address of the Service `kube-system/kube-dns`.
    pub fn dns(self) -> Ipv4Addr {
        self.address(128, 10)
    }

    /// A name for the host's end of the link; the kernel allows 15 bytes.
    pub fn link_name(self) -> String {
        format!("shipshape{}", self.second)
    }

    fn address(self, third: u8, fourth: u8) -> Ipv4Addr {
        Ipv4Addr::new(10, self.second, third, fourth)
    }

    fn net(self, third: u8, bits: u8) -> Ipv4Net {
        Ipv4Net::new_assert(self.address(third, 0), bits)
    }
}

/// The networks in the output of `ip -json route` and `ip -json address`; the default route is not one of them.
pub fn used(routes: &str, addresses: &str) -> Result<Vec<Ipv4Net>> {
    let mut nets = Vec::new();
    let routes: Vec<Value> = serde_json::from_str(routes).context("`ip -json route` printed no JSON")?;
    nets.extend(routes.iter().filter_map(|route| parse(route.get("dst")?.as_str()?)));
    let links: Vec<Value> = serde_json::from_str(addresses).context("`ip -json address` printed no JSON")?;
    for info in links.iter().filter_map(|link| link.get("addr_info")?.as_array()).flatten() {
        nets.extend(info.get("local").and_then(Value::as_str).and_then(parse));
    }
    Ok(nets)
}

fn parse(text: &str) -> Option<Ipv4Net> {
    text.parse().ok().or_else(|| Some(Ipv4Net::from(text.parse::<Ipv4Addr>().ok()?)))
}

fn overlap(a: Ipv4Net, b: Ipv4Net) -> bool {
    a.contains(&b) || b.contains(&a)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_lie_inside_and_apart() {
        let slice = Slice::new(200);
        let parts = [slice.pods(), slice.services(), slice.link()];
        for (i, part) in parts.iter().enumerate() {
            assert!(slice.all().contains(part));
            assert!(parts.iter().skip(i + 1).all(|other| !overlap(*part, *other)));
        }
        assert!(slice.link().contains(&slice.host()) && slice.link().contains(&slice.node()));
        assert!(slice.services().contains(&slice.first_service()) && slice.services().contains(&slice.dns()));
        assert!(slice.link_name().len() <= 15);
    }

    #[test]
    fn a_used_network_is_passed_over() {
        let routes = r#"[{"dst":"default","gateway":"192.0.2.1"},{"dst":"10.200.0.0/16"},{"dst":"10.201.7.9"}]"#;
        let addresses = r#"[{"ifname":"x","addr_info":[{"family":"inet","local":"10.202.0.4","prefixlen":8},{"family":"inet6","local":"::1"}]}]"#;
        let used = used(routes, addresses).unwrap();
        assert_eq!(Slice::free(&used).unwrap(), Slice::new(203));
    }

    #[test]
    fn a_network_of_all_of_ten_leaves_none() {
        let error = Slice::free(&["10.0.0.0/8".parse().unwrap()]).unwrap_err();
        assert!(error.to_string().contains("10.200.0.0/16"));
    }
}
