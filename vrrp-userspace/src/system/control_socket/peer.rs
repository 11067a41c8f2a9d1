//! Who asks, and who finds a place.

use std::{io, sync::Arc};

use rustix::process::geteuid;
use tokio::{
    net::UnixStream,
    sync::{OwnedSemaphorePermit, Semaphore},
};

/// The process at the other end, as the kernel saw it when it connected (`SO_PEERCRED`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// Its user.
    pub uid: u32,
    /// Its process number, if it is in our process namespace.
    pub pid: Option<i32>,
}

impl Peer {
    pub(super) fn of(stream: &UnixStream) -> io::Result<Self> {
        let credentials = stream.peer_cred()?;
        Ok(Self {
            uid: credentials.uid(),
            pid: credentials.pid(),
        })
    }

    /// Whether it may do more than read: root, or whoever runs the daemon.
    #[must_use]
    pub fn is_root(self) -> bool {
        self.uid == 0 || self.uid == geteuid().as_raw()
    }
}

/// Places for root and for the others, so that the group cannot keep root out.
#[derive(Debug)]
pub(super) struct Places {
    root: Arc<Semaphore>,
    others: Arc<Semaphore>,
}

/// Free again when dropped.
pub(super) type Place = OwnedSemaphorePermit;

impl Places {
    pub(super) fn new(each: usize) -> Self {
        Self {
            root: Arc::new(Semaphore::new(each)),
            others: Arc::new(Semaphore::new(each)),
        }
    }

    pub(super) fn take(&self, peer: Peer) -> Option<Place> {
        let places = if peer.is_root() {
            &self.root
        } else {
            &self.others
        };
        Arc::clone(places).try_acquire_owned().ok()
    }
}
