//! What happens to this frame? Headers and table entries in, one [`Verdict`] out.
//!
//! The same function judges in the kernel ([`decide`], called by the XDP program) and in the daemon
//! ([`decide_datagram`], called by the raw-socket path), so the two cannot disagree. It has no pointer, no map and no
//! clock; `tests` compares the two builds on the same bytes.

mod advertisement;
mod claim;
mod message;

pub use advertisement::{Accepted, Kind, decide_datagram};
pub use claim::Claim;

use crate::{
    abi::{Port, Reason, Role, RouterEntry, RouterKey, VipEntry, VipKey},
    frame::Frame,
    wire::{ethernet, ipv4},
};

/// What the controller has published, however it is looked up.
pub trait Tables {
    /// What to check for the router of `key`, if it is ours.
    fn router(&self, key: &RouterKey) -> Option<RouterEntry>;
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
        /// Who sent it, as far as it says.
        source: [u8; 4],
    },
    /// A valid advertisement for one of our routers.
    Accept(Accepted),
    /// Somebody else says that one of our addresses is theirs.
    Claim(Claim),
}

/// Judges a frame as it came from the wire, on `port`.
#[inline(always)]
pub fn decide<F: Frame + ?Sized, T: Tables>(frame: &F, port: &Port, tables: &T) -> Verdict {
    match frame.header::<ethernet::Header>(0) {
        Some(ethernet) if ethernet.is_tagged() => decide_tagged(frame, &ethernet, port, tables),
        Some(ethernet) => decide_untagged(frame, &ethernet, port, tables),
        None => Verdict::Ignore,
    }
}

/// The half of [`decide`] for a frame without a tag.
#[inline(always)]
pub fn decide_untagged<F: Frame + ?Sized, T: Tables>(
    frame: &F,
    ethernet: &ethernet::Header,
    port: &Port,
    tables: &T,
) -> Verdict {
    let ether_type = ethernet.ether_type.get();
    decide_payload::<F, T, UNTAGGED>(frame, ethernet, ether_type, port, tables)
}

/// The half of [`decide`] for a frame with a tag.
///
/// That of another VLAN is another network's, whatever it carries; an advertisement in it is worth counting. A tag of VLAN 0 has only a
/// priority to tell (IEEE 802.1Q §6.9): the kernel takes it off and hears the frame on this interface, and so do we.
#[inline(always)]
pub fn decide_tagged<F: Frame + ?Sized, T: Tables>(
    frame: &F,
    ethernet: &ethernet::Header,
    port: &Port,
    tables: &T,
) -> Verdict {
    let Some(tag) = frame.header::<ethernet::Tag>(ethernet::LENGTH) else {
        return Verdict::Ignore;
    };
    if tag.vlan() == 0 {
        let ether_type = tag.ether_type.get();
        return decide_payload::<F, T, TAGGED>(frame, ethernet, ether_type, port, tables);
    }
    match frame.header::<ipv4::Header>(TAGGED) {
        Some(ip) if ip.is_plain() && ip.protocol == ipv4::PROTOCOL_VRRP => {
            Verdict::Pass(Reason::Tagged)
        }
        _ => Verdict::Ignore,
    }
}

/// Where the payload of a frame begins, without a tag and behind one.
const UNTAGGED: usize = ethernet::LENGTH;
const TAGGED: usize = ethernet::LENGTH + ethernet::TAG_LENGTH;

/// Judges what begins `AT` bytes into a frame. A constant, because the program can add no other number to a pointer into the packet.
#[inline(always)]
fn decide_payload<F: Frame + ?Sized, T: Tables, const AT: usize>(
    frame: &F,
    ethernet: &ethernet::Header,
    ether_type: u16,
    port: &Port,
    tables: &T,
) -> Verdict {
    match ether_type {
        ethernet::TYPE_IPV4 => {
            advertisement::decide_frame::<F, T, AT>(frame, ethernet, port, tables)
        }
        ethernet::TYPE_ARP => claim::decide::<F, T, AT>(frame, ethernet, port, tables),
        _ => Verdict::Ignore,
    }
}
