//! The socket as a file: where it lies, what may be removed, who may connect.

use std::{
    ffi::OsStr,
    fs,
    io::{self, ErrorKind},
    os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, lchown},
    path::{Path, PathBuf},
};

use rustix::{
    io::Errno,
    net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with},
};

use super::ControlSocketError;

/// Where the socket of the daemon with this pid file is: `/x/a.pid` → `/x/a.sock`. A name without `.pid` is kept whole, so that `/x/a.1` and
/// `/x/a.2` do not share one.
#[must_use]
pub fn beside(pid_file: &Path) -> PathBuf {
    if pid_file.extension() == Some(OsStr::new("pid")) {
        return pid_file.with_extension("sock");
    }
    let mut name = pid_file.as_os_str().to_owned();
    name.push(".sock");
    name.into()
}

/// Removes a socket that nobody listens at. Anything else stays.
pub fn remove_stale(path: &Path) {
    if is_socket(path).unwrap_or(false) && !is_answered(path) {
        fs::remove_file(path).ok();
    }
}

/// Makes the name free.
pub(super) fn make_way(path: &Path) -> Result<(), ControlSocketError> {
    match is_socket(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Ok(true) if is_answered(path) => return Err(ControlSocketError::Taken(path.to_owned())),
        Ok(true) => {}
        Ok(false) => return Err(ControlSocketError::InTheWay(path.to_owned())),
        Err(error) => {
            let path = path.to_owned();
            return Err(ControlSocketError::Io { path, error });
        }
    }
    fs::remove_file(path).map_err(|error| ControlSocketError::Io {
        path: path.to_owned(),
        error,
    })
}

fn is_socket(path: &Path) -> io::Result<bool> {
    Ok(fs::symlink_metadata(path)?.file_type().is_socket())
}

/// Whether somebody listens, without waiting for them. When in doubt, somebody does.
fn is_answered(path: &Path) -> bool {
    let try_it = || {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
        connect(&socket, &SocketAddrUnix::new(path)?)
    };
    !matches!(try_it(), Err(Errno::CONNREFUSED | Errno::NOENT))
}

/// The file of a bound socket, removed when dropped unless another has taken its place.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    identity: (u64, u64),
}

impl SocketFile {
    pub(super) fn bound(path: PathBuf) -> io::Result<Self> {
        let identity = identity(&path)?;
        Ok(Self { path, identity })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Lets members of `group` connect: mode 0660.
    pub(super) fn admit(&self, group: u32) -> io::Result<()> {
        lchown(&self.path, None, Some(group))?;
        fs::set_permissions(&self.path, fs::Permissions::from_mode(0o660))
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|identity| identity == self.identity) {
            fs::remove_file(&self.path).ok();
        }
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let metadata = fs::symlink_metadata(path)?;
    Ok((metadata.dev(), metadata.ino()))
}
