//! Against the kernel, in a network of the test's own.

use std::{future::Future, net::IpAddr, process::Command};

use super::*;
use crate::{
    protocol::Family,
    system::test_network::{alone, cable, sh},
};

#[test]
fn what_is_added_is_there_with_our_mark_and_gone_when_removed() {
    kernel(
        "what_is_added_is_there_with_our_mark_and_gone_when_removed",
        async |netlink| {
            let addresses = vips(1000);
            assert_eq!(
                netlink.add_addresses(&addresses).await,
                Installed::default()
            );

            let observed = netlink.addresses("eth0").await.unwrap();
            assert_eq!(
                observed.iter().filter(|observed| observed.is_ours).count(),
                1000
            );
            assert!(sh("ip addr show dev eth0").contains("192.168.3.231/32 scope global"));

            assert_eq!(netlink.remove_addresses(&addresses).await, []);
            assert_eq!(
                netlink
                    .addresses("eth0")
                    .await
                    .unwrap()
                    .iter()
                    .filter(|a| a.is_ours)
                    .count(),
                0
            );
        },
    );
}

#[test]
fn an_address_of_the_administrator_is_reported_and_survives() {
    kernel(
        "an_address_of_the_administrator_is_reported_and_survives",
        async |netlink| {
            sh("ip addr add 192.168.0.1/32 dev eth0");
            let addresses = vips(3);

            let installed = netlink.add_addresses(&addresses).await;
            assert_eq!(installed.failures, []);
            assert_eq!(installed.existing_not_ours, addresses[1..2]);
            assert_eq!(
                netlink.add_addresses(&addresses).await,
                installed,
                "ours may be added twice"
            );

            let mut leftovers = netlink.remove_leftovers(&addresses, true).await.unwrap();
            leftovers.sort();
            assert_eq!(leftovers, [addresses[0].clone(), addresses[2].clone()]);
            assert!(sh("ip addr show dev eth0").contains("192.168.0.1/32"));
        },
    );
}

#[test]
fn removing_what_is_not_there_is_no_failure() {
    kernel(
        "removing_what_is_not_there_is_no_failure",
        async |netlink| {
            let mut addresses = vips(2);
            addresses[1].interface = "eth9".into();
            assert_eq!(netlink.remove_addresses(&addresses).await, []);
        },
    );
}

#[test]
fn an_address_is_removed_from_an_interface_that_was_renamed() {
    kernel(
        "an_address_is_removed_from_an_interface_that_was_renamed",
        async |netlink| {
            let addresses = vips(2);
            netlink.add_addresses(&addresses).await;
            sh("ip link set eth0 down && ip link set eth0 name lan && ip link set lan up");
            assert_eq!(netlink.remove_addresses(&addresses).await, []);
            assert!(!sh("ip addr show dev lan").contains("192.168.0."));
        },
    );
}

#[test]
fn an_address_on_a_missing_interface_fails_and_the_others_do_not() {
    kernel(
        "an_address_on_a_missing_interface_fails_and_the_others_do_not",
        async |netlink| {
            let mut addresses = vips(3);
            addresses[1].interface = "eth9".into();
            let failures = netlink.add_addresses(&addresses).await.failures;
            assert_eq!(failures.len(), 1);
            assert_eq!(
                failures[0].to_string(),
                "192.168.0.1/32 on eth9: there is no interface `eth9`"
            );
            assert_eq!(
                netlink
                    .addresses("eth0")
                    .await
                    .unwrap()
                    .iter()
                    .filter(|a| a.is_ours)
                    .count(),
                2
            );
        },
    );
}

#[test]
fn label_broadcast_and_scope_reach_the_kernel() {
    kernel(
        "label_broadcast_and_scope_reach_the_kernel",
        async |netlink| {
            let mut address = InterfaceAddress::new("eth0", "10.0.0.9".parse().unwrap(), 24);
            address.label = Some("eth0:vip".into());
            address.broadcast = Some("10.0.0.255".parse().unwrap());
            address.scope = 253;
            assert_eq!(
                netlink.add_addresses(&[address]).await,
                Installed::default()
            );
            let shown = sh("ip addr show dev eth0");
            assert!(
                shown.contains("inet 10.0.0.9/24 brd 10.0.0.255 scope link eth0:vip"),
                "{shown}"
            );
        },
    );
}

/// C143+
#[test]
fn an_ipv6_address_needs_no_duplicate_detection() {
    kernel(
        "an_ipv6_address_needs_no_duplicate_detection",
        async |netlink| {
            let address = InterfaceAddress::new("eth0", "2001:db8::9".parse().unwrap(), 128);
            assert_eq!(
                netlink.add_addresses(&[address]).await,
                Installed::default()
            );
            let shown = sh("ip -6 addr show dev eth0");
            let line = shown
                .lines()
                .find(|line| line.contains("2001:db8::9/128"))
                .unwrap();
            assert!(
                line.contains("nodad") && line.contains("deprecated"),
                "{line}"
            );
        },
    );
}

#[test]
fn links_are_listed_with_their_state() {
    kernel("links_are_listed_with_their_state", async |netlink| {
        let find = async |name: &str| netlink.link(name).await.unwrap();
        assert!(find("lo").await.unwrap().loopback);
        let eth0 = find("eth0").await.unwrap();
        assert!(eth0.up && eth0.mac.is_some() && !eth0.no_arp);
        assert_eq!(find("eth9").await, None);
        sh("ip link set peer down; ip link set eth0 arp off");
        let eth0 = find("eth0").await.unwrap();
        assert!(!eth0.up && eth0.no_arp);
        assert_eq!(netlink.links().await.unwrap().len(), 3);
    });
}

#[test]
fn changes_of_links_and_addresses_are_reported() {
    kernel(
        "changes_of_links_and_addresses_are_reported",
        async |netlink| {
            let mut changes = netlink.monitor(&Requester::default()).await.unwrap();

            sh("ip link set peer down");
            until(&mut changes, |change| {
            matches!(change, NetworkChange::Link(link) if link.name == "eth0" && !link.up)
        })
        .await;

            sh("ip addr add 10.0.0.1/24 dev eth0");
            let expected = InterfaceAddress::new("eth0", "10.0.0.1".parse().unwrap(), 24);
            until(&mut changes, |change| {
            matches!(change, NetworkChange::AddressAdded(it) if it.address == expected && !it.is_ours)
        })
        .await;

            sh(
                "ip link set eth0 down; ip link set eth0 name lan0; ip addr del 10.0.0.1/24 dev lan0",
            );
            let expected = InterfaceAddress {
                interface: "lan0".into(),
                ..expected
            };
            until(&mut changes, |change| {
            matches!(change, NetworkChange::AddressRemoved { observed, .. } if observed.address.is_same_as(&expected))
        })
        .await;

            sh("ip link del lan0");
            until(
                &mut changes,
                |change| matches!(change, NetworkChange::LinkGone { name, .. } if name == "lan0"),
            )
            .await;
        },
    );
}

#[test]
fn an_address_as_a_local_route_answers_and_is_ours_to_remove() {
    kernel(
        "an_address_as_a_local_route_answers_and_is_ours_to_remove",
        async |netlink| {
            let routes = as_routes(vips(1000));
            assert_eq!(netlink.add_addresses(&routes).await, Installed::default());
            assert_eq!(netlink.add_addresses(&routes).await, Installed::default());

            assert_eq!(netlink.local_routes().await.unwrap().len(), 1000);
            let shown = sh("ip route show table local proto 112");
            assert!(
                shown.contains("local 192.168.3.231 dev lo scope host"),
                "{shown}"
            );
            assert!(std::net::TcpListener::bind("192.168.3.231:0").is_ok());

            assert_eq!(netlink.remove_addresses(&routes).await, []);
            assert_eq!(netlink.remove_addresses(&routes).await, []);
            assert_eq!(netlink.local_routes().await.unwrap(), [] as [IpAddr; 0]);
        },
    );
}

#[test]
fn a_local_route_beside_an_address_of_the_administrator_is_not_ours() {
    kernel(
        "a_local_route_beside_an_address_of_the_administrator_is_not_ours",
        async |netlink| {
            sh("ip addr add 192.168.0.1/32 dev eth0");
            let routes = as_routes(vips(3));
            let installed = netlink.add_addresses(&routes).await;
            assert_eq!(installed.failures, []);
            assert_eq!(installed.existing_not_ours, routes[1..2]);
            assert_eq!(netlink.remove_addresses(&routes).await, []);
            assert!(sh("ip route show table local").contains("local 192.168.0.1 dev eth0"));
        },
    );
}

#[test]
fn a_local_route_is_removed_although_its_interface_is_gone() {
    kernel(
        "a_local_route_is_removed_although_its_interface_is_gone",
        async |netlink| {
            let mut routes = as_routes(vips(2));
            netlink.add_addresses(&routes).await;
            for route in &mut routes {
                route.interface = "eth9".into();
            }
            assert_eq!(netlink.remove_addresses(&routes).await, []);
            assert_eq!(netlink.local_routes().await.unwrap(), [] as [IpAddr; 0]);
        },
    );
}

#[test]
fn local_routes_that_an_earlier_run_left_are_removed() {
    kernel(
        "local_routes_that_an_earlier_run_left_are_removed",
        async |netlink| {
            let routes = as_routes(vips(3));
            netlink.add_addresses(&routes).await;
            let of_another = netlink.remove_leftovers(&vips(1), false).await.unwrap();
            assert_eq!(of_another.len(), 1);
            let all = netlink.remove_leftovers(&[], true).await.unwrap();
            assert_eq!(all.len(), 2);
        },
    );
}

/// Neither our own thousands nor the routes of others wake anybody.
#[test]
fn of_local_routes_only_what_others_take_from_us_is_reported() {
    kernel(
        "of_local_routes_only_what_others_take_from_us_is_reported",
        async |netlink| {
            let mut changes = netlink.monitor(&netlink.requester()).await.unwrap();
            let routes = as_routes(vips(1000));
            netlink.add_addresses(&routes).await;
            netlink.remove_addresses(&routes[..999]).await;
            sh("ip route add 10.9.0.0/16 dev eth0; ip route del 10.9.0.0/16 dev eth0");
            sh("ip route del local 192.168.3.231 dev lo table local");
            let mut seen = Vec::new();
            while seen.last() != Some(&routes[999].address) {
                let change =
                    tokio::time::timeout(std::time::Duration::from_secs(5), changes.recv());
                if let Some(NetworkChange::RouteRemoved { address, by }) = change.await.unwrap() {
                    assert!(!netlink.requester().is(by));
                    seen.push(address);
                }
            }
            assert_eq!(seen, [routes[999].address]);
        },
    );
}

#[test]
fn where_the_kernels_settings_are_against_routes_they_meet_an_obstacle() {
    kernel(
        "where_the_kernels_settings_are_against_routes_they_meet_an_obstacle",
        async |netlink| {
            sh("sysctl -qw net.ipv6.ip_nonlocal_bind=1");
            let obstacles = netlink.obstacles_to_local_routes().await;
            assert_eq!(obstacles, Obstacles::default());
            sh("sysctl -qw net.ipv4.conf.eth0.arp_ignore=1");
            let mut expected = Obstacles::default();
            expected.note("eth0", Family::Ipv4, Obstacle::ArpIgnore(1));
            assert_eq!(netlink.obstacles_to_local_routes().await, expected);
            sh("sysctl -qw net.ipv4.conf.all.arp_ignore=2");
            sh("sysctl -qw net.ipv6.ip_nonlocal_bind=0");
            let all = netlink.obstacles_to_local_routes().await;
            let both = [Family::Ipv4, Family::Ipv6].map(|family| all.on("eth0", family));
            assert_eq!(
                both,
                [Some(Obstacle::ArpIgnore(2)), Some(Obstacle::NonlocalBind)]
            );
        },
    );
}

/// A receiver that does not read costs no memory, and learns that it missed something.
#[test]
fn lost_changes_are_an_overrun() {
    kernel("lost_changes_are_an_overrun", async |netlink| {
        let mut changes = netlink.monitor(&Requester::default()).await.unwrap();
        let addresses = vips(3000);
        netlink.add_addresses(&addresses).await;
        until(&mut changes, |change| *change == NetworkChange::Overrun).await;
        sh("ip link set peer down");
        until(
            &mut changes,
            |change| matches!(change, NetworkChange::Link(link) if link.name == "eth0" && !link.up),
        )
        .await;
    });
}

#[test]
fn a_link_that_strips_tags_without_filtering_cannot_be_trusted() {
    kernel(
        "a_link_that_strips_tags_without_filtering_cannot_be_trusted",
        async |netlink| {
            if Command::new("ethtool").arg("--version").output().is_err() {
                return eprintln!("skipped: ethtool is not installed");
            }
            sh("ethtool -K eth0 rxvlan on");
            assert!(netlink.strips_vlan_tags("eth0").await.unwrap());
            sh("ethtool -K eth0 rxvlan off");
            assert!(!netlink.strips_vlan_tags("eth0").await.unwrap());
            assert!(netlink.strips_vlan_tags("eth9").await.is_err());
        },
    );
}

fn kernel<Test: Future<Output = ()>>(name: &str, test: impl FnOnce(Netlink) -> Test) {
    alone(&format!("system::netlink::tests::{name}"), || {
        cable();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async { test(Netlink::connect().unwrap()).await });
    });
}

/// 192.168.0.0/32, 192.168.0.1/32, …
fn vips(count: u16) -> Vec<InterfaceAddress> {
    (0..count)
        .map(|number| {
            let [high, low] = number.to_be_bytes();
            InterfaceAddress::new("eth0", IpAddr::from([192, 168, high, low]), 32)
        })
        .collect()
}

async fn until(
    changes: &mut tokio::sync::mpsc::Receiver<NetworkChange>,
    wanted: impl Fn(&NetworkChange) -> bool,
) {
    let mut seen = Vec::new();
    let waiting = async {
        while let Some(change) = changes.recv().await {
            if wanted(&change) {
                return;
            }
            seen.push(change);
        }
    };
    let within = std::time::Duration::from_secs(5);
    assert!(
        tokio::time::timeout(within, waiting).await.is_ok(),
        "only {seen:#?}"
    );
}

fn as_routes(addresses: Vec<InterfaceAddress>) -> Vec<InterfaceAddress> {
    let all = addresses.into_iter();
    all.map(|address| InterfaceAddress {
        form: Form::Route,
        ..address
    })
    .collect()
}
