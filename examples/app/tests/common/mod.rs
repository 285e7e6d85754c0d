//! Starts the real binary on a free port and talks to it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{HeaderMap, Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// How long anything may take that is expected to happen at once.
const DEADLINE: Duration = Duration::from_secs(20);

/// A running app; ended when dropped.
pub(crate) struct Running {
    child: Child,
    pub(crate) address: String,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> anyhow::Result<Value> {
        serde_json::from_slice(&self.body).with_context(|| self.text())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl Running {
    /// Starts a sub-command and waits for the line that says where it serves.
    pub(crate) fn start(app: &str) -> anyhow::Result<Self> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_shipshape-example-app"))
            .args([app, "--listen", "127.0.0.1:0"])
            .env("HOSTNAME", "test-host")
            .stderr(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let stderr = child.stderr.take().context("standard error is piped")?;
        BufReader::new(stderr).read_line(&mut line)?;
        let said: Value = serde_json::from_str(&line).with_context(|| line.clone())?;
        let address = said.get("address").and_then(Value::as_str).context("no address")?.to_owned();
        Ok(Self { child, address })
    }

    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Answer> {
        self.send(Method::GET, path, &[], "").await
    }

    /// Sends one request on a connection of its own.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> anyhow::Result<Answer> {
        let stream = TcpStream::connect(&self.address).await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        let mut request = Request::builder().method(method).uri(path).header("host", "app.test");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, body) = sender.send_request(request.body(Full::new(body.into()))?).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        drop(sender);
        connection.await??;
        Ok(Answer { status: parts.status, headers: parts.headers, body })
    }

    /// Sends SIGTERM, as the kubelet does.
    pub(crate) fn terminate(&self) -> anyhow::Result<()> {
        let sent = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        if !sent.success() {
            bail!("kill: {sent}");
        }
        Ok(())
    }

    /// Waits for the end.
    pub(crate) async fn ended(&mut self) -> anyhow::Result<ExitStatus> {
        let start = Instant::now();
        while start.elapsed() < DEADLINE {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        bail!("still running after {DEADLINE:?}")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
