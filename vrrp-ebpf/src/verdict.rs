//! What happens to this frame? Headers and table entries in, one [`Verdict`] out.
//!
//! The same function judges in the kernel ([`decide`], called by the XDP program) and in the daemon
//! ([`decide_datagram`], called by the raw-socket path), so the two cannot disagree. It has no pointer, no map and no
//! clock; `tests` compares the two builds on the same bytes.

mod advertisement;
mod claim;
mod internet;
mod message;

pub use advertisement::{Accepted, Kind, decide_datagram, decide_message};
pub use claim::{Claim, Protocol};

use crate::{
    abi::{PeerEntry, PeerKey, Port, Reason, Role, RouterEntry, RouterKey, VipEntry, VipKey},
    frame::Frame,
    wire::{ethernet, ipv4, ipv6},
};

/// What the controller has published, however it is looked up.
pub trait Tables {
    /// What to check for the router of `key`, if it is ours.
    fn router(&self, key: &RouterKey) -> Option<RouterEntry>;
    /// What the peer of `key` may send, if there is such a peer.
    fn peer(&self, key: &PeerKey) -> Option<PeerEntry>;
    /// What the router of `slot` is at the moment.
    fn role(&self, slot: u32) -> Role;
    /// Whose address `key` is, if it is ours.
    fn vip(&self, key: &VipKey) -> Option<VipEntry>;
}

/// The answer. What it means for the frame: [`Verdict::Reject`] drops it, [`Verdict::Accept`] and [`Verdict::Claim`] say
/// themselves, everything else passes it on untouched (P2).
///
/// Later entry points add `Answer` (a solicitation we reply to) and `Admit` (a gate that opens).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing to do with us.
    Ignore,
    /// Near us, but not for us to judge here; counted.
    Pass(Reason),
    /// An advertisement for one of our routers that fails a check. It changes nothing (P3).
    Reject {
        /// Which check.
        reason: Reason,
        /// Which router it was for.
        slot: u32,
        /// What kind of address `source` is.
        family: u8,
        /// Who sent it, as far as it says; IPv4 in the first four bytes.
        source: [u8; 16],
    },
    /// A valid advertisement for one of our routers.
    Accept(Accepted),
    /// Somebody else says that one of our addresses is theirs.
    Claim(Claim),
}

/// What a frame carries, as far as Ethernet tells.
///
/// Four of them, because each is judged in a function of its own in the program: their offsets and their widths differ, and each needs most of a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payload {
    /// IPv4 or ARP, by its EtherType, right behind the Ethernet header.
    Narrow(u16),
    /// IPv6 right behind the Ethernet header.
    Wide,
    /// IPv4 or ARP behind a tag of VLAN 0.
    NarrowBehindTag(u16),
    /// IPv6 behind a tag of VLAN 0.
    WideBehindTag,
    /// VRRP of another network.
    TaggedVrrp,
    /// Nothing to do with us.
    Other,
}

impl Payload {
    /// Looks behind the Ethernet header, and a tag if there is one.
    ///
    /// A frame of another VLAN is another network's, whatever it carries; an advertisement in it is worth counting. A tag of VLAN 0 has only a
    /// priority to tell (IEEE 802.1Q §6.9): the kernel takes it off and hears the frame on this interface, and so do we.
    #[must_use]
    #[inline(always)]
    pub fn of<F: Frame + ?Sized>(frame: &F, ethernet: &ethernet::Header) -> Self {
        if !ethernet.is_tagged() {
            return match ethernet.ether_type.get() {
                ethernet::TYPE_IPV6 => Self::Wide,
                ether_type => Self::Narrow(ether_type),
            };
        }
        let Some(tag) = frame.header::<ethernet::Tag>(ethernet::LENGTH) else {
            return Self::Other;
        };
        if tag.vlan() == 0 {
            match tag.ether_type.get() {
                ethernet::TYPE_IPV6 => Self::WideBehindTag,
                ether_type => Self::NarrowBehindTag(ether_type),
            }
        } else if carries_vrrp(frame) {
            Self::TaggedVrrp
        } else {
            Self::Other
        }
    }
}

/// Judges a frame as it came from the wire, on `port`.
#[inline(always)]
pub fn decide<F: Frame + ?Sized, T: Tables>(frame: &F, port: &Port, tables: &T) -> Verdict {
    let Some(ethernet) = frame.header::<ethernet::Header>(0) else {
        return Verdict::Ignore;
    };
    match Payload::of(frame, &ethernet) {
        Payload::Narrow(ether_type) => {
            decide_narrow::<F, T, UNTAGGED>(frame, &ethernet, ether_type, port, tables)
        }
        Payload::Wide => decide_wide::<F, T, UNTAGGED>(frame, &ethernet, port, tables),
        Payload::NarrowBehindTag(ether_type) => {
            decide_narrow::<F, T, TAGGED>(frame, &ethernet, ether_type, port, tables)
        }
        Payload::WideBehindTag => decide_wide::<F, T, TAGGED>(frame, &ethernet, port, tables),
        Payload::TaggedVrrp => Verdict::Pass(Reason::Tagged),
        Payload::Other => Verdict::Ignore,
    }
}

/// Whether VRRP stands behind a tag, without anything between.
#[inline(always)]
fn carries_vrrp<F: Frame + ?Sized>(frame: &F) -> bool {
    let is_ipv4 = frame
        .header::<ipv4::Header>(TAGGED)
        .is_some_and(|ip| ip.is_plain() && ip.protocol == ipv4::PROTOCOL_VRRP);
    let is_ipv6 = frame
        .header::<ipv6::Header>(TAGGED)
        .is_some_and(|ip| ip.is_version_6() && ip.next_header == ipv6::NEXT_HEADER_VRRP);
    is_ipv4 || is_ipv6
}

/// Where the payload of a frame without a tag begins.
pub const UNTAGGED: usize = ethernet::LENGTH;
/// Where it begins behind a tag.
pub const TAGGED: usize = ethernet::LENGTH + ethernet::TAG_LENGTH;

/// Judges IPv4 or ARP that begins `AT` bytes into a frame. A constant, because the program can add no other number to a pointer into the packet.
#[inline(always)]
pub fn decide_narrow<F: Frame + ?Sized, T: Tables, const AT: usize>(
    frame: &F,
    ethernet: &ethernet::Header,
    ether_type: u16,
    port: &Port,
    tables: &T,
) -> Verdict {
    match ether_type {
        ethernet::TYPE_IPV4 => {
            advertisement::decide_ipv4::<F, T, AT>(frame, ethernet, port, tables)
        }
        ethernet::TYPE_ARP => claim::decide_arp::<F, T, AT>(frame, ethernet, port, tables),
        _ => Verdict::Ignore,
    }
}

/// Judges IPv6 that begins `AT` bytes into a frame. What stands behind extension headers is left to whoever walks through them (C014).
#[inline(always)]
pub fn decide_wide<F: Frame + ?Sized, T: Tables, const AT: usize>(
    frame: &F,
    ethernet: &ethernet::Header,
    port: &Port,
    tables: &T,
) -> Verdict {
    let Some(ip) = frame.header::<ipv6::Header>(AT) else {
        return Verdict::Ignore;
    };
    if !ip.is_version_6() {
        return Verdict::Ignore;
    }
    match ip.next_header {
        ipv6::NEXT_HEADER_VRRP => {
            advertisement::decide_ipv6::<F, T, AT>(frame, ethernet, ip, port, tables)
        }
        ipv6::NEXT_HEADER_ICMP => {
            claim::decide_neighbour::<F, T, AT>(frame, ethernet, &ip, port, tables)
        }
        _ => Verdict::Ignore,
    }
}
