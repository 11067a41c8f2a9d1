//! A socket that sends advertisements from one interface and never hears anything.
//!
//! The kernel writes the IP header; this file says what stands in it. With a virtual MAC the whole frame is ours. Hearing is the data path's
//! business: the filter here refuses every packet, so nothing queues up on a socket that nobody reads.

mod frame;

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4, SocketAddrV6},
    num::NonZeroU32,
    sync::Arc,
};

use rustix::{
    io::Errno,
    net::{
        SendFlags,
        sockopt::{
            Ipv4PathMtuDiscovery, set_ip_mtu_discover, set_ip_multicast_if_with_ifindex,
            set_ipv6_tclass,
        },
    },
};
use socket2::{Domain, Protocol, SockFilter, Socket, Type};

use super::packet_address::FrameSocket;

/// The protocol number of VRRP (RFC 9568 §5.1.1.4).
const VRRP: i32 = 112;

/// In a group, a packet that crossed a router is not an advertisement (RFC 9568 §5.1.1.3, §5.1.2.3).
const TTL: u32 = 255;

/// Internetwork control, as keepalived marks its advertisements.
const TOS: u8 = 0xc0;

/// Sends advertisements from one address of one interface, to a group or to some hosts.
#[derive(Debug)]
pub struct AdvertSender {
    way: Way,
    source: IpAddr,
    destinations: Vec<SocketAddr>,
}

/// How they leave.
#[derive(Debug)]
enum Way {
    /// The kernel writes the headers.
    Packets(PacketSocket),
    /// In frames from this hardware address, on the link of this number.
    Frames(FrameSocket, [u8; 6], NonZeroU32),
}

/// A raw socket that sends from one address of one interface. Clones share it: the kernel offers every advertisement that arrives to each raw
/// socket of the protocol, one after the other, so that hundreds would cost more than all the rest.
#[derive(Debug, Clone)]
pub struct PacketSocket {
    socket: Arc<Socket>,
    interface: NonZeroU32,
    source: IpAddr,
}

impl PacketSocket {
    /// Opens a socket that sends from `source` through the interface numbered `interface`, to whoever is no group with this TTL or hop limit.
    ///
    /// # Errors
    /// When the process may not open raw sockets, the interface is gone, or `source` is not an address of this host.
    pub fn open(interface: NonZeroU32, source: IpAddr, hop_limit: u8) -> io::Result<Self> {
        let domain = if source.is_ipv4() {
            Domain::IPV4
        } else {
            Domain::IPV6
        };
        let socket = Socket::new(domain, Type::RAW, Some(Protocol::from(VRRP)))?;
        hear_nothing(&socket)?;
        socket.set_nonblocking(true)?;
        let place = on_interface(source, interface);
        match source {
            IpAddr::V4(own) => {
                socket.bind_device_by_index_v4(Some(interface))?;
                socket.bind(&place.into())?;
                write_header(&socket, hop_limit)?;
                let any = Ipv4Addr::UNSPECIFIED;
                set_ip_multicast_if_with_ifindex(&socket, &any, &own, interface.get())?;
            }
            IpAddr::V6(_) => {
                socket.bind_device_by_index_v6(Some(interface))?;
                socket.bind(&place.into())?;
                write_header_v6(&socket, hop_limit)?;
                socket.set_multicast_if_v6(interface.get())?;
            }
        }
        Ok(Self {
            socket: Arc::new(socket),
            interface,
            source,
        })
    }

    /// Whether nobody else shares it.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        Arc::strong_count(&self.socket) == 1
    }
}

impl AdvertSender {
    /// Sends through `socket`, to each of `destinations`.
    ///
    /// # Errors
    /// When they are not of the family that the socket is of.
    pub fn in_packets(socket: PacketSocket, destinations: &[IpAddr]) -> io::Result<Self> {
        let PacketSocket {
            interface, source, ..
        } = socket;
        Ok(Self {
            way: Way::Packets(socket),
            source,
            destinations: places(interface, source, destinations)?,
        })
    }

    /// Sends through `socket`, in frames that come from the hardware address `mac`, to groups alone.
    ///
    /// # Errors
    /// When `source` is not of the same family as `destinations`.
    pub fn in_frames(
        socket: FrameSocket,
        mac: [u8; 6],
        interface: NonZeroU32,
        source: IpAddr,
        destinations: &[IpAddr],
    ) -> io::Result<Self> {
        Ok(Self {
            way: Way::Frames(socket, mac, interface),
            source,
            destinations: places(interface, source, destinations)?,
        })
    }

    /// The address that advertisements come from.
    #[must_use]
    pub const fn source(&self) -> IpAddr {
        self.source
    }

    /// Sends to each destination what `message` makes of it, without waiting. Whom one cannot be sent to does not keep the others from theirs.
    ///
    /// # Errors
    /// The first that the kernel says, with whom it concerns if that is not everybody; `WouldBlock` when the interface's queue is full.
    pub fn send(&self, message: impl Fn(IpAddr) -> Vec<u8>) -> io::Result<()> {
        let mut sent = Ok(());
        for destination in &self.destinations {
            let result = self.send_to(destination, &message(destination.ip()));
            sent = sent.and(result);
        }
        sent
    }

    fn send_to(&self, destination: &SocketAddr, message: &[u8]) -> io::Result<()> {
        match &self.way {
            Way::Packets(socket) => send_packet(&socket.socket, destination, message),
            Way::Frames(socket, mac, interface) => {
                let frame = frame::to_group(*mac, self.source, destination.ip(), message);
                let frame = frame.ok_or(io::ErrorKind::InvalidInput)?;
                let sent = socket.send(interface.get(), &frame)?;
                is_whole(sent, &frame)
            }
        }
    }
}

fn send_packet(socket: &Socket, destination: &SocketAddr, message: &[u8]) -> io::Result<()> {
    let is_to_group = destination.ip().is_multicast();
    let flags = if is_to_group {
        SendFlags::DONTROUTE | SendFlags::NOSIGNAL
    } else {
        SendFlags::NOSIGNAL
    };
    let sent = rustix::net::sendto(socket, message, flags, destination);
    let sent = sent.map_err(|error| match (error, is_to_group) {
        (Errno::AGAIN, _) | (_, true) => io::Error::from(error),
        (error, false) => {
            let error = io::Error::from(error);
            io::Error::new(error.kind(), format!("to {}: {error}", destination.ip()))
        }
    })?;
    is_whole(sent, message)
}

fn places(
    interface: NonZeroU32,
    source: IpAddr,
    destinations: &[IpAddr],
) -> io::Result<Vec<SocketAddr>> {
    let is_of_the_family = |address: &IpAddr| address.is_ipv4() == source.is_ipv4();
    if !destinations.iter().all(is_of_the_family) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let destinations = destinations.iter().copied();
    Ok(destinations
        .map(|address| on_interface(address, interface))
        .collect())
}

fn is_whole(sent: usize, message: &[u8]) -> io::Result<()> {
    if sent == message.len() {
        return Ok(());
    }
    let complaint = "the advertisement was cut short";
    Err(io::Error::new(io::ErrorKind::WriteZero, complaint))
}

/// An address of a link means nothing without the link.
const fn on_interface(address: IpAddr, interface: NonZeroU32) -> SocketAddr {
    match address {
        IpAddr::V4(address) => SocketAddr::V4(SocketAddrV4::new(address, 0)),
        IpAddr::V6(address) => SocketAddr::V6(SocketAddrV6::new(address, 0, 0, interface.get())),
    }
}

/// Refuses every incoming packet. First of all, because a raw socket hears from the moment it exists.
fn hear_nothing(socket: &Socket) -> io::Result<()> {
    /// `BPF_RET | BPF_K`: accept this many bytes.
    const RETURN: u16 = 0x06;
    socket.attach_filter(&[SockFilter::new(RETURN, 0, 0, 0)])
}

fn write_header(socket: &Socket, ttl: u8) -> io::Result<()> {
    socket.set_ttl_v4(ttl.into())?;
    socket.set_multicast_ttl_v4(TTL)?;
    socket.set_tos_v4(u32::from(TOS))?;
    socket.set_multicast_loop_v4(false)?;
    // "Don't fragment" means nothing on one link, and keepalived's advertisements do not say it.
    set_ip_mtu_discover(socket, Ipv4PathMtuDiscovery::DONT)?;
    Ok(())
}

/// The kernel writes no checksum unless it is asked to, so ours stays.
fn write_header_v6(socket: &Socket, hop_limit: u8) -> io::Result<()> {
    socket.set_unicast_hops_v6(hop_limit.into())?;
    socket.set_multicast_hops_v6(TTL)?;
    set_ipv6_tclass(socket, u32::from(TOS))?;
    socket.set_multicast_loop_v6(false)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rustix::net::RecvFlags;

    use super::*;
    use crate::{
        protocol::Family,
        system::{
            clock,
            test_network::{alone, cable, sh},
        },
    };

    /// What keepalived 2.2.7 sends for VRID 89, priority 101, password 1111 and no address: 20 bytes of IP header and
    /// 16 of VRRP, with nothing between them.
    #[test]
    fn an_advertisement_leaves_as_keepalived_sends_it() {
        const NAME: &str =
            "system::advert_sender::tests::an_advertisement_leaves_as_keepalived_sends_it";
        alone(NAME, || {
            cable();
            sh("ip address add 192.168.0.9/24 dev eth0");
            let source = IpAddr::from([192, 168, 0, 9]);
            let socket = PacketSocket::open(index_of("eth0"), source, 255).unwrap();
            let sender = AdvertSender::in_packets(socket, &[Family::Ipv4.group()]).unwrap();

            let message = b"\x21\x59\x65\x00\x01\x01\x16\x43\x31\x31\x31\x31\0\0\0\0";
            let packet = captured(|| sender.send(|_| message.to_vec()).unwrap());

            assert_eq!(
                packet[..4],
                [0x45, 0xc0, 0, 36],
                "no options, TOS 0xc0, length 36"
            );
            assert_eq!(
                packet[6..10],
                [0, 0, 255, 112],
                "no fragment flags, TTL 255, VRRP"
            );
            assert_eq!(packet[12..20], [192, 168, 0, 9, 224, 0, 0, 18]);
            assert_eq!(packet[20..], *message);
        });
    }

    fn index_of(interface: &str) -> NonZeroU32 {
        let any_socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let index = rustix::net::netdevice::name_to_index(&any_socket, interface).unwrap();
        NonZeroU32::new(index).unwrap()
    }

    /// The first VRRP packet to arrive at the other end while `send` is called again and again.
    fn captured(send: impl Fn()) -> Vec<u8> {
        let every_ip_packet = Protocol::from(i32::from(0x0800_u16.to_be()));
        let wire = Socket::new(Domain::PACKET, Type::DGRAM, Some(every_ip_packet)).unwrap();
        wire.set_read_timeout(Some(Duration::from_millis(20)))
            .unwrap();
        let deadline = clock::now() + Duration::from_secs(10);
        while clock::now() < deadline {
            send();
            let mut packet = [0; 100];
            let received = rustix::net::recv(&wire, &mut packet[..], RecvFlags::empty());
            if let Ok((length, _)) = received
                && i32::from(packet[9]) == VRRP
            {
                return packet[..length].to_vec();
            }
        }
        panic!("nothing arrived");
    }
}
