//! The ear for claims where the XDP program does not judge them: packets of ARP that speak for some of our addresses, and neighbour
//! advertisements, and no others.
//!
//! The kernel's own filter looks at every such packet of the interface, so ordinary ones wake nobody. It lets through a superset of what matters;
//! what it means is for `verdict` to say. A frame of a VLAN that is nobody's here comes marked as another host's, its tag gone, and ends in
//! the filter.

use std::{
    collections::BTreeSet,
    io::{self, ErrorKind, Read as _},
    net::Ipv4Addr,
    os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd},
};

use socket2::{SockFilter, Socket};
use vrrp_ebpf::wire::{arp, ethernet, ipv6, neighbour};

use super::{
    classic_bpf::{
        IF_EQUAL, LOAD_BYTE, LOAD_HALF, LOAD_WORD, OTHER_HOST, PACKET_TYPE, RETURN, accept_within,
        ranges,
    },
    overflow::Overflow,
    packet_address::receiving_socket,
};

/// Bytes of a frame that are looked at: its headers and the packet with its option, and no padding.
pub const LONGEST: usize = ethernet::LENGTH + ipv6::LENGTH + neighbour::LENGTH + 8;
/// Of ARP.
const LONGEST_ARP: usize = ethernet::LENGTH + arp::LENGTH;

/// The ear on one interface.
#[derive(Debug)]
pub struct ClaimSocket {
    socket: Socket,
    overflow: Overflow,
}

impl ClaimSocket {
    /// Opens an ear on the link with this index for packets whose sender address is one of `watched`, and for those that contradict
    /// themselves.
    ///
    /// # Errors
    ///
    /// `CAP_NET_RAW` is missing, or the interface is gone.
    pub fn arp(index: u32, watched: &BTreeSet<Ipv4Addr>) -> io::Result<Self> {
        let socket = receiving_socket(index, ethernet::TYPE_ARP, &filter(watched))?;
        Ok(Self {
            socket,
            overflow: Overflow::default(),
        })
    }

    /// Opens an ear on the link with this index for neighbour advertisements, of which there are few, about whatever address.
    ///
    /// # Errors
    ///
    /// As [`Self::arp`].
    pub fn neighbour_discovery(index: u32) -> io::Result<Self> {
        let socket = receiving_socket(index, ethernet::TYPE_IPV6, &advertisements())?;
        Ok(Self {
            socket,
            overflow: Overflow::default(),
        })
    }

    /// The next frame from its Ethernet header on, or `None` when there is no more.
    ///
    /// # Errors
    ///
    /// The interface is gone or down.
    pub fn receive<'a>(&mut self, buffer: &'a mut [u8; LONGEST]) -> io::Result<Option<&'a [u8]>> {
        loop {
            match self.socket.read(buffer) {
                Ok(length) => return Ok(buffer.get(..length)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// How many frames the buffer had no room for since this was last asked.
    ///
    /// # Errors
    ///
    /// The kernel does not say.
    pub fn take_losses(&mut self) -> io::Result<u32> {
        self.overflow.take(&self.socket)
    }
}

impl AsFd for ClaimSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl AsRawFd for ClaimSocket {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}

/// The filter for ARP as the kernel's classic BPF; offsets are from the Ethernet header.
#[expect(
    clippy::cast_possible_truncation,
    reason = "lengths and offsets of a frame of 42 bytes"
)]
fn filter(watched: &BTreeSet<Ipv4Addr>) -> Vec<SockFilter> {
    const HARDWARE_TYPE: u32 = ethernet::LENGTH as u32;
    const PROTOCOL_TYPE: u32 = HARDWARE_TYPE + 2;
    const LENGTHS: u32 = HARDWARE_TYPE + 4;
    const SENDER_PROTOCOL: u32 = HARDWARE_TYPE + 14;
    const IPV4: u32 = ethernet::TYPE_IPV4 as u32;
    const ETHERNET: u32 = arp::HARDWARE_ETHERNET as u32;
    let accept = || SockFilter::new(RETURN, 0, 0, LONGEST_ARP as u32);
    let refuse = || SockFilter::new(RETURN, 0, 0, 0);
    let mut filter = vec![
        SockFilter::new(LOAD_WORD, 0, 0, PACKET_TYPE),
        SockFilter::new(IF_EQUAL, 2, 0, OTHER_HOST),
        SockFilter::new(LOAD_HALF, 0, 0, PROTOCOL_TYPE),
        SockFilter::new(IF_EQUAL, 1, 0, IPV4),
        refuse(),
        SockFilter::new(LOAD_HALF, 0, 0, HARDWARE_TYPE),
        SockFilter::new(IF_EQUAL, 0, 2, ETHERNET),
        SockFilter::new(LOAD_HALF, 0, 0, LENGTHS),
        SockFilter::new(IF_EQUAL, 1, 0, 0x0604),
        // An IPv4 address beside something that cannot be a hardware address of Ethernet.
        accept(),
        SockFilter::new(LOAD_WORD, 0, 0, SENDER_PROTOCOL),
    ];
    let watched: Vec<u32> = watched.iter().copied().map(u32::from).collect();
    filter.extend(accept_within(&ranges(&watched), accept));
    filter.push(refuse());
    filter
}

/// The filter for neighbour advertisements: ICMPv6 right behind the header, of that type. Offsets are from the Ethernet header.
#[expect(
    clippy::cast_possible_truncation,
    reason = "lengths and offsets of a frame of 86 bytes"
)]
fn advertisements() -> Vec<SockFilter> {
    const NEXT_HEADER: u32 = ethernet::LENGTH as u32 + 6;
    const MESSAGE_TYPE: u32 = (ethernet::LENGTH + ipv6::LENGTH) as u32;
    vec![
        SockFilter::new(LOAD_WORD, 0, 0, PACKET_TYPE),
        SockFilter::new(IF_EQUAL, 4, 0, OTHER_HOST),
        SockFilter::new(LOAD_BYTE, 0, 0, NEXT_HEADER),
        SockFilter::new(IF_EQUAL, 0, 2, u32::from(ipv6::NEXT_HEADER_ICMP)),
        SockFilter::new(LOAD_BYTE, 0, 0, MESSAGE_TYPE),
        SockFilter::new(IF_EQUAL, 1, 0, u32::from(neighbour::TYPE_ADVERTISEMENT)),
        SockFilter::new(RETURN, 0, 0, 0),
        SockFilter::new(RETURN, 0, 0, LONGEST as u32),
    ]
}

#[cfg(test)]
mod tests;
