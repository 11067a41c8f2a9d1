//! The interfaces with a virtual MAC: made on top of those of the plan as they appear, and removed when nobody needs them.
//!
//! The program and the ears are beneath: there everything arrives, also what another router of the same virtual MAC sends.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use tracing::{info, warn};

use super::Network;
use crate::{
    daemon::plan::Plan,
    protocol::{Family, address_claims::Colons},
    system::{
        macvlan,
        netlink::{
            InterfaceAddress, Link, Macvlan, MacvlanError, NetlinkError, ObservedAddress,
            primary_address,
        },
        packet_filter::{OwnAddress, VirtualMacs},
    },
};

/// Those that are there.
#[derive(Debug, Default)]
pub(super) struct Macvlans {
    /// By name, with the kernel's number.
    made: BTreeMap<String, (u32, Macvlan)>,
    /// The interfaces beneath, each with the IPv4 addresses that are the host's own, the one it speaks from first.
    beneath: BTreeMap<String, Vec<OwnAddress>>,
    /// Why some could not be made, as it was said last.
    said: BTreeMap<String, String>,
}

impl Macvlans {
    /// Forgets those that are not among `links`.
    pub(super) fn keep_those_in(&mut self, links: &[Link]) {
        let is_there = |name: &String, index: u32| {
            let mut links = links.iter();
            links.any(|link| link.name == *name && link.index == index)
        };
        self.made.retain(|name, (index, _)| is_there(name, *index));
    }

    /// Learns which addresses are the host's own.
    pub(super) fn learn(&mut self, plan: &Plan, addresses: &[ObservedAddress]) {
        let virtual_addresses: Vec<IpAddr> = plan.addresses().collect();
        let own = |parent: &String| {
            let there = addresses
                .iter()
                .filter(|observed| observed.address.interface == *parent);
            let there: Vec<_> = there.cloned().collect();
            let usual = primary_address(Family::Ipv4, &there, &virtual_addresses)?;
            let mut own: Vec<_> = there
                .iter()
                .filter(|observed| !observed.is_ours)
                .filter(|observed| !virtual_addresses.contains(&observed.address.address))
                .filter_map(|observed| own_address(&observed.address))
                .collect();
            own.sort_by_key(|one| IpAddr::V4(one.address) != usual);
            Some((parent.clone(), own))
        };
        let parents: BTreeSet<_> = plan.macvlans().map(|macvlan| &macvlan.parent).collect();
        self.beneath = parents.into_iter().filter_map(own).collect();
    }

    fn forget(&mut self, index: u32) -> bool {
        let before = self.made.len();
        self.made.retain(|_, (known, _)| *known != index);
        self.made.len() < before
    }
}

const fn own_address(address: &InterfaceAddress) -> Option<OwnAddress> {
    match address.address {
        IpAddr::V4(own) => Some(OwnAddress {
            address: own,
            prefix_length: address.prefix_length,
        }),
        IpAddr::V6(_) => None,
    }
}

impl Network {
    /// Makes those of the plan that are not there. Returns each with whether it is there, and whether there is nothing to try again.
    pub(in crate::daemon) async fn make_macvlans(
        &mut self,
        plan: &Plan,
    ) -> (Vec<(String, bool)>, bool) {
        let (mut found, mut has_all) = (Vec::new(), true);
        for macvlan in plan.macvlans() {
            let is_there = match self.macvlans.made.get(&macvlan.name) {
                Some((_, made)) => made == macvlan,
                // Its router is at fault because of the one beneath.
                None if !self.known.contains_key(&macvlan.parent) => false,
                None => {
                    has_all &= self.make_macvlan(macvlan).await;
                    self.macvlans.made.contains_key(&macvlan.name)
                }
            };
            found.push((macvlan.name.clone(), is_there));
        }
        (found, has_all)
    }

    /// Makes one. `false` if that is to be tried again.
    async fn make_macvlan(&mut self, wanted: &Macvlan) -> bool {
        let Macvlan { name, parent, .. } = wanted;
        match self.netlink.make_macvlan(wanted).await {
            Ok(index) => {
                macvlan::prepare(wanted);
                info!("{name}: made on {parent}, with {}", Colons(wanted.mac));
                self.macvlans
                    .made
                    .insert(name.clone(), (index, wanted.clone()));
                self.macvlans.said.remove(name);
                true
            }
            // It has taken this one with it, and whoever brings it back brings this one back.
            Err(MacvlanError::Netlink(NetlinkError::NoInterface(gone))) if gone == *parent => true,
            Err(error) => {
                let why = error.to_string();
                if self.macvlans.said.get(name) != Some(&why) {
                    warn!("{name}: not made on {parent}: {why}; it is tried again");
                    self.macvlans.said.insert(name.clone(), why);
                }
                false
            }
        }
    }

    /// Removes those that neither the plan needs nor anything that is `departing`. Whether there were any.
    pub(in crate::daemon) async fn drop_macvlans(
        &mut self,
        plan: &Plan,
        departing: &BTreeSet<String>,
    ) -> bool {
        let is_needed = |macvlan: &Macvlan| {
            departing.contains(&macvlan.name) || plan.macvlans().any(|needed| needed == macvlan)
        };
        let made = self.macvlans.made.values();
        let dropped = made
            .map(|(_, macvlan)| macvlan)
            .filter(|macvlan| !is_needed(macvlan));
        let dropped: BTreeSet<String> = dropped.map(|macvlan| macvlan.name.clone()).collect();
        if dropped.is_empty() {
            return false;
        }
        match self.netlink.remove_macvlans(&dropped).await {
            Ok(removed) => {
                for name in &dropped {
                    let what = if removed.contains(name) {
                        "removed"
                    } else {
                        "left, since it was there before us"
                    };
                    info!("{name}: {what}");
                    self.macvlans.made.remove(name);
                }
            }
            Err(error) => warn!("interfaces with a virtual MAC cannot be removed: {error}"),
        }
        true
    }

    /// Whether some are there.
    pub(in crate::daemon) fn has_macvlans(&self) -> bool {
        !self.macvlans.made.is_empty()
    }

    /// The interface of this number is gone. Whether it was one of these.
    pub(in crate::daemon) fn macvlan_is_gone(&mut self, index: u32) -> bool {
        self.macvlans.forget(index)
    }

    /// Whether one of these has another name now. It is removed then: nobody would find it at the end, and its MAC is needed.
    pub(in crate::daemon) async fn macvlan_is_renamed(&mut self, link: &Link) -> bool {
        let is_it = |(name, (index, _)): (&String, &(u32, Macvlan))| {
            *index == link.index && *name != link.name
        };
        if !self.macvlans.made.iter().any(is_it) {
            return false;
        }
        let renamed = BTreeSet::from([link.name.clone()]);
        if let Err(error) = self.netlink.remove_macvlans(&renamed).await {
            warn!("{} cannot be removed: {error}", link.name);
        }
        self.macvlans.forget(link.index)
    }

    /// What neighbours are to believe about what is at virtual MACs.
    pub(in crate::daemon) fn virtual_macs(&self, plan: &Plan) -> VirtualMacs {
        let mut macs = VirtualMacs::default();
        for router in plan.routers.values() {
            let at_them = router.addresses.iter();
            let at_them = at_them.filter(|address| router.macvlan(&address.interface).is_some());
            for address in at_them {
                if let IpAddr::V4(address) = address.address {
                    macs.addresses.insert(address);
                }
            }
        }
        for macvlan in plan.macvlans() {
            macs.interfaces.insert(macvlan.name.clone());
        }
        macs.beneath.clone_from(&self.macvlans.beneath);
        macs
    }
}
