//! The file that says which process the daemon is, and that there is only one.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Seek as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process,
};

use rustix::fs::{FlockOperation, OFlags, flock};
use thiserror::Error;

/// Why there is no pid file.
#[derive(Debug, Error)]
pub enum PidFileError {
    /// Another process holds it.
    #[error("daemon is already running: {path} is held by process {pid}; stop it, or name another file with --pid")]
    Held {
        /// The file.
        path: String,
        /// What it says.
        pid: String,
    },
    /// It cannot be opened or locked.
    #[error("the pid file {path} cannot be used: {error}")]
    Unusable {
        /// The file.
        path: String,
        /// Why.
        error: io::Error,
    },
}

/// A locked pid file; removed when dropped.
#[derive(Debug)]
pub struct PidFile {
    path: PathBuf,
    file: File,
}

impl PidFile {
    /// Locks the file at `path`, creating it if there is none. It is not followed if it is a symbolic link.
    ///
    /// # Errors
    ///
    /// [`PidFileError::Held`] if another daemon runs, [`PidFileError::Unusable`] otherwise.
    pub fn lock(path: &Path) -> Result<Self, PidFileError> {
        let unusable =
            |error| PidFileError::Unusable { path: path.display().to_string(), error };
        let no_links = i32::try_from(OFlags::NOFOLLOW.bits()).unwrap_or_default();
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o644)
            .custom_flags(no_links)
            .open(path)
            .map_err(unusable)?;
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            let mut pid = String::new();
            file.read_to_string(&mut pid).map_err(unusable)?;
            let path = path.display().to_string();
            return Err(PidFileError::Held { path, pid: pid.trim().to_owned() });
        }
        Ok(Self { path: path.to_owned(), file })
    }

    /// Writes this process's number: it runs now.
    ///
    /// # Errors
    ///
    /// The disk is full.
    pub fn write(&self) -> io::Result<()> {
        let mut file = &self.file;
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "{}", process::id())
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        fs::remove_file(&self.path).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_daemon_is_told_who_the_first_is() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.pid");
        let first = PidFile::lock(&path).unwrap();
        first.write().unwrap();
        let refused = PidFile::lock(&path).unwrap_err().to_string();
        assert!(refused.contains("already running"), "{refused}");
        assert!(refused.contains(&process::id().to_string()), "{refused}");
        drop(first);
        assert!(!path.exists());
        PidFile::lock(&path).unwrap();
    }
}
