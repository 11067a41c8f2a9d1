//! What the controller tells the program once, before a router starts.

use aya::maps::{HashMap, MapError};
use vrrp_ebpf::abi::{Port, RouterEntry, RouterKey, VipEntry, VipKey};

use super::{Datapath, DatapathError, Owned};

/// The tables of interfaces, routers and addresses.
pub struct Publisher {
    ports: HashMap<Owned, u32, Port>,
    routers: HashMap<Owned, RouterKey, RouterEntry>,
    vips: HashMap<Owned, VipKey, VipEntry>,
}

impl Publisher {
    pub(super) fn new(datapath: &mut Datapath) -> Result<Self, DatapathError> {
        Ok(Self {
            ports: datapath.take("PORTS")?,
            routers: datapath.take("ROUTERS")?,
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

    /// From now on a foreign claim of `key` is told.
    ///
    /// # Errors
    ///
    /// When the map is full or out of reach.
    pub fn set_vip(&mut self, key: VipKey, entry: VipEntry) -> Result<(), MapError> {
        self.vips.insert(key, entry, 0)
    }
}
