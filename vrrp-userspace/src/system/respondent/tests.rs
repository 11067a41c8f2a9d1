//! In a network of the test's own: `eth0` is ours, and `peer` is somebody at the other end who asks.

use std::net::UdpSocket;

use super::*;
use crate::system::{
    clock,
    test_network::{alone, cable, sh},
};

const VIP: &str = "2001:db8::5";

/// How long anything here may take on a busy machine.
const LONG: Duration = Duration::from_secs(30);

#[test]
fn who_asks_for_an_address_is_answered_while_it_is_here() {
    network(
        "who_asks_for_an_address_is_answered_while_it_is_here",
        || {
            let respondent = Respondent::start().unwrap();
            let vip = [route(VIP)];
            respondent.expect(vip.iter());
            eventually("it is a member of the group", || {
                groups().contains("ff02::1:ff00:5")
            });
            assert!(!finds(VIP), "it may come, and is not here yet");
            respondent.answer(vip.iter());
            assert!(finds(VIP));
            assert!(!finds("2001:db8::6"), "which is nobody's");
            respondent.be_silent(vip.iter());
            assert!(!finds(VIP), "it is not here any more");
        },
    );
}

/// Duplicate address detection of somebody who has been given an address of ours.
#[test]
fn who_means_to_take_an_address_of_ours_learns_that_it_is_taken() {
    network(
        "who_means_to_take_an_address_of_ours_learns_that_it_is_taken",
        || {
            let respondent = Respondent::start().unwrap();
            let vip = [route(VIP)];
            respondent.expect(vip.iter());
            respondent.answer(vip.iter());
            eventually("it is a member of the group", || {
                groups().contains("ff02::1:ff00:5")
            });
            sh(&format!("ip address add {VIP}/64 dev peer"));
            eventually("the kernel gives up the other's", || {
                sh("ip -6 address show dev peer").contains("dadfailed")
            });
        },
    );
}

#[test]
fn an_interface_that_comes_back_is_listened_on_again() {
    network("an_interface_that_comes_back_is_listened_on_again", || {
        let respondent = Respondent::start().unwrap();
        let vip = [route(VIP)];
        respondent.expect(vip.iter());
        respondent.answer(vip.iter());
        eventually("it is listened on", || groups().contains("ff02::1:ff00:5"));
        sh("ip link del eth0");
        plug_in();
        eventually("it is listened on again", || {
            groups().contains("ff02::1:ff00:5")
        });
        assert!(finds(VIP));
    });
}

/// The kernel lets one socket join some hundreds of groups.
#[test]
fn three_thousand_groups_are_joined_and_left() {
    network("three_thousand_groups_are_joined_and_left", || {
        let respondent = Respondent::start().unwrap();
        let many: Vec<_> = (1..=3000)
            .map(|number| route(&format!("2001:db8::{number:x}")))
            .collect();
        respondent.expect(many.iter());
        respondent.answer(many.iter());
        let is_member_of = |count| groups().matches("inet6 ff02::1:ff00:").count() == count;
        eventually("all are joined", || is_member_of(3000));
        assert!(finds("2001:db8::bb8"));
        respondent.expect(many.iter().take(1));
        eventually("all but one are left", || is_member_of(1));
        assert!(!finds("2001:db8::bb7"));
        assert!(finds("2001:db8::1"));
    });
}

fn network(name: &str, test: impl FnOnce()) {
    alone(&format!("system::respondent::tests::{name}"), || {
        plug_in();
        test();
    });
}

fn plug_in() {
    cable();
    // So that the group of its link-local address is none that a test counts.
    sh("ip link set eth0 down; ip link set eth0 address 02:00:00:77:00:01 up");
    sh("ip address add 2001:db8::9:9/64 dev peer nodad");
}

fn route(address: &str) -> InterfaceAddress {
    InterfaceAddress {
        form: Form::Route,
        ..InterfaceAddress::new("eth0", address.parse().unwrap(), 128)
    }
}

fn groups() -> String {
    sh("ip -6 maddress show dev eth0")
}

/// Whether somebody at `peer` finds out where `address` is: he has asked three times when he gives up.
fn finds(address: &str) -> bool {
    sh("ip -6 neighbour flush dev peer nud all");
    let socket = UdpSocket::bind("[2001:db8::9:9]:0").unwrap();
    socket.send_to(b"anybody there?", (address, 9)).unwrap();
    let began = clock::now();
    let link = sh("ip -oneline link show dev eth0");
    loop {
        let entry = sh(&format!("ip -6 neighbour show {address} dev peer"));
        if let Some((_, answer)) = entry.split_once("lladdr ") {
            let mac = answer.split(' ').next().unwrap();
            assert!(link.contains(&format!("link/ether {mac} ")), "{entry}");
            return true;
        }
        if entry.contains("FAILED") {
            return false;
        }
        assert!(clock::now().since(began) < LONG, "{entry}");
        thread::yield_now();
    }
}

#[track_caller]
fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let began = clock::now();
    while !holds() {
        assert!(clock::now().since(began) < LONG, "not in time: {what}");
        thread::yield_now();
    }
}
