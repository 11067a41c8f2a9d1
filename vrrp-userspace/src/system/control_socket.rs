//! The control socket: a line in, a line out, for root and one group.
//!
//! It lies beside the pid file, so two daemons on one host do not meet. Who may connect is a matter of its mode and group; who asks is told
//! by the kernel ([`Peer`]). What is asked and answered is not known here.
//!
//! Everything is bounded: [`PLACES`] clients at a time each for root and for the others, a request of [`LONGEST_REQUEST`] bytes, and
//! [`PATIENCE`] for a request to come and for each part of the answer to be taken, and [`ANSWERING`] for it to be answered. Whoever finds no place is told
//! so. A client that does not read holds its place for that long and nobody else.

mod ask;
mod conversation;
mod file;
mod peer;

use std::{
    io,
    os::unix::net::UnixListener as Listener,
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::{
    fs::{Mode, fchmod},
    net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, listen, socket_with},
};
use thiserror::Error;
use tokio::{
    net::{UnixListener, UnixStream},
    sync::mpsc,
    time::sleep,
};
use tracing::{debug, warn};

pub use self::{
    ask::{AskError, Line, ask, open},
    file::{beside, remove_stale},
    peer::Peer,
};
use self::{conversation::converse, file::SocketFile, peer::Places};

/// Clients that are served at a time, as many for root as for the others.
pub const PLACES: usize = 32;
/// Bytes of a request, without its line break. A path of the greatest length fits.
pub const LONGEST_REQUEST: usize = 16 * 1024;
/// How long a client may take to ask or to read.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// How long we may take to answer. A reload reads files, and asks the kernel and the guard.
pub const ANSWERING: Duration = Duration::from_secs(60);

/// Clients that may wait to be accepted; accepting is quick.
const BACKLOG: i32 = 128;
/// How long to wait when no client can be accepted because a resource has run out.
const BREATH: Duration = Duration::from_secs(1);

/// What a client is told: a line, and possibly more.
#[derive(Debug)]
pub struct Reply {
    /// Without its line break.
    pub line: String,
    /// What follows until its sender is dropped. The receiver is dropped when the client goes.
    pub more: Option<mpsc::Receiver<Vec<u8>>>,
}

impl From<String> for Reply {
    fn from(line: String) -> Self {
        Self { line, more: None }
    }
}

/// How long one waits for the other.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// The daemon for its client.
    patience: Duration,
    /// The client for its answer.
    answering: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            patience: PATIENCE,
            answering: ANSWERING,
        }
    }
}

/// Who answers.
pub trait Office: Clone + Send + Sync + 'static {
    /// Answers a request, which is a line without its break.
    fn answer(&self, request: Vec<u8>, peer: Peer) -> impl Future<Output = Reply> + Send;

    /// The line that tells a client why nothing else is answered.
    fn complaint(&self, text: &str) -> String;
}

/// Why there is no control socket.
#[derive(Debug, Error)]
pub enum ControlSocketError {
    /// It is not ours to remove.
    #[error("{0} is in the way and is no socket; move it away, or name another pid file")]
    InTheWay(PathBuf),
    /// Somebody listens there.
    #[error("another process answers at {0}; name another pid file")]
    Taken(PathBuf),
    /// The kernel says no.
    #[error("{path}: {error}")]
    Io {
        /// The socket.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// A bound socket that listens; its file goes when it does.
#[derive(Debug)]
pub struct ControlSocket {
    listener: Listener,
    file: SocketFile,
    closed_to_group: Option<io::Error>,
    places: Places,
    limits: Limits,
}

impl ControlSocket {
    /// Binds `path`, in place of the socket of a dead daemon, for root and the members of `group`.
    ///
    /// Nobody else can connect even for a moment: the file is born with mode 0600, and until its group and mode are settled nobody
    /// listens. If the group cannot be let in, only root is.
    ///
    /// # Errors
    ///
    /// [`ControlSocketError`]; nothing is left behind.
    pub fn bind(path: PathBuf, group: Option<u32>) -> Result<Self, ControlSocketError> {
        file::make_way(&path)?;
        let open = || {
            let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
            let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
            // The file gets the mode of the descriptor.
            fchmod(&socket, Mode::RUSR | Mode::WUSR)?;
            bind(&socket, &SocketAddrUnix::new(&path)?)?;
            let file = SocketFile::bound(path.clone())?;
            let closed_to_group = group.and_then(|group| file.admit(group).err());
            listen(&socket, BACKLOG)?;
            io::Result::Ok(Self {
                listener: Listener::from(socket),
                file,
                closed_to_group,
                places: Places::new(PLACES),
                limits: Limits::default(),
            })
        };
        open().map_err(|error| ControlSocketError::Io {
            path: path.clone(),
            error,
        })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Why the group cannot connect, if it should and cannot.
    #[must_use]
    pub const fn closed_to_group(&self) -> Option<&io::Error> {
        self.closed_to_group.as_ref()
    }

    /// Serves clients for as long as it is polled.
    ///
    /// # Errors
    ///
    /// No descriptor can be watched.
    pub async fn serve(self, office: impl Office) -> io::Result<()> {
        let Self {
            listener,
            file,
            places,
            limits,
            ..
        } = self;
        let listener = UnixListener::from_std(listener)?;
        loop {
            match listener.accept().await {
                Ok((stream, _)) => receive(stream, &office, &places, limits),
                Err(error) => {
                    warn!(
                        "no client of {} can be accepted: {error}",
                        file.path().display()
                    );
                    sleep(BREATH).await;
                }
            }
        }
    }
}

fn receive(stream: UnixStream, office: &impl Office, places: &Places, limits: Limits) {
    let Ok(peer) = Peer::of(&stream) else {
        return;
    };
    let Some(place) = places.take(peer) else {
        debug!(
            "a client of user {} was turned away: {PLACES} are served",
            peer.uid
        );
        let line = office.complaint(&format!(
            "{PLACES} others are being served; ask again in a moment"
        ));
        // A new connection has room for a line.
        stream.try_write(format!("{line}\n").as_bytes()).ok();
        return;
    };
    let office = office.clone();
    drop(tokio::spawn(async move {
        // Whoever hangs up early or is too slow has nobody to complain to.
        converse(stream, peer, &office, limits).await.ok();
        drop(place);
    }));
}

#[cfg(test)]
mod tests;
