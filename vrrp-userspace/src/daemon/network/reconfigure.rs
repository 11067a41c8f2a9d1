//! From the interfaces and routers of one plan to those of the next.

use std::{collections::BTreeSet, net::IpAddr};

use tracing::{info, warn};
use vrrp_ebpf::abi::{PeerKey, VipEntry, VipKey};

use super::{Network, claim_ear::Watched};
use crate::{
    daemon::{
        election::inbox::Input,
        plan::{InterfacePlan, Plan, RouterPlan, Terms},
    },
    protocol::Family,
    system::{
        datapath::{MapError, Publisher},
        netlink::{Link, NetlinkError},
    },
};

impl Network {
    /// Goes from one plan to the next: what only the old one has is let go, what only the new one has is brought up. What both have is not
    /// touched, and no program is attached anew. Returns the interfaces of the new plan that exist.
    ///
    /// # Errors
    ///
    /// When the interfaces cannot be listed; [`Self::look_around`] finds those that are new later.
    pub(in crate::daemon) async fn reconfigure(
        &mut self,
        before: &Plan,
        after: &Plan,
    ) -> Result<Vec<Link>, NetlinkError> {
        self.withdraw_routers(before, after);
        self.publish_addresses(after);
        for (port, interface) in &before.interfaces {
            match after.interfaces.get(port) {
                None => self.forget(*port, &interface.name),
                Some(next) => self.change(*port, interface, next),
            }
        }
        self.sources
            .retain(|slot, _| after.routers.contains_key(slot));
        for (slot, router) in &after.routers {
            let source = self.sources.entry(*slot).or_default();
            let same = before.routers.get(slot);
            let has_changed = |before: &RouterPlan| {
                before.reach != router.reach || before.speaks_as != router.speaks_as
            };
            if same.is_some_and(has_changed) {
                // It needs a socket that sends to others now.
                *source = None;
            }
        }
        for known in self.known.values_mut() {
            let needed = groups_on(after, known.port.number);
            known.memberships.retain(|group, _| needed.contains(group));
        }
        self.look_around(after).await
    }

    /// The interface is no longer in the plan.
    fn forget(&mut self, port: u16, name: &str) {
        self.outlets.election.send(Input::Deafen(port));
        let Some(known) = self.known.remove(name) else {
            return;
        };
        self.carrier.forget(name);
        self.outlets.inspector.forget(port);
        info!("XDP on {name}: no router needs it any more");
        if let Some((_, publisher)) = &mut self.program
            && let Err(error) = publisher.remove_port(known.index)
        {
            warn!("XDP on {name}: {error}");
        }
    }

    /// The interface is in both plans.
    fn change(&mut self, port: u16, before: &InterfacePlan, after: &InterfacePlan) {
        let name = &after.name;
        if before.xdp_mode != after.xdp_mode {
            warn!(
                "XDP on {name}: `xdp_mode` has changed, which takes a restart; attaching anew can interrupt a network card"
            );
        }
        if before.carries_adverts == after.carries_adverts {
            return;
        }
        if after.carries_adverts {
            self.listen(name);
            return;
        }
        self.outlets.election.send(Input::Deafen(port));
        if let Some(known) = self.known.get_mut(name) {
            known.deaf_because = None;
        }
    }

    /// What the program is to check of a router has changed; nothing to say for one that does not speak yet.
    pub(in crate::daemon) fn renew_router(&mut self, plan: &Plan, slot: usize) -> Option<Terms> {
        let router = plan.routers.get(&slot)?;
        let source = self.sources.get(&slot).copied().flatten()?;
        Some(self.publish_router(router, slot, source))
    }

    pub(super) fn publish_router(
        &mut self,
        router: &RouterPlan,
        slot: usize,
        source: IpAddr,
    ) -> Terms {
        let terms = router.terms(u32::try_from(slot).unwrap_or(u32::MAX), source);
        let before = self.terms.insert(slot, terms.clone());
        if let Some((_, publisher)) = &mut self.program
            && let Err(error) = change_terms(publisher, before.as_ref(), Some(&terms))
        {
            warn!(
                "({}) the XDP program cannot be told: {error}",
                router.settings.name
            );
        }
        terms
    }

    fn withdraw_routers(&mut self, before: &Plan, after: &Plan) {
        for (slot, router) in &before.routers {
            if !after.routers.contains_key(slot)
                && let Some(terms) = self.terms.remove(slot)
                && let Some((_, publisher)) = &mut self.program
                && let Err(error) = change_terms(publisher, Some(&terms), None)
            {
                warn!(
                    "({}) the XDP program cannot be told that it is gone: {error}",
                    router.settings.name
                );
            }
        }
    }

    /// Tells the program, and the ears, whose addresses are on which interface from now on.
    fn publish_addresses(&mut self, plan: &Plan) {
        let after = watched(plan);
        if after == self.watched {
            return;
        }
        let before = std::mem::replace(&mut self.watched, after);
        self.publish_claims(&before);
        let names: Vec<String> = self.known.keys().cloned().collect();
        for name in names {
            // A new ear opens before the old one, which knew other addresses, is dropped.
            let old = self.known.get_mut(&name).and_then(|known| known.ear.take());
            self.tune_ear(&name);
            drop(old);
        }
    }

    fn publish_claims(&mut self, before: &Watched) {
        let Some((_, publisher)) = &mut self.program else {
            return;
        };
        for key in before.keys().filter(|key| !self.watched.contains_key(key)) {
            if let Err(error) = publisher.remove_vip(*key) {
                warn!("claims of an address that is no longer ours may be told: {error}");
            }
        }
        for (key, entry) in &self.watched {
            if before.get(key) != Some(entry)
                && let Err(error) = publisher.set_vip(*key, *entry)
            {
                let address = Family::of_key(key.family).read(key.address);
                warn!("claims of {address} will not be noticed: {error}");
            }
        }
    }
}

/// Has the program go from some terms to others: first what is new, so that it never checks too little.
fn change_terms(
    publisher: &mut Publisher,
    before: Option<&Terms>,
    after: Option<&Terms>,
) -> Result<(), MapError> {
    if let Some(after) = after {
        for (key, entry) in &after.peers {
            publisher.set_peer(*key, *entry)?;
        }
        publisher.set_router(after.key, after.entry)?;
    }
    let Some(before) = before else {
        return Ok(());
    };
    if after.is_none_or(|after| after.key != before.key) {
        publisher.remove_router(before.key)?;
    }
    let is_new = |key: &PeerKey| {
        after.is_some_and(|after| after.peers.iter().any(|(other, _)| other == key))
    };
    for (key, _) in before.peers.iter().filter(|(key, _)| !is_new(key)) {
        publisher.remove_peer(*key)?;
    }
    Ok(())
}

/// The groups that routers on a port speak to.
fn groups_on(plan: &Plan, port: u16) -> BTreeSet<IpAddr> {
    let routers = plan.routers.values().filter(|router| router.port == port);
    routers
        .filter_map(|router| router.reach.audience.group())
        .collect()
}

/// The addresses whose claims are to be told, and what is to be done with them.
fn watched(plan: &Plan) -> Watched {
    let mut watched = Watched::new();
    for (slot, router) in &plan.routers {
        let (Some(flags), Ok(slot)) = (router.vip_flags(), u32::try_from(*slot)) else {
            continue;
        };
        for address in &router.addresses {
            let macvlan = router.macvlan(&address.interface);
            let beneath = macvlan.map_or(&address.interface, |macvlan| &macvlan.parent);
            let Some(port) = plan.port_of(beneath) else {
                continue;
            };
            let virtual_mac = macvlan.map(|macvlan| macvlan.mac);
            let key = match address.address {
                IpAddr::V4(ip) => VipKey::ipv4(port, ip.octets()),
                IpAddr::V6(ip) => VipKey::ipv6(port, ip.octets()),
            };
            watched.insert(key, VipEntry::new(slot, flags, virtual_mac));
        }
    }
    watched
}
