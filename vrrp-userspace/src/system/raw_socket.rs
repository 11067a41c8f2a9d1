//! The path that is always there: a raw socket per interface and family, with the judge of the XDP program behind it.
//!
//! Where the program judges, the socket's filter lets through only what the program leaves undecided, so nothing is heard twice and nothing is
//! lost. Where it does not, everything comes this way. A datagram counts as received when it is read: reading late can hold a takeover back and
//! never cause one, and the kernel's own time stamps are of the wall clock.

mod filter;
mod ipv6;

use std::{
    borrow::Cow,
    io::{self, ErrorKind, Read as _},
    net::IpAddr,
    os::fd::{AsFd, BorrowedFd},
};

use socket2::{Domain, InterfaceIndexOrAddress, Protocol, Socket, Type};
use vrrp_ebpf::wire;
use zerocopy::IntoBytes as _;

use self::filter::filter;
use super::overflow::Overflow;
use crate::protocol::Family;

/// The longest datagram that can be a VRRP message: without its header, 255 addresses of IPv6. Longer ones are cut, and then have the wrong
/// length.
const LONGEST: usize = 8 + 255 * 16;
const _: () = assert!(LONGEST > 60 + 8 + 255 * 4 + 8);

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

/// What was heard.
#[derive(Debug, Clone, Copy)]
pub enum Datagram<'a> {
    /// From its IP header on, whole.
    Ipv4(&'a [u8]),
    /// The message, and what the kernel tells of its header.
    Ipv6(wire::ipv6::Header, &'a [u8]),
}

impl Datagram<'_> {
    /// From its IP header on.
    #[must_use]
    pub fn bytes(&self) -> Cow<'_, [u8]> {
        match self {
            Self::Ipv4(bytes) => Cow::Borrowed(bytes),
            Self::Ipv6(ip, message) => Cow::Owned([ip.as_bytes(), message].concat()),
        }
    }
}

/// The ear on one interface for one family.
#[derive(Debug)]
pub struct RawSocket {
    socket: Socket,
    family: Family,
    hearing: Hearing,
    overflow: Overflow,
}

impl RawSocket {
    /// Opens a socket on `interface` and joins the group of `family` there: a switch that snoops, and the filter of the network card, need that
    /// even when the program judges every frame.
    ///
    /// # Errors
    ///
    /// `CAP_NET_RAW` is missing, the interface is gone, or it does not have the family.
    pub fn open(interface: &str, index: u32, family: Family, hearing: Hearing) -> io::Result<Self> {
        let domain = match family {
            Family::Ipv4 => Domain::IPV4,
            Family::Ipv6 => Domain::IPV6,
        };
        let protocol = Protocol::from(i32::from(wire::ipv4::PROTOCOL_VRRP));
        let socket = Socket::new(domain, Type::RAW, Some(protocol))?;
        // The filter comes first, so that nothing is queued that should not be.
        socket.attach_filter(&filter(family, hearing))?;
        // As much as the host allows: what a flood crowds out is not heard.
        socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
        socket.set_nonblocking(true)?;
        socket.bind_device(Some(interface.as_bytes()))?;
        match family.group() {
            IpAddr::V4(group) => {
                socket.join_multicast_v4_n(&group, &InterfaceIndexOrAddress::Index(index))?;
            }
            IpAddr::V6(group) => {
                ipv6::tell_of_headers(&socket)?;
                socket.join_multicast_v6(&group, index)?;
            }
        }
        Ok(Self {
            socket,
            family,
            hearing,
            overflow: Overflow::default(),
        })
    }

    /// What it hears.
    #[must_use]
    pub const fn family(&self) -> Family {
        self.family
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
        self.socket.attach_filter(&filter(self.family, hearing))?;
        self.hearing = hearing;
        Ok(())
    }

    /// The next datagram, or `None` when there is no more.
    ///
    /// # Errors
    ///
    /// The interface is gone.
    pub fn receive<'a>(&mut self, buffer: &'a mut Buffer) -> io::Result<Option<Datagram<'a>>> {
        loop {
            let received = match self.family {
                Family::Ipv4 => self.socket.read(&mut buffer.0).map(|length| (None, length)),
                Family::Ipv6 => ipv6::receive(&self.socket, &mut buffer.0)
                    .map(|(ip, length)| (Some(ip), length)),
            };
            match received {
                Ok((ip, length)) => {
                    let bytes = buffer.0.get(..length).unwrap_or_default();
                    let datagram = ip.map_or(Datagram::Ipv4(bytes), |ip| Datagram::Ipv6(ip, bytes));
                    return Ok(Some(datagram));
                }
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
