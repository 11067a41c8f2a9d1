//! The frame by itself, and frames on a wire.

use std::io::Read;

use socket2::{Domain, Protocol, Socket, Type};

use super::*;
use crate::system::test_network::{alone, cable, sh};

/// Captured from keepalived 2.2.7.
#[test]
fn the_frame_is_the_one_keepalived_sends() {
    let captured = [
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0x00, 0x00, 0x00, 0x00, 0x01, 0x08, 0x06, 0x00,
        0x01, 0x08, 0x00, 0x06, 0x04, 0x00, 0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x01, 0xc0, 0xa8,
        0x00, 0x09, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xc0, 0xa8, 0x00, 0x09,
    ];
    assert_eq!(
        announcement(MAC, IpAddr::from([192, 168, 0, 9]), true),
        captured
    );
}

#[test]
fn every_address_is_announced_once_before_any_is_announced_again() {
    on_a_cable(
        "every_address_is_announced_once_before_any_is_announced_again",
        async |announcer| {
            let mut wire = Wire::new();
            let failures = announcer.announce(&[("eth0", ONE), ("eth0", TWO)], 2).await;
            assert!(failures.is_empty(), "{failures:?}");
            let expected = [ONE, TWO, ONE, TWO].map(|address| announcement(MAC, address, false));
            assert_eq!(wire.frames(4), expected);
        },
    );
}

#[test]
fn the_hardware_address_is_read_at_the_time() {
    on_a_cable(
        "the_hardware_address_is_read_at_the_time",
        async |announcer| {
            let mut wire = Wire::new();
            announcer.announce(&[("eth0", ONE)], 1).await;
            sh("ip link set eth0 address 02:00:00:00:00:09");
            announcer.announce(&[("eth0", ONE)], 1).await;
            let mac = [2, 0, 0, 0, 0, 9];
            assert_eq!(
                wire.frames(2),
                [announcement(MAC, ONE, false), announcement(mac, ONE, false)]
            );
        },
    );
}

#[test]
fn an_interface_that_fails_stops_no_other() {
    on_a_cable(
        "an_interface_that_fails_stops_no_other",
        async |announcer| {
            let mut wire = Wire::new();
            sh("ip link add eth1 type veth peer name peer1");
            let addresses = [("eth9", ONE), ("eth1", ONE), ("lo", ONE), ("eth0", TWO)];
            let failures = announcer.announce(&addresses, 2).await;
            let failed: Vec<_> = failures
                .iter()
                .map(|failure| failure.interface.as_str())
                .collect();
            assert_eq!(
                failed,
                ["eth9", "eth1"],
                "absent and down, each reported once; lo is no failure"
            );
            assert_eq!(wire.frames(2), vec![announcement(MAC, TWO, false); 2]);
        },
    );
}

#[test]
fn a_link_that_was_made_again_is_announced_on() {
    on_a_cable(
        "a_link_that_was_made_again_is_announced_on",
        async |announcer| {
            assert!(announcer.announce(&[("eth0", ONE)], 1).await.is_empty());
            sh("ip link del eth0");
            assert_eq!(announcer.announce(&[("eth0", ONE)], 1).await.len(), 1);
            cable();
            assert!(announcer.announce(&[("eth0", ONE)], 1).await.is_empty());
        },
    );
}

const MAC: [u8; 6] = [2, 0, 0, 0, 0, 1];
const ONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 168, 0, 1));
const TWO: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 168, 0, 2));

fn on_a_cable(name: &str, test: impl AsyncFnOnce(&Announcer)) {
    alone(&format!("system::announcer::tests::{name}"), || {
        cable();
        sh("ip link set eth0 address 02:00:00:00:00:01");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            test(&Announcer::new(Netlink::connect().unwrap()).unwrap()).await;
        });
    });
}

/// Sees the ARP frames that arrive on any link.
struct Wire(Socket);

impl Wire {
    fn new() -> Self {
        let arp = Protocol::from(i32::from(0x0806_u16.to_be()));
        let socket = Socket::new(Domain::PACKET, Type::RAW, Some(arp)).unwrap();
        socket
            .set_read_timeout(Some(Duration::from_secs(5)))
            .unwrap();
        Self(socket)
    }

    /// The next `count` frames; fails when they do not come.
    fn frames(&mut self, count: usize) -> Vec<Vec<u8>> {
        let mut frame = [0; 42];
        let mut next = || {
            assert_eq!(self.0.read(&mut frame).unwrap(), 42);
            frame.to_vec()
        };
        (0..count).map(|_| next()).collect()
    }
}
