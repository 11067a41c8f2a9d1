use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    net::netdevice::name_to_index,
};

use super::*;
use crate::system::{
    announcer::gratuitous_arp,
    packet_address::FrameSocket,
    test_network::{alone, cable},
};

const WATCHED: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 5);
const STRANGER: [u8; 6] = [2, 0, 0, 0, 0, 0x66];

#[test]
fn claims_are_heard_and_ordinary_arp_is_not() {
    alone(
        "system::claim_socket::tests::claims_are_heard_and_ordinary_arp_is_not",
        || {
            cable();
            let mut ear = open(&addresses(&[5]));
            let claim = gratuitous_arp(STRANGER, WATCHED).to_vec();
            let mut malformed = claim.clone();
            malformed[18] = 8;
            let ordinary = gratuitous_arp(STRANGER, Ipv4Addr::new(10, 0, 0, 6)).to_vec();
            let mut cut = claim.clone();
            cut.truncate(30);
            send(&[
                ordinary,
                cut,
                tagged(&claim, 10),
                malformed.clone(),
                tagged(&claim, 0),
                claim.clone(),
            ]);
            // The tag that has only a priority to tell is taken off.
            assert_eq!(heard(&mut ear, 3), [malformed, claim.clone(), claim]);
        },
    );
}

#[test]
fn the_kernel_takes_the_longest_filter() {
    alone(
        "system::claim_socket::tests::the_kernel_takes_the_longest_filter",
        || {
            cable();
            let odd: Vec<u8> = (0..120).map(|number| 2 * number + 1).collect();
            let mut ear = open(&addresses(&odd));
            let claim = |last| gratuitous_arp(STRANGER, Ipv4Addr::new(10, 0, 0, last)).to_vec();
            send(&[claim(0), claim(1), claim(241), claim(239)]);
            assert_eq!(heard(&mut ear, 2), [claim(1), claim(239)]);
        },
    );
}

fn addresses(last: &[u8]) -> BTreeSet<Ipv4Addr> {
    last.iter()
        .map(|last| Ipv4Addr::new(10, 0, 0, *last))
        .collect()
}

fn open(watched: &BTreeSet<Ipv4Addr>) -> ClaimSocket {
    ClaimSocket::arp(index("eth0"), watched).unwrap()
}

fn send(frames: &[Vec<u8>]) {
    let sender = FrameSocket::open().unwrap();
    for frame in frames {
        sender.send(index("peer"), frame).unwrap();
    }
}

fn index(name: &str) -> u32 {
    let any = rustix::net::socket(
        rustix::net::AddressFamily::INET,
        rustix::net::SocketType::DGRAM,
        None,
    );
    name_to_index(any.unwrap(), name).unwrap()
}

/// A tag of `vlan` between the addresses and the type.
fn tagged(frame: &[u8], vlan: u8) -> Vec<u8> {
    let (addresses, rest) = frame.split_at(12);
    [addresses, &[0x81, 0x00, 0xe0, vlan], rest].concat()
}

/// What comes in, until there were `count` frames.
fn heard(ear: &mut ClaimSocket, count: usize) -> Vec<Vec<u8>> {
    let patience = Timespec {
        tv_sec: 10,
        tv_nsec: 0,
    };
    let mut buffer = [0; LONGEST];
    let mut heard = Vec::new();
    while heard.len() < count {
        match ear.receive(&mut buffer).unwrap() {
            Some(frame) => heard.push(frame.to_vec()),
            None => {
                let ready = poll(&mut [PollFd::new(&*ear, PollFlags::IN)], Some(&patience));
                assert_eq!(ready, Ok(1), "heard so far: {heard:x?}");
            }
        }
    }
    heard
}
