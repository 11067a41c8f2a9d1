//! What the controller tells the program once, before a router starts.

use aya::maps::{HashMap, MapError};
use vrrp_ebpf::abi::{PeerEntry, PeerKey, Port, RouterEntry, RouterKey, VipEntry, VipKey};

use super::{Datapath, DatapathError, Owned};

/// The tables of interfaces, routers and addresses.
pub struct Publisher {
    ports: HashMap<Owned, u32, Port>,
    routers: HashMap<Owned, RouterKey, RouterEntry>,
    peers: HashMap<Owned, PeerKey, PeerEntry>,
    vips: HashMap<Owned, VipKey, VipEntry>,
}

impl Publisher {
    pub(super) fn new(datapath: &mut Datapath) -> Result<Self, DatapathError> {
        Ok(Self {
            ports: datapath.take("PORTS")?,
            routers: datapath.take("ROUTERS")?,
            peers: datapath.take("PEERS")?,
            vips: datapath.take("VIPS")?,
        })
    }

    /// From now on frames of interface `index` are judged.
    ///
    /// # Errors
    ///
    /// When the map is full or out of reach.
    pub fn set_port(&mut self, index: u32, port: Port) -> Result<(), MapError> {
        self.ports.insert(index, port, 0)
    }

    /// From now on advertisements of `key` are judged by `entry`.
    ///
    /// # Errors
    ///
    /// When the map is full or out of reach.
    pub fn set_router(&mut self, key: RouterKey, entry: RouterEntry) -> Result<(), MapError> {
        self.routers.insert(key, entry, 0)
    }

    /// From now on this is expected of the peer of `key`.
    ///
    /// # Errors
    ///
    /// When the map is full or out of reach.
    pub fn set_peer(&mut self, key: PeerKey, entry: PeerEntry) -> Result<(), MapError> {
        self.peers.insert(key, entry, 0)
    }

    /// From now on a foreign claim of `key` is told.
    ///
    /// # Errors
    ///
    /// When the map is full or out of reach.
    pub fn set_vip(&mut self, key: VipKey, entry: VipEntry) -> Result<(), MapError> {
        self.vips.insert(key, entry, 0)
    }

    /// From now on frames of interface `index` are nobody's.
    ///
    /// # Errors
    ///
    /// When the map is out of reach. What is not there is no error.
    pub fn remove_port(&mut self, index: u32) -> Result<(), MapError> {
        gone(self.ports.remove(&index))
    }

    /// From now on advertisements of `key` are for a router that is not ours.
    ///
    /// # Errors
    ///
    /// When the map is out of reach. What is not there is no error.
    pub fn remove_router(&mut self, key: RouterKey) -> Result<(), MapError> {
        gone(self.routers.remove(&key))
    }

    /// From now on nobody of `key` is a peer.
    ///
    /// # Errors
    ///
    /// When the map is out of reach. What is not there is no error.
    pub fn remove_peer(&mut self, key: PeerKey) -> Result<(), MapError> {
        gone(self.peers.remove(&key))
    }

    /// From now on nobody is told who claims `key`.
    ///
    /// # Errors
    ///
    /// When the map is out of reach. What is not there is no error.
    pub fn remove_vip(&mut self, key: VipKey) -> Result<(), MapError> {
        gone(self.vips.remove(&key))
    }
}

fn gone(removed: Result<(), MapError>) -> Result<(), MapError> {
    match removed {
        Err(MapError::KeyNotFound | MapError::ElementNotFound) => Ok(()),
        Err(MapError::SyscallError(call)) if call.io_error.raw_os_error() == Some(ENOENT) => Ok(()),
        done => done,
    }
}

/// "No such file or directory": the kernel's word for a key that is not there.
const ENOENT: i32 = 2;
