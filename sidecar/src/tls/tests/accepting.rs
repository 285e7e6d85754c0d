//! How handshakes end is counted, whatever comes.

use std::sync::Arc;
use std::time::Duration;

use shipshape_crds::policy::TlsVersion;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::super::{Accepting, Tickets, TlsFacts, accept, server_config};
use super::authority::{Authority, Kind};
use super::handshake::{certificates, client, old_client};
use crate::telemetry::metrics::SidecarMetrics;
use crate::wire::Transport;

struct Server {
    authority: Authority,
    metrics: Arc<SidecarMetrics>,
}

impl Server {
    fn new() -> Self {
        Self { authority: Authority::new(), metrics: SidecarMetrics::new().unwrap() }
    }

    async fn accept(&self, io: DuplexStream) -> Option<TlsFacts> {
        self.open(io).await.map(|(_, facts)| facts)
    }

    async fn open(&self, io: DuplexStream) -> Option<(tokio_rustls::server::TlsStream<DuplexStream>, TlsFacts)> {
        let certificates = certificates(&self.authority, &[(&["a.example"], Kind::Ecdsa)]);
        let config = server_config(TlsVersion::V1_3, Arc::clone(&certificates), &Tickets::new().unwrap()).unwrap();
        let patience = Duration::from_secs(10);
        let with = Accepting { config: &config, certificates: &certificates, patience, metrics: &self.metrics };
        accept(io, with).await
    }

    fn counts(&self, line: &str) {
        let text = self.metrics.render().unwrap();
        assert!(text.lines().any(|found| found == line), "{line} is missing in\n{text}");
    }
}

async fn connect(config: rustls::ClientConfig, io: DuplexStream) -> std::io::Result<TlsStream<DuplexStream>> {
    let connector = TlsConnector::from(Arc::new(config));
    connector.connect("a.example".try_into().unwrap(), io).await
}

#[tokio::test]
async fn a_handshake_tells_what_was_agreed_on() {
    let server = Server::new();
    let (here, there) = tokio::io::duplex(64 << 10);
    let mut config = client(&server.authority, |_| ());
    config.alpn_protocols = vec![b"h2".to_vec()];
    let (facts, connected) = tokio::join!(server.accept(here), connect(config, there));
    let _connected = connected.unwrap();
    let facts = facts.unwrap();
    assert_eq!((facts.version, facts.is_resumed, facts.is_http2), ("TLSv1.3", false, true));
    server.counts(r#"shipshape_tls_sessions_total{kind="full",version="TLSv1.3"} 1"#);
    server.counts(r#"shipshape_tls_handshakes_total{result="ok"} 1"#);
}

#[tokio::test]
async fn the_last_bytes_leave_with_the_word_that_nothing_follows() {
    let server = Server::new();
    let (here, there) = tokio::io::duplex(64 << 10);
    let (opened, connected) = tokio::join!(server.open(here), connect(client(&server.authority, |_| ()), there));
    let (mut stream, mut client) = (opened.unwrap().0, connected.unwrap());
    assert!(!stream.take_last(&[0; (16 << 10) + 1]), "more than a record");
    assert!(stream.take_last(b"goodbye"));
    stream.flush().await.unwrap();
    let mut heard = Vec::new();
    // A connection that ended without that word would be an error.
    client.read_to_end(&mut heard).await.unwrap();
    assert_eq!(heard, b"goodbye");
    stream.shutdown().await.unwrap();
}

#[tokio::test]
async fn what_is_no_tls_or_too_old_or_gone_is_counted_apart() {
    let server = Server::new();
    let (here, mut there) = tokio::io::duplex(64 << 10);
    there.write_all(b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n").await.unwrap();
    assert!(server.accept(here).await.is_none());
    server.counts(r#"shipshape_tls_handshake_failures_total{reason="not_tls"} 1"#);

    let (here, there) = tokio::io::duplex(64 << 10);
    let (facts, connected) = tokio::join!(server.accept(here), connect(old_client(&server.authority), there));
    assert!(facts.is_none());
    assert!(connected.unwrap_err().to_string().contains("ProtocolVersion"), "the client is told");
    server.counts(r#"shipshape_tls_handshake_failures_total{reason="no_common_version"} 1"#);

    let (here, there) = tokio::io::duplex(64 << 10);
    drop(there);
    assert!(server.accept(here).await.is_none());
    server.counts(r#"shipshape_tls_handshake_failures_total{reason="closed"} 1"#);

    let (here, there) = tokio::io::duplex(64 << 10);
    let stranger = client(&Authority::new(), |_| ());
    let (facts, connected) = tokio::join!(server.accept(here), connect(stranger, there));
    assert!(facts.is_none() && connected.is_err());
    server.counts(r#"shipshape_tls_handshake_failures_total{reason="refused_by_client"} 1"#);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_says_nothing_is_given_up() {
    let server = Server::new();
    let (here, _there) = tokio::io::duplex(64 << 10);
    assert!(server.accept(here).await.is_none());
    server.counts(r#"shipshape_tls_handshake_failures_total{reason="timeout"} 1"#);
}
