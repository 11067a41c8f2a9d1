//! One interface, and the program.

use std::collections::BTreeMap;

use vrrp_ebpf::abi;

use crate::{
    config::XdpMode,
    daemon::{
        control::status::{Counters, Interface, Program, ProgramMap, Xdp},
        controller::Controller,
        network::PortView,
        plan::InterfacePlan,
    },
    system::datapath::{Inventory, KnownMap},
};

impl Controller {
    /// Every interface of the plan.
    pub(super) fn interfaces(&self) -> Vec<Interface> {
        let plans = self.plan.interfaces.iter();
        let mut interfaces: Vec<_> = plans
            .map(|(port, plan)| self.interface(*port, plan))
            .collect();
        interfaces.sort_by(|one, other| one.name.cmp(&other.name));
        interfaces
    }

    fn interface(&self, port: u16, plan: &InterfacePlan) -> Interface {
        let view = self.network.view(&plan.name);
        let statistics = self.insight.statistics.as_ref();
        let program = statistics.and_then(|statistics| statistics.of(port).ok());
        Interface {
            name: plan.name.clone(),
            index: view.index,
            is_up: self.observer.is_up(&plan.name),
            carries_adverts: plan.carries_adverts,
            xdp: xdp(&view, plan.xdp_mode),
            raw_path: if view.hears_everything {
                "everything"
            } else {
                "undecided"
            }
            .into(),
            counters: Counters {
                program: counted(&program.unwrap_or_default()),
                raw: counted(&view.raw),
                raw_lost: view.raw_lost,
            },
        }
    }
}

fn xdp(view: &PortView, configured: XdpMode) -> Xdp {
    let mode = match view.attached {
        Some(attached) if attached.is_native => "native",
        Some(_) => "generic",
        None => "none",
    };
    let link_id = view.attached.map(|attached| attached.link_id);
    Xdp {
        mode: mode.into(),
        configured: match configured {
            XdpMode::Auto => "auto",
            XdpMode::Native => "native",
            XdpMode::Generic => "generic",
            XdpMode::Off => "off",
        }
        .into(),
        why: view.why_not.clone(),
        is_final: view.is_final,
        link_id,
        command: link_id.map(|id| format!("bpftool link show id {id}")),
    }
}

fn counted(counters: &abi::Counters) -> BTreeMap<String, u64> {
    let counted = counters.iter();
    counted
        .map(|(name, count)| (name.to_owned(), count))
        .collect()
}

/// The program, and how to look into it.
pub(super) fn program(inventory: &Inventory) -> Program {
    let id = inventory.program;
    Program {
        id,
        command: format!("bpftool prog show id {id}"),
        maps: inventory.maps.iter().map(map).collect(),
    }
}

fn map(map: &KnownMap) -> ProgramMap {
    let KnownMap { name, id, is_ring } = map;
    // bpftool has no way into a ring: who reads it takes what it reads.
    let what = if *is_ring { "show" } else { "dump" };
    ProgramMap {
        name: name.clone(),
        id: *id,
        command: format!("bpftool map {what} id {id}"),
    }
}
