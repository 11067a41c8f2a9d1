//! Which addresses are on the interfaces or are local routes, as the kernel tells.
//!
//! Pure. Listing addresses costs the kernel a lock that whoever installs them needs too, so they are listed once, when somebody asks for
//! the first time, and from then on followed by what the kernel reports anyway. Local routes need no such lock, and of them we have nothing
//! reported that we do ourselves: they are listed whenever somebody asks.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use crate::system::netlink::{Form, InterfaceAddress};

/// What is there; nothing while nobody has asked, and after reports were lost.
#[derive(Debug, Default)]
pub(in crate::daemon) struct Held {
    /// Addresses by interface.
    addresses: Option<BTreeMap<String, BTreeSet<(IpAddr, u8)>>>,
    /// Addresses that are local routes of ours.
    routes: Option<BTreeSet<IpAddr>>,
}

impl Held {
    /// Whether [`Self::has`] knows of addresses.
    pub(in crate::daemon) const fn knows_addresses(&self) -> bool {
        self.addresses.is_some()
    }

    /// Whether [`Self::has`] knows of local routes.
    pub(in crate::daemon) const fn knows_routes(&self) -> bool {
        self.routes.is_some()
    }

    /// All local routes of ours there are, if that is known.
    pub(in crate::daemon) fn set_routes(&mut self, all: Option<Vec<IpAddr>>) {
        self.routes = all.map(|all| all.into_iter().collect());
    }

    /// All addresses there are.
    pub(in crate::daemon) fn learn(&mut self, all: impl IntoIterator<Item = InterfaceAddress>) {
        self.addresses = Some(BTreeMap::new());
        for address in all {
            self.added(&address);
        }
    }

    /// What is known no longer holds.
    pub(in crate::daemon) fn forget(&mut self) {
        *self = Self::default();
    }

    /// One more.
    pub(in crate::daemon) fn added(&mut self, address: &InterfaceAddress) {
        if let Some(held) = &mut self.addresses {
            let there = held.entry(address.interface.clone()).or_default();
            there.insert((address.address, address.prefix_length));
        }
    }

    /// One less.
    pub(in crate::daemon) fn removed(&mut self, address: &InterfaceAddress) {
        let there = self.addresses.as_mut();
        if let Some(there) = there.and_then(|held| held.get_mut(&address.interface)) {
            there.remove(&(address.address, address.prefix_length));
        }
    }

    /// Whether this one is there.
    pub(in crate::daemon) fn has(&self, address: &InterfaceAddress) -> bool {
        if address.form == Form::Route {
            let routes = self.routes.as_ref();
            return routes.is_some_and(|routes| routes.contains(&address.address));
        }
        let there = self.addresses.as_ref();
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
        assert!(!held.knows_addresses() && !held.has(&address(1, 32)));

        held.learn([address(2, 32)]);
        held.added(&address(3, 32));
        held.removed(&address(2, 32));
        let there = [1, 2, 3].map(|last| held.has(&address(last, 32)));
        assert_eq!(there, [false, false, true]);
        assert!(!held.has(&address(3, 24)), "another prefix is another one");
        held.forget();
        assert!(!held.knows_addresses());
    }

    #[test]
    fn a_route_is_not_an_address() {
        let mut held = Held::default();
        let route = InterfaceAddress {
            form: Form::Route,
            ..address(1, 24)
        };
        held.learn([address(1, 24)]);
        assert!(!held.has(&route) && !held.knows_routes());
        held.set_routes(Some(vec![route.address]));
        assert!(held.has(&route) && held.has(&address(1, 24)));
        held.set_routes(None);
        assert!(held.knows_addresses() && !held.knows_routes() && !held.has(&route));
    }
}
