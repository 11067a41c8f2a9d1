//! From where an instance speaks, and to whom.

use std::net::IpAddr;

use super::*;
use crate::protocol::{Audience, Family, Peer, Reach};

const SOURCE: [u8; 4] = [10, 0, 0, 1];

fn peer(address: &str) -> Peer {
    Peer::new(address.parse().unwrap())
}

#[test]
fn unless_it_says_otherwise_everybody_of_the_usual_group_is_spoken_to() {
    assert_eq!(instance("").reach, Reach::of(Family::Ipv4));
    let six = instance("virtual_ipaddress { fe80::1 }");
    assert_eq!(six.reach, Reach::of(Family::Ipv6));
}

#[test]
fn peers_are_spoken_to_one_by_one() {
    let instance = instance(
        "unicast_src_ip 10.0.0.1\nunicast_peer {\n 10.0.0.2\n 10.0.0.3 min_ttl 250 max_ttl 254\n}\n\
         unicast_ttl 64\ncheck_unicast_src",
    );
    let ranged = Peer {
        least_hop_limit: 250,
        greatest_hop_limit: 254,
        ..peer("10.0.0.3")
    };
    let expected = Reach {
        source: Some(IpAddr::from(SOURCE)),
        audience: Audience::Peers(vec![peer("10.0.0.2"), ranged]),
        hop_limit: 64,
        hears_peers_only: true,
        listens_to: None,
    };
    assert_eq!(instance.reach, expected);
}

#[test]
fn who_is_heard_can_be_said() {
    let known = |instance: &Instance| instance.reach.listens_to.clone();
    assert_eq!(known(&instance("")), None);
    let both = Some([SOURCE, [10, 0, 0, 2]].map(IpAddr::from).to_vec());
    for text in [
        "vrrp_peers {\n 10.0.0.1\n 10.0.0.2\n}",
        "@xvrrpd vrrp_peers { 10.0.0.1 10.0.0.2 }",
    ] {
        let instance = instance(text);
        assert_eq!(known(&instance), both, "{text}");
        assert!(instance.reach.hears_known_only());
    }
    let (beside, said) = instance_despite("unicast_peer { 10.0.0.2 }\nvrrp_peers { 10.0.0.2 }");
    assert_eq!(known(&beside), None);
    assert_eq!(
        said,
        [
            "warning: `vrrp_peers` does nothing beside `unicast_peer`; it is ignored (write `check_unicast_src`)"
        ]
    );
}

/// Each node that starts all the same would hear nobody and claim the addresses.
#[test]
fn a_list_of_those_who_are_heard_that_cannot_be_read_keeps_the_instance_from_starting() {
    for (text, reason) in [
        (
            "vrrp_peers {\n 10.0.0.1\n lb2\n}",
            "`vrrp_peers` cannot be read",
        ),
        ("vrrp_peers { 224.0.0.18 }", "`vrrp_peers` cannot be read"),
        (
            "vrrp_peers { fe80::2 }",
            "`vrrp_peers` names nobody of the family of the addresses",
        ),
    ] {
        assert_eq!(refusal(text), reason, "{text}");
    }
    let many: String = (0..256)
        .map(|n| format!("10.0.{}.{}\n", n / 250, n % 250 + 1))
        .collect();
    assert_eq!(
        refusal(&format!("vrrp_peers {{\n{many}}}")),
        "`vrrp_peers` names more than 255 routers"
    );
}

#[test]
fn without_addresses_the_peers_say_which_family_it_is() {
    let unicast = instance("version 3\nvirtual_ipaddress { 10.0.0.9 }\nunicast_peer { 10.0.0.2 }");
    assert_eq!(unicast.family, Family::Ipv4);
    let (config, said) = load_text(&complete("unicast_peer { 2001:db8::2 }"));
    assert!(said[0].headline.contains("has no address to advertise"));
    assert!(config.instances.is_empty());
}

/// What is of the other family is left out. keepalived then speaks to the group, and nobody of those it should speak to hears it.
#[test]
fn who_means_peers_and_has_none_that_can_be_spoken_to_speaks_to_nobody() {
    let (instance, said) = instance_despite(
        "virtual_ipaddress { 10.0.0.9 }\nunicast_src_ip fe80::1\nunicast_peer { fe80::2 }",
    );
    assert_eq!(instance.reach.source, None);
    assert_eq!(instance.reach.audience, Audience::Peers(Vec::new()));
    let expected = ["fe80::1", "fe80::2"].map(|address| {
        format!(
            "error: `{address}` is not of the family of the addresses; it is ignored, as keepalived does"
        )
    });
    assert!(
        said[0].contains("has peers, and none that it can speak to"),
        "{said:?}"
    );
    assert_eq!(said[1..], expected);
    let (unreadable, _) = instance_despite("unicast_peer { the-other-node }");
    assert_eq!(unreadable.reach.audience, Audience::Peers(Vec::new()));
    let empty = self::instance("unicast_peer {\n}");
    assert_eq!(empty.reach, Reach::of(Family::Ipv4));
}

#[test]
fn who_must_have_a_peer_and_has_none_speaks_to_nobody() {
    let alone = instance("unicast_fault_no_peer");
    assert_eq!(alone.reach.audience, Audience::Peers(Vec::new()));
    let with_one = instance("unicast_fault_no_peer\nunicast_peer { 10.0.0.2 }");
    assert_eq!(
        with_one.reach.audience,
        Audience::Peers(vec![peer("10.0.0.2")])
    );
}

#[test]
fn a_group_is_that_of_the_instance_or_else_of_all() {
    let group = |text: &str| {
        let config = good(text);
        config.instances[0]
            .reach
            .audience
            .group()
            .unwrap()
            .to_string()
    };
    let all = "global_defs {\n vrrp_mcast_group4 224.0.0.19\n vrrp_mcast_group6 ff02::13\n}\n";
    let own = "mcast_dst_ip 224.0.0.20";
    let six = "virtual_ipaddress { fe80::1 }";
    assert_eq!(group(&format!("{all}{}", complete(""))), "224.0.0.19");
    assert_eq!(group(&format!("{all}{}", complete(six))), "ff02::13");
    assert_eq!(group(&format!("{all}{}", complete(own))), "224.0.0.20");
    let global = "global_defs {\n vrrp_check_unicast_src\n}\n";
    let config = good(&format!(
        "{global}{}",
        complete("unicast_peer { 10.0.0.2 }")
    ));
    assert!(config.instances[0].reach.hears_peers_only);
}

#[test]
fn what_is_no_address_no_group_and_no_ttl_is_told() {
    for (body, complaint) in [
        ("mcast_dst_ip 10.0.0.1", "needs the address of a group"),
        ("unicast_src_ip eth0", "needs an address"),
        ("unicast_ttl 0", "must be between 1 and 255"),
        (
            "unicast_peer {\n 10.0.0.3\n 10.0.0.2 min_ttl 256\n}",
            "must be between 0 and 255",
        ),
        (
            "unicast_peer {\n 10.0.0.3\n 10.0.0.2 min_ttl 9 max_ttl 8\n}",
            "has a `min_ttl` above its `max_ttl`",
        ),
        ("unicast_peer {\n 10.0.0.2\n 10.0.0.2\n}", "is given twice"),
    ] {
        let (_, said) = instance_despite(body);
        assert!(said.len() == 1 && said[0].contains(complaint), "{said:?}");
    }
}

/// C133+
#[test]
fn one_vrid_is_a_router_for_each_family_group_and_for_unicast() {
    let one = |name: &str, body: &str| {
        format!(
            "vrrp_instance {name} {{\n interface eth0\n virtual_router_id 51\n version 3\n {body}\n}}\n"
        )
    };
    let several = [
        one("A", "virtual_ipaddress { 10.0.0.9 }"),
        one("B", "virtual_ipaddress { fe80::9 }"),
        one(
            "C",
            "virtual_ipaddress { 10.0.0.8 }\n mcast_dst_ip 224.0.0.99",
        ),
        one(
            "D",
            "virtual_ipaddress { 10.0.0.7 }\n unicast_peer { 10.0.0.2 }",
        ),
        one(
            "E",
            "virtual_ipaddress { fe80::7 }\n unicast_peer { fe80::2 }",
        ),
    ];
    assert_eq!(good(&several.concat()).instances.len(), 5);
    let twice = one(
        "F",
        "virtual_ipaddress { 10.0.0.6 }\n unicast_peer { 10.0.0.3 }",
    );
    let (config, diagnostics) = load_text(&format!("{}{twice}", several.concat()));
    assert_eq!(config.refused.len(), 1);
    assert!(said(&diagnostics)[0].contains("two instances have the VRID 51 on `eth0`"));
}

/// 255 adverts fill any interval; one line is enough to say so.
#[test]
fn peers_that_are_too_many_are_said_once() {
    let peers: String = (0..300)
        .map(|n| format!("10.0.{}.{}\n", n / 250, n % 250 + 1))
        .collect();
    let (instance, said) = instance_despite(&format!("unicast_peer {{\n{peers}}}"));
    assert_eq!(instance.reach.audience.peers().len(), 255);
    assert_eq!(
        said,
        ["error: there are more than 255 peers; it and all behind it are left out"]
    );
}

#[test]
fn what_no_host_of_a_link_has_is_neither_spoken_to_nor_spoken_from() {
    for address in [
        "224.0.0.18",
        "255.255.255.255",
        "0.0.0.0",
        "127.0.0.1",
        "ff02::12",
        "::",
    ] {
        let (instance, said) = instance_despite(&format!("unicast_peer {{ {address} }}"));
        assert!(said[1].contains("needs the address of a host"), "{said:?}");
        assert_eq!(instance.reach.audience, Audience::Peers(Vec::new()));
        let (instance, said) = instance_despite(&format!("mcast_src_ip {address}"));
        assert!(said[0].contains("needs the address of a host"), "{said:?}");
        assert_eq!(instance.reach.source, None);
    }
}
