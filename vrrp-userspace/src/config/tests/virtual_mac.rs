//! Addresses at a hardware address that goes with the router.

use super::*;
use crate::config::model::Macvlan;

const OF_51: [u8; 6] = [0, 0, 0x5e, 0, 1, 51];
const OF_51_OVER_IPV6: [u8; 6] = [0, 0, 0x5e, 0, 2, 51];

fn on(name: &str, parent: &str, mac: [u8; 6]) -> Macvlan {
    Macvlan {
        name: name.into(),
        parent: parent.into(),
        mac,
        group: None,
    }
}

/// Where each address is, those that are not advertised behind the others.
fn places(instance: &Instance) -> Vec<&str> {
    let all = instance.virtual_addresses.iter();
    let all = all.chain(&instance.excluded_addresses);
    all.map(|address| instance.place_of(address)).collect()
}

#[test]
fn addresses_and_adverts_have_the_mac_of_the_rfc() {
    let four = instance("use_vmac\nvirtual_ipaddress {\n 10.0.0.1\n 10.0.0.2 dev eth0\n}");
    assert_eq!(four.macvlans, [on("vrrp.51", "eth0", OF_51)]);
    assert_eq!(places(&four), ["vrrp.51", "vrrp.51"]);
    assert_eq!(four.speaks_as, Some(OF_51));

    let six = instance("use_vmac\nvirtual_ipaddress { fe80::1 }");
    assert_eq!(six.macvlans, [on("vrrp6.51", "eth0", OF_51_OVER_IPV6)]);
    assert_eq!(six.speaks_as, Some(OF_51_OVER_IPV6));

    let without = instance("virtual_ipaddress { 10.0.0.1 }");
    assert_eq!((without.macvlans, without.speaks_as), (vec![], None));
}

#[test]
fn name_mac_and_group_can_be_said() {
    let said = |words: &str| instance(&format!("use_vmac {words}")).macvlans.remove(0);
    assert_eq!(said("vip0").name, "vip0");
    assert_eq!(said("name group group 7").name, "group");
    assert_eq!(said("group 7").group, Some(7));
    assert_eq!(said("group default netlink_notify_msg").group, Some(0));
    assert_eq!(said("vip0 02:0:0:0:0:FF").mac, [2, 0, 0, 0, 0, 255]);
    assert_eq!(said("02:00:00:00:00").mac, [2, 0, 0, 0, 0, 51]);
}

#[test]
fn adverts_come_from_beneath_where_that_is_asked_for_and_to_peers() {
    let base = instance("use_vmac\nvmac_xmit_base");
    assert_eq!((base.macvlans.len(), base.speaks_as), (1, None));
    let (peers, said) = instance_despite("use_vmac\nunicast_peer { 10.0.0.2 }");
    assert_eq!((peers.macvlans.len(), peers.speaks_as), (1, None));
    assert_eq!(
        said,
        [
            "warning: `use_vmac` with `unicast_peer` needs `vmac_xmit_base`; it is as if that were written, as in keepalived"
        ]
    );
}

#[test]
fn an_address_on_another_interface_is_there_itself_unless_it_is_to_have_the_mac_too() {
    const ELSEWHERE: &str =
        "virtual_ipaddress {\n 10.0.0.1\n 10.0.0.2 dev eth1\n 10.0.0.3 dev eth1\n}";
    let own = instance(&format!("use_vmac\n{ELSEWHERE}"));
    assert_eq!(places(&own), ["vrrp.51", "eth1", "eth1"]);
    let both = instance(&format!("use_vmac\nuse_vmac_addr\n{ELSEWHERE}"));
    assert_eq!(places(&both), ["vrrp.51", "vrrp.51.2", "vrrp.51.2"]);
    assert_eq!(both.macvlans[1], on("vrrp.51.2", "eth1", OF_51));
    let only = instance(&format!("use_vmac_addr\n{ELSEWHERE}"));
    assert_eq!(places(&only), ["eth0", "vrrp.51", "vrrp.51"]);
    assert_eq!(only.speaks_as, None);
}

#[test]
fn one_address_can_have_the_mac() {
    let instance = instance(
        "virtual_ipaddress {\n 10.0.0.1\n 10.0.0.2 dev eth1 use_vmac vip1 02:00:00:00:00 scope link\n \
         10.0.0.3 use_vmac\n}",
    );
    assert_eq!(places(&instance), ["eth0", "vip1", "vrrp.51"]);
    assert_eq!(
        instance.macvlans[0],
        on("vip1", "eth1", [2, 0, 0, 0, 0, 51])
    );
    assert_eq!(instance.virtual_addresses[1].scope, Scope(253));
}

/// As in keepalived, an address of the other family has the MAC of the instance unless it is to have its own.
#[test]
fn an_address_of_the_other_family_has_the_mac_of_its_own_where_that_is_asked_for() {
    const OTHER: &str =
        "virtual_ipaddress { 10.0.0.1 }\nvirtual_ipaddress_excluded { 2001:db8::1 }";
    let alike = instance(&format!("use_vmac\n{OTHER}"));
    assert_eq!(places(&alike), ["vrrp.51", "vrrp.51"]);
    let own = instance(&format!("use_vmac\nuse_vmac_addr\n{OTHER}"));
    assert_eq!(places(&own), ["vrrp.51", "vrrp6.51"]);
    assert_eq!(own.macvlans[1].mac, OF_51_OVER_IPV6);
}

#[test]
fn names_do_not_collide() {
    let one = |name: &str, interface: &str, vmac: &str| {
        format!(
            "vrrp_instance {name} {{\n interface {interface}\n virtual_router_id 51\n {vmac}\n}}\n"
        )
    };
    let config = good(
        &[
            one("A", "eth0", "use_vmac"),
            one("B", "eth1", "use_vmac"),
            one("C", "eth2", "use_vmac vrrp.51.2"),
        ]
        .concat(),
    );
    let names: Vec<_> = config
        .instances
        .iter()
        .map(|one| one.macvlans[0].name.as_str())
        .collect();
    assert_eq!(names, ["vrrp.51", "vrrp.51.3", "vrrp.51.2"]);

    let text = [
        one("A", "eth0", "use_vmac vip"),
        one("B", "eth1", "use_vmac vip"),
        one("C", "eth2", "use_vmac eth0"),
    ];
    let (config, diagnostics) = load_text(&text.concat());
    assert_eq!(config.instances.len(), 1);
    assert_eq!(
        said(&diagnostics),
        [
            "error: two interfaces would be called `vip`; the instance does not start",
            "error: `eth0` is an interface already; the instance does not start (name another one, or none)",
        ]
    );
}

#[test]
fn the_beginning_of_names_can_be_said() {
    let named = |global: &str| {
        let body = "use_vmac\nuse_vmac_addr\nvirtual_ipaddress { 10.0.0.2 dev eth1 }";
        let config = good(&format!("global_defs {{\n{global}\n}}\n{}", complete(body)));
        let macvlans = config.instances[0].macvlans.iter();
        macvlans
            .map(|macvlan| macvlan.name.clone())
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(named("vmac_prefix vip"), "vip.51 vip.51.2");
    assert_eq!(named("vmac_addr_prefix vip"), "vrrp.51 vip.51");
    let (_, diagnostics) = load_text("global_defs {\n vmac_prefix abcdefgh\n}");
    let too_long = "error: `vmac_prefix` must not be longer than 7 characters; it is ignored (a VRID has to fit behind it)";
    assert!(said(&diagnostics).iter().any(|line| line == too_long));
}

/// The kernel gives a MAC to one interface on top of another.
#[test]
fn two_routers_of_one_vrid_on_one_link_need_two_macs() {
    let one = |name: &str, more: &str| {
        format!("vrrp_instance {name} {{\n interface eth0\n virtual_router_id 51\n {more}\n}}\n")
    };
    let group = one("A", "use_vmac");
    let (config, diagnostics) = load_text(
        &[&group, &one("B", "use_vmac\n mcast_dst_ip 224.0.0.77")]
            .map(String::as_str)
            .concat(),
    );
    assert_eq!(config.refused[0].name, "B");
    assert_eq!(
        said(&diagnostics),
        [
            "error: two instances have the same virtual MAC on `eth0`; the instance does not start (give one of them another MAC: \
          `use_vmac <MAC>`, on all routers)"
        ]
    );
    let other = one("B", "use_vmac 02:00:00:00:00\n mcast_dst_ip 224.0.0.77");
    assert_eq!(good(&[group, other].concat()).instances.len(), 2);
}

#[test]
fn what_cannot_be_read_keeps_the_instance_from_having_another_mac_than_the_others() {
    for (words, complaint) in [
        (
            "00:00:5e:00",
            "needs a MAC of six bytes, or of five and the VRID is the last",
        ),
        ("00:00:5e:00:01:+1", "needs a MAC of six bytes"),
        ("01:00:5e:00:00:12", "needs the MAC of one host"),
        ("00:00:00:00:00:00", "needs the MAC of one host"),
        ("abcdefghijklmnop", "needs a name for an interface"),
        ("a/b", "needs a name for an interface"),
        ("name", "needs an interface behind `name`"),
        ("group", "needs a number behind `group`"),
    ] {
        let (config, diagnostics) = load_text(&complete(&format!("use_vmac {words}")));
        let said = &said(&diagnostics)[0];
        assert!(
            said.contains(complaint) && said.contains("does not start"),
            "{words}: {said}"
        );
        assert!(config.instances.is_empty(), "{words}");
    }
    let (instance, said) = instance_despite("use_vmac group servers\nuse_vmac a b");
    assert_eq!(instance.macvlans[0].name, "a");
    assert!(
        said[0].contains("knows groups by their numbers alone"),
        "{said:?}"
    );
    assert!(said[1].contains("does not know the option `b`"), "{said:?}");
}
