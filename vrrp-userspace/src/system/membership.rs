//! A group that this host listens to on an interface.

use std::{io, net::IpAddr};

use socket2::{Domain, InterfaceIndexOrAddress, Socket, Type};

/// For as long as it lives, what is for the group arrives. A socket hears what any other has joined: `IP_MULTICAST_ALL` and
/// `IPV6_MULTICAST_ALL` are on unless somebody turns them off.
#[derive(Debug)]
pub struct Membership {
    /// Hears nothing itself: it has no port.
    _socket: Socket,
}

impl Membership {
    /// Joins `group` on the interface numbered `index`. One socket for each, because the kernel limits how many one may join.
    ///
    /// # Errors
    ///
    /// The interface is gone, or has too many groups.
    pub fn of(group: IpAddr, index: u32) -> io::Result<Self> {
        let socket = match group {
            IpAddr::V4(group) => {
                let socket = Socket::new(Domain::IPV4, Type::DGRAM, None)?;
                socket.join_multicast_v4_n(&group, &InterfaceIndexOrAddress::Index(index))?;
                socket
            }
            IpAddr::V6(group) => {
                let socket = Socket::new(Domain::IPV6, Type::DGRAM, None)?;
                socket.join_multicast_v6(&group, index)?;
                socket
            }
        };
        Ok(Self { _socket: socket })
    }
}
