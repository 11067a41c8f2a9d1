//! What a raw socket lets through, in the kernel's classic BPF: the complement of what `verdict::advertisement` judges, from the same constants.

use socket2::SockFilter;
use vrrp_ebpf::{
    abi::MAX_JUDGED_ADDRESSES,
    wire::{
        ipv4::{self, VERSION_AND_PLAIN_LENGTH},
        ipv6,
    },
};

use super::Hearing;
use crate::{
    protocol::Family,
    system::classic_bpf::{IF_ANY_BIT, IF_EQUAL, IF_GREATER, LOAD_BYTE, LOAD_HALF, RETURN},
};

const ALL: u32 = 0xffff;
/// Where the address count stands in a message.
const ADDRESS_COUNT: u32 = 3;

/// The filter of a socket of `family`.
pub(super) fn filter(family: Family, hearing: Hearing) -> Vec<SockFilter> {
    match (hearing, family) {
        (Hearing::Everything, _) => vec![accept()],
        (Hearing::Undecided, Family::Ipv4) => undecided_ipv4(),
        (Hearing::Undecided, Family::Ipv6) => undecided_ipv6(),
    }
}

fn accept() -> SockFilter {
    SockFilter::new(RETURN, 0, 0, ALL)
}

fn refuse() -> SockFilter {
    SockFilter::new(RETURN, 0, 0, 0)
}

/// Options, fragments, and many addresses. Offsets are from the IP header.
fn undecided_ipv4() -> Vec<SockFilter> {
    const FRAGMENT_OFFSET: u32 = 6;
    vec![
        SockFilter::new(LOAD_BYTE, 0, 0, 0),
        SockFilter::new(IF_EQUAL, 0, 5, u32::from(VERSION_AND_PLAIN_LENGTH)),
        SockFilter::new(LOAD_HALF, 0, 0, FRAGMENT_OFFSET),
        SockFilter::new(IF_ANY_BIT, 3, 0, u32::from(ipv4::FRAGMENT_BITS)),
        SockFilter::new(LOAD_BYTE, 0, 0, 20 + ADDRESS_COUNT),
        SockFilter::new(IF_GREATER, 1, 0, u32::from(MAX_JUDGED_ADDRESSES)),
        refuse(),
        accept(),
    ]
}

/// Extension headers, and many addresses. Offsets are from the message, but for that of the IP header.
fn undecided_ipv6() -> Vec<SockFilter> {
    /// `SKF_NET_OFF` of `linux/filter.h`: from here on offsets are from the IP header, wherever the socket's data begin.
    const IP_HEADER: u32 = 0xfff0_0000;
    const NEXT_HEADER: u32 = IP_HEADER + 6;
    vec![
        SockFilter::new(LOAD_BYTE, 0, 0, NEXT_HEADER),
        SockFilter::new(IF_EQUAL, 0, 3, u32::from(ipv6::NEXT_HEADER_VRRP)),
        SockFilter::new(LOAD_BYTE, 0, 0, ADDRESS_COUNT),
        SockFilter::new(IF_GREATER, 1, 0, u32::from(MAX_JUDGED_ADDRESSES)),
        refuse(),
        accept(),
    ]
}
