//! Which addresses are on the interfaces, as the kernel tells.
//!
//! Pure. Listing addresses costs the kernel a lock that whoever installs them needs too, so they are listed once, when somebody asks for
//! the first time, and from then on followed by what the kernel reports anyway.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use crate::system::netlink::InterfaceAddress;

/// Addresses by interface; nothing while nobody has asked, and after reports were lost.
#[derive(Debug, Default)]
pub(in crate::daemon) struct Held(Option<BTreeMap<String, BTreeSet<(IpAddr, u8)>>>);

impl Held {
    /// Whether [`Self::has`] knows.
    pub(in crate::daemon) const fn is_known(&self) -> bool {
        self.0.is_some()
    }

    /// All there are.
    pub(in crate::daemon) fn learn(&mut self, all: impl IntoIterator<Item = InterfaceAddress>) {
        self.0 = Some(BTreeMap::new());
        for address in all {
            self.added(&address);
        }
    }

    /// What is known no longer holds.
    pub(in crate::daemon) fn forget(&mut self) {
        self.0 = None;
    }

    /// One more.
    pub(in crate::daemon) fn added(&mut self, address: &InterfaceAddress) {
        if let Some(held) = &mut self.0 {
            let there = held.entry(address.interface.clone()).or_default();
            there.insert((address.address, address.prefix_length));
        }
    }

    /// One less.
    pub(in crate::daemon) fn removed(&mut self, address: &InterfaceAddress) {
        let there = self.0.as_mut();
        if let Some(there) = there.and_then(|held| held.get_mut(&address.interface)) {
            there.remove(&(address.address, address.prefix_length));
        }
    }

    /// Whether this one is there.
    pub(in crate::daemon) fn has(&self, address: &InterfaceAddress) -> bool {
        let there = self.0.as_ref();
        let there = there.and_then(|held| held.get(&address.interface));
        there.is_some_and(|there| there.contains(&(address.address, address.prefix_length)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8, prefix_length: u8) -> InterfaceAddress {
        InterfaceAddress::new("eth0", IpAddr::from([10, 0, 0, last]), prefix_length)
    }

    #[test]
    fn what_is_reported_counts_once_somebody_has_asked() {
        let mut held = Held::default();
        held.added(&address(1, 32));
        assert!(!held.is_known() && !held.has(&address(1, 32)));

        held.learn([address(2, 32)]);
        held.added(&address(3, 32));
        held.removed(&address(2, 32));
        let there = [1, 2, 3].map(|last| held.has(&address(last, 32)));
        assert_eq!(there, [false, false, true]);
        assert!(!held.has(&address(3, 24)), "another prefix is another one");
        held.forget();
        assert!(!held.is_known());
    }
}
