//! The path that is always there: a raw socket per interface, with the judge of the XDP program behind it.
//!
//! Where the program judges, the socket's filter lets through only what the program leaves undecided, so nothing is heard twice and nothing is
//! lost. Where it does not, everything comes this way. A datagram counts as received when it is read: reading late can hold a takeover back and
//! never cause one, and the kernel's own time stamps are of the wall clock.

use std::{
    io::{self, ErrorKind, Read as _},
    net::Ipv4Addr,
    os::fd::{AsFd, BorrowedFd},
};

use socket2::{Domain, InterfaceIndexOrAddress, Protocol, SockFilter, Socket, Type};
use vrrp_ebpf::{
    abi::MAX_JUDGED_ADDRESSES,
    wire::ipv4::{self, VERSION_AND_PLAIN_LENGTH},
};

use super::overflow::Overflow;

/// The longest datagram that can be a VRRP message: 60 bytes of IP header, 255 addresses, 8 bytes of authentication. Longer ones are cut, and
/// then have the wrong length.
const LONGEST: usize = 60 + 8 + 255 * 4 + 8;

/// Bytes of datagrams that may wait; the host's `net.core.rmem_max` limits it.
const RECEIVE_BUFFER: usize = 4 << 20;

/// What comes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hearing {
    /// Every VRRP datagram of the interface.
    Everything,
    /// Only what the XDP program does not judge.
    Undecided,
}

/// The ear on one interface.
#[derive(Debug)]
pub struct RawSocket {
    socket: Socket,
    hearing: Hearing,
    overflow: Overflow,
}

impl RawSocket {
    /// Opens a socket on `interface` and joins the group there: a switch that snoops, and the filter of the network card, need that even when
    /// the program judges every frame.
    ///
    /// # Errors
    ///
    /// `CAP_NET_RAW` is missing, or the interface is gone.
    pub fn open(interface: &str, index: u32, hearing: Hearing) -> io::Result<Self> {
        let protocol = Protocol::from(i32::from(ipv4::PROTOCOL_VRRP));
        let socket = Socket::new(Domain::IPV4, Type::RAW, Some(protocol))?;
        // The filter comes first, so that nothing is queued that should not be.
        socket.attach_filter(&filter(hearing))?;
        // As much as the host allows: what a flood crowds out is not heard.
        socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
        socket.set_nonblocking(true)?;
        socket.bind_device(Some(interface.as_bytes()))?;
        let group = Ipv4Addr::from(ipv4::VRRP_GROUP);
        socket.join_multicast_v4_n(&group, &InterfaceIndexOrAddress::Index(index))?;
        Ok(Self {
            socket,
            hearing,
            overflow: Overflow::default(),
        })
    }

    /// What comes through.
    #[must_use]
    pub const fn hearing(&self) -> Hearing {
        self.hearing
    }

    /// Changes what comes through, from the next datagram on.
    ///
    /// # Errors
    ///
    /// The kernel refused the filter; the old one stays.
    pub fn set_hearing(&mut self, hearing: Hearing) -> io::Result<()> {
        self.socket.attach_filter(&filter(hearing))?;
        self.hearing = hearing;
        Ok(())
    }

    /// The next datagram from its IP header on, or `None` when there is no more.
    ///
    /// # Errors
    ///
    /// The interface is gone.
    pub fn receive<'a>(&mut self, buffer: &'a mut Buffer) -> io::Result<Option<&'a [u8]>> {
        loop {
            match self.socket.read(&mut buffer.0) {
                Ok(length) => return Ok(buffer.0.get(..length)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// How many datagrams the buffer had no room for since this was last asked.
    ///
    /// # Errors
    ///
    /// The kernel does not say.
    pub fn take_losses(&mut self) -> io::Result<u32> {
        self.overflow.take(&self.socket)
    }
}

impl AsFd for RawSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Room for one datagram.
#[derive(Debug)]
pub struct Buffer([u8; LONGEST]);

impl Default for Buffer {
    fn default() -> Self {
        Self([0; LONGEST])
    }
}

/// The filter as the kernel's classic BPF; offsets are from the IP header.
fn filter(hearing: Hearing) -> Vec<SockFilter> {
    const LOAD_BYTE: u16 = 0x30;
    const LOAD_HALF: u16 = 0x28;
    const IF_EQUAL: u16 = 0x15;
    const IF_GREATER: u16 = 0x25;
    const IF_ANY_BIT: u16 = 0x45;
    const RETURN: u16 = 0x06;
    const ALL: u32 = 0xffff;
    const FRAGMENT_OFFSET: u32 = 6;
    const ADDRESS_COUNT: u32 = 20 + 3;
    let accept = SockFilter::new(RETURN, 0, 0, ALL);
    match hearing {
        Hearing::Everything => vec![accept],
        // The complement of `verdict::advertisement::decide_frame`, from the same constants.
        Hearing::Undecided => vec![
            SockFilter::new(LOAD_BYTE, 0, 0, 0),
            SockFilter::new(IF_EQUAL, 0, 5, u32::from(VERSION_AND_PLAIN_LENGTH)),
            SockFilter::new(LOAD_HALF, 0, 0, FRAGMENT_OFFSET),
            SockFilter::new(IF_ANY_BIT, 3, 0, u32::from(ipv4::FRAGMENT_BITS)),
            SockFilter::new(LOAD_BYTE, 0, 0, ADDRESS_COUNT),
            SockFilter::new(IF_GREATER, 1, 0, u32::from(MAX_JUDGED_ADDRESSES)),
            SockFilter::new(RETURN, 0, 0, 0),
            accept,
        ],
    }
}
