//! `use_vmac`: addresses and adverts at a hardware address that goes with the router, whichever node that is.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::process::Command;
use std::time::Duration;

use vrrp_tests::Daemon::{self, Keepalived, Xvrrpd};
use vrrp_tests::frame::Mac;
use vrrp_tests::namespace::Namespace;
use vrrp_tests::wiretap::Wiretap;
use vrrp_tests::{Lab, Moment, Node, eventually, never, within};

use crate::reload::{Reloaded, reload};

/// What comes and goes, on the network the client asks on.
const VIP: Ipv4Addr = Ipv4Addr::new(192, 168, 0, 5);
const CLIENT: Ipv4Addr = Ipv4Addr::new(192, 168, 0, 200);
const VIPS_OF_IPV6: [Ipv6Addr; 2] = [
    Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 5),
    Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 5),
];
/// Of the routers here, which all have VRID 60.
const MAC: Mac = Mac([0, 0, 0x5e, 0, 1, 60]);
/// The interface that has it.
const ON_TOP: &str = "vrrp.60";
const ON_TOP_FOR_IPV6: &str = "vrrp6.60";
/// How long anything here may take on a busy machine.
const LONG: Duration = Duration::from_secs(15);
/// Five intervals.
const A_WHILE: Duration = Duration::from_secs(1);

/// C053+ C053- C118+ C118- C131- C132+ C140+ C194-
#[test]
fn quick_addresses_move_with_their_mac_and_neighbours_have_nothing_to_learn() {
    addresses_move_with_their_mac("");
}

/// C053+ C053- C118+ C118- C131- C132+ C140+ C194-
#[test]
fn on_the_raw_path_addresses_move_with_their_mac_too() {
    addresses_move_with_their_mac("@xvrrpd xdp_mode off");
}

#[track_caller]
fn addresses_move_with_their_mac(more: &str) {
    let began = Moment::now();
    let lab = lab(Xvrrpd, Xvrrpd, &format!("use_vmac\n    {more}"));
    elect(&lab);
    assert!(is_up(&lab.r1, ON_TOP));
    let has_program = |name| link(&lab.r1, name).contains(" xdp");
    assert_eq!(has_program("eth1"), more.is_empty(), "beneath");
    assert!(!has_program(ON_TOP), "and not on top");
    assert!(exists(&lab.r2, ON_TOP) && !is_up(&lab.r2, ON_TOP));
    assert_eq!(
        addresses_of(&lab.r1, ON_TOP, "-6"),
        "",
        "none follows from the MAC"
    );
    lab.host.machine().ip_batch("neighbour flush dev eth1\n");
    assert!(asks(lab.host.machine(), VIP), "the client is answered");
    assert_eq!(neighbour(&lab, VIP), MAC.to_string());
    let answers = lab.second.arps(began).into_iter();
    let answers = answers.filter(|arp| arp.operation == 2 && arp.target == CLIENT);
    assert!(
        answers.into_iter().all(|arp| arp.sender_mac == MAC),
        "the interface beneath says nothing"
    );
    eventually("the switch knows where the MAC is", || {
        is_behind(&lab, "r1-eth1")
    });

    lab.r1.kill_daemon();
    within(LONG, "r2 takes over", || holds(&lab.r2));
    eventually("the switch sees the MAC move", || {
        is_behind(&lab, "r2-eth1")
    });
    assert!(is_up(&lab.r2, ON_TOP));
    assert!(!exists(&lab.r1, ON_TOP), "the guard has removed it");
    assert!(
        asks(lab.host.machine(), VIP),
        "the client need not ask again where it is"
    );
    assert_eq!(neighbour(&lab, VIP), MAC.to_string());

    // Whoever talks from the address asks for others in his own name: in that of the address he would teach them his own MAC.
    for (machine, address) in [
        (lab.r2.machine(), "172.20.0.10/24"),
        (lab.host.machine(), "172.20.0.200/24"),
    ] {
        machine.ip_batch(&format!("address add {address} dev eth1\n"));
    }
    eventually("the filter knows the new address", || {
        let rules = lab.r2.machine().run("nft", &["list", "ruleset"]);
        rules.contains("172.20.0.0/24 : 172.20.0.10")
    });
    lab.r2.machine().ip_batch("neighbour flush all\n");
    for client in ["192.168.0.200", "172.20.0.200"] {
        let url = format!("http://{client}/");
        let from = VIP.to_string();
        let talks = ["--silent", "--max-time", "2", "--interface", &from, &url];
        let talked = lab.r2.machine().output("curl", &talks).status.code();
        assert_ne!(
            talked, TIMED_OUT,
            "the client answers whoever has the address"
        );
    }
    let asked = |target: [u8; 4], sender: [u8; 4]| {
        let arps = lab.second.arps(began).into_iter();
        let (target, sender) = (Ipv4Addr::from(target), Ipv4Addr::from(sender));
        let mut questions = arps.filter(|arp| arp.operation == 1 && arp.target == target);
        questions.any(|arp| arp.sender == sender && arp.sender_mac == lab.r2.identity().second_mac)
    };
    eventually("it asks in the name of its own address", || {
        asked([192, 168, 0, 200], lab.r2.identity().second.octets())
    });
    eventually("and of the one it has in each network", || {
        asked([172, 20, 0, 200], [172, 20, 0, 10])
    });

    lab.r1.start_daemon();
    within(LONG, "r1 takes over again", || holds(&lab.r1));
    eventually("the switch sees the MAC move", || {
        is_behind(&lab, "r1-eth1")
    });
    within(LONG, "r2 has given it up", || !is_up(&lab.r2, ON_TOP));
    assert!(asks(lab.host.machine(), VIP));
    assert_eq!(neighbour(&lab, VIP), MAC.to_string());
    for node in [&lab.r1, &lab.r2] {
        node.stop_daemon();
        assert!(!exists(node, ON_TOP), "nothing is left");
        assert_eq!(node.machine().run("nft", &["list", "ruleset"]), "");
    }

    let adverts = lab.second.advertisements();
    assert!(!adverts.is_empty() && adverts.iter().all(|advert| advert.mac == MAC));
    let arps = lab.second.arps(began);
    let about: Vec<_> = arps.iter().filter(|arp| arp.sender == VIP).collect();
    assert!(
        about.iter().any(|arp| arp.operation == 2),
        "questions were answered"
    );
    assert!(about.iter().all(|arp| arp.sender_mac == MAC), "{about:?}");
}

/// C093+ C093- C123+ C123-
#[test]
fn what_is_sent_to_the_mac_is_forwarded_by_the_active_router_and_by_no_backup() {
    let lab = lab(Xvrrpd, Xvrrpd, "use_vmac");
    for (machine, own, other, way) in [
        (
            lab.r1.machine(),
            "10.77.0.1",
            "10.77.0.2",
            lab.r2.identity().first,
        ),
        (
            lab.r2.machine(),
            "10.77.0.2",
            "10.77.0.1",
            lab.r1.identity().first,
        ),
    ] {
        machine.run("sysctl", &["-w", "net.ipv4.ip_forward=1"]);
        machine.ip_batch(&format!(
            "address add {own} dev lo\nroute add {other} via {way}\n"
        ));
    }
    let host = lab.host.machine();
    host.ip_batch(&format!("route add 10.77.0.0/24 via {VIP}\n"));
    elect(&lab);
    let beyond = |node: u8| asks(host, Ipv4Addr::new(10, 77, 0, node));
    assert!(beyond(2), "r1 forwards it to r2");

    let fdb = |verb: &str, how: &[&str]| {
        let mac = MAC.to_string();
        let entry = ["fdb", verb, &mac, "dev", "r2-eth1", "master"];
        lab.switch().run("bridge", &[&entry[..], how].concat())
    };
    // Whatever r1 goes on saying.
    fdb("replace", &["static", "sticky"]);
    assert!(!beyond(1), "a Backup that gets it discards it");
    fdb("del", &[]);
    lab.r1.stop_daemon();
    within(LONG, "r2 takes over", || holds(&lab.r2));
    eventually("and forwards as soon as it is Active", || beyond(1));
}

/// C119+ C119- C120+ C120-
#[test]
fn over_ipv6_neighbours_hear_of_the_mac_alone() {
    let lab = lab_of(Xvrrpd, Xvrrpd, |priority| {
        instance(
            "use_vmac",
            priority,
            &VIPS_OF_IPV6.map(|vip| format!("{vip}/64")).join("\n"),
        )
    });
    for (machine, address) in [
        (lab.r1.machine(), "2001:db8::9/64"),
        (lab.r2.machine(), "2001:db8::10/64"),
        (lab.host.machine(), "2001:db8::200/64"),
    ] {
        machine.ip_batch(&format!("address add {address} dev eth1 nodad\n"));
    }
    for node in [&lab.r1, &lab.r2] {
        node.machine()
            .run("sysctl", &["-w", "net.ipv6.conf.all.forwarding=1"]);
    }
    let holds = |node: &Node| node.is_active() && VIPS_OF_IPV6.iter().all(|vip| node.holds(*vip));
    lab.r1.start_daemon();
    within(LONG, "r1 is Active", || holds(&lab.r1));
    lab.r2.start_daemon();
    within(LONG, "r2 is Backup", || lab.r2.is_backup());
    let is_member = |node: &Node| {
        let groups = node
            .machine()
            .run("ip", &["-6", "maddress", "show", "dev", ON_TOP_FOR_IPV6]);
        groups.contains("ff02::1:ff00:5")
    };
    assert!(
        is_member(&lab.r1) && !is_member(&lab.r2),
        "who asks for it reaches r1 alone"
    );
    let six = format!("[{}]", VIPS_OF_IPV6[1]);
    assert!(is_answered(lab.host.machine(), &six));

    // From an address of the router to somebody on the link whom it has never met.
    let host = lab.host.machine();
    host.ip_batch("address add fe80::200/64 dev eth1 nodad\n");
    let newcomer = format!("[fe80::200%25{ON_TOP_FOR_IPV6}]");
    assert!(is_answered(lab.r1.machine(), &newcomer));

    lab.r1.kill_daemon();
    within(LONG, "r2 takes over", || holds(&lab.r2));
    eventually("the client is answered", || {
        is_answered(lab.host.machine(), &six)
    });
    lab.r2.stop_daemon();

    let count = |filter: &str| lines(&lab.second, filter);
    let mac = "icmpv6.opt.linkaddr == 00:00:5e:00:02:3c";
    let about =
        "(icmpv6.nd.na.target_address == fe80::5 || icmpv6.nd.na.target_address == 2001:db8::5)";
    let adverts = count(about);
    assert!(
        count(&format!("{about} && icmpv6.nd.na.flag.s == 1")) >= 1,
        "questions were answered"
    );
    assert_eq!(
        count(&format!("{about} && icmpv6.nd.na.flag.r == 1 && {mac}")),
        adverts
    );
    let from = "icmpv6.type == 135 && (ipv6.src == fe80::5 || ipv6.src == 2001:db8::5)";
    let questions = count(from);
    assert!(questions >= 1, "r1 has asked for the client");
    assert_eq!(count(&format!("{from} && {mac}")), questions);
    let adverts = count("vrrp");
    assert_eq!(
        count("vrrp && eth.src == 00:00:5e:00:02:3c && ipv6.src == fe80::/10"),
        adverts
    );
}

#[test]
fn two_that_are_active_hear_each_other_although_they_have_one_mac() {
    for more in ["", "@xvrrpd xdp_mode off"] {
        let lab = lab(Xvrrpd, Xvrrpd, &format!("use_vmac\n    {more}"));
        elect(&lab);
        lab.r1.pause_daemon();
        within(LONG, "r2 takes over", || holds(&lab.r2));
        lab.r1.continue_daemon();
        within(LONG, "r2 hears r1, which has the higher priority", || {
            lab.r2.is_backup() && !is_up(&lab.r2, ON_TOP)
        });
        within(LONG, "r1 has everything", || {
            holds(&lab.r1) && is_up(&lab.r1, ON_TOP)
        });
        eventually("the client is answered", || asks(lab.host.machine(), VIP));
    }
}

#[test]
fn we_and_keepalived_have_one_mac() {
    for (r1, r2) in [(Xvrrpd, Keepalived), (Keepalived, Xvrrpd)] {
        let lab = lab(r1, r2, "use_vmac");
        elect(&lab);
        assert!(asks(lab.host.machine(), VIP));
        assert_eq!(neighbour(&lab, VIP), MAC.to_string());
        lab.r1.stop_daemon();
        within(LONG, "r2 takes over", || holds(&lab.r2));
        eventually("the switch sees the MAC move", || {
            is_behind(&lab, "r2-eth1")
        });
        eventually("the client is answered", || asks(lab.host.machine(), VIP));
        lab.r1.start_daemon();
        within(LONG, "r1 takes over again", || {
            holds(&lab.r1) && lab.r2.is_backup()
        });
        assert!(
            lab.second
                .advertisements()
                .iter()
                .all(|advert| advert.mac == MAC)
        );
    }
}

#[test]
fn adverts_come_from_beneath_where_that_is_asked_for() {
    let lab = lab(Xvrrpd, Xvrrpd, "use_vmac vip0\n    vmac_xmit_base");
    elect(&lab);
    assert!(is_up(&lab.r1, "vip0") && asks(lab.host.machine(), VIP));
    assert_eq!(neighbour(&lab, VIP), MAC.to_string());
    lab.r1.stop_daemon();
    within(LONG, "r2 takes over", || holds(&lab.r2));
    let adverts = lab.second.advertisements();
    let macs = [lab.r1.identity().second_mac, lab.r2.identity().second_mac];
    assert!(adverts.iter().all(|advert| macs.contains(&advert.mac)));
}

/// The seeds speak on one network and have their addresses on another.
#[test]
fn an_address_on_another_interface_has_the_mac_there() {
    let lab = lab_of(Xvrrpd, Xvrrpd, |priority| {
        let vip = format!("{VIP}/24 dev eth1");
        instance("use_vmac_addr", priority, &vip).replace("interface eth1", "interface eth0")
    });
    elect(&lab);
    assert!(is_up(&lab.r1, ON_TOP) && asks(lab.host.machine(), VIP));
    assert_eq!(neighbour(&lab, VIP), MAC.to_string());
    lab.r1.kill_daemon();
    within(LONG, "r2 takes over", || holds(&lab.r2));
    eventually("its announcement moves the MAC", || {
        is_behind(&lab, "r2-eth1")
    });
    assert!(asks(lab.host.machine(), VIP));
    let adverts = lab.first.advertisements();
    let macs = [lab.r1.identity().first_mac, lab.r2.identity().first_mac];
    assert!(!adverts.is_empty() && adverts.iter().all(|advert| macs.contains(&advert.mac)));
}

/// The kernel takes 15 ms to switch an interface off and 40 ms to remove it: nobody waits for 255 of that.
#[test]
fn all_virtual_routers_of_a_link_hand_over_with_their_macs() {
    const ALL: usize = 255;
    let lab = lab_of(Xvrrpd, Xvrrpd, |priority| {
        let instances = (1..=ALL).map(|vrid| {
            format!(
                "vrrp_instance V{vrid} {{\n    interface eth1\n    virtual_router_id {vrid}\n    version 3\n    priority {priority}\n    \
                 use_vmac\n    virtual_ipaddress {{\n        10.99.0.{vrid}/32\n    }}\n}}\n"
            )
        });
        instances.collect()
    });
    let all = (1..=255).map(|last| Ipv4Addr::new(10, 99, 0, last));
    let all: Vec<_> = all.collect();
    let has_all = |node: &Node| node.owns(&all).len() == ALL;
    let has_none = |node: &Node| node.owns(&all).is_empty();
    let up = |node: &Node| {
        let shown = node
            .machine()
            .run("ip", &["-brief", "link", "show", "type", "macvlan"]);
        shown
            .lines()
            .filter(|line| line.contains(",UP,LOWER_UP"))
            .count()
    };
    lab.r1.start_daemon();
    within(LONG, "r1 has everything", || {
        has_all(&lab.r1) && up(&lab.r1) == ALL
    });
    lab.r2.start_daemon();
    within(LONG, "r2 is Backup", || {
        lab.r2.said(&["(V255) Entering BACKUP STATE"])
    });
    lab.r1.kill_daemon();
    within(
        Duration::from_secs(3),
        "the guard gives everything up",
        || has_none(&lab.r1),
    );
    within(LONG, "r2 has everything", || {
        has_all(&lab.r2) && up(&lab.r2) == ALL
    });
    lab.r1.start_daemon();
    within(LONG, "r1 takes over again", || has_all(&lab.r1));
    within(Duration::from_secs(2), "r2 gives up what r1 has", || {
        has_none(&lab.r2)
    });
    within(LONG, "and switches off", || up(&lab.r2) == 0);
    let stops = Moment::now();
    lab.r1.stop_daemon();
    assert!(has_none(&lab.r1) && up(&lab.r1) == 0);
    let took = Moment::now().since(stops);
    assert!(took < Duration::from_secs(5), "{took:?} to stop");
}

#[test]
fn whatever_becomes_of_the_daemon_the_interface_goes_with_it() {
    let lab = lab(Xvrrpd, Xvrrpd, "use_vmac");
    elect(&lab);
    lab.r2.kill_daemon();
    eventually("a Backup's is removed too", || !exists(&lab.r2, ON_TOP));
    lab.r1.kill_every_process();
    lab.r1.wait_until_ended();
    assert!(is_up(&lab.r1, ON_TOP), "nobody was left to remove it");
    lab.r1
        .write_config(&instance("", 101, &format!("{VIP}/24")));
    lab.r1.start_daemon();
    within(LONG, "the next start removes it", || {
        !exists(&lab.r1, ON_TOP)
    });
    within(LONG, "r1 is Active without it", || holds(&lab.r1));
    assert_eq!(lab.r1.machine().run("nft", &["list", "ruleset"]), "");
}

#[test]
fn who_takes_the_interface_away_gets_it_back_and_nobody_fails_over() {
    let lab = lab(Xvrrpd, Xvrrpd, "use_vmac");
    elect(&lab);
    for line in [
        format!("link set {ON_TOP} down"),
        format!("link del {ON_TOP}"),
        format!("link set {ON_TOP} down\nlink set {ON_TOP} name other"),
        format!("address flush dev {ON_TOP}"),
    ] {
        lab.r1.machine().ip_batch(&format!("{line}\n"));
        within(LONG, "it is back", || {
            is_up(&lab.r1, ON_TOP) && holds(&lab.r1) && !exists(&lab.r1, "other")
        });
        eventually("the client is answered", || asks(lab.host.machine(), VIP));
    }
    assert!(!lab.r2.said(&["Entering MASTER STATE"]), "r2 had no reason");
}

#[test]
fn the_interface_beneath_may_go_and_come_back() {
    let lab = lab(Xvrrpd, Xvrrpd, "use_vmac");
    elect(&lab);
    lab.r1.machine().ip_batch("link set eth1 down\n");
    within(LONG, "r2 takes over", || holds(&lab.r2));
    lab.r1.machine().ip_batch("link set eth1 up\n");
    within(LONG, "r1 takes over again", || {
        holds(&lab.r1) && is_up(&lab.r1, ON_TOP)
    });
    lab.r1
        .machine()
        .ip_batch("link set eth1 down\nlink set eth1 name eth7\n");
    within(LONG, "r2 takes over again", || holds(&lab.r2));
    let identity = lab.r1.identity();
    lab.r1.machine().ip_batch(&format!(
        "link set eth7 name eth1\nlink set eth1 up\naddress replace {}/24 dev eth1\n",
        identity.second
    ));
    within(LONG, "r1 takes over again", || {
        holds(&lab.r1) && is_up(&lab.r1, ON_TOP)
    });
    eventually("the client is answered", || asks(lab.host.machine(), VIP));
}

#[test]
fn a_reload_moves_the_addresses_to_the_mac_and_back() {
    let lab = lab(Xvrrpd, Xvrrpd, "");
    elect(&lab);
    let say = |more: &str| {
        lab.r1
            .write_config(&instance(more, 101, &format!("{VIP}/24")))
    };
    let is_on = |interface: &str| addresses_of(&lab.r1, interface, "-4").contains(&VIP.to_string());
    for (more, interface, gone) in [
        ("use_vmac", ON_TOP, "vip0"),
        ("use_vmac vip0 02:00:00:00:00", "vip0", ON_TOP),
        ("use_vmac vip0 02:00:00:00:01", "vip0", ON_TOP),
        ("", "eth1", "vip0"),
    ] {
        say(more);
        assert_eq!(reload(&lab.r1), Reloaded::Complete);
        let mac = more
            .split_once("02:")
            .map(|(_, end)| format!("02:{end}:3c"));
        within(LONG, "the address has moved", || {
            let has_mac = |mac: &String| link(&lab.r1, interface).contains(mac.as_str());
            is_on(interface) && !exists(&lab.r1, gone) && mac.iter().all(has_mac)
        });
        eventually("the client is answered", || asks(lab.host.machine(), VIP));
    }
    assert!(!lab.r2.said(&["Entering MASTER STATE"]), "r2 had no reason");
}

/// As in a container: no `nft`, and nothing may be set.
#[test]
fn with_nothing_to_keep_neighbours_from_another_mac_the_log_says_so_and_the_addresses_move() {
    let lab = lab(Xvrrpd, Xvrrpd, "use_vmac");
    let hide = "for nft in /usr/sbin/nft /usr/bin/nft; do \
                [ ! -e $nft ] || mount --bind /dev/null $nft; done; \
                mount --bind /proc/sys /proc/sys; mount -o remount,ro,bind /proc/sys";
    for node in [&lab.r1, &lab.r2] {
        node.machine().run("sh", &["-ec", hide]);
    }
    elect(&lab);
    assert!(
        lab.r1
            .said(&["neighbours may hear another MAC than the virtual one for 1 addresses"])
    );
    assert!(lab.r1.said(&[ON_TOP, "ipv4.arp_ignore=1", "cannot be set"]));
    lab.r1.kill_daemon();
    within(LONG, "r2 takes over", || {
        holds(&lab.r2) && is_up(&lab.r2, ON_TOP)
    });
    eventually("the client is answered", || asks(lab.host.machine(), VIP));
}

/// The name is somebody else's: that router is at fault until it is free, and says so.
#[test]
fn a_name_that_is_taken_is_a_fault_until_it_is_free() {
    let lab = lab(Xvrrpd, Xvrrpd, "use_vmac");
    lab.r1
        .machine()
        .ip_batch(&format!("link add {ON_TOP} type bridge\n"));
    lab.r1.start_daemon();
    within(LONG, "r1 says why it cannot", || {
        lab.r1
            .said(&[ON_TOP, "there is an interface of this name already"])
    });
    never(A_WHILE, "r1 takes part", || lab.r1.is_active());
    lab.r1.machine().ip_batch(&format!("link del {ON_TOP}\n"));
    within(LONG, "r1 is Active", || holds(&lab.r1));
}

fn lab(r1: Daemon, r2: Daemon, more: &str) -> Lab {
    lab_of(r1, r2, |priority| {
        instance(more, priority, &format!("{VIP}/24"))
    })
}

/// Both nodes have their configurations and do not run yet.
fn lab_of(r1: Daemon, r2: Daemon, configuration: impl Fn(u8) -> String) -> Lab {
    let lab = Lab::of_seeds(r1, r2);
    for node in [&lab.r1, &lab.r2] {
        node.write_config(&configuration(node.identity().priority));
    }
    lab
}

fn instance(more: &str, priority: u8, addresses: &str) -> String {
    format!(
        "vrrp_instance A {{\n    interface eth1\n    virtual_router_id 60\n    version 3\n    priority {priority}\n    \
         advert_int 0.2\n    {more}\n    virtual_ipaddress {{\n        {addresses}\n    }}\n}}\n"
    )
}

#[track_caller]
fn elect(lab: &Lab) {
    lab.r1.start_daemon();
    within(LONG, "r1 is Active", || holds(&lab.r1));
    lab.r2.start_daemon();
    within(LONG, "r2 is Backup", || lab.r2.is_backup());
}

fn holds(node: &Node) -> bool {
    node.is_active() && node.holds(VIP)
}

/// What `ip` says of an interface; nothing if there is none.
fn link(node: &Node, name: &str) -> String {
    let output = node.machine().output("ip", &["link", "show", "dev", name]);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn exists(node: &Node, name: &str) -> bool {
    !link(node, name).is_empty()
}

fn is_up(node: &Node, name: &str) -> bool {
    link(node, name).contains(",UP,LOWER_UP>")
}

fn addresses_of(node: &Node, interface: &str, family: &str) -> String {
    node.machine()
        .run("ip", &[family, "address", "show", "dev", interface])
}

/// Where the client believes an address to be.
fn neighbour(lab: &Lab, address: Ipv4Addr) -> String {
    let shown = lab
        .host
        .machine()
        .run("ip", &["neighbour", "show", &address.to_string()]);
    let mut words = shown
        .split_whitespace()
        .skip_while(|word| *word != "lladdr");
    words.nth(1).unwrap_or_default().to_owned()
}

/// Whether the switch has learnt that the virtual MAC is behind this port.
fn is_behind(lab: &Lab, port: &str) -> bool {
    let table = lab.switch().run("bridge", &["fdb", "show", "dynamic"]);
    let mac = MAC.to_string();
    table
        .lines()
        .any(|line| line.starts_with(&mac) && line.contains(&format!("dev {port} ")))
}

fn asks(machine: &Namespace, address: Ipv4Addr) -> bool {
    is_answered(machine, &address.to_string())
}

/// What `curl` says when nobody answered in time.
const TIMED_OUT: Option<i32> = Some(28);

/// Whether whoever has an address says anything at all, if only that nobody listens there.
fn is_answered(machine: &Namespace, address: &str) -> bool {
    let url = format!("http://{address}/");
    let output = machine.output("curl", &["--globoff", "--silent", "--max-time", "1", &url]);
    output.status.code() != TIMED_OUT
}

/// How many frames `tshark` finds.
fn lines(tap: &Wiretap, filter: &str) -> usize {
    let mut tshark = Command::new("tshark");
    tshark.arg("-r").arg(tap.file()).args(["-Y", filter]);
    let output = tshark.output().expect("`tshark` runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        !said.contains("is neither a field nor a protocol name"),
        "{said}"
    );
    String::from_utf8_lossy(&output.stdout).lines().count()
}
