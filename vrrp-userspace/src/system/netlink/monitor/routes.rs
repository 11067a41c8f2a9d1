//! A socket that hears when somebody else takes one of our local routes away, and nothing else.
//!
//! What a router learns comes by the hundred thousand, and what we do ourselves by the ten thousand: a filter in the kernel keeps both out.

use std::{io, mem::offset_of};

use rtnetlink::{
    MulticastGroup,
    sys::{AsyncSocket, SocketAddr, TokioSocket, protocols::NETLINK_ROUTE},
};
use socket2::{SockFilter, SockRef};

use super::super::{ADDRESS_PROTOCOL, local_route::TABLE_LOCAL};
use crate::system::classic_bpf::{IF_EQUAL, LOAD_BYTE, LOAD_HALF, LOAD_WORD, RETURN};

/// `RTM_DELROUTE`
const ROUTE_REMOVED: u16 = 25;

/// `struct nlmsghdr`, for the places of what is in it.
#[repr(C)]
struct MessageHeader {
    length: u32,
    kind: u16,
    flags: u16,
    sequence: u32,
    port: u32,
}

/// `struct rtmsg`, which follows; of it only where things are.
#[repr(C)]
struct RouteHeader {
    family: u8,
    destination_length: u8,
    source_length: u8,
    tos: u8,
    table: u8,
    protocol: u8,
}

/// Hears removals, but for those that the netlink port `ours` has asked for.
pub(super) fn socket(ours: u32) -> io::Result<TokioSocket> {
    let mask = [MulticastGroup::Ipv4Route, MulticastGroup::Ipv6Route]
        .iter()
        .fold(0, |mask, group| mask | 1 << (*group as u32 - 1));
    let mut socket = TokioSocket::new(NETLINK_ROUTE)?;
    SockRef::from(socket.socket_ref()).attach_filter(&filter(ours))?;
    socket.socket_mut().bind(&SocketAddr::new(0, mask))?;
    Ok(socket)
}

/// Each test jumps to the end, which refuses, if it fails.
fn filter(ours: u32) -> Vec<SockFilter> {
    let at = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
    let in_route = |offset: usize| at(size_of::<MessageHeader>() + offset);
    // A filter reads in network order what the kernel has written in that of the host.
    let kind = u32::from(ROUTE_REMOVED.to_be());
    vec![
        SockFilter::new(LOAD_HALF, 0, 0, at(offset_of!(MessageHeader, kind))),
        SockFilter::new(IF_EQUAL, 0, 7, kind),
        SockFilter::new(LOAD_BYTE, 0, 0, in_route(offset_of!(RouteHeader, table))),
        SockFilter::new(IF_EQUAL, 0, 5, u32::from(TABLE_LOCAL)),
        SockFilter::new(LOAD_BYTE, 0, 0, in_route(offset_of!(RouteHeader, protocol))),
        SockFilter::new(IF_EQUAL, 0, 3, u32::from(ADDRESS_PROTOCOL)),
        SockFilter::new(LOAD_WORD, 0, 0, at(offset_of!(MessageHeader, port))),
        SockFilter::new(IF_EQUAL, 1, 0, ours.to_be()),
        SockFilter::new(RETURN, 0, 0, u32::MAX),
        SockFilter::new(RETURN, 0, 0, 0),
    ]
}
