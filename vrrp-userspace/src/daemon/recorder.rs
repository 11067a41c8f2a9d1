//! Writes what went through the doors, and plays it again.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use tokio::sync::oneshot;

use super::inbox::{Input, Outbox};

/// Writes the recordings to `path`.
pub(super) async fn write(outbox: &Outbox, path: &Path) -> Result<()> {
    let (sender, receiver) = oneshot::channel();
    outbox.send(Input::Record(sender));
    let recordings = receiver.await.context("the election has ended")?;
    let path = path.to_owned();
    tokio::task::spawn_blocking(move || replace(&path, &serde_json::to_vec(&recordings)?)).await?
}

/// Puts `bytes` under the name `path`: into a new file that only we may read, and then under its name, so that nobody ever sees
/// half of it.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};
    let new = path.with_extension("new");
    fs::remove_file(&new).ok();
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)
        .with_context(|| format!("cannot create {}", new.display()))?;
    file.write_all(bytes)?;
    fs::rename(&new, path).with_context(|| format!("cannot write {}", path.display()))
}
