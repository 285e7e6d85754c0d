//! A socket in the file system through which the same container, and nobody on the network, starts a drain.

use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

use super::drain::Drain;
use super::options::Control;

/// Where the socket is unless another path is given.
pub const DEFAULT_CONTROL: &str = "/tmp/shipshape-sidecar/control.sock";
/// What is asked for and what is answered.
const DRAIN: &[u8] = b"drain\n";
const DRAINING: &[u8] = b"draining\n";
/// How long either side waits for the other.
const PATIENCE: Duration = Duration::from_secs(2);

/// A socket that is listened on; its file goes with it.
pub struct ControlSocket {
    listener: UnixListener,
    path: PathBuf,
}

/// Opens the socket that is asked for. Must be called within a runtime.
///
/// # Errors
/// When a certain one is asked for and cannot be had.
pub fn open_as_asked(control: &Control) -> anyhow::Result<Option<ControlSocket>> {
    match control {
        Control::Off => Ok(None),
        Control::At(path) => open(path).map(Some),
        Control::Usual => Ok(open(Path::new(DEFAULT_CONTROL))
            .inspect_err(|error| tracing::warn!(error = format!("{error:#}"), "`drain` cannot reach this sidecar"))
            .ok()),
    }
}

/// Opens a socket, replacing one that a former process left. Its folder is made for this user alone.
fn open(path: &Path) -> anyhow::Result<ControlSocket> {
    let shown = path.display();
    if let Some(folder) = path.parent().filter(|folder| !folder.exists()) {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .with_context(|| format!("cannot make the folder of {shown}: give another path with --control"))?;
    }
    if std::os::unix::net::UnixStream::connect(path).is_ok() {
        anyhow::bail!("another sidecar listens on {shown}: give another path with --control");
    }
    // Nobody listens: what is there, if anything, was left behind.
    let _ = std::fs::remove_file(path);
    let listener = UnixListener::bind(path)
        .with_context(|| format!("cannot listen on {shown}: give another path with --control"))?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
        .with_context(|| format!("cannot keep others from {shown}: give another path with --control"))?;
    Ok(ControlSocket { listener, path: path.to_owned() })
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        // What stays behind is replaced by the next process.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Answers on the socket; never ends.
pub async fn serve(socket: ControlSocket, drain: Arc<Drain>) {
    loop {
        let Ok((stream, _)) = socket.listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let drain = Arc::clone(&drain);
        tokio::spawn(async move {
            // Whoever asks too slowly, or for something else, is left.
            let _ = tokio::time::timeout(PATIENCE, answer(stream, &drain)).await;
        });
    }
}

async fn answer(mut stream: UnixStream, drain: &Drain) -> std::io::Result<()> {
    let mut asked = [0; DRAIN.len()];
    stream.read_exact(&mut asked).await?;
    if asked == *DRAIN {
        tracing::info!("a drain was asked for");
        drain.begin();
        stream.write_all(DRAINING).await?;
    }
    Ok(())
}

/// Starts a drain of the sidecar that listens there, and returns as soon as it began.
///
/// # Errors
/// When no sidecar listens there, or it does not answer.
pub fn request_drain(path: &Path) -> anyhow::Result<()> {
    use std::io::{Read, Write};
    let shown = path.display();
    let mut stream = std::os::unix::net::UnixStream::connect(path)
        .with_context(|| format!("no sidecar listens on {shown}: is it running, with the same --control?"))?;
    let mut answer = Vec::new();
    let asked = stream
        .set_read_timeout(Some(PATIENCE))
        .and_then(|()| stream.write_all(DRAIN))
        .and_then(|()| stream.read_to_end(&mut answer));
    asked.with_context(|| format!("the sidecar on {shown} does not answer"))?;
    anyhow::ensure!(answer == DRAINING, "the sidecar on {shown} does not know what a drain is: use its own release");
    Ok(())
}
