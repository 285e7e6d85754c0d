//! Which hosts are served: those of the service, its names inside the cluster, and nobody else's.

use std::net::IpAddr;

use shipshape_crds::sidecar_config::{ServiceName, SidecarConfig};
use shipshape_crds::text::Hostname;

use crate::facts::Connection;
use crate::problem::{Code, Problem};
use crate::wire::{RequestHead, Version};

/// Which hosts are served. Without host names every host is.
///
/// With them, also the Service's own names are: `NAME`, `NAME.NS`, `NAME.NS.svc` and `NAME.NS.svc.DOMAIN`. An address
/// names no service, so it is refused, except `localhost` and loopback addresses for a peer on this machine: that is
/// `kubectl port-forward` and a laptop.
#[derive(Debug, Clone)]
pub struct Hosts {
    names: Vec<Hostname>,
    own: Vec<String>,
}

impl Hosts {
    /// The hosts of a configuration.
    #[must_use]
    pub fn from_config(config: &SidecarConfig) -> Self {
        let ServiceName { namespace, name, domain } = &config.service;
        let domain = domain.trim_matches('.').to_ascii_lowercase();
        let own = vec![
            name.clone(),
            format!("{name}.{namespace}"),
            format!("{name}.{namespace}.svc"),
            format!("{name}.{namespace}.svc.{domain}"),
        ];
        Self { names: config.hostnames.clone(), own }
    }

    /// Judges the host that a request names. Any host is served where none is configured: then no connection is the
    /// wrong one either.
    ///
    /// # Errors
    /// 400 without a host where HTTP asks for one, 421 for a host of somebody else, or for one that the client cannot
    /// have meant when it opened this connection.
    pub fn check(&self, head: &RequestHead, connection: &Connection) -> Result<(), Problem> {
        let host = head.host().trim_end_matches('.');
        // RFC 9112 section 3.2; HTTP/1.0 knew no Host, and simple health checkers still speak it.
        if host.is_empty() && head.version != Version::Http10 {
            return Err(Problem::new(Code::HostMissing, "Send the Host field."));
        }
        if self.names.is_empty() || host.is_empty() {
            return Ok(());
        }
        if self.serves(host) || is_here(host, connection.peer.ip()) {
            return came_to_its_own(host, connection);
        }
        let detail = "This service does not serve that host. Ask for one of its host names.";
        Err(Problem::new(Code::Misdirected, detail)
            .caused_by(&"spec.expose.hostnames".into())
            .privately(format!("the request names the host \"{}\"", host.escape_debug())))
    }

    fn serves(&self, host: &str) -> bool {
        self.own.iter().any(|own| own == host) || self.names.iter().any(|name| name.matches(host))
    }
}

/// A client may use one connection for every host of the certificate that it was shown, and for no other.
fn came_to_its_own(host: &str, connection: &Connection) -> Result<(), Problem> {
    match &connection.tls {
        Some(tls) if !tls.admits(host) => {
            let detail = "This connection was opened for another host. Open a new one for this host.";
            let asked = tls.server_name().unwrap_or_default();
            Err(Problem::new(Code::Misdirected, detail).privately(format!(
                "the connection was opened for \"{}\", whose certificate does not cover \"{}\"",
                asked.escape_debug(),
                host.escape_debug()
            )))
        }
        _ => Ok(()),
    }
}

fn is_here(host: &str, peer: IpAddr) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let loopback = bare.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback());
    peer.to_canonical().is_loopback() && (host == "localhost" || loopback)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::testing::{config, head};
    use crate::tls::{CertificateNames, TlsFacts};

    fn plain(peer: &str) -> Connection {
        let peer = std::net::SocketAddr::new(peer.parse().unwrap(), 1);
        Connection { peer, local: peer, tls: None }
    }

    fn judge(hostnames: &[&str], host: &str, peer: &str, version: Version) -> Option<Code> {
        let mut config = config(serde_json::json!({"auth": {"mode": "None"}}), &[]);
        config.hostnames = hostnames.iter().map(|name| name.parse().unwrap()).collect();
        let mut head = head("GET", "/", &[]);
        (head.authority, head.version) = (host.to_owned(), version);
        Hosts::from_config(&config).check(&head, &plain(peer)).err().map(|problem| problem.code())
    }

    #[test]
    fn own_names_and_host_names_are_served_and_others_misdirected() {
        let names = ["api.shop.example", "*.shop.test"];
        let far = |host| judge(&names, host, "203.0.113.7", Version::Http11);
        for host in
            ["api.shop.example:8443", "api.shop.example.", "a.shop.test", "shop", "shop.store", "shop.store.svc"]
        {
            assert_eq!(far(host), None, "{host}");
        }
        assert_eq!(far("shop.store.svc.cluster.local:443"), None);
        for host in ["evil.example", "shop.test", "shop.store.svc.evil.example", "10.0.0.1", "localhost", "[::1]:1"] {
            assert_eq!(far(host), Some(Code::Misdirected), "{host}");
        }
    }

    #[test]
    fn the_cluster_s_own_domain_is_served_and_no_other() {
        let mut config = config(serde_json::json!({"auth": {"mode": "None"}}), &[]);
        config.hostnames = vec!["a.example".parse().unwrap()];
        config.service.domain = "Corp.Example.".to_owned();
        let hosts = Hosts::from_config(&config);
        for (host, is_served) in [("shop.store.svc.corp.example", true), ("shop.store.svc.cluster.local", false)] {
            let mut head = head("GET", "/", &[]);
            head.authority = host.to_owned();
            assert_eq!(hosts.check(&head, &plain("203.0.113.7")).is_ok(), is_served, "{host}");
        }
    }

    #[test]
    fn this_machine_may_call_itself_by_its_own_name() {
        for host in ["localhost:8443", "127.0.0.1", "[::1]:8443"] {
            assert_eq!(judge(&["a.example"], host, "127.0.0.1", Version::Http11), None, "{host}");
        }
        assert_eq!(judge(&["a.example"], "10.0.0.1", "127.0.0.1", Version::Http11), Some(Code::Misdirected));
    }

    #[test]
    fn a_connection_serves_the_hosts_of_its_certificate_only() {
        let mut config = config(serde_json::json!({"auth": {"mode": "None"}}), &[]);
        let tls = TlsFacts::named("a.example", CertificateNames::new(["a.example", "b.example"]));
        let connection = Connection { tls: Some(Arc::new(tls)), ..plain("203.0.113.7") };
        let mut judge = |hostnames: &[&str], host: &str| {
            config.hostnames = hostnames.iter().map(|name| name.parse().unwrap()).collect();
            let mut head = head("GET", "/", &[]);
            head.authority = host.to_owned();
            Hosts::from_config(&config).check(&head, &connection).err().map(|problem| problem.code())
        };
        let all = ["a.example", "b.example", "c.example"];
        assert_eq!((judge(&all, "a.example:8443"), judge(&all, "b.example.")), (None, None));
        assert_eq!(judge(&all, "c.example"), Some(Code::Misdirected));
        assert_eq!(judge(&[], "c.example"), None, "any host is served, as nobody named one");
    }

    #[test]
    fn any_host_is_served_where_none_is_named_but_one_must_be() {
        assert_eq!(judge(&[], "evil.example", "203.0.113.7", Version::Http2), None);
        assert_eq!(judge(&[], "", "203.0.113.7", Version::Http11), Some(Code::HostMissing));
        assert_eq!(judge(&["a.example"], "", "203.0.113.7", Version::Http10), None);
    }
}
