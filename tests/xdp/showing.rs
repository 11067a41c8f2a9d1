//! What `bpftool` shows of the program and its maps.

use serde_json::Value;
use vrrp_ebpf::abi::Reason;
use vrrp_userspace::config::XdpMode;
use vrrp_userspace::system::datapath::{Attachment, Datapath, RingSizes};

use crate::network::{alone, cable, interface, json, program_on};

const MAPS: [&str; 12] = [
    "ALERTS",
    "BLOCKS",
    "BUCKETS",
    "CAPTURE",
    "CAPTURE_LOST",
    "CAPTURE_SWITCH",
    "COUNTERS",
    "EVENTS",
    "PORTS",
    "ROLES",
    "ROUTERS",
    "VIPS",
];

/// The program on `eth0`, as `bpftool` shows it.
fn shown() -> (Value, Datapath, Attachment) {
    cable();
    let mut datapath = Datapath::load(RingSizes::default()).expect("the kernel takes the program");
    let attachment = datapath
        .attach(&interface("eth0"), XdpMode::Auto)
        .expect("a veth takes it");
    let (id, _) = program_on("eth0").expect("it is attached");
    let program = json(&format!("bpftool --json prog show id {id}"));
    (program, datapath, attachment)
}

fn maps(program: &Value) -> Vec<Value> {
    let ids = program["map_ids"].as_array().expect("it has maps");
    ids.iter()
        .map(|id| json(&format!("bpftool --json map show id {id}")))
        .collect()
}

#[test]
fn program_and_maps_have_names_and_types() {
    alone("showing::program_and_maps_have_names_and_types", || {
        let (program, _datapath, _attachment) = shown();
        assert_eq!(program["name"], "vrrp_xdp");
        assert_eq!(program["gpl_compatible"], true);
        assert!(program["btf_id"].is_u64(), "{program}");
        let maps = maps(&program);
        for name in MAPS {
            let map = maps.iter().find(|map| map["name"] == name);
            let map = map.unwrap_or_else(|| panic!("no map is called {name}: {maps:?}"));
            let is_ring = map["type"] == "ringbuf";
            assert!(is_ring || map["btf_id"].is_u64(), "{map}");
        }
    });
}

/// The fields of a counter are the reasons, so that a dump reads as a report.
#[test]
fn a_dump_of_the_counters_names_the_reasons() {
    alone("showing::a_dump_of_the_counters_names_the_reasons", || {
        let (program, _datapath, _attachment) = shown();
        let maps = maps(&program);
        let counters = maps
            .iter()
            .find(|map| map["name"] == "COUNTERS")
            .expect("it is there");
        let dump = json(&format!("bpftool --json map dump id {}", counters["id"]));
        let value = dump
            .pointer("/0/formatted/values/0/value")
            .expect("it has a type");
        let fields: Vec<_> = value
            .as_object()
            .expect("a struct")
            .keys()
            .cloned()
            .collect();
        let mut reasons: Vec<_> = Reason::ALL.iter().map(|reason| reason.name()).collect();
        reasons.sort_unstable();
        assert_eq!(fields, reasons);
    });
}
