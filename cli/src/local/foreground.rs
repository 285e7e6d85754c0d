//! A process in the foreground: what it waits for, and the signals that tell it to end.

use std::future::Future;

use anyhow::Context;
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The code of a process that was told to end before it was done.
pub const INTERRUPTED: u8 = 130;

/// The runtime of the foreground, listening for signals from its making on: nobody can end the process and leave
/// behind what it started.
pub struct Foreground {
    runtime: Runtime,
    signals: Signals,
}

/// The signals that matter.
pub struct Signals {
    child: Signal,
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Foreground {
    /// Begins to listen.
    ///
    /// # Errors
    /// When signals cannot be heard.
    pub fn begin() -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let signals = runtime.block_on(async { Signals::listen() })?;
        Ok(Self { runtime, signals })
    }

    /// Waits for something; nothing where the process is told to end before.
    pub fn wait_for<T>(&mut self, something: impl Future<Output = T>) -> Option<T> {
        let Self { runtime, signals } = self;
        runtime.block_on(async {
            tokio::select! {
                outcome = something => Some(outcome),
                () = signals.told_to_end() => None,
            }
        })
    }

    /// Runs something that listens for signals itself. What it left on other threads is not waited for.
    pub fn run<T>(self, something: impl AsyncFnOnce(&mut Signals) -> T) -> T {
        let Self { runtime, mut signals } = self;
        let outcome = runtime.block_on(something(&mut signals));
        runtime.shutdown_background();
        outcome
    }
}

impl Signals {
    fn listen() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen for signals");
        Ok(Self {
            child: listen(SignalKind::child())?,
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
            // The terminal was closed.
            hangup: listen(SignalKind::hangup())?,
        })
    }

    /// Waits until the process is told to end.
    pub async fn told_to_end(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }

    /// Waits until a process that this one started may have ended (`true`), or this one is told to end.
    pub async fn child_ended(&mut self) -> bool {
        tokio::select! {
            _ = self.child.recv() => true,
            _ = self.terminate.recv() => false,
            _ = self.interrupt.recv() => false,
            _ = self.hangup.recv() => false,
        }
    }
}
