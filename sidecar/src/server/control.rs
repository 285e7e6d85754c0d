//! A socket in the file system through which the same container, and nobody on the network, starts a drain.

use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

use super::drain::Drain;

/// Where the socket is unless another path is given.
pub const DEFAULT_CONTROL: &str = "/tmp/shipshape-sidecar/control.sock";
/// What is asked for and what is answered.
const DRAIN: &[u8] = b"drain\n";
const DRAINING: &[u8] = b"draining\n";
/// How long either side waits for the other.
const PATIENCE: Duration = Duration::from_secs(2);

/// Opens the socket, replacing one that a former process left. Its folder is made for this user alone.
///
/// # Errors
/// When another sidecar listens there, or the path cannot be written.
pub fn open(path: &Path) -> anyhow::Result<UnixListener> {
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
    Ok(listener)
}

/// Answers on the socket; never ends.
pub async fn serve(listener: UnixListener, drain: Arc<Drain>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
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
