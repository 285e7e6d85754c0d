//! Certificates that come, change and break while the sidecar serves.

use std::sync::Arc;

use rustls::HandshakeKind;
use serde_json::{Value, json};
use shipshape_crds::sidecar_config::CertificateFiles;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::common::{App, Config, Http1, Program, eventually, tls_by, tls_config};

async fn until(program: &Program, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let revision = async || Http1::plain(program.admin).await.get("/revision").await.unwrap().json();
    eventually(what, async || Some(revision().await).filter(&holds)).await
}

async fn metrics(program: &Program) -> String {
    Http1::plain(program.admin).await.get("/metrics").await.unwrap().text()
}

/// Connects under a name, and asks for something so that tickets are read.
async fn ask(
    program: &Program,
    config: &Arc<rustls::ClientConfig>,
    name: &str,
) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(program.https).await?;
    let name = name.to_owned().try_into().unwrap();
    let mut stream = TlsConnector::from(Arc::clone(config)).connect(name, stream).await?;
    stream.write_all(b"GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    Ok(stream)
}

/// A certificate of the user's own, written beside the configuration.
fn own(config: &mut Config, name: &str, host: &str) -> String {
    let made = rcgen::generate_simple_self_signed(vec![host.to_owned()]).unwrap();
    let (chain, key) = (format!("{name}.crt"), format!("{name}.key"));
    config.file(&chain, made.cert.pem().as_bytes());
    config.file(&key, made.signing_key.serialize_pem().as_bytes());
    let files = CertificateFiles { name: name.to_owned(), certificate: chain, certificate_key: key };
    config.change(|config| config.files.certificates.push(files));
    made.cert.pem()
}

#[tokio::test]
async fn a_pair_that_is_no_good_keeps_the_old_one_and_holds_no_policy_up() {
    let app = App::start().await;
    let mut config = Config::open(app.address);
    let program = Program::start(&config);
    let mut before = Http1::secure(program.https, &program.certificate).await;
    let key = std::fs::read(config.folder().join("tls.key")).unwrap();
    config.new_certificate();
    config.file("tls.key", &key);
    config.change(|config| config.app.internal_paths.push("/hidden".parse().unwrap())).write("r2");
    let told = until(&program, "r2 is in force", |told| told["revision"] == "r2").await;
    assert_eq!(told["error"], json!(null));
    assert!(told["certificates"][0].as_str().unwrap().contains("belongs to the key"), "{told}");
    assert_eq!(before.get("/hidden").await.unwrap().status, 404, "the new policy holds on the old connection");
    let mut after = Http1::secure(program.https, &program.certificate).await;
    assert_eq!(after.get("/x").await.unwrap().status, 200);
}

#[tokio::test]
async fn a_session_outlives_the_certificate_that_it_began_with() {
    let app = App::start().await;
    let mut config = Config::open(app.address);
    let program = Program::start(&config);
    for versions in [&[&rustls::version::TLS13], &[&rustls::version::TLS12]] {
        let client = tls_config(config.certificate(), &[], versions);
        let first = ask(&program, &client, "localhost").await.unwrap();
        assert_eq!(first.get_ref().1.handshake_kind(), Some(HandshakeKind::Full));
        config.new_certificate();
        let revision = format!("{:?}", versions[0].version);
        config.write(&revision);
        until(&program, "the new one is served", |told| told["revision"] == revision && told["complete"] == true).await;
        let resumed = ask(&program, &client, "localhost").await.unwrap();
        assert_eq!(resumed.get_ref().1.handshake_kind(), Some(HandshakeKind::Resumed), "{revision}");
        let stranger = tls_config(&program.certificate, &[], versions);
        assert!(tls_by(program.https, &stranger).await.is_err(), "the first certificate is still served");
    }
}

#[tokio::test]
async fn a_certificate_of_the_user_s_own_is_served_by_its_name_and_lost_alone() {
    let app = App::start().await;
    let mut config = Config::open(app.address);
    let program = Program::start(&config);
    let pem = own(&mut config, "shop-tls", "*.shop.example");
    config.write("r2");
    until(&program, "r2 is complete", |told| told["revision"] == "r2" && told["complete"] == true).await;
    let client = tls_config(&pem, &[], rustls::ALL_VERSIONS);
    ask(&program, &client, "a.shop.example").await.unwrap();
    let built_in = tls_config(config.certificate(), &[], rustls::ALL_VERSIONS);
    ask(&program, &built_in, "localhost").await.unwrap();
    let text = metrics(&program).await;
    for name in ["built-in", "shop-tls"] {
        let line = format!("shipshape_certificate_expiry_timestamp_seconds{{certificate=\"{name}\"}}");
        assert!(text.contains(&line), "{line} is missing in\n{text}");
    }

    own(&mut config, "gone", "gone.example");
    std::fs::remove_file(config.folder().join("gone.key")).unwrap();
    std::fs::write(config.folder().join("shop-tls.crt"), "no certificate").unwrap();
    config.write("r3");
    let told = until(&program, "r3 is in force", |told| told["revision"] == "r3").await;
    let troubles = told["certificates"].to_string();
    assert!(troubles.contains("shop-tls") && troubles.contains("gone.key"), "{troubles}");
    assert!(!metrics(&program).await.contains("certificate=\"gone\""));
    let unresumed = tls_config(&pem, &[], rustls::ALL_VERSIONS);
    ask(&program, &unresumed, "b.shop.example").await.unwrap();
}

#[tokio::test]
async fn a_request_that_took_this_connection_for_another_s_is_sent_there() {
    let app = App::start().await;
    let mut config = Config::open(app.address);
    let pem = own(&mut config, "shop-tls", "*.shop.example");
    let hostnames = ["localhost", "a.shop.example", "b.shop.example"].map(|name| name.parse().unwrap());
    config.change(|config| config.hostnames = hostnames.into()).write("r1");
    let program = Program::start(&config);
    let status = async |asked: &str, host: &str| {
        let trusted = if asked == "localhost" { config.certificate() } else { &pem };
        let client = tls_config(trusted, &[], rustls::ALL_VERSIONS);
        let stream = TcpStream::connect(program.https).await.unwrap();
        let name = asked.to_owned().try_into().unwrap();
        let mut stream = TlsConnector::from(client).connect(name, stream).await.unwrap();
        let request = format!("GET /x HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer).split(' ').nth(1).unwrap().to_owned()
    };
    assert_eq!(status("a.shop.example", "a.shop.example").await, "200");
    assert_eq!(status("a.shop.example", "b.shop.example").await, "200", "the wildcard covers both");
    assert_eq!(status("a.shop.example", "localhost").await, "421");
    assert_eq!(status("localhost", "localhost").await, "200");
    assert_eq!(status("localhost", "a.shop.example").await, "421", "the certificate that was shown does not cover it");
}
