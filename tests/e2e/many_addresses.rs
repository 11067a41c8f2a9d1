//! More addresses than an interface should have: those beyond 256 are local routes, and behave like the others.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use vrrp_tests::Daemon::Xvrrpd;
use vrrp_tests::{Lab, Moment, Node, eventually, never, within};

use crate::reload::{Reloaded, reload};
use crate::status::status_of;

/// The address that is advertised, with the prefix of its network.
const VIP: Ipv4Addr = Ipv4Addr::new(192, 168, 0, 5);
/// The others.
const MANY: u16 = 600;
/// What `vip_install auto` leaves of them to be addresses, beside the one that is advertised.
const AS_ADDRESSES: usize = 255;
/// How long anything here may take on a busy machine.
const LONG: Duration = Duration::from_secs(15);

#[test]
fn quick_many_addresses_move_and_answer_whatever_form_they_have() {
    let lab = lab("", MANY);
    elect(&lab);
    let routes = usize::from(MANY) - AS_ADDRESSES;
    within(LONG, "r1 has everything", || {
        addresses(&lab.r1) == AS_ADDRESSES && local_routes(&lab.r1) == routes
    });
    assert!(
        lab.r1
            .said(&["eth1: 345 of 601 virtual IPv4 addresses are local routes"])
    );
    let shown = status_of(&lab.r1)["addresses"].clone();
    assert_eq!(
        (shown["routes"].as_u64(), shown["held"].as_u64()),
        (Some(345), Some(601)),
        "{shown}"
    );
    assert_eq!(shown["missing"].as_array().map(Vec::len), Some(0));
    let last = many(MANY - 1);
    lab.host
        .machine()
        .ip_batch("route add 10.77.0.0/16 dev eth1\n");
    assert!(asks(&lab, last), "r1 accepts at {last}");
    assert_eq!(
        neighbour(&lab, last),
        lab.r1.identity().second_mac.to_string()
    );
    let from = lab.r1.machine().run(
        "ip",
        &["route", "get", "192.168.0.200", "from", &last.to_string()],
    );
    assert!(from.contains("dev eth1"), "and can speak from it: {from}");

    let began = Moment::now();
    lab.r1.kill_daemon();
    within(LONG, "the guard gives everything up", || {
        addresses(&lab.r1) == 0 && local_routes(&lab.r1) == 0
    });
    within(LONG, "r2 has everything", || {
        addresses(&lab.r2) == AS_ADDRESSES && local_routes(&lab.r2) == routes
    });
    eventually("r2 has announced every one", || {
        let arps = lab.second.arps(began).into_iter();
        let mac = lab.r2.identity().second_mac;
        let announced = arps.filter(|arp| arp.sender == arp.target && arp.sender_mac == mac);
        let announced: BTreeSet<_> = announced.map(|arp| arp.sender).collect();
        (0..MANY).all(|number| announced.contains(&many(number)))
    });
    assert!(asks(&lab, last), "r2 accepts at {last}");
    assert_eq!(
        neighbour(&lab, last),
        lab.r2.identity().second_mac.to_string()
    );

    lab.r2.stop_daemon();
    assert_eq!((addresses(&lab.r2), local_routes(&lab.r2)), (0, 0));
    lab.r1.start_daemon();
    within(LONG, "r1 has everything", || {
        local_routes(&lab.r1) == routes
    });
    lab.r1.kill_every_process();
    lab.r1.wait_until_ended();
    assert_eq!(
        local_routes(&lab.r1),
        routes,
        "nobody was left to remove them"
    );
    lab.r1.write_config(&configuration(&lab.r1, "", 1));
    lab.r1.start_daemon();
    within(
        LONG,
        "the next start removes what it does not have itself",
        || lab.r1.is_active() && local_routes(&lab.r1) == 0 && addresses(&lab.r1) == 1,
    );
}

#[test]
fn a_local_route_that_somebody_takes_away_is_put_back_and_nobody_fails_over() {
    let lab = lab("vip_install route", 3);
    elect(&lab);
    within(LONG, "r1 has its routes", || local_routes(&lab.r1) == 3);
    let lost = many(1);
    lab.r1
        .machine()
        .ip_batch(&format!("route del local {lost}/32 dev lo table local\n"));
    within(LONG, "it is back", || local_routes(&lab.r1) == 3);
    assert!(
        lab.r1.said(&["somebody removed", &lost.to_string()]),
        "{}",
        lab.r1.log()
    );
    never(Duration::from_secs(1), "r2 takes over", || {
        lab.r2.is_active()
    });
}

#[test]
fn a_reload_with_one_more_announces_that_one() {
    let lab = lab("", 300);
    elect(&lab);
    within(LONG, "r1 has everything", || local_routes(&lab.r1) == 45);
    within(LONG, "r1 has announced everything twice", || {
        lab.r1.said(&["gratuitous ARP sent"])
    });
    let began = Moment::now();
    lab.r1.write_config(&configuration(&lab.r1, "", 301));
    assert_eq!(reload(&lab.r1), Reloaded::Complete);
    within(LONG, "the new one is there", || local_routes(&lab.r1) == 46);
    let new = many(300);
    eventually("and announced", || {
        lab.second.arps(began).iter().any(|arp| arp.sender == new)
    });
    let others = lab.second.arps(began);
    let others: Vec<_> = others
        .iter()
        .filter(|arp| arp.sender != new && arp.sender == arp.target)
        .collect();
    assert!(others.is_empty(), "{others:?}");
    lab.r1
        .write_config(&configuration(&lab.r1, "vip_install address", 301));
    assert_eq!(reload(&lab.r1), Reloaded::Complete);
    within(LONG, "all are addresses", || {
        local_routes(&lab.r1) == 0 && addresses(&lab.r1) == 301
    });
    assert!(lab.r1.said(&["goes and comes back with another form"]));
}

#[test]
fn where_the_kernel_would_not_answer_for_routes_all_are_addresses() {
    let lab = lab("", 300);
    for node in [&lab.r1, &lab.r2] {
        node.machine()
            .run("sysctl", &["-qw", "net.ipv4.conf.eth1.arp_ignore=1"]);
    }
    elect(&lab);
    within(LONG, "r1 has everything", || addresses(&lab.r1) == 300);
    assert_eq!(local_routes(&lab.r1), 0);
    assert!(lab.r1.said(&[
        "eth1: all 301 virtual IPv4 addresses are addresses",
        "arp_ignore is 1"
    ]));

    lab.r1
        .write_config(&configuration(&lab.r1, "vip_install route", 300));
    assert_eq!(reload(&lab.r1), Reloaded::Complete);
    assert!(
        lab.r1
            .said(&["the kernel does not answer for them", "vip_install auto"])
    );
}

/// The kernel does not say where a local route of IPv6 is: we do, on the Active node alone.
#[test]
fn quick_ipv6_routes_are_found_on_the_active_node_and_defended() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    for node in [&lab.r1, &lab.r2] {
        node.machine()
            .run("sysctl", &["-qw", "net.ipv6.ip_nonlocal_bind=1"]);
        node.machine()
            .ip_batch("route add 2001:db8:77::/64 dev eth1\n");
        node.write_config(&configuration_of_ipv6(node));
    }
    lab.r1.start_daemon();
    within(LONG, "r1 is Active", || {
        lab.r1.is_active() && local_routes_of_ipv6(&lab.r1) == 45
    });
    assert!(
        lab.r1
            .said(&["eth1: 45 of 301 virtual IPv6 addresses are local routes"])
    );
    lab.r2.start_daemon();
    within(LONG, "r2 is Backup", || lab.r2.is_backup());
    for node in [&lab.r1, &lab.r2] {
        within(LONG, "it is a member of the groups", || {
            node.said(&["member of 45 solicited-node groups"])
        });
    }
    let last = many_of_ipv6(299);
    let client = lab.host.machine();
    client.ip_batch("address add 2001:db8:77::ffff/64 dev eth1 nodad\n");
    assert!(asks(&lab, last), "r1 accepts at {last}");
    assert_eq!(
        neighbour(&lab, last),
        lab.r1.identity().second_mac.to_string()
    );

    // Somebody has been given the address of the service: the kernel asks before it uses it.
    client.ip_batch(&format!("address add {last}/64 dev eth1\n"));
    within(LONG, "the client's is found to be a duplicate", || {
        client
            .run("ip", &["-6", "address", "show", "dev", "eth1"])
            .contains("dadfailed")
    });
    client.ip_batch(&format!("address del {last}/64 dev eth1\n"));

    lab.r1.kill_daemon();
    within(LONG, "r2 has everything, and r1 nothing", || {
        local_routes_of_ipv6(&lab.r2) == 45 && local_routes_of_ipv6(&lab.r1) == 0
    });
    client.run("ip", &["-6", "neighbour", "flush", "dev", "eth1"]);
    within(LONG, "r2 accepts", || asks(&lab, last));
    assert_eq!(
        neighbour(&lab, last),
        lab.r2.identity().second_mac.to_string()
    );
    lab.r2.stop_daemon();
    assert_eq!(local_routes_of_ipv6(&lab.r2), 0);
    client.run("ip", &["-6", "neighbour", "flush", "dev", "eth1"]);
    assert!(!asks(&lab, last), "nobody has it");
}

fn configuration_of_ipv6(node: &Node) -> String {
    let priority = node.identity().priority;
    let all: String = (0..300)
        .map(|number| format!("        {}\n", many_of_ipv6(number)))
        .collect();
    format!(
        "vrrp_instance A {{\n    interface eth1\n    virtual_router_id 61\n    version 3\n    priority {priority}\n    \
         advert_int 0.2\n    virtual_ipaddress {{\n        fe80::5/64\n    }}\n    \
         virtual_ipaddress_excluded {{\n{all}    }}\n}}\n"
    )
}

fn many_of_ipv6(number: u16) -> Ipv6Addr {
    Ipv6Addr::new(0x2001, 0xdb8, 0x77, 0, 0, 0, 0, 0x100 + number)
}

fn local_routes_of_ipv6(node: &Node) -> usize {
    let shown = node.machine().run(
        "ip",
        &["-6", "route", "show", "table", "local", "proto", "112"],
    );
    shown.lines().count()
}

fn lab(more: &str, count: u16) -> Lab {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    for node in [&lab.r1, &lab.r2] {
        node.write_config(&configuration(node, more, count));
    }
    lab
}

fn configuration(node: &Node, more: &str, count: u16) -> String {
    let priority = node.identity().priority;
    let all: String = (0..count)
        .map(|number| format!("        {}\n", many(number)))
        .collect();
    format!(
        "vrrp_instance A {{\n    interface eth1\n    virtual_router_id 61\n    version 3\n    priority {priority}\n    \
         advert_int 0.2\n    garp_master_delay 1\n    {more}\n    virtual_ipaddress {{\n        {VIP}/24\n    }}\n    \
         virtual_ipaddress_excluded {{\n{all}    }}\n}}\n"
    )
}

#[track_caller]
fn elect(lab: &Lab) {
    lab.r1.start_daemon();
    within(LONG, "r1 is Active", || {
        lab.r1.is_active() && lab.r1.holds(VIP)
    });
    lab.r2.start_daemon();
    within(LONG, "r2 is Backup", || lab.r2.is_backup());
}

fn many(number: u16) -> Ipv4Addr {
    let [high, low] = number.to_be_bytes();
    Ipv4Addr::new(10, 77, high, low)
}

/// How many of the many are addresses of their interface.
fn addresses(node: &Node) -> usize {
    let shown = node
        .machine()
        .run("ip", &["-4", "-oneline", "address", "show", "dev", "eth1"]);
    shown
        .lines()
        .filter(|line| line.contains(" 10.77."))
        .count()
}

fn local_routes(node: &Node) -> usize {
    let shown = node
        .machine()
        .run("ip", &["route", "show", "table", "local", "proto", "112"]);
    shown.lines().count()
}

/// Whether whoever has an address says anything at all, if only that nobody listens there.
fn asks(lab: &Lab, address: impl Into<IpAddr>) -> bool {
    let url = format!("http://{}/", SocketAddr::new(address.into(), 81));
    let output = lab
        .host
        .machine()
        .output("curl", &["--silent", "--max-time", "2", &url]);
    output.status.code() == Some(7)
}

/// The hardware address at which the client has found `address`.
fn neighbour(lab: &Lab, address: impl Into<IpAddr>) -> String {
    let shown = lab
        .host
        .machine()
        .run("ip", &["neighbour", "show", &address.into().to_string()]);
    let mut words = shown
        .split_whitespace()
        .skip_while(|word| *word != "lladdr");
    words.nth(1).unwrap_or_default().to_owned()
}
