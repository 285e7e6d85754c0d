//! The friendly app of the examples, in a thread of its own.

use std::net::{Ipv4Addr, SocketAddr};
use std::thread::JoinHandle;

use anyhow::Context;
use shipshape_example_app::hello::Hello;
use shipshape_example_app::server::serve;
use tokio::sync::oneshot;

/// The name in the app's greeting.
const NAME: &str = "quickstart";

/// The app; it ends when this is dropped.
pub(super) struct HelloApp {
    /// Where it listens.
    pub(super) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl HelloApp {
    /// Starts it on a free port.
    pub(super) fn start() -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = runtime.block_on(tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
        let listener = listener.context("no free port on the loopback address")?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let until = async move { drop(stopped.await) };
        let run = move || drop(runtime.block_on(serve(listener, Hello::new(NAME.to_owned()), until)));
        let thread = std::thread::Builder::new().name("app".to_owned()).spawn(run)?;
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for HelloApp {
    fn drop(&mut self) {
        drop(self.stop.take());
        // A panic of the app was already told by its thread.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}
