//! Do both hold the same addresses, and advertise them alike?

use std::{collections::BTreeSet, net::IpAddr};

use super::{Both, Finding, Pair, Side};
use crate::config::{Instance, VirtualAddress};

/// What differs.
pub(super) fn findings(pair: &Pair<'_>) -> Vec<Finding> {
    let advertised = Both::each(|side| set(&pair[side].virtual_addresses));
    let held = Both::each(|side| held(pair[side]));
    let mut findings = Vec::new();
    if !held.agree() {
        findings.push(Finding::Addresses(only(&held)));
    }
    let of_both: BTreeSet<IpAddr> = held.first.intersection(&held.second).copied().collect();
    let compared = Both::each(|side| advertised[side].intersection(&of_both).copied().collect());
    if !compared.agree() {
        findings.push(Finding::Advertised(only(&compared)));
    }
    if advertised.agree() && !Both::each(|side| list(pair[side])).agree() {
        findings.push(Finding::Order);
    }
    findings
}

/// What each side has and the other has not.
fn only(sets: &Both<BTreeSet<IpAddr>>) -> Both<Vec<IpAddr>> {
    Both::each(|side: Side| {
        let other = &sets[side.other()];
        sets[side].difference(other).copied().collect()
    })
}

fn held(instance: &Instance) -> BTreeSet<IpAddr> {
    let mut held = set(&instance.virtual_addresses);
    held.append(&mut set(&instance.excluded_addresses));
    held
}

fn set(addresses: &[VirtualAddress]) -> BTreeSet<IpAddr> {
    addresses.iter().map(|address| address.address).collect()
}

/// As they stand in an advert.
fn list(instance: &Instance) -> Vec<IpAddr> {
    let addresses = instance.virtual_addresses.iter();
    addresses.map(|address| address.address).collect()
}
