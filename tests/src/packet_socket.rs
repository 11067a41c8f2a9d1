//! Sends whole Ethernet frames, as no well-behaved machine would need to.
//!
//! Here is one of this package's two uses of `unsafe`: the safe wrappers of sockets know no address of a link.

use std::fs;
use std::io::{self, Read};
use std::mem::size_of;

use socket2::{Domain, SockAddr, Socket, Type};

/// A socket that puts frames on one interface.
#[derive(Debug)]
pub struct PacketSocket {
    socket: Socket,
    link: SockAddr,
}

impl PacketSocket {
    /// Opens it on the interface of this name.
    ///
    /// # Errors
    ///
    /// If there is no such interface, or no right to send raw frames.
    pub fn on(interface: &str) -> io::Result<Self> {
        // Protocol 0: nothing is ever received here.
        let socket = Socket::new(Domain::PACKET, Type::RAW, None)?;
        Ok(Self {
            socket,
            link: link_address(interface, 0)?,
        })
    }

    /// Opens it so that it also receives every frame of the interface but its own.
    ///
    /// # Errors
    ///
    /// As [`PacketSocket::on`].
    pub fn on_both_ways(interface: &str) -> io::Result<Self> {
        let both = Self::on(interface)?;
        both.socket.bind(&link_address(interface, ETH_P_ALL)?)?;
        Ok(both)
    }

    /// Waits for a frame and returns its length.
    ///
    /// # Errors
    ///
    /// If the interface is gone.
    pub fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        (&self.socket).read(buffer)
    }

    /// Sends one frame, Ethernet header and all.
    ///
    /// # Errors
    ///
    /// If the interface does not take it.
    pub fn send(&self, frame: &[u8]) -> io::Result<()> {
        self.socket.send_to(frame, &self.link).map(drop)
    }
}

/// The kernel's `struct sockaddr_ll`, of which a raw socket fills in no more than the first three fields.
#[repr(C)]
#[derive(Debug, Default)]
struct LinkAddress {
    family: u16,
    protocol: u16,
    interface: i32,
    hardware_type: u16,
    packet_type: u8,
    address_length: u8,
    address: [u8; 8],
}

const _: () = assert!(size_of::<LinkAddress>() == 20);

const AF_PACKET: u16 = 17;
/// Every protocol.
const ETH_P_ALL: u16 = 3;

#[expect(
    unsafe_code,
    reason = "socket2 and rustix have no safe constructor for a link's address"
)]
fn link_address(interface: &str, protocol: u16) -> io::Result<SockAddr> {
    let index = fs::read_to_string(format!("/sys/class/net/{interface}/ifindex"))?;
    let interface = index.trim().parse().map_err(io::Error::other)?;
    let protocol = protocol.to_be();
    let link = LinkAddress {
        family: AF_PACKET,
        protocol,
        interface,
        ..LinkAddress::default()
    };
    // SAFETY: `storage` points to a zeroed `sockaddr_storage`, which is larger than `LinkAddress` and aligned for
    // every socket address; it is written once, as a plain value without padding, beginning with the family as
    // the kernel's `sockaddr_ll` does, and `length` is set to exactly the bytes written.
    let ((), address) = unsafe {
        SockAddr::try_init(|storage, length| {
            storage.cast::<LinkAddress>().write(link);
            *length = 20;
            Ok(())
        })?
    };
    Ok(address)
}
