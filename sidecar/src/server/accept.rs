//! One listening socket per port: what it accepts goes to the least loaded worker.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

use super::connection::{Accepted, Port};
use super::drain::Drain;
use super::worker::Workers;

/// Connections that may wait to be accepted; the kernel's `somaxconn` is 4096 as well.
const BACKLOG: i32 = 4096;
/// How long accepting rests when no file descriptor or memory is left.
const REST: Duration = Duration::from_millis(50);

/// Listens on an address; port 0 takes a free one. Must be called within a runtime.
///
/// # Errors
/// When the address cannot be taken; says which.
pub fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let bind = || -> std::io::Result<TcpListener> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        // A restarted container takes its port again at once.
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        TcpListener::from_std(socket.into())
    };
    bind().with_context(|| format!("cannot listen on {address}: is another process there? Give another address"))
}

/// Accepts until the process is told to stop; then what the kernel has queued is served before the port closes.
pub async fn accept(listener: TcpListener, port: Port, workers: Arc<Workers>, drain: Arc<Drain>) {
    let mut end = Box::pin(async {
        drain.stopped().await;
        drain.may_refuse().await;
    });
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                // The worker's own runtime has to watch it from here on.
                Ok((stream, peer)) => match stream.into_std() {
                    Ok(stream) => hand_over(stream, peer, port, &workers),
                    Err(error) => tracing::warn!(%error, "a connection could not be handed to its worker"),
                },
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(REST).await;
                }
            },
            () = &mut end => break,
        }
    }
    drop(end);
    drain.refuses();
    // Asked of the kernel itself: what the runtime knows of the queue may be older than its last connection.
    let Ok(listener) = listener.into_std() else { return };
    while let Ok((stream, peer)) = listener.accept() {
        match stream.set_nonblocking(true) {
            Ok(()) => hand_over(stream, peer, port, &workers),
            Err(error) => tracing::warn!(%error, "a connection could not be handed to its worker"),
        }
    }
}

fn hand_over(stream: std::net::TcpStream, peer: SocketAddr, port: Port, workers: &Workers) {
    let metrics = workers.metrics();
    metrics.connections_accepted.with_label_values(&[port.label()]).inc();
    let Some(worker) = workers.least_loaded() else { return };
    if workers.are_full() {
        metrics.connections_refused.inc();
        return;
    }
    worker.hand_over(Accepted { stream, peer, port });
}
