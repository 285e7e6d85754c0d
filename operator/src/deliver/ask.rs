//! The question to one sidecar: which revision do you serve?

use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::{BodyExt, Empty, Limited};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::net::TcpStream;

/// The longest answer that is read, in bytes.
const LONGEST_ANSWER: usize = 16 << 10;

/// What a sidecar says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RevisionAnswer {
    /// The revision that it serves.
    pub revision: Option<String>,
    /// Whether every file beside the configuration is the one meant.
    pub complete: bool,
    /// The files that are not.
    pub waiting_for: Vec<String>,
    /// The pod that answers.
    pub pod_uid: Option<String>,
    /// Why it could not take what is mounted.
    pub error: Option<String>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// It took too long.
    #[error("no answer within {0:?}")]
    Slow(Duration),
    /// No connection.
    #[error("not reachable: {0}")]
    Connect(#[from] std::io::Error),
    /// The connection broke, or what came was no HTTP.
    #[error("the connection broke: {0}")]
    Http(#[from] hyper::Error),
    /// The answer is too long or broke off.
    #[error("the answer could not be read: {0}")]
    Body(Box<dyn std::error::Error + Send + Sync>),
    /// Something else answers there.
    #[error("status {0}, not a sidecar's answer")]
    Status(u16),
    /// Something else answers there.
    #[error("not a sidecar's answer: {0}")]
    Json(#[from] serde_json::Error),
}

/// Asks the sidecar at that address.
///
/// # Errors
/// When no answer of a sidecar comes in time.
pub async fn ask(address: SocketAddr, limit: Duration) -> Result<RevisionAnswer, AskError> {
    tokio::time::timeout(limit, exchange(address)).await.map_err(|_| AskError::Slow(limit))?
}

async fn exchange(address: SocketAddr) -> Result<RevisionAnswer, AskError> {
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = http1::handshake::<_, Empty<Bytes>>(TokioIo::new(stream)).await?;
    let mut request = Request::new(Empty::new());
    *request.uri_mut() = hyper::Uri::from_static("/revision");
    if let Ok(host) = address.to_string().parse() {
        request.headers_mut().insert(hyper::header::HOST, host);
    }
    let answer = async {
        let response = sender.send_request(request).await?;
        let status = response.status();
        let body = Limited::new(response.into_body(), LONGEST_ANSWER).collect().await.map_err(AskError::Body)?;
        if !status.is_success() {
            return Err(AskError::Status(status.as_u16()));
        }
        Ok(serde_json::from_slice(&body.to_bytes())?)
    };
    // The connection is driven beside the exchange; what it received before it ended is still answered.
    tokio::pin!(answer);
    tokio::select! {
        biased;
        answer = &mut answer => answer,
        _ended = connection => answer.await,
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    async fn server(answer: &'static str) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 1024];
            let read = stream.read(&mut request).await.unwrap();
            assert!(request[..read].starts_with(b"GET /revision HTTP/1.1\r\n"));
            stream.write_all(answer.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
        });
        address
    }

    const LIMIT: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn reads_what_a_sidecar_says() {
        let said = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"revision\":\"3f9c1a\",\"complete\":false,\"waitingFor\":[\"tls/tls.crt\"],\"podUid\":\"u\",\"error\":null}";
        let answer = ask(server(said).await, LIMIT).await.unwrap();
        assert_eq!(answer.revision.as_deref(), Some("3f9c1a"));
        assert_eq!((answer.complete, answer.waiting_for, answer.error), (false, vec!["tls/tls.crt".to_owned()], None));
    }

    #[tokio::test]
    async fn what_is_no_sidecar_is_told() {
        let missing = ask(server("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await, LIMIT).await;
        assert!(matches!(missing, Err(AskError::Status(404))), "{missing:?}");
        let foreign = ask(server("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi").await, LIMIT).await;
        assert!(matches!(foreign, Err(AskError::Json(_))), "{foreign:?}");
        let nobody = ask("127.0.0.1:1".parse().unwrap(), LIMIT).await;
        assert!(matches!(nobody, Err(AskError::Connect(_))), "{nobody:?}");
    }
}
