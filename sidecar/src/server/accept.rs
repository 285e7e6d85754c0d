//! One listening socket per port: what it accepts goes to the least loaded worker.

use std::io::{ErrorKind, Result};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use rustix::io::Errno;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::connection::{Accepted, Port, Stream};
use super::drain::Drain;
use super::worker::Workers;

/// Connections that may wait to be accepted; the kernel's `somaxconn` is 4096 as well.
const BACKLOG: i32 = 4096;
/// How long accepting rests when no file descriptor or memory is left.
const REST: Duration = Duration::from_millis(50);

/// Listens on an address; port 0 takes a free one. `[::]` takes IPv4 as well, and on a node without IPv6 IPv4 alone.
///
/// # Errors
/// When the address cannot be taken; says which.
pub fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    listen_by(address, bind)
        .with_context(|| format!("cannot listen on {address}: is another process there? Give another address"))
}

fn listen_by<T>(address: SocketAddr, bind: impl Fn(SocketAddr) -> Result<T>) -> Result<T> {
    let is_any = address.ip() == IpAddr::from(Ipv6Addr::UNSPECIFIED);
    match bind(address) {
        Err(error) if is_any && lacks_ipv6(&error) => bind(SocketAddr::from((Ipv4Addr::UNSPECIFIED, address.port()))),
        outcome => outcome,
    }
}

/// The kernel has no IPv6 at all, or none of its interfaces has.
fn lacks_ipv6(error: &std::io::Error) -> bool {
    Errno::from_io_error(error) == Some(Errno::AFNOSUPPORT) || error.kind() == ErrorKind::AddrNotAvailable
}

fn bind(address: SocketAddr) -> Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        // Said, because the node's `net.ipv6.bindv6only` may say otherwise.
        socket.set_only_v6(false)?;
    }
    // A restarted container takes its port again at once.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Accepts until the process is told to stop; then what the kernel has queued is served before the port closes. The
/// first worker does it beside its connections: with one worker, which is usual, no connection changes its thread.
///
/// # Errors
/// When it ended by a defect.
pub async fn accept(listener: TcpListener, port: Port, workers: Arc<Workers>, drain: Arc<Drain>) -> anyhow::Result<()> {
    let (closed, has_closed) = oneshot::channel();
    let all = Arc::clone(&workers);
    workers.first().context("there is no worker")?.run(move || async move {
        match accept_here(listener, port, all, drain).await {
            // Whoever waits for it may be gone.
            Ok(()) => drop(closed.send(())),
            Err(error) => tracing::error!(%error, "a port cannot be watched"),
        }
    });
    has_closed.await.context("accepting ended by a defect")
}

async fn accept_here(listener: TcpListener, port: Port, workers: Arc<Workers>, drain: Arc<Drain>) -> Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let mut end = Box::pin(async {
        drain.stopped().await;
        drain.may_refuse().await;
    });
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => hand_over(stream, peer, port, &workers),
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
    let listener = listener.into_std()?;
    while let Ok((stream, peer)) = listener.accept() {
        match stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream)) {
            Ok(stream) => hand_over(stream, peer, port, &workers),
            Err(error) => tracing::warn!(%error, "a connection could not be served"),
        }
    }
    Ok(())
}

fn hand_over(stream: TcpStream, peer: SocketAddr, port: Port, workers: &Workers) {
    let metrics = workers.metrics();
    metrics.connections_accepted.with_label_values(&[port.label()]).inc();
    let Some((number, worker)) = workers.least_loaded() else { return };
    if workers.are_full() {
        metrics.connections_refused.inc();
        return;
    }
    let stream = match number {
        // This very worker, whose runtime watches it already.
        0 => Stream::Watched(stream),
        _ => match stream.into_std() {
            Ok(stream) => Stream::Unwatched(stream),
            Err(error) => return tracing::warn!(%error, "a connection could not be handed to its worker"),
        },
    };
    worker.hand_over(Accepted { stream, peer, port });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is bound on a node where IPv6 fails with that error.
    fn bound(address: &str, error: Errno) -> std::result::Result<SocketAddr, Errno> {
        let bind = |address: SocketAddr| if address.is_ipv6() { Err(error.into()) } else { Ok(address) };
        listen_by(address.parse().unwrap(), bind).map_err(|error| Errno::from_io_error(&error).unwrap())
    }

    #[test]
    fn without_ipv6_any_address_is_any_of_ipv4() {
        let any = Ok("0.0.0.0:8443".parse().unwrap());
        assert_eq!(bound("[::]:8443", Errno::AFNOSUPPORT), any);
        assert_eq!(bound("[::]:8443", Errno::ADDRNOTAVAIL), any);
    }

    #[test]
    fn a_port_that_is_taken_or_a_certain_address_is_not_looked_for_elsewhere() {
        assert_eq!(bound("[::]:8443", Errno::ADDRINUSE), Err(Errno::ADDRINUSE));
        assert_eq!(bound("[::1]:8443", Errno::AFNOSUPPORT), Err(Errno::AFNOSUPPORT));
    }
}
