//! ARP packets that speak for one of our addresses.

use super::{Tables, Verdict};
use crate::{
    abi::{PORT_FINAL, Port, Reason, VIP_DROP_CLAIMS, VipKey},
    frame::Frame,
    wire::{arp, ethernet},
};

/// A foreign hardware address in an ARP packet whose sender address is ours.
///
/// What it means is judged in the daemon, which knows who should have the address; here it is only noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The router whose address it is.
    pub slot: u32,
    /// The address claimed.
    pub address: [u8; 4],
    /// By whom, as the packet states.
    pub hardware_address: [u8; 6],
    /// The packet states another hardware address than its frame came from.
    pub is_malformed: bool,
    /// `xdp_garp_guard drop` is set and we are Active.
    pub drop: bool,
}

/// Judges a frame with an ARP packet `AT` bytes into it.
#[inline(always)]
pub(super) fn decide<F: Frame + ?Sized, T: Tables, const AT: usize>(
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
    if packet.sender_hardware == port.hardware_address {
        return Verdict::Ignore;
    }
    if !is_final {
        return Verdict::Pass(Reason::TagUnknown);
    }
    Verdict::Claim(Claim {
        slot: vip.slot,
        address,
        hardware_address: packet.sender_hardware,
        is_malformed: packet.sender_hardware != ethernet.source,
        drop: vip.flags & VIP_DROP_CLAIMS != 0 && tables.role(vip.slot).is_active != 0,
    })
}
