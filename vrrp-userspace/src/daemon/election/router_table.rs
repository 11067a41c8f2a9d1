//! What the raw path looks routers up in: the same entries that the program has.

use std::collections::BTreeMap;

use vrrp_ebpf::abi::{PeerEntry, PeerKey, RouterEntry, RouterKey};

use crate::daemon::plan::Terms;

/// The terms of every router that speaks.
#[derive(Debug, Default)]
pub(in crate::daemon) struct RouterTable {
    routers: BTreeMap<RouterKey, RouterEntry>,
    peers: BTreeMap<PeerKey, PeerEntry>,
}

impl RouterTable {
    /// From now on this is checked.
    pub(super) fn set(&mut self, terms: Terms) {
        self.forget(terms.entry.slot);
        self.routers.insert(terms.key, terms.entry);
        self.peers.extend(terms.peers);
    }

    /// From now on nobody sits in `slot`.
    pub(super) fn forget(&mut self, slot: u32) {
        self.routers.retain(|_, entry| entry.slot != slot);
        self.peers.retain(|key, _| key.slot != slot);
    }

    pub(super) fn router(&self, key: &RouterKey) -> Option<RouterEntry> {
        self.routers.get(key).copied()
    }

    pub(super) fn peer(&self, key: &PeerKey) -> Option<PeerEntry> {
        self.peers.get(key).copied()
    }
}
