//! Raw sockets of IPv6 deliver messages without their header (RFC 3542 §3); what matters of it comes beside them.

use std::{
    io::{self, IoSliceMut},
    net::Ipv6Addr,
    os::fd::AsRawFd as _,
};

use nix::{
    cmsg_space,
    sys::socket::{
        ControlMessageOwned, MsgFlags, SockaddrIn6, recvmsg, setsockopt,
        sockopt::Ipv6RecvPacketInfo,
    },
};
use socket2::Socket;
use vrrp_ebpf::wire::ipv6;

/// Has the kernel tell the receiver and the hop limit of each datagram.
pub(super) fn tell_of_headers(socket: &Socket) -> io::Result<()> {
    socket.set_recv_hoplimit_v6(true)?;
    setsockopt(socket, Ipv6RecvPacketInfo, &true)?;
    Ok(())
}

/// The next message and its header, as far as the kernel tells it. A message that was longer than `buffer` says so by its length.
pub(super) fn receive(socket: &Socket, buffer: &mut [u8]) -> io::Result<(ipv6::Header, usize)> {
    let mut ancillary = cmsg_space!(nix::libc::in6_pktinfo, nix::libc::c_int);
    let mut parts = [IoSliceMut::new(buffer)];
    // With this flag the length is that of the datagram, however much of it there is room for.
    let flags = MsgFlags::MSG_TRUNC;
    let received =
        recvmsg::<SockaddrIn6>(socket.as_raw_fd(), &mut parts, Some(&mut ancillary), flags)?;
    let source = received
        .address
        .map_or(Ipv6Addr::UNSPECIFIED, |address| address.ip());
    let mut header = ipv6::Header {
        version_class_and_flow: (6 << 28).into(),
        payload_length: u16::try_from(received.bytes).unwrap_or(u16::MAX).into(),
        next_header: ipv6::NEXT_HEADER_VRRP,
        hop_limit: 0,
        source: source.octets(),
        destination: [0; 16],
    };
    let length = received.bytes;
    for message in received.cmsgs()? {
        if let ControlMessageOwned::Ipv6HopLimit(limit) = message {
            header.hop_limit = u8::try_from(limit).unwrap_or(0);
        } else if let ControlMessageOwned::Ipv6PacketInfo(info) = message {
            header.destination = info.ipi6_addr.s6_addr;
        }
    }
    Ok((header, length))
}
