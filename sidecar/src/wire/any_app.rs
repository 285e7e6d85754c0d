//! The app, whichever version of HTTP it speaks.

use std::net::SocketAddr;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use shipshape_crds::protocol::AppProtocol;

use super::app::{AppPool, Http1App};
use super::body::Capped;
use super::h2::{H2App, H2Pool};
use super::head::RequestHead;
use super::traits::{App, AppError, Exchange, Said};

/// One worker's connections to the app.
#[derive(Clone, Default)]
pub struct AppPools {
    http1: Rc<AppPool>,
    h2c: Rc<H2Pool>,
}

impl AppPools {
    /// The app at that address, which speaks that protocol; opening a connection may take so long.
    #[must_use]
    pub fn app(&self, address: SocketAddr, protocol: AppProtocol, connect_timeout: Duration) -> AnyApp {
        match protocol {
            AppProtocol::Http1 => AnyApp::Http1(Http1App { pool: Rc::clone(&self.http1), address, connect_timeout }),
            AppProtocol::H2c => AnyApp::H2c(H2App { pool: Rc::clone(&self.h2c), address, connect_timeout }),
        }
    }
}

/// The app, whichever version of HTTP it speaks.
pub enum AnyApp {
    /// HTTP/1.1.
    Http1(Http1App),
    /// HTTP/2 from the first byte.
    H2c(H2App),
}

enum AnyExchange<A, B> {
    Http1(A),
    H2c(B),
}

impl App for AnyApp {
    fn send(&self, head: RequestHead, body: Capped) -> impl Exchange {
        match self {
            Self::Http1(app) => AnyExchange::Http1(app.send(head, body)),
            Self::H2c(app) => AnyExchange::H2c(app.send(head, body)),
        }
    }
}

impl<A: Exchange, B: Exchange> Exchange for AnyExchange<A, B> {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Said, AppError>> {
        match self {
            Self::Http1(exchange) => exchange.poll_next(context),
            Self::H2c(exchange) => exchange.poll_next(context),
        }
    }
}
