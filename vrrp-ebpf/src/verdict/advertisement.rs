//! Advertisements: the checks of RFC 9568 §7.1 and RFC 3768 §7.1, in an order that gives the most telling reason first.
//!
//! keepalived: compares the length before the version, so a peer of the other version is reported as "too short"; here it is
//! reported as the other version.

use super::{
    Tables, Verdict,
    message::{Message, STEP},
};
use crate::{
    abi::{
        AdvertRecord, DESTINATION_MULTICAST, DESTINATION_UNICAST, MAX_JUDGED_ADDRESSES, PORT_FINAL,
        Port, ROUTER_DROP_VALID, Reason, Role, RouterEntry, RouterKey, widen,
    },
    frame::Frame,
    wire::{
        ethernet, ipv4,
        vrrp::{self, ListDigest},
    },
};

/// Steps through the longest message the program reads itself.
const JUDGED_STEPS: usize = vrrp::message_length(2, MAX_JUDGED_ADDRESSES) / STEP;
/// Steps through the longest message there can be.
const ALL_STEPS: usize = vrrp::message_length(2, u8::MAX) / STEP;

/// What an advertisement means for the router that hears it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It restarts Active_Down_Timer, or challenges us.
    Refreshing,
    /// Of a priority that does not count for us at the moment (RFC 9568 §6.4.2).
    Lower,
    /// The Active Router lets go (RFC 9568 §5.2.4).
    Release,
}

/// A valid advertisement for one of our routers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted {
    /// The router it is for.
    pub slot: u32,
    /// What it says; the time is for the caller to fill in.
    pub record: AdvertRecord,
    /// `xdp_valid_adverts drop`: it goes no further once recorded.
    pub drop: bool,
}

impl Kind {
    /// All ones if this is `other`, else all zeros.
    #[must_use]
    #[inline(always)]
    pub const fn mask(self, other: Self) -> u64 {
        0_u64.wrapping_sub((self as u8 == other as u8) as u64)
    }
}

impl Accepted {
    /// What it means to a router in `role`.
    #[must_use]
    #[inline(always)]
    pub const fn kind(&self, role: &Role) -> Kind {
        if self.record.priority == 0 {
            Kind::Release
        } else if self.record.priority >= role.threshold {
            Kind::Refreshing
        } else {
            Kind::Lower
        }
    }

    /// Whether the controller has to hear of it, given the last of its kind.
    ///
    /// A Backup that hears the same advertisement again only moves its deadline, which the map says.
    #[must_use]
    #[inline(always)]
    pub fn is_news(&self, role: &Role, previous: &AdvertRecord) -> bool {
        role.is_active != 0
            || self.record.priority == 0
            || previous.time_ns == 0
            || !self.record.says_the_same_as(previous)
    }
}

/// A frame with an IPv4 packet `AT` bytes into it, if that carries VRRP.
#[inline(always)]
pub(super) fn decide_frame<F: Frame + ?Sized, T: Tables, const AT: usize>(
    frame: &F,
    ethernet: &ethernet::Header,
    port: &Port,
    tables: &T,
) -> Verdict {
    let Some(ip) = frame.header::<ipv4::Header>(AT) else {
        return Verdict::Ignore;
    };
    if ip.protocol != ipv4::PROTOCOL_VRRP {
        return Verdict::Ignore;
    }
    if ethernet.destination != ethernet::VRRP_IPV4_GROUP
        && ethernet.destination != port.hardware_address
    {
        return Verdict::Pass(Reason::OtherHost);
    }
    if port.flags & PORT_FINAL == 0 {
        return Verdict::Pass(Reason::TagUnknown);
    }
    if !ip.is_plain() || ip.is_fragment() {
        return Verdict::Pass(Reason::Undecided);
    }
    let envelope = Envelope {
        ip,
        port: port.number,
        message: AT + ipv4::LENGTH,
        length: usize::from(ip.total_length.get()).wrapping_sub(ipv4::LENGTH),
        hardware_address: ethernet.source,
    };
    let Some(header) = frame.header::<vrrp::Header>(envelope.message) else {
        return Verdict::Pass(Reason::PacketLength);
    };
    if header.address_count > MAX_JUDGED_ADDRESSES {
        return Verdict::Pass(Reason::Undecided);
    }
    judge::<F, T, JUDGED_STEPS>(frame, &envelope, &header, tables)
}

/// Judges a datagram as a raw socket delivers it: from the IP header on, whole, with whatever options, its IP header verified.
#[must_use]
pub fn decide_datagram<F: Frame + ?Sized, T: Tables>(frame: &F, port: u16, tables: &T) -> Verdict {
    let Some(ip) = frame.header::<ipv4::Header>(0) else {
        return Verdict::Ignore;
    };
    let envelope = Envelope {
        ip,
        port,
        message: ip.header_length(),
        length: usize::from(ip.total_length.get()).wrapping_sub(ip.header_length()),
        hardware_address: [0; 6],
    };
    let Some(header) = frame.header::<vrrp::Header>(envelope.message) else {
        return Verdict::Pass(Reason::PacketLength);
    };
    judge::<F, T, ALL_STEPS>(frame, &envelope, &header, tables)
}

/// Where a message lies and how it came.
pub(super) struct Envelope {
    ip: ipv4::Header,
    port: u16,
    /// Offset of the VRRP message in the frame.
    pub(super) message: usize,
    /// Its length, as the IP header has it.
    pub(super) length: usize,
    hardware_address: [u8; 6],
}

#[inline(always)]
fn judge<F: Frame + ?Sized, T: Tables, const STEPS: usize>(
    frame: &F,
    envelope: &Envelope,
    header: &vrrp::Header,
    tables: &T,
) -> Verdict {
    let destination = if envelope.ip.destination == ipv4::VRRP_GROUP {
        DESTINATION_MULTICAST
    } else {
        DESTINATION_UNICAST
    };
    let Some(entry) = tables.router(&RouterKey::ipv4(envelope.port, header.vrid, destination))
    else {
        return Verdict::Pass(Reason::UnknownRouter);
    };
    match check::<F, STEPS>(frame, envelope, header, &entry) {
        Ok(list_digest) => Verdict::Accept(Accepted {
            slot: entry.slot,
            record: record(envelope, header, list_digest),
            drop: entry.flags & ROUTER_DROP_VALID != 0,
        }),
        Err(reason) => Verdict::Reject {
            reason,
            slot: entry.slot,
            source: envelope.ip.source,
        },
    }
}

/// Every check, cheapest and most telling first. Returns the digest of the address list.
#[inline(always)]
fn check<F: Frame + ?Sized, const STEPS: usize>(
    frame: &F,
    envelope: &Envelope,
    header: &vrrp::Header,
    entry: &RouterEntry,
) -> Result<ListDigest, Reason> {
    let ip = &envelope.ip;
    if ip.is_plain() && !ip.sum().is_intact() {
        return Err(Reason::IpChecksum);
    }
    if ip.time_to_live != ipv4::VRRP_TTL {
        return Err(Reason::IpTtl);
    }
    if ip.source == entry.own_address {
        return Err(Reason::OwnAddress);
    }
    if !ipv4::can_be_source(ip.source) {
        return Err(Reason::IpSource);
    }
    if header.version() != entry.version {
        return Err(Reason::Version);
    }
    if header.message_type() != vrrp::TYPE_ADVERTISEMENT {
        return Err(Reason::PacketType);
    }
    if envelope.length != vrrp::message_length(entry.version, header.address_count) {
        return Err(Reason::PacketLength);
    }
    let message = Message::read::<F, STEPS>(frame, envelope, header.address_count)
        .ok_or(Reason::PacketLength)?;
    if entry.version == 2 {
        check_version_2(&message, header, entry)?;
    } else {
        check_version_3(header)?;
    }
    check_sum(&message, envelope, entry)?;
    Ok(message.list_digest)
}

/// RFC 2338 §7.1 and RFC 3768 §7.1.
#[inline(always)]
fn check_version_2(
    message: &Message,
    header: &vrrp::Header,
    entry: &RouterEntry,
) -> Result<(), Reason> {
    if header.authentication_type() != entry.authentication_type {
        return Err(Reason::AuthenticationType);
    }
    // Eight bytes at once, so that the time does not tell how many were right.
    if entry.authentication_type == vrrp::AUTHENTICATION_PASSWORD
        && message.tail != u64::from_be_bytes(entry.authentication_data)
    {
        return Err(Reason::AuthenticationFailure);
    }
    if header.interval_seconds() != entry.interval_seconds {
        return Err(Reason::Interval);
    }
    Ok(())
}

/// RFC 9568 §7.1. Another interval than ours is no error there: the Backup adopts it.
#[inline(always)]
fn check_version_3(header: &vrrp::Header) -> Result<(), Reason> {
    if header.address_count == 0 {
        return Err(Reason::AddressCount);
    }
    if header.interval_centiseconds() == 0 {
        return Err(Reason::Interval);
    }
    Ok(())
}

/// v2 sums the message (RFC 3768 §5.3.8); v3 over IPv4 sums a pseudo-header too (RFC 5798 §5.2.8) or does not (RFC 9568 §5.2.8), and both
/// forms are heard.
#[inline(always)]
fn check_sum(message: &Message, envelope: &Envelope, entry: &RouterEntry) -> Result<(), Reason> {
    if message.sum.is_intact() {
        return Ok(());
    }
    if entry.version == 3 {
        let ip = &envelope.ip;
        let header_length = u16::from(ip.version_and_length & 0x0f) * 4;
        let length = ip.total_length.get().wrapping_sub(header_length);
        let pseudo = vrrp::pseudo_header(ip.source, ip.destination, length);
        if message.sum.add(pseudo.folded()).is_intact() {
            return Ok(());
        }
    }
    Err(Reason::Checksum)
}

#[inline(always)]
fn record(envelope: &Envelope, header: &vrrp::Header, list_digest: ListDigest) -> AdvertRecord {
    let interval_centiseconds = if header.version() == 2 {
        u16::from(header.interval_seconds()) * 100
    } else {
        header.interval_centiseconds()
    };
    AdvertRecord {
        time_ns: 0,
        source: widen(envelope.ip.source),
        hardware_address: envelope.hardware_address,
        interval_centiseconds,
        list_digest: list_digest.get(),
        priority: header.priority,
        address_count: header.address_count,
        reserved: [0; 2],
    }
}
