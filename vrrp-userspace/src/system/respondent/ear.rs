//! The ear for neighbour solicitations on one interface.

use std::{
    collections::{BTreeSet, VecDeque},
    io::{self, ErrorKind, Read as _},
    net::Ipv6Addr,
    os::fd::{AsFd as _, BorrowedFd},
    sync::Arc,
};

use rustix::{io::Errno, net::netdevice::name_to_index};
use socket2::{Domain, SockFilter, Socket, Type};
use tracing::debug;
use vrrp_ebpf::wire::{
    ethernet,
    ipv6::{self, NEXT_HEADER_ICMP, ON_LINK_HOP_LIMIT},
    neighbour::{self, TYPE_SOLICITATION},
};

use super::{
    groups::Memberships,
    solicitation::{Solicitation, group_of},
};
use crate::system::{
    announcer::{Audience, forwards_ipv6, neighbour_advertisement},
    classic_bpf::{
        IF_EQUAL, LOAD_BYTE, LOAD_HALF, LOAD_WORD, OTHER_HOST, PACKET_TYPE, RETURN, accept_within,
        ranges,
    },
    packet_address::{hardware_address, receiving_socket},
};

/// Bytes of a frame that are looked at: its headers, the solicitation, and options of which there are two at most in practice. What is longer
/// is not answered.
const LONGEST: usize = ethernet::LENGTH + ipv6::LENGTH + neighbour::LENGTH + 64;

/// Hears who asks for one of its targets.
#[derive(Debug, Default)]
pub(super) struct Ear {
    targets: Arc<BTreeSet<Ipv6Addr>>,
    /// Of the targets.
    wanted: BTreeSet<Ipv6Addr>,
    /// Of these, the ones to be joined yet.
    to_join: VecDeque<Ipv6Addr>,
    open: Option<Open>,
    /// It was said that it cannot be opened, or that a group cannot be joined.
    is_said: bool,
    /// The last attempt to join one failed.
    is_stuck: bool,
}

#[derive(Debug)]
struct Open {
    socket: Socket,
    index: u32,
    memberships: Memberships,
}

impl Ear {
    /// From now on these are what it hears solicitations for.
    pub(super) fn expect(&mut self, targets: Arc<BTreeSet<Ipv6Addr>>) {
        if Arc::ptr_eq(&self.targets, &targets) {
            return;
        }
        self.wanted = targets.iter().copied().map(group_of).collect();
        self.targets = targets;
        if let Some(open) = &mut self.open {
            for group in open
                .memberships
                .without(|group| self.wanted.contains(group))
            {
                open.memberships.leave(group, open.index);
            }
            if open.socket.attach_filter(&filter(&self.targets)).is_err() {
                // The old one lets through too little.
                self.open = None;
            }
        }
        self.note_what_to_join();
    }

    fn note_what_to_join(&mut self) {
        let memberships = self.open.as_ref().map(|open| &open.memberships);
        let is_joined =
            |group: &&Ipv6Addr| memberships.is_some_and(|joined| joined.contains(group));
        self.to_join = self
            .wanted
            .iter()
            .filter(|group| !is_joined(group))
            .copied()
            .collect();
    }

    /// Opens the socket on the interface called `name`, unless that is done. An interface that is not there is no failure, and looked for again.
    ///
    /// # Errors
    ///
    /// The kernel refuses, for the first time since it last worked.
    pub(super) fn open(&mut self, name: &str) -> io::Result<()> {
        if self.open.is_some() {
            return Ok(());
        }
        let opened = self.try_open(name);
        match opened {
            Ok(open) => {
                self.is_said &= open.is_none();
                self.open = open;
                self.note_what_to_join();
                Ok(())
            }
            Err(_) if std::mem::replace(&mut self.is_said, true) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn try_open(&self, name: &str) -> io::Result<Option<Open>> {
        let Some(index) = index_of(name)? else {
            return Ok(None);
        };
        let socket = receiving_socket(index, ethernet::TYPE_IPV6, &filter(&self.targets))?;
        Ok(Some(Open {
            socket,
            index,
            memberships: Memberships::default(),
        }))
    }

    pub(super) fn socket(&self) -> Option<BorrowedFd<'_>> {
        self.open.as_ref().map(|open| open.socket.as_fd())
    }

    /// How many groups it is to be a member of.
    pub(super) fn groups(&self) -> usize {
        self.wanted.len()
    }

    /// How many it is a member of.
    pub(super) fn joined(&self) -> usize {
        self.open.as_ref().map_or(0, |open| open.memberships.len())
    }

    /// Whether there are groups that can be joined now.
    pub(super) fn is_joining(&self) -> bool {
        self.open.is_some() && !self.to_join.is_empty() && !self.is_stuck
    }

    /// Whether nothing is left to be tried.
    pub(super) fn is_complete(&self) -> bool {
        self.open.is_some() && self.to_join.is_empty()
    }

    /// Joins so many groups at most.
    ///
    /// # Errors
    ///
    /// One could not be joined, for the first time since it last worked. It is tried again with the next call.
    pub(super) fn join(&mut self, most: usize) -> io::Result<()> {
        let Some(open) = &mut self.open else {
            return Ok(());
        };
        for _group in 0..most {
            let Some(group) = self.to_join.front() else {
                break;
            };
            if let Err(error) = open.memberships.join(*group, open.index) {
                self.is_stuck = true;
                let is_said = std::mem::replace(&mut self.is_said, true);
                return if is_said { Ok(()) } else { Err(error) };
            }
            self.to_join.pop_front();
            self.is_stuck = false;
        }
        self.is_said &= !self.to_join.is_empty();
        Ok(())
    }

    /// The next valid solicitation; `None` if there is none now. An interface that is gone is let go.
    pub(super) fn hear(&mut self, name: &str) -> Option<Solicitation> {
        let mut buffer = [0; LONGEST];
        loop {
            let open = self.open.as_mut()?;
            match open.socket.read(&mut buffer) {
                Ok(length) => {
                    let heard = buffer.get(..length).and_then(Solicitation::parse);
                    if heard.is_some() {
                        return heard;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return None,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    debug!("{name}: an ear for neighbour solicitations: {error}");
                    // One that is down says so once, and goes on when it is up.
                    if index_of(name).ok().flatten() != Some(open.index) {
                        self.open = None;
                        self.note_what_to_join();
                    }
                    return None;
                }
            }
        }
    }

    /// Says that the target is here. What cannot be sent is asked again.
    pub(super) fn answer(&self, name: &str, solicitation: &Solicitation) {
        let Some(open) = &self.open else {
            return;
        };
        let Ok(Some(mac)) = hardware_address(&open.socket) else {
            return;
        };
        let audience = if solicitation.source.is_unspecified() {
            Audience::Everybody
        } else {
            Audience::Asker(solicitation.hardware_address, solicitation.source)
        };
        let is_router = forwards_ipv6(name);
        let frame = neighbour_advertisement(mac, solicitation.target, is_router, audience);
        if let Err(error) = open.socket.send(&frame) {
            debug!("{name}: a neighbour solicitation is not answered: {error}");
        }
    }
}

/// The number of the interface; `None` if there is none of this name.
fn index_of(name: &str) -> io::Result<Option<u32>> {
    let any = Socket::new(Domain::UNIX, Type::DGRAM, None)?;
    match name_to_index(&any, name) {
        Ok(index) => Ok(Some(index)),
        Err(Errno::NODEV) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Lets neighbour solicitations through whose target ends as one of `targets` does. Offsets are from the Ethernet header.
#[expect(
    clippy::cast_possible_truncation,
    reason = "lengths and offsets of a frame of 150 bytes"
)]
fn filter(targets: &BTreeSet<Ipv6Addr>) -> Vec<SockFilter> {
    const NEXT_HEADER_AND_HOP_LIMIT: u32 = ethernet::LENGTH as u32 + 6;
    const MESSAGE_TYPE: u32 = (ethernet::LENGTH + ipv6::LENGTH) as u32;
    const END_OF_TARGET: u32 = MESSAGE_TYPE + 8 + 12;
    const FROM_THIS_LINK: u32 = (NEXT_HEADER_ICMP as u32) << 8 | ON_LINK_HOP_LIMIT as u32;
    let accept = || SockFilter::new(RETURN, 0, 0, LONGEST as u32);
    let refuse = || SockFilter::new(RETURN, 0, 0, 0);
    let mut ends: Vec<u32> = targets.iter().copied().map(end_of).collect();
    ends.sort_unstable();
    ends.dedup();
    let mut filter = vec![
        SockFilter::new(LOAD_WORD, 0, 0, PACKET_TYPE),
        SockFilter::new(IF_EQUAL, 4, 0, OTHER_HOST),
        SockFilter::new(LOAD_HALF, 0, 0, NEXT_HEADER_AND_HOP_LIMIT),
        SockFilter::new(IF_EQUAL, 0, 2, FROM_THIS_LINK),
        SockFilter::new(LOAD_BYTE, 0, 0, MESSAGE_TYPE),
        SockFilter::new(IF_EQUAL, 1, 0, u32::from(TYPE_SOLICITATION)),
        refuse(),
        SockFilter::new(LOAD_WORD, 0, 0, END_OF_TARGET),
    ];
    filter.extend(accept_within(&ranges(&ends), accept));
    filter.push(refuse());
    filter
}

/// The last four bytes.
fn end_of(target: Ipv6Addr) -> u32 {
    let [.., a, b, c, d] = target.octets();
    u32::from_be_bytes([a, b, c, d])
}
