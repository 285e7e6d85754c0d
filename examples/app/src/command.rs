//! The command line: which app, where it listens, and how it says that it serves.

use std::future::Future;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Parser};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::hello::Hello;
use crate::server::{finish, serve};
use crate::shop::Shop;

/// What a shell reports for a program that SIGTERM ended (128 + 15).
const ENDED_BY_SIGTERM: u8 = 143;

/// Stand-in HTTP apps for trying Shipshape.
#[derive(Debug, Parser)]
#[command(version)]
pub enum Command {
    /// A friendly app: greets, echoes, and shows what reached it; finishes what is in flight before it stops.
    Hello {
        /// Where it listens.
        #[command(flatten)]
        place: Place,
        /// The name in its greeting.
        #[arg(long, env = "HOSTNAME", default_value = "localhost")]
        hostname: String,
    },
    /// A shop without authentication, limits or drain: the faults that a review found in a real one.
    Shop {
        /// Where it listens.
        #[command(flatten)]
        place: Place,
    },
}

/// Where an app listens.
#[derive(Debug, Clone, Copy, Args)]
pub struct Place {
    /// Address and port; port 0 takes a free one. Without it: the loopback address and PORT.
    #[arg(long, value_name = "IP:PORT")]
    listen: Option<SocketAddr>,
    /// The port on the loopback address when --listen is not given.
    #[arg(long, env = "PORT", default_value_t = 3000)]
    port: u16,
}

impl Place {
    /// The address to bind.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listen.unwrap_or_else(|| (Ipv4Addr::LOCALHOST, self.port).into())
    }
}

/// The one line on standard error that says where an app serves.
#[derive(Debug, Serialize)]
struct Serving {
    msg: &'static str,
    address: String,
}

/// Runs an app until SIGTERM or SIGINT. Errors when the address cannot be bound.
pub async fn run(command: Command) -> anyhow::Result<ExitCode> {
    // Before the line that says it serves: who reads that line may stop the app at once.
    let stop = stop_asked_for()?;
    match command {
        Command::Hello { place, hostname } => {
            let connections = serve(bind(place).await?, Hello::new(hostname), stop).await;
            finish(connections).await;
            Ok(ExitCode::SUCCESS)
        }
        Command::Shop { place } => {
            // Like many a Node process: whatever is in flight is lost.
            drop(serve(bind(place).await?, Shop::new(), stop).await);
            Ok(ExitCode::from(ENDED_BY_SIGTERM))
        }
    }
}

async fn bind(place: Place) -> anyhow::Result<TcpListener> {
    let address = place.address();
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}: choose a free address with --listen IP:PORT"))?;
    let serving = Serving { msg: "serving", address: listener.local_addr()?.to_string() };
    writeln!(std::io::stderr(), "{}", serde_json::to_string(&serving)?)?;
    Ok(listener)
}

fn stop_asked_for() -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(arguments: &[&str]) -> SocketAddr {
        match Command::try_parse_from(arguments).unwrap() {
            Command::Hello { place, .. } | Command::Shop { place } => place.address(),
        }
    }

    #[test]
    fn listens_on_loopback_unless_told_otherwise() {
        assert_eq!(address(&["app", "shop", "--port", "5000"]), "127.0.0.1:5000".parse().unwrap());
        assert_eq!(address(&["app", "hello", "--port", "1", "--listen", "0.0.0.0:0"]), "0.0.0.0:0".parse().unwrap());
    }
}
