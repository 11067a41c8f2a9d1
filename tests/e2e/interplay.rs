//! Ours and keepalived on one network, as each other's pair and as each other's measure.

use std::time::Duration;

use vrrp_tests::Daemon::{self, Keepalived, Xvrrpd};
use vrrp_tests::story::Handover;
use vrrp_tests::{Lab, Moment, Plan, eventually, seeds};

/// What keepalived 2.2.7 sends with the seed of priority 101, from the VRRP header on.
const SEEDS_ADVERTISEMENT: [u8; 16] = [
    0x21, 89, 101, 0, 1, 1, 0x16, 0x43, b'1', b'1', b'1', b'1', 0, 0, 0, 0,
];

#[test]
fn keepalived_sends_what_was_captured_of_it() {
    sends_the_seeds_advertisement(Keepalived);
}

/// C050+ C160+
#[test]
fn we_send_byte_for_byte_what_keepalived_sends() {
    sends_the_seeds_advertisement(Xvrrpd);
}

fn sends_the_seeds_advertisement(daemon: Daemon) {
    let lab = Lab::of_seeds(daemon, daemon);
    lab.start_alone(&lab.r1);
    eventually("three adverts are heard", || {
        lab.first.advertisements().len() >= 3
    });

    for advert in lab.first.advertisements() {
        assert_eq!(advert.message, SEEDS_ADVERTISEMENT);
        assert_eq!((advert.ttl, advert.vlan), (255, None));
        assert_eq!(advert.source, lab.r1.identity().first);
        assert_eq!(advert.mac, lab.r1.identity().first_mac);
    }
    assert_eq!(lab.first.complaints(lab.r1.identity().first), [""; 0]);
}

#[test]
fn keepalived_announces_each_address_ten_times() {
    announces_each_address_ten_times(Keepalived);
}

/// C148+
#[test]
fn we_announce_each_address_as_keepalived_does() {
    announces_each_address_ten_times(Xvrrpd);
}

/// Five rounds at once, five more five seconds later.
fn announces_each_address_ten_times(daemon: Daemon) {
    let lab = Lab::of_seeds(daemon, daemon);
    let began = Moment::now();
    lab.start_alone(&lab.r1);
    let mac = lab.r1.identity().second_mac;
    let announced = || -> Vec<_> {
        let arps = lab.second.arps(began).into_iter();
        arps.filter(|arp| arp.sender_mac == mac && arp.is_gratuitous())
            .collect()
    };
    eventually("all rounds are announced", || announced().len() >= 20);

    let announced = announced();
    let addresses: Vec<_> = announced.iter().map(|arp| arp.sender).collect();
    assert_eq!(
        addresses,
        seeds::ADDRESSES.repeat(10),
        "one round after the other"
    );
    assert!(
        announced
            .iter()
            .all(|arp| arp.operation == 1 && arp.length == 42)
    );
    assert!(announced.iter().all(|arp| arp.target_mac.0 == [0xff; 6]));
    let pause = announced[10].at.since(announced[9].at);
    assert!(
        (4900..5500).contains(&pause.as_millis()),
        "{pause:?} between the bursts"
    );
}

#[test]
fn two_keepaliveds_hand_over_in_version_3() {
    hands_over_in_version_3(Keepalived, Keepalived);
}

#[test]
fn two_of_ours_hand_over_in_version_3() {
    hands_over_in_version_3(Xvrrpd, Xvrrpd);
}

#[test]
fn we_hand_over_to_keepalived_in_version_3() {
    hands_over_in_version_3(Xvrrpd, Keepalived);
}

#[test]
fn keepalived_hands_over_to_us_in_version_3() {
    hands_over_in_version_3(Keepalived, Xvrrpd);
}

fn hands_over_in_version_3(r1: Daemon, r2: Daemon) {
    let lab = Lab::new(&Plan::seeds(r1, r2).with_configs(in_version_3));
    lab.elect();
    let advert = lab
        .first
        .advertisements()
        .pop()
        .expect("an Active node advertises");
    assert_eq!(
        (advert.version, &advert.addresses[..]),
        (3, &seeds::ADDRESSES[..1])
    );

    let stopped = Moment::now();
    lab.r1.stop_daemon();

    let limit = Duration::from_secs(5);
    let handover = Handover::watch(&lab, &lab.r1, &lab.r2, stopped, limit);
    handover.lasted(seeds::skew_time(lab.r2.identity().priority));
    for node in [&lab.r1, &lab.r2] {
        assert_eq!(
            lab.first.complaints(node.identity().first),
            [""; 0],
            "{}",
            node.name()
        );
    }
}

/// The seed with `version 3`, which knows no passwords, and its first address advertised, without which keepalived
/// would refuse it.
fn in_version_3(seed: &str) -> String {
    let at = seed
        .find("    authentication {")
        .expect("the seed has a password");
    let end = at + seed[at..].find("}\n").expect("the block ends") + 2;
    let open = seed[..at].to_owned() + "    version 3\n" + &seed[end..];
    let moved = open.replacen("        192.168.0.5 dev eth1\n", "", 1);
    moved.replacen(
        "virtual_ipaddress {\t",
        "virtual_ipaddress {\n        192.168.0.5 dev eth1 #",
        1,
    )
}
