//! Sockets for whole frames, and the one address type no safe library builds for us.

use std::{ffi::c_int, io, sync::Arc};

use rustix::net::AddressFamily;
use socket2::{Domain, SockAddr, SockAddrStorage, SockFilter, Socket, Type, socklen_t};

/// `struct sockaddr_ll` of `linux/if_packet.h`.
#[repr(C)]
struct PacketAddress {
    family: u16,
    protocol: u16,
    index: c_int,
    hardware_type: u16,
    packet_type: u8,
    hardware_length: u8,
    hardware_address: [u8; 8],
}

const SIZE: usize = size_of::<PacketAddress>();
const _: () = assert!(SIZE == 20 && SIZE <= size_of::<SockAddrStorage>());
const _: () = assert!(align_of::<PacketAddress>() <= align_of::<SockAddrStorage>());

/// Sends frames on any link, as they are, and never receives one. Clones share one socket: the kernel takes some 10 ms to close each, which is
/// seconds for hundreds.
#[derive(Debug, Clone)]
pub struct FrameSocket(Arc<Socket>);

impl FrameSocket {
    /// Opens the socket in the network namespace of the calling thread.
    ///
    /// # Errors
    /// Without `CAP_NET_RAW`.
    pub fn open() -> io::Result<Self> {
        // Protocol 0 hooks the socket into no receive path at all, so under a flood nothing is copied to it,
        // not even to be dropped by a filter.
        let socket = Socket::new(Domain::PACKET, Type::RAW, None)?;
        socket.set_nonblocking(true)?;
        Ok(Self(Arc::new(socket)))
    }

    /// Sends a frame on the link with this index, without waiting: a full queue is an error. Returns how many bytes were taken.
    ///
    /// # Errors
    /// There is no such link, or it is down.
    pub fn send(&self, index: u32, frame: &[u8]) -> io::Result<usize> {
        self.0.send_to(frame, &of_link(index, 0)?)
    }
}

/// A socket that receives the frames of `ether_type` on the link with this index, as far as `filter` lets them through.
///
/// It never blocks. Not what we send ourselves: the kernel shows that only to those who listen to every type.
///
/// # Errors
/// Without `CAP_NET_RAW`, when there is no such link, or when the kernel refuses the filter.
pub fn receiving_socket(index: u32, ether_type: u16, filter: &[SockFilter]) -> io::Result<Socket> {
    // Without a protocol it receives nothing, so no frame comes in before the filter is in place.
    let socket = Socket::new(Domain::PACKET, Type::RAW, None)?;
    socket.attach_filter(filter)?;
    socket.set_nonblocking(true)?;
    socket.bind(&of_link(index, ether_type)?)?;
    Ok(socket)
}

/// The address that stands for a link, and the frames of one type on it; of none if that is 0.
fn of_link(index: u32, ether_type: u16) -> io::Result<SockAddr> {
    let address = PacketAddress {
        family: AddressFamily::PACKET.as_raw(),
        protocol: ether_type.to_be(),
        index: c_int::try_from(index).map_err(io::Error::other)?,
        hardware_type: 0,
        packet_type: 0,
        hardware_length: 0,
        hardware_address: [0; 8],
    };
    let length = socklen_t::try_from(SIZE).map_err(io::Error::other)?;
    #[expect(
        unsafe_code,
        reason = "neither socket2 nor rustix builds an address of AF_PACKET"
    )]
    // SAFETY: `try_init` passes a storage of its own that is zeroed, writable, and, as asserted above, large
    // and aligned enough for a `PacketAddress`, which is plain integers. Family and length say AF_PACKET and
    // the 20 bytes of `sockaddr_ll`, which is what was written.
    let ((), address) = unsafe {
        SockAddr::try_init(|storage, storage_length| {
            storage.cast::<PacketAddress>().write(address);
            storage_length.write(length);
            Ok(())
        })
    }?;
    Ok(address)
}

/// The hardware address of the Ethernet link that `socket` is bound to, as it is now; `None` for a link without one.
///
/// # Errors
/// The link is gone.
pub fn hardware_address(socket: &Socket) -> io::Result<Option<[u8; 6]>> {
    let bound = socket.local_addr()?;
    if bound.domain() != Domain::PACKET {
        return Ok(None);
    }
    #[expect(
        unsafe_code,
        reason = "neither socket2 nor rustix reads an address of AF_PACKET, and nix none whose length is that of Ethernet's"
    )]
    // SAFETY: what socket2 points to is a storage that it zeroed before the kernel wrote to it, and, as asserted above, large and aligned
    // enough for a `PacketAddress`, which is plain integers; its domain says that this is what the kernel wrote.
    let PacketAddress {
        hardware_length,
        hardware_address: [mac @ .., _, _],
        ..
    } = unsafe { bound.as_ptr().cast::<PacketAddress>().read() };
    Ok((hardware_length == 6 && mac != [0; 6]).then_some(mac))
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Read};

    use super::*;
    use crate::system::test_network::{alone, cable, sh};

    #[test]
    fn a_frame_leaves_and_none_comes_in() {
        alone(
            "system::packet_address::tests::a_frame_leaves_and_none_comes_in",
            || {
                cable();
                let socket = FrameSocket::open().unwrap();
                assert_eq!(socket.send(index("peer"), &[0xff; 60]).unwrap(), 60);
                assert_eq!(socket.send(index("eth0"), &[0xff; 60]).unwrap(), 60);
                let error = (&*socket.0).read(&mut [0; 64]).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
            },
        );
    }

    #[test]
    fn a_link_that_does_not_exist_is_an_error() {
        alone(
            "system::packet_address::tests::a_link_that_does_not_exist_is_an_error",
            || {
                let socket = FrameSocket::open().unwrap();
                assert!(socket.send(4711, &[0xff; 60]).is_err());
                assert!(socket.send(u32::MAX, &[0xff; 60]).is_err());
            },
        );
    }

    #[test]
    fn a_bound_socket_knows_the_hardware_address_of_its_link() {
        alone(
            "system::packet_address::tests::a_bound_socket_knows_the_hardware_address_of_its_link",
            || {
                cable();
                let socket =
                    receiving_socket(index("eth0"), 0x0806, &[SockFilter::new(0x06, 0, 0, 0)])
                        .unwrap();
                for mac in [[2, 0, 0, 0, 0, 7], [2, 0, 0, 0, 0, 8]] {
                    sh(&format!(
                        "ip link set eth0 address 02:00:00:00:00:0{}",
                        mac[5]
                    ));
                    assert_eq!(hardware_address(&socket).unwrap(), Some(mac));
                }
                sh("ip link del eth0");
                assert_eq!(hardware_address(&socket).ok().flatten(), None);
            },
        );
    }

    fn index(name: &str) -> u32 {
        let line = sh(&format!("ip -o link show dev {name}"));
        line.split(':').next().unwrap().parse().unwrap()
    }
}
