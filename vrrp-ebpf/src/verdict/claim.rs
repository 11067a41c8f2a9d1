//! Packets of ARP and of Neighbour Discovery that speak for one of our addresses.

use super::{Tables, Verdict};
use crate::{
    abi::{
        ALERT_CLAIM, Alert, FAMILY_IPV4, FAMILY_IPV6, PORT_FINAL, Port, Reason, VIP_DROP_CLAIMS,
        VipKey, widen,
    },
    frame::Frame,
    wire::{arp, ethernet, ipv6, neighbour},
};

/// A foreign hardware address in an ARP packet whose sender address is ours, or in a neighbour advertisement about it.
///
/// What it means is judged in the daemon, which knows who should have the address; here it is only noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The router whose address it is.
    pub slot: u32,
    /// By what, which says what kind of address it is.
    pub by: Protocol,
    /// The address claimed, IPv4 in the first four bytes.
    pub address: [u8; 16],
    /// By whom, as the packet states.
    pub hardware_address: [u8; 6],
    /// The packet states another hardware address than its frame came from.
    pub is_malformed: bool,
    /// `xdp_garp_guard drop` is set and we are Active.
    pub drop: bool,
}

/// How hosts tell each other where an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// For IPv4 (RFC 826).
    Arp,
    /// For IPv6 (RFC 4861).
    NeighbourDiscovery,
}

impl Claim {
    /// What it is counted by.
    #[must_use]
    #[inline(always)]
    pub const fn reason(&self) -> Reason {
        match self.by {
            Protocol::Arp => Reason::ArpClaim,
            Protocol::NeighbourDiscovery => Reason::NdClaim,
        }
    }

    /// What kind of address is claimed.
    #[must_use]
    #[inline(always)]
    pub const fn family(&self) -> u8 {
        match self.by {
            Protocol::Arp => FAMILY_IPV4,
            Protocol::NeighbourDiscovery => FAMILY_IPV6,
        }
    }

    /// What it is counted by as well when it contradicts its frame.
    #[must_use]
    #[inline(always)]
    pub const fn malformed(&self) -> Reason {
        match self.by {
            Protocol::Arp => Reason::ArpMalformed,
            Protocol::NeighbourDiscovery => Reason::NdMalformed,
        }
    }

    /// What people are told of it: it was heard on the port of this number at `time_ns` of `CLOCK_MONOTONIC`.
    #[must_use]
    #[inline(always)]
    pub const fn alert(&self, port: u16, time_ns: u64) -> Alert {
        Alert {
            time_ns,
            slot: self.slot,
            port,
            kind: ALERT_CLAIM,
            reason: self.reason() as u8,
            address: self.address,
            hardware_address: self.hardware_address,
            family: self.family(),
            reserved: 0,
        }
    }
}

/// Judges a frame with an ARP packet `AT` bytes into it.
#[inline(always)]
pub(super) fn decide_arp<F: Frame + ?Sized, T: Tables, const AT: usize>(
    frame: &F,
    ethernet: &ethernet::Header,
    port: &Port,
    tables: &T,
) -> Verdict {
    let Some(packet) = frame.header::<arp::Packet>(AT) else {
        return Verdict::Ignore;
    };
    // Where a tag may have been stripped, another network may use our addresses. Who sees the tag judges: the raw path.
    let is_final = port.flags & PORT_FINAL != 0;
    if !packet.is_ipv4_over_ethernet() {
        return if packet.protocol_type.get() != ethernet::TYPE_IPV4 {
            Verdict::Ignore
        } else if is_final {
            Verdict::Pass(Reason::ArpMalformed)
        } else {
            Verdict::Pass(Reason::TagUnknown)
        };
    }
    let address = packet.sender_protocol;
    let Some(vip) = tables.vip(&VipKey::ipv4(port.number, address)) else {
        return Verdict::Ignore;
    };
    if packet.sender_hardware == port.hardware_address || vip.is_at(packet.sender_hardware) {
        return Verdict::Ignore;
    }
    if !is_final {
        return Verdict::Pass(Reason::TagUnknown);
    }
    Verdict::Claim(Claim {
        slot: vip.slot,
        by: Protocol::Arp,
        address: widen(address),
        hardware_address: packet.sender_hardware,
        is_malformed: packet.sender_hardware != ethernet.source,
        drop: vip.flags & VIP_DROP_CLAIMS != 0 && tables.role(vip.slot).is_active != 0,
    })
}

/// Judges a frame with an IPv6 packet `AT` bytes into it that carries ICMPv6 and nothing before it.
///
/// A host believes only what comes from this link (RFC 4861 §7.1.2), and only if the sum is right, which is left to it. An advertisement without
/// the option says that the target is where it comes from.
#[inline(always)]
pub(super) fn decide_neighbour<F: Frame + ?Sized, T: Tables, const AT: usize>(
    frame: &F,
    ethernet: &ethernet::Header,
    ip: &ipv6::Header,
    port: &Port,
    tables: &T,
) -> Verdict {
    if ip.hop_limit != ipv6::ON_LINK_HOP_LIMIT {
        return Verdict::Ignore;
    }
    let Some(packet) = frame.header::<neighbour::Advertisement>(AT + ipv6::LENGTH) else {
        return Verdict::Ignore;
    };
    if packet.message_type != neighbour::TYPE_ADVERTISEMENT || packet.code != 0 {
        return Verdict::Ignore;
    }
    let Some(vip) = tables.vip(&VipKey::ipv6(port.number, packet.target)) else {
        return Verdict::Ignore;
    };
    let option = frame.header::<neighbour::TargetOption>(AT + ipv6::LENGTH + neighbour::LENGTH);
    let hardware_address = match option {
        Some(option) if option.is_of_ethernet() => option.hardware_address,
        _ => ethernet.source,
    };
    if hardware_address == port.hardware_address || vip.is_at(hardware_address) {
        return Verdict::Ignore;
    }
    if port.flags & PORT_FINAL == 0 {
        return Verdict::Pass(Reason::TagUnknown);
    }
    Verdict::Claim(Claim {
        slot: vip.slot,
        by: Protocol::NeighbourDiscovery,
        address: packet.target,
        hardware_address,
        is_malformed: hardware_address != ethernet.source,
        drop: vip.flags & VIP_DROP_CLAIMS != 0 && tables.role(vip.slot).is_active != 0,
    })
}
