//! What keeps an instance from starting, and that it keeps no other.

use super::*;

#[test]
fn an_instance_needs_a_number_and_an_interface() {
    let text = "vrrp_instance A { interface eth0\n }\nvrrp_instance B { virtual_router_id 1\n }\n\
                vrrp_instance C {\n interface eth0\n virtual_router_id 1\n}";
    let (config, diagnostics) = load_text(text);
    assert_eq!(config.instances.len(), 1);
    assert_eq!(
        said(&diagnostics),
        [
            "error: `vrrp_instance A` has no `virtual_router_id`; the instance does not start",
            "error: `vrrp_instance B` has no `interface`; the instance does not start",
        ]
    );
    assert_eq!(
        config.refused[0].reason,
        "`vrrp_instance A` has no `virtual_router_id`"
    );
    assert_eq!(config.refused[0].span.text(), "A");
}

#[test]
fn version_3_needs_an_address() {
    let reason = refusal("version 3\nvirtual_ipaddress_excluded { 10.0.0.1 }");
    assert_eq!(reason, "`vrrp_instance VI_1` has no address to advertise");
}

#[test]
fn what_changes_the_election_is_not_ignored() {
    for body in [
        "old_unicast_checksum",
        "use_ipvlan",
        "vrf red",
        "auth_hmac { key 1 x }",
        "authentication {\n auth_type AH\n auth_pass x\n}",
        "native_ipv6",
        "track_interface { eth1 }",
        "track_process { a }",
        "track_file { a }",
        "track_bfd { a }",
        "thread_timer_expired",
    ] {
        assert!(!refusal(body).is_empty(), "{body}");
    }
}

#[test]
fn what_is_switched_off_or_is_the_default_harms_nobody() {
    for body in [
        "strict_mode off",
        "mcast_dst_ip 224.0.0.18",
        "old_unicast_checksum never",
        "unicast_peer {\n}",
        "track_interface { eth0 }",
        "track_process {\n}",
    ] {
        instance(body);
    }
}

#[test]
fn what_is_only_missed_is_told_and_ignored() {
    for body in [
        "virtual_routes { 10.0.0.0/8 via 10.0.0.1 }",
        "dont_track_primary",
    ] {
        let (_, said) = instance_despite(body);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(
            said[0].contains("is not supported yet; it is ignored"),
            "{said:?}"
        );
    }
}

#[test]
fn what_concerns_all_stops_all() {
    let (config, diagnostics) = load_text(&format!("net_namespace red\n{}", complete("")));
    assert_eq!((config.instances.len(), config.refused.len()), (0, 1));
    assert!(
        said(&diagnostics)[0].contains("no instance starts"),
        "{diagnostics:?}"
    );
}

#[test]
fn two_instances_cannot_be_the_same() {
    let (config, diagnostics) = load_text(
        "vrrp_instance A {\n interface eth0\n virtual_router_id 1\n}\n\
         vrrp_instance A {\n interface eth0\n virtual_router_id 2\n}\n\
         vrrp_instance B {\n interface eth0\n virtual_router_id 1\n}\n\
         vrrp_instance C {\n interface eth1\n virtual_router_id 1\n}\n",
    );
    let names: Vec<_> = config
        .instances
        .iter()
        .map(|instance| instance.name.as_str())
        .collect();
    assert_eq!(names, ["A", "C"]);
    assert_eq!(
        config.refused[0].reason,
        "two instances have the VRID 1 on `eth0`"
    );
    assert_eq!(
        said(&diagnostics),
        [
            "error: `vrrp_instance` A is defined twice; the second block is ignored, as keepalived does",
            "error: two instances have the VRID 1 on `eth0`; the instance does not start",
        ]
    );
}
