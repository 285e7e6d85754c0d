//! `shipshape-operator ready`: asks a running operator whether it is ready; the charts' test and people use it.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

/// How long one question may take.
const ANSWER: Duration = Duration::from_secs(5);
/// How long until it is asked again: an operator that was just installed needs a moment to be found by name.
const PAUSE: Duration = Duration::from_secs(1);

/// Asks until the answer is 2xx, for so long.
///
/// # Errors
/// When it never was, with the last answer; or when the address is no `http` one.
pub async fn wait(url: &Uri, patience: Duration) -> anyhow::Result<()> {
    ensure!(url.scheme_str() == Some("http"), "{url}: write an address such as http://HOST:8080/readyz");
    let until = Instant::now() + patience;
    loop {
        let failure = match timeout(ANSWER, ask(url)).await {
            Ok(Ok(status)) if status.is_success() => return Ok(()),
            Ok(Ok(status)) => format!("it answered {status}"),
            Ok(Err(error)) => format!("{error:#}"),
            Err(_) => format!("no answer within {ANSWER:?}"),
        };
        if Instant::now() >= until {
            bail!("{url} was not ready within {patience:?}: {failure}");
        }
        sleep(PAUSE).await;
    }
}

async fn ask(url: &Uri) -> anyhow::Result<StatusCode> {
    let host = url.host().context("the address names no host")?;
    let stream = TcpStream::connect((host, url.port_u16().unwrap_or(80))).await.context("not reachable")?;
    let (mut sender, connection) = http1::handshake::<_, Empty<Bytes>>(TokioIo::new(stream)).await?;
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::get(path).header("host", host).body(Empty::new())?;
    let answer = sender.send_request(request);
    tokio::pin!(answer);
    tokio::select! {
        biased;
        answer = &mut answer => Ok(answer?.status()),
        _ended = connection => Ok(answer.await?.status()),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    async fn server(answers: &'static [&'static str]) -> Uri {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                assert!(stream.read(&mut [0; 1024]).await.unwrap() > 0);
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        format!("http://{address}/readyz").parse().unwrap()
    }

    #[tokio::test]
    async fn it_asks_until_the_answer_is_good() {
        const LATER: &str = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n";
        const NOW: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        wait(&server(&[LATER, NOW]).await, Duration::from_secs(30)).await.unwrap();
        let told = wait(&server(&[LATER]).await, Duration::ZERO).await.unwrap_err().to_string();
        assert!(told.contains("503"), "{told}");
        assert!(wait(&"https://x/".parse().unwrap(), Duration::ZERO).await.is_err());
    }
}
