//! Interfaces with a virtual MAC, in a network of the test's own.

use super::*;
use crate::system::test_network::{alone, cable, sh};

fn kernel(test: &str, story: impl AsyncFnOnce(Netlink)) {
    alone(&format!("system::netlink::macvlan::tests::{test}"), || {
        cable();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async { story(Netlink::connect().unwrap()).await });
    });
}

fn names<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.map(String::from).into()
}

fn of_51() -> Macvlan {
    Macvlan {
        name: "vrrp.51".into(),
        parent: "eth0".into(),
        mac: [0, 0, 0x5e, 0, 1, 51],
        group: Some(7),
    }
}

/// C131+ C194+
#[test]
fn it_has_the_mac_and_no_address_that_follows_from_it() {
    kernel(
        "it_has_the_mac_and_no_address_that_follows_from_it",
        async |netlink| {
            let index = netlink.make_macvlan(&of_51()).await.unwrap();
            let shown = sh("ip -details link show vrrp.51");
            for part in [
                "vrrp.51@eth0:",
                "state DOWN",
                "00:00:5e:00:01:33",
                "macvlan mode bridge",
                "addrgenmode none",
                "group 7",
                "alias xvrrpd",
            ] {
                assert!(shown.contains(part), "{part}: {shown}");
            }
            assert!(shown.starts_with(&format!("{index}:")), "{shown}");
            netlink.enable("vrrp.51", true).await.unwrap();
            assert!(sh("ip link show vrrp.51").contains(",UP,LOWER_UP>"));
            assert_eq!(sh("ip -6 address show dev vrrp.51"), "");
        },
    );
}

#[test]
fn what_an_earlier_run_left_is_taken_and_switched_off() {
    kernel(
        "what_an_earlier_run_left_is_taken_and_switched_off",
        async |netlink| {
            sh(
                "ip link add vrrp.51 link eth0 address 00:00:5e:00:01:33 type macvlan mode private; ip link set vrrp.51 up",
            );
            netlink.make_macvlan(&of_51()).await.unwrap();
            let shown = sh("ip -details link show vrrp.51");
            assert!(
                shown.contains("state DOWN") && shown.contains("mode bridge"),
                "{shown}"
            );
            assert_eq!(
                netlink.remove_macvlans(&names(["vrrp.51"])).await,
                Ok(vec![]),
                "it is somebody's"
            );
        },
    );
}

#[test]
fn an_interface_that_only_has_the_name_is_left_alone() {
    kernel(
        "an_interface_that_only_has_the_name_is_left_alone",
        async |netlink| {
            for line in [
                "ip link add vrrp.51 type bridge",
                "ip link add vrrp.51 link eth0 address 00:00:5e:00:01:34 type macvlan",
                "ip link add vrrp.51 link peer address 00:00:5e:00:01:33 type macvlan",
            ] {
                sh(line);
                let refused = netlink.make_macvlan(&of_51()).await;
                assert_eq!(refused, Err(MacvlanError::Another("eth0".into())), "{line}");
                sh("ip link del vrrp.51");
            }
            sh("ip link del eth0");
            let refused = netlink.make_macvlan(&of_51()).await;
            assert_eq!(
                refused,
                Err(NetlinkError::NoInterface("eth0".into()).into())
            );
        },
    );
}

#[test]
fn what_has_our_mark_is_found_and_removed_with_its_addresses() {
    kernel(
        "what_has_our_mark_is_found_and_removed_with_its_addresses",
        async |netlink| {
            netlink.make_macvlan(&of_51()).await.unwrap();
            sh("ip address add 10.0.0.100/24 dev vrrp.51; ip link set eth0 alias xvrrpd");
            assert_eq!(netlink.marked_macvlans().await.unwrap(), ["vrrp.51"]);
            let removed = netlink.remove_macvlans(&names(["eth0", "vrrp.51"])).await;
            assert_eq!(removed.unwrap(), ["vrrp.51"]);
            let removed = netlink.remove_macvlans(&names(["vrrp.51"])).await;
            assert_eq!(removed, Ok(vec![]));
            assert!(!sh("ip address").contains("10.0.0.100"));
        },
    );
}

#[test]
fn many_are_removed_at_once_and_what_others_have_stays() {
    kernel(
        "many_are_removed_at_once_and_what_others_have_stays",
        async |netlink| {
            let named = |number: u8| Macvlan {
                name: format!("vrrp.{number}"),
                mac: [0, 0, 0x5e, 0, 1, number],
                ..of_51()
            };
            for number in 1..=9 {
                netlink.make_macvlan(&named(number)).await.unwrap();
            }
            sh(
                "ip link add vrrp.10 link eth0 type macvlan; ip link add other type dummy group 7 || ip link add other type bridge",
            );
            let all = (1..=10).map(|number| named(number).name);
            let removed = netlink.remove_macvlans(&all.collect()).await.unwrap();
            assert_eq!(removed.len(), 9);
            let left = sh("ip -brief link show");
            assert!(left.contains("vrrp.10") && left.contains("other"), "{left}");
            assert!(!left.contains("vrrp.9"), "{left}");
        },
    );
}

/// Two on one link cannot both be up with one MAC.
#[test]
fn a_mac_that_is_somebodys_is_an_error_when_it_is_switched_on() {
    kernel(
        "a_mac_that_is_somebodys_is_an_error_when_it_is_switched_on",
        async |netlink| {
            sh(
                "ip link add other link eth0 address 00:00:5e:00:01:33 type macvlan; ip link set other up",
            );
            netlink.make_macvlan(&of_51()).await.unwrap();
            let refused = netlink.enable("vrrp.51", true).await.unwrap_err();
            assert!(refused.is(Errno::ADDRINUSE), "{refused}");
        },
    );
}
