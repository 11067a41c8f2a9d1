//! Tells the neighbours where an address is now: gratuitous ARP.
//!
//! The frame is a pure function of two addresses ([`gratuitous_arp`]). What is announced, how often and when
//! is decided elsewhere; here it only leaves, and an interface that cannot send stops no other.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    io,
    net::Ipv4Addr,
    time::Duration,
};

use rustix::io::Errno;
use socket2::Socket;
use tokio::time::sleep;

use super::{
    netlink::{Link, Netlink},
    packet_address::send_only_socket,
};

/// How often a full queue is tried again, and after how long.
const PATIENCE: (u32, Duration) = (50, Duration::from_millis(1));

/// An Ethernet frame that announces `address` at `mac`.
///
/// keepalived: an ARP *request*, from and for the address itself, to everybody; its target hardware address
/// is the broadcast address too, where RFC 5227 has zero.
#[must_use]
pub fn gratuitous_arp(mac: [u8; 6], address: Ipv4Addr) -> [u8; 42] {
    const BROADCAST: [u8; 6] = [0xff; 6];
    const ARP: [u8; 2] = [0x08, 0x06];
    /// Ethernet, IPv4, their lengths, request.
    const REQUEST: [u8; 8] = [0, 1, 8, 0, 6, 4, 0, 1];

    let address = address.octets();
    let parts: [&[u8]; 8] = [
        &BROADCAST, &mac, &ARP, &REQUEST, &mac, &address, &BROADCAST, &address,
    ];
    let mut frame = [0; 42];
    for (byte, value) in frame.iter_mut().zip(parts.concat()) {
        *byte = value;
    }
    frame
}

/// Sends announcements, with a socket per interface that stays open.
#[derive(Debug)]
pub struct Announcer {
    netlink: Netlink,
    sockets: BTreeMap<u32, Socket>,
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
    #[must_use]
    pub fn new(netlink: Netlink) -> Self {
        Self {
            netlink,
            sockets: BTreeMap::new(),
        }
    }

    /// Announces all addresses once, then all again, `rounds` times.
    ///
    /// The hardware addresses are read now, since they may have changed. Loopback links and those that do
    /// not speak ARP are passed over. An interface that fails is given up for this call and reported.
    pub async fn announce(
        &mut self,
        addresses: &[(&str, Ipv4Addr)],
        rounds: u32,
    ) -> Vec<AnnouncementFailure> {
        let mut failures = Vec::new();
        let mut links = BTreeMap::new();
        for (interface, _) in addresses {
            if !links.contains_key(interface) {
                let link = self.open(interface).await.unwrap_or_else(|error| {
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
            let Some(Some((index, mac))) = links.get(interface).copied() else {
                continue;
            };
            if let Err(error) = self.send(index, &gratuitous_arp(mac, *address)).await {
                links.insert(interface, None);
                // The link may have been made again under the same number.
                self.sockets.remove(&index);
                failures.push(AnnouncementFailure {
                    interface: (*interface).into(),
                    error,
                });
            }
        }
        failures
    }

    /// The number and hardware address of an interface, with a socket ready; `None` if it has no use for
    /// announcements.
    async fn open(&mut self, interface: &str) -> io::Result<Option<(u32, [u8; 6])>> {
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
        if let Entry::Vacant(place) = self.sockets.entry(index) {
            place.insert(send_only_socket(index)?);
        }
        Ok(Some((index, mac)))
    }

    async fn send(&self, index: u32, frame: &[u8]) -> io::Result<()> {
        let Some(socket) = self.sockets.get(&index) else {
            return Ok(());
        };
        let (tries, pause) = PATIENCE;
        let mut last = None;
        for _try in 0..tries {
            match socket.send(frame) {
                Ok(_) => return Ok(()),
                Err(error) if is_full(&error) => last = Some(error),
                Err(error) => return Err(error),
            }
            sleep(pause).await;
        }
        last.map_or(Ok(()), Err)
    }
}

/// Whether the interface's queue is full, which passes.
fn is_full(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
        || error.raw_os_error() == Some(Errno::NOBUFS.raw_os_error())
}

#[cfg(test)]
mod tests;
