//! An HTTP/2 client that sends what no library would: one request, every field as it is given (RFC 9113, RFC 7541).

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// How long an answer may take.
const LIMIT: Duration = Duration::from_secs(15);
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Types of frames.
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
/// More than any answer here: nobody has to wait for this client to make room.
const WINDOW: u32 = 1 << 30;
/// Flags of frames.
const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;

/// A field, as it is sent.
pub type Field = (Vec<u8>, Vec<u8>);

/// One request.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Its fields, pseudo-fields among them.
    pub fields: Vec<Field>,
    /// Its body, one DATA frame.
    pub body: Option<Vec<u8>>,
    /// What comes behind it.
    pub trailers: Vec<Field>,
}

/// How it was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// With this body, whole.
    Body(Vec<u8>),
    /// The stream was reset with this code.
    Reset(u32),
    /// The connection was ended, with this code or without one.
    Ended(Option<u32>),
}

/// Trust in the certificates of a folder, and HTTP/2 by ALPN.
pub fn config(folder: &Path) -> Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(folder.join("ca.pem"))? {
        roots.add(certificate?)?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(Arc::new(config))
}

/// Sends a request on a connection of its own.
pub fn ask(address: SocketAddr, config: &Arc<ClientConfig>, request: &Request) -> Result<Answer> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(LIMIT))?;
    let name = ServerName::try_from("localhost")?;
    let mut stream = StreamOwned::new(ClientConnection::new(Arc::clone(config), name)?, stream);
    let mut bytes = PREFACE.to_vec();
    frame(&mut bytes, SETTINGS, 0, 0, &[[0, 4].as_slice(), &WINDOW.to_be_bytes()].concat());
    frame(&mut bytes, WINDOW_UPDATE, 0, 0, &WINDOW.to_be_bytes());
    write_request(&mut bytes, request);
    stream.write_all(&bytes)?;
    let answer = read_answer(&mut stream)?;
    stream.conn.send_close_notify();
    // It may be gone already.
    let _ = stream.flush();
    Ok(answer)
}

fn write_request(out: &mut Vec<u8>, request: &Request) {
    let has_trailers = !request.trailers.is_empty();
    let ends = |is_last: bool| if is_last { END_STREAM } else { 0 };
    let flags = END_HEADERS | ends(request.body.is_none() && !has_trailers);
    frame(out, HEADERS, flags, 1, &block(&request.fields));
    if let Some(body) = &request.body {
        frame(out, DATA, ends(!has_trailers), 1, body);
    }
    if has_trailers {
        frame(out, HEADERS, END_HEADERS | END_STREAM, 1, &block(&request.trailers));
    }
}

fn frame(out: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    let [_, a, b, c] = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes();
    out.extend_from_slice(&[a, b, c, kind, flags]);
    out.extend_from_slice(&stream.to_be_bytes());
    out.extend_from_slice(payload);
}

/// Literals without indexing and without Huffman coding (RFC 7541 section 6.2.2).
fn block(fields: &[Field]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0);
        for text in [name, value] {
            length(&mut block, text.len());
            block.extend_from_slice(text);
        }
    }
    block
}

/// An integer of a prefix of seven bits (RFC 7541 section 5.1).
fn length(out: &mut Vec<u8>, length: usize) {
    let low = |value: usize| u8::try_from(value & 0x7f).unwrap_or_default();
    if length < 127 {
        return out.push(low(length));
    }
    out.push(127);
    let mut rest = length - 127;
    while rest >= 128 {
        out.push(low(rest) | 0x80);
        rest >>= 7;
    }
    out.push(low(rest));
}

fn read_answer(stream: &mut (impl Read + Write)) -> Result<Answer> {
    let mut body = Vec::new();
    loop {
        let mut head = [0; 9];
        // How a connection ends, in order or not, makes no difference here.
        if stream.read_exact(&mut head).is_err() {
            return Ok(Answer::Ended(None));
        }
        let [a, b, c, kind, flags, stream_id @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        stream.read_exact(&mut payload)?;
        let is_ours = u32::from_be_bytes(stream_id) == 1;
        match kind {
            SETTINGS if flags & ACK == 0 => {
                let mut ack = Vec::new();
                frame(&mut ack, SETTINGS, ACK, 0, &[]);
                stream.write_all(&ack)?;
            }
            RESET if is_ours => return Ok(Answer::Reset(number(&payload, 0))),
            GOAWAY if number(&payload, 4) != 0 => return Ok(Answer::Ended(Some(number(&payload, 4)))),
            DATA | HEADERS if is_ours => {
                if kind == DATA {
                    body.extend_from_slice(&payload);
                }
                if flags & END_STREAM != 0 {
                    return Ok(Answer::Body(body));
                }
                ensure!(body.len() < 4 << 20, "an answer of more than four megabytes");
            }
            _ => {}
        }
    }
}

/// The number of four bytes at a place of a payload.
fn number(payload: &[u8], at: usize) -> u32 {
    payload.get(at..).and_then(|rest| rest.first_chunk()).copied().map(u32::from_be_bytes).unwrap_or_default()
}
