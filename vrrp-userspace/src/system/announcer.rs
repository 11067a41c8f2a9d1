//! Tells the neighbours where an address is now: gratuitous ARP, and unsolicited neighbour advertisements.
//!
//! The frame is a pure function of what it says ([`announcement`]). What is announced, how often and when
//! is decided elsewhere; here it only leaves, and an interface that cannot send stops no other.

mod frame;

use std::{collections::BTreeMap, fs, io, net::IpAddr, path::Path, time::Duration};

use rustix::io::Errno;
use tokio::time::sleep;

pub use self::frame::{Audience, announcement, gratuitous_arp, neighbour_advertisement};
use super::{
    netlink::{Link, Netlink},
    packet_address::FrameSocket,
};

/// How often a full queue is tried again, and after how long.
const PATIENCE: (u32, Duration) = (50, Duration::from_millis(1));

/// Sends announcements.
#[derive(Debug)]
pub struct Announcer {
    netlink: Netlink,
    socket: FrameSocket,
}

/// An interface on which an announcement could not be sent, and why.
#[derive(Debug)]
pub struct AnnouncementFailure {
    /// The interface.
    pub interface: String,
    /// The first reason met.
    pub error: io::Error,
}

impl Announcer {
    /// An announcer that asks `netlink` for the interfaces' hardware addresses.
    ///
    /// # Errors
    /// Without `CAP_NET_RAW`.
    pub fn new(netlink: Netlink) -> io::Result<Self> {
        Ok(Self {
            netlink,
            socket: FrameSocket::open()?,
        })
    }

    /// Announces all addresses once, then all again, `rounds` times.
    ///
    /// The hardware addresses are read now, since they may have changed. Loopback links and those that do
    /// not speak ARP are passed over. An interface that fails is given up for this call and reported.
    pub async fn announce(
        &self,
        addresses: &[(&str, IpAddr)],
        rounds: u32,
    ) -> Vec<AnnouncementFailure> {
        let mut failures = Vec::new();
        let mut links = BTreeMap::new();
        for (interface, _) in addresses {
            if !links.contains_key(interface) {
                let link = self.look_up(interface).await.unwrap_or_else(|error| {
                    failures.push(AnnouncementFailure {
                        interface: (*interface).into(),
                        error,
                    });
                    None
                });
                links.insert(*interface, link);
            }
        }
        for (interface, address) in (0..rounds).flat_map(|_round| addresses) {
            let Some(Some((index, mac, is_router))) = links.get(interface).copied() else {
                continue;
            };
            let frame = announcement(mac, *address, is_router);
            if let Err(error) = self.send(index, &frame).await {
                links.insert(interface, None);
                failures.push(AnnouncementFailure {
                    interface: (*interface).into(),
                    error,
                });
            }
        }
        failures
    }

    /// The number and hardware address of an interface, and whether it forwards IPv6; `None` if it has no use for announcements.
    async fn look_up(&self, interface: &str) -> io::Result<Option<(u32, [u8; 6], bool)>> {
        let link = self
            .netlink
            .link(interface)
            .await
            .map_err(io::Error::other)?;
        let Some(link) = link else {
            return Err(io::ErrorKind::NotFound.into());
        };
        let Link {
            index,
            mac: Some(mac),
            loopback: false,
            no_arp: false,
            ..
        } = link
        else {
            return Ok(None);
        };
        Ok(Some((index, mac, forwards_ipv6(interface))))
    }

    async fn send(&self, index: u32, frame: &[u8]) -> io::Result<()> {
        let (tries, pause) = PATIENCE;
        let mut last = None;
        for _try in 0..tries {
            match self.socket.send(index, frame) {
                Ok(_) => return Ok(()),
                Err(error) if is_full(&error) => last = Some(error),
                Err(error) => return Err(error),
            }
            sleep(pause).await;
        }
        last.map_or(Ok(()), Err)
    }
}

/// Whether the host is a router of IPv6 on `interface`. Who cannot tell is not.
#[must_use]
pub fn forwards_ipv6(interface: &str) -> bool {
    let path = Path::new("/proc/sys/net/ipv6/conf").join(interface);
    fs::read_to_string(path.join("forwarding")).is_ok_and(|said| said.trim() != "0")
}

/// Whether the interface's queue is full, which passes.
fn is_full(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
        || error.raw_os_error() == Some(Errno::NOBUFS.raw_os_error())
}

#[cfg(test)]
mod tests;
