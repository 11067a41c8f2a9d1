//! In which form each address is put in place (`vip_install`).
//!
//! An address costs the kernel the more the longer the list of its interface is, and a local route always the same. So what an interface has
//! more of than [`MOST_ADDRESSES`] are local routes, as far as they can be. Each family has a list of its own.
//!
//! Pure. An address that has a form keeps it over a reload, so that one more takes none of the others away for a moment.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use super::Plan;
use crate::{
    config::VipInstall,
    protocol::Family,
    system::netlink::{Form, InterfaceAddress, Obstacle, Obstacles},
};

/// Addresses of ours of one family that one interface has before the others become routes: so many take the kernel a few milliseconds.
const MOST_ADDRESSES: usize = 256;

/// Gives every address of `plan` its form.
pub(super) fn choose(plan: &mut Plan, before: &Plan, obstacles: &Obstacles) {
    let known = forms_in(before);
    let repeated = repeated(plan);
    let mut anchored = BTreeSet::new();
    let mut counts = BTreeMap::<(String, Family), usize>::new();
    let mut open = Vec::new();
    for (slot, router) in &mut plan.routers {
        let macvlans = &router.macvlans;
        for (index, address) in router.addresses.iter_mut().enumerate() {
            let interface = address.interface.as_str();
            let is_on_top = macvlans.iter().any(|macvlan| macvlan.name == interface);
            let must_be_address = router.vip_install == VipInstall::Address
                || is_on_top
                || repeated.contains(&address.address)
                || asks_for_an_address(address)
                || is_anchor(address, &mut anchored);
            let known = known.get(&key(address)).copied();
            let family = Family::of(address.address);
            address.form = match router.vip_install {
                _ if must_be_address => Form::Address,
                VipInstall::Address => Form::Address,
                VipInstall::Route => Form::Route,
                VipInstall::Auto if obstacles.on(interface, family).is_some() => Form::Address,
                VipInstall::Auto => match known {
                    Some(form) => form,
                    None => {
                        open.push((*slot, index));
                        continue;
                    }
                },
            };
            if address.form == Form::Address {
                *counts.entry(list_of(address)).or_default() += 1;
            }
        }
    }
    for (slot, index) in open {
        let router = plan.routers.get_mut(&slot);
        let Some(address) = router.and_then(|router| router.addresses.get_mut(index)) else {
            continue;
        };
        let count = counts.entry(list_of(address)).or_default();
        address.form = if *count < MOST_ADDRESSES {
            *count += 1;
            Form::Address
        } else {
            Form::Route
        };
    }
}

/// The list of the kernel that it is in as an address: one for each interface and family.
fn list_of(address: &InterfaceAddress) -> (String, Family) {
    (address.interface.clone(), Family::of(address.address))
}

/// What there is to say about local routes of one family on one interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::daemon) enum Remark {
    /// It has some.
    Routes(String),
    /// It has some, and something does not work with them.
    Lame(String),
    /// It would have some.
    Kept(String),
}

/// What there is to say about the forms that were chosen, interface by interface.
pub(super) fn remarks(plan: &Plan, obstacles: &Obstacles) -> Vec<Remark> {
    let all = plan.routers.values().flat_map(|router| &router.addresses);
    let mut counts = BTreeMap::<(String, Family), (usize, usize)>::new();
    for address in all {
        let (total, routes) = counts.entry(list_of(address)).or_default();
        *total += 1;
        *routes += usize::from(address.form == Form::Route);
    }
    let said = counts.into_iter().filter_map(|((interface, family), (total, routes))| {
        let how = format!("{interface}: {routes} of {total} virtual {family} addresses are local routes");
        match obstacles.on(&interface, family) {
            None if routes > 0 => Some(Remark::Routes(how)),
            Some(obstacle) if routes > 0 => {
                let consequence = consequence(obstacle);
                Some(Remark::Lame(format!(
                    "{how}, and {consequence}, since {obstacle}: write `vip_install auto`"
                )))
            }
            Some(obstacle) if total > MOST_ADDRESSES => Some(Remark::Kept(format!(
                "{interface}: all {total} virtual {family} addresses are addresses, which takes the kernel its time, and not local routes, since {obstacle}"
            ))),
            None | Some(_) => None,
        }
    });
    said.collect()
}

/// What does not work with local routes in spite of `obstacle`.
fn consequence(obstacle: Obstacle) -> &'static str {
    match obstacle {
        Obstacle::ArpIgnore(_) => "the kernel does not answer for them",
        Obstacle::NonlocalBind => "no program can bind to one of them",
        Obstacle::Vrf => "they are in the table of no VRF",
    }
}

type Key<'a> = (&'a str, IpAddr, u8);

fn key(address: &InterfaceAddress) -> Key<'_> {
    (&address.interface, address.address, address.prefix_length)
}

fn forms_in(plan: &Plan) -> BTreeMap<Key<'_>, Form> {
    let all = plan.routers.values().flat_map(|router| &router.addresses);
    all.map(|address| (key(address), address.form)).collect()
}

/// Addresses that the configuration has more than once, on several interfaces: there is one local table for all of them.
fn repeated(plan: &Plan) -> BTreeSet<IpAddr> {
    let mut seen = BTreeSet::new();
    plan.addresses()
        .filter(|address| !seen.insert(*address))
        .collect()
}

/// Whether it has something that a route does not: a link-local address is one of its interface alone.
fn asks_for_an_address(address: &InterfaceAddress) -> bool {
    address.label.is_some()
        || address.broadcast.is_some()
        || address.scope != 0
        || matches!(address.address, IpAddr::V6(address) if address.is_unicast_link_local())
}

/// Whether it is the first of its prefix: without a real address of a prefix the interface has no route to the others of it.
fn is_anchor(address: &InterfaceAddress, anchored: &mut BTreeSet<(String, IpAddr, u8)>) -> bool {
    address.network().is_some_and(|network| {
        anchored.insert((address.interface.clone(), network, address.prefix_length))
    })
}

#[cfg(test)]
mod tests;
