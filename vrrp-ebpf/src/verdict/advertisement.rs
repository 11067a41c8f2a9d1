//! Advertisements: the checks of RFC 9568 §7.1 and RFC 3768 §7.1, in an order that gives the most telling reason first.
//!
//! keepalived: compares the length before the version, so a peer of the other version is reported as "too short"; here it is
//! reported as the other version.

use super::{
    Tables, Verdict,
    internet::Internet,
    message::{Message, STEP},
};
use crate::{
    abi::{
        AdvertRecord, MAX_JUDGED_ADDRESSES, NO_GROUP, PORT_FINAL, PeerKey, Port,
        ROUTER_CHECKS_PEERS, ROUTER_DROP_VALID, ROUTER_PEERS_ONLY, ROUTER_UNICAST, Reason, Role,
        RouterEntry, RouterKey,
    },
    frame::Frame,
    wire::{
        ethernet, ipv4, ipv6,
        vrrp::{self, ListDigest},
    },
};

/// TTL and hop limit of an advertisement that comes from this link.
const HOP_LIMIT: u8 = ipv4::VRRP_TTL;
const _: () = assert!(HOP_LIMIT == ipv6::ON_LINK_HOP_LIMIT);
/// Steps through the longest message over IPv4 that the program reads itself.
const JUDGED_STEPS: usize = vrrp::message_length(2, MAX_JUDGED_ADDRESSES) / STEP;
/// Steps through the longest message over IPv4 there can be.
const ALL_STEPS: usize = vrrp::message_length(2, u8::MAX) / STEP;
/// The same over IPv6, by addresses.
const JUDGED_IPV6: usize = MAX_JUDGED_ADDRESSES as usize;
const ALL_IPV6: usize = u8::MAX as usize;

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
pub(super) fn decide_ipv4<F: Frame + ?Sized, T: Tables, const AT: usize>(
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
    if let Some(reason) = not_ours_to_judge(ethernet, &ip, port) {
        return Verdict::Pass(reason);
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
    judge::<F, T, _, JUDGED_STEPS>(frame, &envelope, tables, MAX_JUDGED_ADDRESSES)
}

/// A frame with an IPv6 packet `AT` bytes into it that carries VRRP and nothing before it.
#[inline(always)]
pub(super) fn decide_ipv6<F: Frame + ?Sized, T: Tables, const AT: usize>(
    frame: &F,
    ethernet: &ethernet::Header,
    ip: ipv6::Header,
    port: &Port,
    tables: &T,
) -> Verdict {
    if let Some(reason) = not_ours_to_judge(ethernet, &ip, port) {
        return Verdict::Pass(reason);
    }
    let envelope = Envelope {
        ip,
        port: port.number,
        message: AT + ipv6::LENGTH,
        length: usize::from(ip.payload_length.get()),
        hardware_address: ethernet.source,
    };
    judge::<F, T, _, JUDGED_IPV6>(frame, &envelope, tables, MAX_JUDGED_ADDRESSES)
}

/// Why a frame with VRRP in it is left to others.
#[inline(always)]
fn not_ours_to_judge<I: Internet>(
    ethernet: &ethernet::Header,
    ip: &I,
    port: &Port,
) -> Option<Reason> {
    let is_to_group = ip.group() != NO_GROUP && ethernet.destination == ip.group_mac();
    if !is_to_group && ethernet.destination != port.hardware_address {
        Some(Reason::OtherHost)
    } else if port.flags & PORT_FINAL == 0 {
        Some(Reason::TagUnknown)
    } else {
        None
    }
}

/// Judges a datagram as a raw socket of IPv4 delivers it: from the IP header on, whole, with whatever options, its IP header verified.
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
    judge::<F, T, _, ALL_STEPS>(frame, &envelope, tables, u8::MAX)
}

/// Judges a message as a raw socket of IPv6 delivers it: without its header, of which the socket tells what is in `ip`.
#[must_use]
pub fn decide_message<F: Frame + ?Sized, T: Tables>(
    message: &F,
    ip: ipv6::Header,
    port: u16,
    tables: &T,
) -> Verdict {
    let envelope = Envelope {
        ip,
        port,
        message: 0,
        length: usize::from(ip.payload_length.get()),
        hardware_address: [0; 6],
    };
    judge::<F, T, _, ALL_IPV6>(message, &envelope, tables, u8::MAX)
}

/// Where a message lies and how it came.
struct Envelope<I> {
    ip: I,
    port: u16,
    /// Offset of the VRRP message in the frame.
    message: usize,
    /// Its length, as the IP header has it.
    length: usize,
    hardware_address: [u8; 6],
}

/// Judges the message of `envelope`, unless it has more than `most` addresses.
#[inline(always)]
fn judge<F: Frame + ?Sized, T: Tables, I: Internet, const STEPS: usize>(
    frame: &F,
    envelope: &Envelope<I>,
    tables: &T,
    most: u8,
) -> Verdict {
    let Some(header) = frame.header::<vrrp::Header>(envelope.message) else {
        return Verdict::Pass(Reason::PacketLength);
    };
    if header.address_count > most {
        return Verdict::Pass(Reason::Undecided);
    }
    let group = envelope.ip.group();
    let key = RouterKey::new(envelope.port, I::FAMILY, header.vrid, group);
    let Some(entry) = tables.router(&key) else {
        return Verdict::Pass(Reason::UnknownRouter);
    };
    // Unicast to another address may be on its way through this host, and then it is none of our business.
    let is_unicast = entry.flags & ROUTER_UNICAST != 0;
    if is_unicast && envelope.ip.destination() != entry.own_address {
        return Verdict::Pass(Reason::UnknownRouter);
    }
    let reject = |reason| Verdict::Reject {
        reason,
        slot: entry.slot,
        family: I::FAMILY,
        source: envelope.ip.source(),
    };
    if let Err(reason) = check_header(envelope, &header, &entry, tables) {
        return reject(reason);
    }
    let Some(message) = I::read::<F, STEPS>(
        frame,
        envelope.message,
        envelope.length,
        header.address_count,
    ) else {
        return reject(Reason::PacketLength);
    };
    if let Err(reason) = check_message(envelope, &header, &message, &entry) {
        return reject(reason);
    }
    Verdict::Accept(Accepted {
        slot: entry.slot,
        record: record(envelope, &header, message.list_digest),
        drop: entry.flags & ROUTER_DROP_VALID != 0,
    })
}

/// What can be told without the addresses, cheapest and most telling first.
#[inline(always)]
fn check_header<I: Internet, T: Tables>(
    envelope: &Envelope<I>,
    header: &vrrp::Header,
    entry: &RouterEntry,
    tables: &T,
) -> Result<(), Reason> {
    let ip = &envelope.ip;
    if ip.is_damaged() {
        return Err(Reason::IpChecksum);
    }
    if ip.hop_limit() != HOP_LIMIT && entry.flags & ROUTER_UNICAST == 0 {
        return Err(Reason::IpTtl);
    }
    if ip.source() == entry.own_address {
        return Err(Reason::OwnAddress);
    }
    if !ip.has_possible_source() {
        return Err(Reason::IpSource);
    }
    if entry.flags & ROUTER_CHECKS_PEERS != 0 {
        check_peer(ip, entry, tables)?;
    }
    if header.version() != entry.version {
        return Err(Reason::Version);
    }
    if header.message_type() != vrrp::TYPE_ADVERTISEMENT {
        return Err(Reason::PacketType);
    }
    if envelope.length != I::message_length(entry.version, header.address_count) {
        return Err(Reason::PacketLength);
    }
    Ok(())
}

/// `check_unicast_src`, and the `min_ttl` and `max_ttl` of a peer. keepalived looks at them last, after the password.
///
/// A call of its own: the key needs room on a stack that is full.
#[inline(never)]
fn check_peer<I: Internet, T: Tables>(
    ip: &I,
    entry: &RouterEntry,
    tables: &T,
) -> Result<(), Reason> {
    let key = PeerKey {
        slot: entry.slot,
        address: ip.source(),
    };
    match tables.peer(&key) {
        Some(peer)
            if ip.hop_limit() < peer.least_hop_limit
                || ip.hop_limit() > peer.greatest_hop_limit =>
        {
            Err(Reason::IpTtl)
        }
        None if entry.flags & ROUTER_PEERS_ONLY != 0 => Err(Reason::UnicastSource),
        Some(_) | None => Ok(()),
    }
}

/// What takes the whole message to tell.
#[inline(always)]
fn check_message<I: Internet>(
    envelope: &Envelope<I>,
    header: &vrrp::Header,
    message: &Message,
    entry: &RouterEntry,
) -> Result<(), Reason> {
    if entry.version == 2 {
        check_version_2(message, header, entry)?;
    } else {
        check_version_3(header)?;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a message of 255 addresses has 4,088 bytes"
    )]
    let length = envelope.length as u16;
    if envelope.ip.is_intact(entry.version, message.sum, length) {
        Ok(())
    } else {
        Err(Reason::Checksum)
    }
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

#[inline(always)]
fn record<I: Internet>(
    envelope: &Envelope<I>,
    header: &vrrp::Header,
    list_digest: ListDigest,
) -> AdvertRecord {
    let interval_centiseconds = if header.version() == 2 {
        u16::from(header.interval_seconds()) * 100
    } else {
        header.interval_centiseconds()
    };
    AdvertRecord {
        time_ns: 0,
        source: envelope.ip.source(),
        hardware_address: envelope.hardware_address,
        interval_centiseconds,
        list_digest: list_digest.get(),
        priority: header.priority,
        address_count: header.address_count,
        family: I::FAMILY,
        reserved: 0,
    }
}
