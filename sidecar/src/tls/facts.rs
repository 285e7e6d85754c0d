//! What TLS tells about a connection, once its handshake is done.

use std::sync::Arc;

use rustls::{HandshakeKind, ProtocolVersion, ServerConnection};

use super::certificates::Certificates;
use super::names::CertificateNames;

/// What TLS tells about a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFacts {
    /// The version: `TLSv1.2` or `TLSv1.3`.
    pub version: &'static str,
    /// Whether an earlier session was resumed.
    pub is_resumed: bool,
    /// Whether HTTP/2 was agreed on.
    pub is_http2: bool,
    /// The host that the client asked for (RFC 6066 section 3), in lower case.
    server_name: Option<Arc<str>>,
    /// The hosts of the certificate that it was shown.
    names: Arc<CertificateNames>,
}

impl TlsFacts {
    /// Of a connection whose handshake is done, and the certificates that were in force then.
    #[must_use]
    pub fn of(session: &ServerConnection, certificates: &Certificates) -> Self {
        let server_name = session.server_name();
        Self {
            version: match session.protocol_version() {
                Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
                _ => "TLSv1.3",
            },
            is_resumed: session.handshake_kind() == Some(HandshakeKind::Resumed),
            is_http2: session.alpn_protocol() == Some(b"h2"),
            server_name: server_name.map(Into::into),
            names: Arc::clone(certificates.names_for(server_name)),
        }
    }

    /// Of a client that named no host.
    #[cfg(test)]
    pub fn unnamed() -> Self {
        Self { version: "TLSv1.3", is_resumed: false, is_http2: true, server_name: None, names: Arc::default() }
    }

    /// Of a client that named a host, and was shown a certificate of these.
    #[cfg(test)]
    pub fn named(server_name: &str, names: CertificateNames) -> Self {
        Self { server_name: Some(server_name.into()), names: Arc::new(names), ..Self::unnamed() }
    }

    /// The host that the client asked for when it connected.
    #[must_use]
    pub fn server_name(&self) -> Option<&str> {
        self.server_name.as_deref()
    }

    /// Whether a request for that host (without its port) may come on this connection: the client asked for it when it
    /// connected, or was shown a certificate of it and may send its requests here too (RFC 9113 section 9.1.1).
    /// Otherwise it took this connection for another's, and 421 sends it there (RFC 9110 section 15.5.20). A client
    /// that named no host at all cannot have meant another.
    #[must_use]
    pub fn admits(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.');
        self.server_name.as_deref().is_none_or(|name| name.eq_ignore_ascii_case(host)) || self.names.covers(host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(server_name: &str, names: &[&str]) -> TlsFacts {
        TlsFacts::named(server_name, CertificateNames::new(names.iter().copied()))
    }

    #[test]
    fn a_host_that_the_certificate_does_not_cover_came_to_the_wrong_connection() {
        let shared = facts("a.shop.example", &["a.shop.example", "*.shop.example"]);
        assert!(shared.admits("A.shop.example.") && shared.admits("b.shop.example"));
        assert!(!shared.admits("shop.example") && !shared.admits("b.other.example"));
        let unlisted = facts("localhost", &["a.shop.example"]);
        assert!(
            unlisted.admits("localhost") && unlisted.admits("a.shop.example") && !unlisted.admits("b.shop.example")
        );
        assert!(TlsFacts::unnamed().admits("a.shop.example"));
    }
}
