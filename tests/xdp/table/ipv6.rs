//! Adverts over IPv6.

use std::net::Ipv6Addr;

use vrrp_ebpf::abi::Reason;
use vrrp_ebpf::verdict::{Kind, Protocol};
use vrrp_tests::forge::ForgedIpv6;
use vrrp_tests::frame::Mac;

use super::Table;
use crate::case::{Outcome, heard, rejected};
use crate::world::{
    ACTIVE, BACKUP, CLAIMED_IPV6, COMMON_IPV6, IPV6, IPV6_UNICAST, OTHER_MAC, OUR_LINK_LOCAL,
    OUR_MAC, PEER_LINK_LOCAL, SEED, THRESHOLD, VIRTUAL_MAC,
};

/// By a neighbour advertisement that goes on.
const CLAIMED: Outcome = Outcome::Claimed {
    by: Protocol::NeighbourDiscovery,
    falsely: false,
    in_vain: false,
};

const VIP: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0x100);

pub(super) fn rows(table: &mut Table) {
    valid(table);
    envelopes(table);
    destinations(table);
    messages(table);
    lengths(table);
    claims(table);
}

/// What [`IPV6`] believes.
fn advert() -> ForgedIpv6 {
    ForgedIpv6::advertisement(PEER_LINK_LOCAL, IPV6.vrid, 254, &[VIP])
}

fn with_addresses(count: u16) -> ForgedIpv6 {
    let addresses: Vec<_> = (0..count)
        .map(|number| Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 1, number))
        .collect();
    ForgedIpv6::advertisement(PEER_LINK_LOCAL, IPV6.vrid, 254, &addresses)
}

fn valid(table: &mut Table) {
    for count in [1, 2, 19, 20] {
        let frame = with_addresses(count).frame();
        table.row(
            format!("C002+ C025+: IPv6, {count} addresses"),
            frame,
            heard(IPV6),
        );
    }
    let many = with_addresses(21).frame();
    table.row(
        "IPv6, 21 addresses of which none is looked at",
        many,
        Outcome::Passed(Reason::Undecided),
    );
    let lower = ForgedIpv6::advertisement(PEER_LINK_LOCAL, IPV6.vrid, THRESHOLD - 1, &[VIP]);
    table.row(
        "IPv6, a lower priority",
        lower.frame(),
        Outcome::Heard(Kind::Lower, IPV6.slot),
    );
    let release = ForgedIpv6::advertisement(PEER_LINK_LOCAL, IPV6.vrid, 0, &[VIP]);
    table.row(
        "IPv6, priority 0",
        release.frame(),
        Outcome::Heard(Kind::Release, IPV6.slot),
    );
    table.row("IPv6, padded", advert().padding(9).frame(), heard(IPV6));
    let of_ipv4 = ForgedIpv6::advertisement(PEER_LINK_LOCAL, SEED.vrid, 254, &[VIP]);
    table.row(
        "C133-: IPv6, for a VRID that only IPv4 has",
        of_ipv4.frame(),
        Outcome::Passed(Reason::UnknownRouter),
    );
}

/// C002, C011, C014.
fn envelopes(table: &mut Table) {
    for limit in [0, 1, 64, 254] {
        let frame = advert().hop_limit(limit).frame();
        let outcome = rejected(Reason::IpTtl, IPV6);
        table.row(format!("C002-: hop limit {limit}"), frame, outcome);
    }
    for source in [
        Ipv6Addr::UNSPECIFIED,
        Ipv6Addr::LOCALHOST,
        Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1),
    ] {
        let frame = advert().from_address(source).frame();
        let outcome = rejected(Reason::IpSource, IPV6);
        table.row(format!("C011-: from {source}"), frame, outcome);
    }
    table.row(
        "C011- C117-: from our own address",
        advert().from_address(OUR_LINK_LOCAL).frame(),
        rejected(Reason::OwnAddress, IPV6),
    );
    table.row(
        "C014-: behind an extension header",
        advert().behind_an_extension().frame(),
        Outcome::Ignored,
    );
    table.row(
        "IPv4's version under IPv6's EtherType",
        advert().ip_version(4).frame(),
        Outcome::Ignored,
    );
    table.row(
        "IPv6 in another VLAN",
        advert().vlan(3).frame(),
        Outcome::Passed(Reason::Tagged),
    );
    table.row(
        "IPv6 with a priority tag",
        advert().vlan(0).frame(),
        heard(IPV6),
    );
    table.row_under(
        BACKUP.untrusted(),
        "IPv6, where tags may be stripped",
        advert().frame(),
        Outcome::Passed(Reason::TagUnknown),
    );
}

/// C012, C013.
fn destinations(table: &mut Table) {
    for receiver in [OTHER_MAC, Mac([0x33, 0x33, 0, 0, 0, 1])] {
        table.row(
            format!("C012-: IPv6, a frame to {receiver}"),
            advert().to_mac(receiver).frame(),
            Outcome::Passed(Reason::OtherHost),
        );
    }
    let to_us = |vrid| {
        let advert = ForgedIpv6::advertisement(PEER_LINK_LOCAL, vrid, 254, &[VIP]);
        advert.to(OUR_LINK_LOCAL, OUR_MAC).frame()
    };
    table.row(
        "IPv6, unicast",
        to_us(IPV6_UNICAST.vrid),
        heard(IPV6_UNICAST),
    );
    table.row(
        "C013-: IPv6, unicast, to a multicast router",
        to_us(IPV6.vrid),
        Outcome::Passed(Reason::UnknownRouter),
    );
    let multicast = ForgedIpv6::advertisement(PEER_LINK_LOCAL, IPV6_UNICAST.vrid, 254, &[VIP]);
    table.row(
        "C013-: IPv6, multicast, to a unicast router",
        multicast.frame(),
        Outcome::Passed(Reason::UnknownRouter),
    );
}

/// C020, C022, C024, C025, C026, C028.
fn messages(table: &mut Table) {
    let refused = |reason| rejected(reason, IPV6);
    for version in (0..16).filter(|version| *version != 3) {
        let frame = advert().byte(0, version << 4 | 1).frame();
        let outcome = refused(Reason::Version);
        table.row(format!("C020-: IPv6, version {version}"), frame, outcome);
    }
    for kind in (0..16).filter(|kind| *kind != 1) {
        let frame = advert().byte(0, 0x30 | kind).frame();
        let outcome = refused(Reason::PacketType);
        table.row(format!("C022-: IPv6, type {kind}"), frame, outcome);
    }
    for (name, frame, reason) in [
        (
            "C024-: IPv6, checksum off by one",
            advert().bad_checksum(),
            Reason::Checksum,
        ),
        (
            "C025-: IPv6, without a pseudo-header",
            advert().without_pseudo_header(),
            Reason::Checksum,
        ),
        (
            "C026-: IPv6, no address",
            with_addresses(0),
            Reason::AddressCount,
        ),
        (
            "C028-: IPv6, no interval",
            advert().byte(5, 0),
            Reason::Interval,
        ),
    ] {
        table.row(name, frame.frame(), refused(reason));
    }
    let good = advert().frame();
    let message = 14 + 40;
    for bit in 0..(good.len() - message) * 8 {
        let mut frame = good.clone();
        frame[message + bit / 8] ^= 0x80 >> (bit % 8);
        let outcome = match bit / 8 {
            0 if bit < 4 => refused(Reason::Version),
            0 => refused(Reason::PacketType),
            1 => Outcome::Passed(Reason::UnknownRouter),
            3 if frame[message + 3] > 20 => Outcome::Passed(Reason::Undecided),
            3 => refused(Reason::PacketLength),
            _ => refused(Reason::Checksum),
        };
        table.row(format!("C024-: IPv6, bit {bit}"), frame, outcome);
    }
}

/// C005, C007.
fn lengths(table: &mut Table) {
    let whole = 8 + 16;
    for length in 0..whole {
        let outcome = if length < 8 {
            Outcome::Passed(Reason::PacketLength)
        } else {
            rejected(Reason::PacketLength, IPV6)
        };
        let frame = advert().cut_to(length).frame();
        table.row(format!("C005-: IPv6, cut to {length}"), frame, outcome);
    }
    for trailer in [1, 4, 8, 28] {
        let frame = advert().cut_to(whole + trailer).frame();
        let outcome = rejected(Reason::PacketLength, IPV6);
        table.row(format!("C007-: IPv6, {trailer} bytes more"), frame, outcome);
    }
    for off_by in [-1, 1] {
        let frame = advert().payload_length_off_by(off_by).padding(4).frame();
        let outcome = rejected(Reason::PacketLength, IPV6);
        table.row(format!("IPv6, length off by {off_by}"), frame, outcome);
    }
}

/// Neighbour advertisements (RFC 4861 §7.2.6).
fn claims(table: &mut Table) {
    let claim = || ForgedIpv6::claim(CLAIMED_IPV6);
    for (who, circumstances) in [("a Backup", BACKUP), ("an Active", ACTIVE)] {
        table.row_under(
            circumstances,
            format!("an address is claimed by Neighbour Discovery from {who}"),
            claim().frame(),
            CLAIMED,
        );
    }
    table.row(
        "somebody else's address is claimed",
        ForgedIpv6::claim(VIP).frame(),
        Outcome::Ignored,
    );
    table.row(
        "a claim from behind a router",
        claim().hop_limit(254).frame(),
        Outcome::Ignored,
    );
    // Behind the frame's end, and of another type: then the frame says who it is.
    table.row(
        "a claim without an option",
        claim().cut_to(24).frame(),
        CLAIMED,
    );
    table.row(
        "our own claim",
        claim().cut_to(24).from_mac(OUR_MAC).frame(),
        Outcome::Ignored,
    );
    let common = || ForgedIpv6::claim(COMMON_IPV6).cut_to(24);
    table.row_under(
        ACTIVE,
        "a claim from the MAC of the virtual router",
        common().from_mac(VIRTUAL_MAC).frame(),
        Outcome::Ignored,
    );
    table.row_under(
        ACTIVE,
        "a claim of its address from another MAC",
        common().frame(),
        Outcome::Claimed {
            by: Protocol::NeighbourDiscovery,
            falsely: false,
            in_vain: true,
        },
    );
    table.row(
        "a claim that contradicts its frame",
        claim().from_mac(OTHER_MAC).frame(),
        Outcome::Claimed {
            by: Protocol::NeighbourDiscovery,
            falsely: true,
            in_vain: false,
        },
    );
    table.row(
        "a question about our address",
        claim().byte(0, 135).frame(),
        Outcome::Ignored,
    );
    table.row_under(
        BACKUP.untrusted(),
        "a claim where tags may be stripped",
        claim().frame(),
        Outcome::Passed(Reason::TagUnknown),
    );
}
