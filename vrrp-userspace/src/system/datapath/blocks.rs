//! The blocks once more, for whoever shows them: the election has its own.

use std::os::fd::AsFd as _;

use aya::maps::{Array, Map, MapData};
use vrrp_ebpf::abi::BlockView;

use super::{Datapath, DatapathError, Owned, doorbell::BPF_F_LOCK};

/// What the program has written about every router.
pub struct Blocks(Array<Owned, BlockView>);

impl Blocks {
    pub(super) fn new(datapath: &Datapath) -> Result<Self, DatapathError> {
        let missing = || DatapathError::NoMap("BLOCKS");
        let Some(Map::Array(blocks)) = datapath.ebpf.map("BLOCKS") else {
            return Err(missing());
        };
        let descriptor = blocks.fd().as_fd().try_clone_to_owned();
        let descriptor = descriptor.map_err(|_| missing())?;
        let again = MapData::from_fd(descriptor).map_err(|_| missing())?;
        let again = Array::try_from(Map::Array(again));
        again.map(Self).map_err(|_| missing())
    }

    /// The truth about the router of `slot`, as of now; nothing when the map is out of reach.
    #[must_use]
    pub fn of(&self, slot: usize) -> Option<BlockView> {
        let slot = u32::try_from(slot).ok()?;
        self.0.get(&slot, BPF_F_LOCK).ok()
    }
}
