//! What two instances, or two addresses of one, cannot both have.

use std::{collections::BTreeMap, net::IpAddr};

use super::super::{
    diagnostic::{Diagnostic, Findings},
    draft::InstanceDraft,
    keyword::Refuse,
    model::{Instance, RefusedInstance, VirtualAddress},
    source::Span,
};
use crate::protocol::{Family, Vrid, reach::Circle};

/// Lets the first one have it.
pub(super) fn settle(
    instances: &mut Vec<Instance>,
    refused: &mut Vec<RefusedInstance>,
    diagnostics: &mut Findings,
) {
    let mut settled = Vec::new();
    let (mut routers, mut claims) = (Routers::new(), Claims::default());
    let mut macs = Macs::new();
    for mut instance in instances.drain(..) {
        let conflict = match claim_vrid(&mut routers, &instance) {
            Some(first) => Some(same_vrid(&instance, first)),
            None => claim_macs(&mut macs, &instance),
        };
        if let Some(diagnostic) = conflict {
            refused.push(RefusedInstance {
                name: instance.name,
                reason: diagnostic.headline.clone(),
                span: diagnostic.primary.span.clone(),
            });
            diagnostics.push(diagnostic);
            continue;
        }
        claims.claim(&mut instance, diagnostics);
        move_what_does_not_fit(&mut instance, diagnostics);
        settled.push(instance);
    }
    *instances = settled;
}

type Routers = BTreeMap<(String, Vrid, Family, Circle), Span>;

/// Where the router that already has this number is defined.
fn claim_vrid(routers: &mut Routers, instance: &Instance) -> Option<Span> {
    let Instance {
        interface,
        vrid,
        family,
        reach,
        ..
    } = instance;
    let key = (interface.clone(), *vrid, *family, reach.audience.circle());
    if let Some(first) = routers.get(&key) {
        return Some(first.clone());
    }
    routers.insert(key, instance.place.0.clone());
    None
}

fn same_vrid(instance: &Instance, first: Span) -> Diagnostic {
    let Instance {
        vrid, interface, ..
    } = instance;
    let headline = format!("two instances have the VRID {vrid} on `{interface}`");
    Diagnostic::error(headline, instance.place.0.clone())
        .label("second")
        .also(first, "first")
        .now(InstanceDraft::OUTCOME)
}

/// Interfaces with a hardware address on top of it, and who has it.
type Macs = BTreeMap<(String, [u8; 6]), Span>;

/// The kernel gives a hardware address to one interface on top of another.
fn claim_macs(macs: &mut Macs, instance: &Instance) -> Option<Diagnostic> {
    let keys = || {
        let macvlans = instance.macvlans.iter();
        macvlans.map(|macvlan| (macvlan.parent.clone(), macvlan.mac))
    };
    if let Some((key, first)) = keys().find_map(|key| macs.get_key_value(&key)) {
        let headline = format!("two instances have the same virtual MAC on `{}`", key.0);
        let diagnostic = Diagnostic::error(headline, instance.place.0.clone()).label("second");
        let diagnostic = diagnostic.also(first.clone(), "first");
        return Some(
            diagnostic
                .now(InstanceDraft::OUTCOME)
                .help("give one of them another MAC: `use_vmac <MAC>`, on all routers"),
        );
    }
    macs.extend(keys().map(|key| (key, instance.place.0.clone())));
    None
}

/// Addresses on interfaces, and where they were written.
#[derive(Default)]
struct Claims {
    places: BTreeMap<(String, IpAddr), Span>,
}

impl Claims {
    fn claim(&mut self, instance: &mut Instance, diagnostics: &mut Findings) {
        let interface = instance.interface.clone();
        let mut is_new = |address: &VirtualAddress| {
            let interface = address.interface.as_ref().unwrap_or(&interface).clone();
            match self.places.entry((interface, address.address)) {
                std::collections::btree_map::Entry::Vacant(entry) => {
                    entry.insert(address.place.0.clone());
                    true
                }
                std::collections::btree_map::Entry::Occupied(entry) => {
                    diagnostics.push(same_address(address, entry.get()));
                    false
                }
            }
        };
        instance.virtual_addresses.retain(&mut is_new);
        instance.excluded_addresses.retain(&mut is_new);
    }
}

fn same_address(address: &VirtualAddress, first: &Span) -> Diagnostic {
    let headline = format!("the address `{}` is given twice", address.address);
    Diagnostic::warning(headline, address.place.0.clone())
        .label("second")
        .also(first.clone(), "first")
        .now("the second one is ignored")
}

/// The count in an advertisement is one byte; 255 IPv4 addresses fit into the least MTU there is on Ethernet.
const MOST_ADVERTISED: usize = 255;

/// keepalived moves them too.
fn move_what_does_not_fit(instance: &mut Instance, diagnostics: &mut Findings) {
    if instance.virtual_addresses.len() <= MOST_ADVERTISED {
        return;
    }
    let mut moved = instance.virtual_addresses.split_off(MOST_ADVERTISED);
    if let Some(first) = moved.first() {
        let headline = format!("`{}` has more addresses than fit an advert", instance.name);
        diagnostics.push(
            Diagnostic::error(headline, first.place.0.clone())
                .label("the first that does not fit")
                .now("it and all behind it are treated as `virtual_ipaddress_excluded`"),
        );
    }
    moved.append(&mut instance.excluded_addresses);
    instance.excluded_addresses = moved;
}
