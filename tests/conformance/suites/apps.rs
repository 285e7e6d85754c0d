//! Apps behind the sidecar: one that answers everything, and one that writes bytes by hand.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Result;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};

/// Serves each connection of a free port with `serve`, for as long as the runtime lives.
///
/// # Errors
/// When no port is free.
pub async fn listen<F, Fut>(serve: F) -> Result<SocketAddr>
where
    F: Fn(TcpStream) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // Only Nagle's delay would be left without.
            let _ = stream.set_nodelay(true);
            tokio::spawn(serve(stream));
        }
    });
    Ok(address)
}

/// An app that takes any request whole and answers 200 with 4 KiB.
///
/// # Errors
/// When no port is free.
pub async fn polite() -> Result<SocketAddr> {
    let answer = |request: Request<Incoming>| async move {
        // A body that was broken off is its sender's business.
        let _ = request.into_body().collect().await;
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(&[b'x'; 4096]))))
    };
    let connection = hyper::server::conn::http1::Builder::new();
    listen(move |stream| {
        let served = connection.serve_connection(TokioIo::new(stream), service_fn(answer));
        async move { drop(served.await) }
    })
    .await
}

/// An app that reads one request's head from each connection and then writes what it likes.
///
/// # Errors
/// When no port is free.
pub async fn by_hand<F, Fut>(answer: F) -> Result<SocketAddr>
where
    F: Fn(String, TcpStream) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<()>> + Send + 'static,
{
    let answer = Arc::new(answer);
    listen(move |mut stream| {
        let answer = Arc::clone(&answer);
        async move {
            if let Ok(head) = read_head(&mut stream).await {
                // What the app could not write, its client misses and says.
                let _ = answer(head, stream).await;
            }
        }
    })
    .await
}

async fn read_head(stream: &mut TcpStream) -> Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8(head)?)
}
