//! One router.

use std::net::IpAddr;

use vrrp_ebpf::abi::{AdvertRecord, BlockView};

use super::milliseconds;
use crate::{
    daemon::{
        control::status::{
            ActiveRouter, Addresses, Adverts, Instance, Priority, SHOWN, Script, VirtualMac,
        },
        controller::Controller,
        election::snapshot::RouterSnapshot,
        observer::held::Held,
        plan::RouterPlan,
        reporter::phrases::state_name,
    },
    protocol::{Family, Monotonic, State, address_claims::Colons},
    system::netlink::{Form, InterfaceAddress, Macvlan},
    tracking::{Effect, ScriptStatus, Weight},
};

impl Controller {
    /// What the router is doing at `now`; nothing of one that a reload has taken away since.
    pub(super) fn instance(&self, router: &RouterSnapshot, now: Monotonic) -> Option<Instance> {
        let plan = self.plan.routers.get(&router.slot)?;
        let block = self.blocks.as_ref();
        let block = block.and_then(|blocks| blocks.of(router.slot));
        let block = block.unwrap_or_default();
        let settings = &plan.settings;
        let scripts = self.observer.scripts_of(router.slot).into_iter();
        let faults = self.observer.faults_of(router.slot).unwrap_or_default();
        Some(Instance {
            name: settings.name.clone(),
            interface: settings.interface.clone(),
            vrid: settings.vrid.get(),
            version: settings.version.number(),
            virtual_macs: plan.macvlans.iter().map(virtual_mac).collect(),
            adverts_from_mac: plan.speaks_as.map(|mac| Colons(mac).to_string()),
            sync_group: self
                .plan
                .group_of(router.slot)
                .map(|group| group.name.clone()),
            state: state_name(router.state).into(),
            since: self.insight.wall.at(router.career.since),
            because: router.career.because.as_ref().map(ToString::to_string),
            faults: faults.iter().map(ToString::to_string).collect(),
            priority: Priority {
                effective: router.priority.get(),
                configured: settings.priority.get(),
                scripts: scripts.map(script).collect(),
            },
            advert_interval_ms: milliseconds(settings.advertisement_interval),
            active_router: active_router(router, &block, now),
            adverts: adverts(router, &block),
            addresses: addresses(plan, router.state, &self.insight.held),
            joined: self.insight.wall.at(router.career.joined),
            became_master: router.career.became_active,
        })
    }
}

fn virtual_mac(on_top: &Macvlan) -> VirtualMac {
    VirtualMac {
        mac: Colons(on_top.mac).to_string(),
        interface: on_top.name.clone(),
        beneath: on_top.parent.clone(),
    }
}

fn script((name, weight, status): (&str, Weight, ScriptStatus)) -> Script {
    let effect = weight.effect(status);
    Script {
        name: name.to_owned(),
        is_up: match status {
            ScriptStatus::Unknown => None,
            ScriptStatus::Up => Some(true),
            ScriptStatus::Down => Some(false),
        },
        weight: weight.value,
        reverse: weight.reverse,
        adds: match effect {
            Effect::Priority(change) => change,
            Effect::Fault | Effect::Awaited => 0,
        },
        is_fault: effect == Effect::Fault,
    }
}

/// Who is Active. His last advertisement may have come by either path, and the program does not tell the election of one that repeats
/// the one before; so the block knows best.
fn active_router(
    router: &RouterSnapshot,
    block: &BlockView,
    now: Monotonic,
) -> Option<ActiveRouter> {
    let address = router.active_router?;
    let age = |at: Monotonic| milliseconds(now.since(at));
    if router.state == State::Active {
        return Some(ActiveRouter {
            address,
            priority: Some(router.priority.get()),
            last_advert_age_ms: router.spoken.last.map(age),
            is_this_router: true,
        });
    }
    let records = [Some(block.refreshing), router.heard.last_raw];
    let records = records.into_iter().flatten();
    let latest = records
        .filter(|record| record.time_ns > 0)
        .max_by_key(|record| record.time_ns);
    Some(ActiveRouter {
        address: latest.as_ref().map_or(address, source),
        priority: latest.map(|record| record.priority),
        last_advert_age_ms: latest.map(|record| age(Monotonic::from_nanos(record.time_ns))),
        is_this_router: false,
    })
}

fn source(record: &AdvertRecord) -> IpAddr {
    Family::of_key(record.family).read(record.source)
}

fn adverts(router: &RouterSnapshot, block: &BlockView) -> Adverts {
    let (heard, spoken) = (&router.heard, &router.spoken);
    let by_program = block.accepted.saturating_sub(heard.accepted_before);
    Adverts {
        sent: spoken.sent,
        releases_sent: spoken.releases,
        releases_accepted: router.career.releases_heard,
        lists_differed: router.career.lists_differed,
        cannot_be_sent: spoken.is_mute,
        accepted: by_program + heard.accepted_raw,
        rejected_since_accepted: u64::from(block.rejected) + u64::from(heard.rejected_raw),
        saved_by_map: heard.saved_by_map.into(),
    }
}

fn addresses(plan: &RouterPlan, state: State, held: &Held) -> Addresses {
    let all = &plan.addresses;
    let (there, not_there): (Vec<_>, Vec<_>) = all.iter().partition(|one| held.has(one));
    let routes = all.iter().filter(|one| one.form == Form::Route).count();
    let is_known = held.knows_addresses() && (routes == 0 || held.knows_routes());
    let is_active = state == State::Active;
    let some = |is_so: bool, which: &[&InterfaceAddress]| -> Vec<String> {
        let shown = which.iter().take(if is_so { SHOWN } else { 0 });
        shown.map(ToString::to_string).collect()
    };
    Addresses {
        configured: all.len() as u64,
        excluded: all
            .len()
            .saturating_sub(plan.settings.virtual_addresses.len()) as u64,
        routes: routes as u64,
        held: is_known.then_some(there.len() as u64),
        list: all.iter().take(SHOWN).map(ToString::to_string).collect(),
        missing: some(is_known && is_active, &not_there),
        left_over: some(is_known && !is_active, &there),
    }
}
