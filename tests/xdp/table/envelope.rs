//! What is wrong, or only unusual, before the message begins.

use std::net::Ipv4Addr;

use vrrp_ebpf::abi::Reason;
use vrrp_tests::forge::Forged;
use vrrp_tests::frame::Mac;

use super::{Table, flipped, open, seed, version_3};
use crate::case::{Outcome, heard, rejected};
use crate::mutation::fit_ip_header;
use crate::world::{ELSEWHERE, Known, OPEN, OUR_ADDRESS, OUR_MAC, SEED, UNICAST, VERSION_3};

/// Where the IP header begins, the message, and the message behind what every version has.
const IP: usize = 14;
const MESSAGE: usize = IP + 20;
const LIST: usize = MESSAGE + 8;

pub(super) fn rows(table: &mut Table) {
    for ttl in 0..255 {
        let frame = seed().ttl(ttl).frame();
        table.row(
            format!("C001-: TTL {ttl}"),
            frame,
            rejected(Reason::IpTtl, SEED),
        );
    }
    lengths(table);
    for (name, forged, known) in samples() {
        truncations(table, name, &forged, known);
    }
    left_to_the_raw_path(table);
    damaged_headers(table);
    sources(table);
    receivers(table);
}

fn samples() -> [(&'static str, Forged, Known); 3] {
    [
        ("version 2, password", seed().listing(2), SEED),
        ("version 2, open", open().listing(1), OPEN),
        ("version 3", version_3().listing(2), VERSION_3),
    ]
}

/// C006, C007.
fn lengths(table: &mut Table) {
    for (name, forged, known) in samples() {
        for padding in 1..=46 {
            table.row(
                format!("C006+: {name}, {padding} bytes of padding"),
                forged.clone().padding(padding).frame(),
                heard(known),
            );
        }
        for trailer in [1, 2, 3, 4, 8, 28, 200] {
            table.row(
                format!("C007-: {name}, a trailer of {trailer} bytes"),
                forged.clone().trailer(trailer).frame(),
                rejected(Reason::PacketLength, known),
            );
        }
        for bytes in [-28, -20, -12, -8, -4, -1, 1, 4, 8, 1000] {
            table.row(
                format!("{name}, IP length off by {bytes}"),
                forged.clone().total_length_off_by(bytes).padding(8).frame(),
                rejected(Reason::PacketLength, known),
            );
        }
    }
}

/// C005: with the IP header's length as it was, and following the cut.
fn truncations(table: &mut Table, name: &str, forged: &Forged, known: Known) {
    let whole = forged.frame();
    for length in 0..whole.len() {
        let outcome = match length {
            ..MESSAGE => Outcome::Ignored,
            MESSAGE..LIST => Outcome::Passed(Reason::PacketLength),
            _ => rejected(Reason::PacketLength, known),
        };
        let cut = whole[..length].to_vec();
        let mut shorter = cut.clone();
        table.row(format!("C005-: {name}, cut to {length}"), cut, outcome);
        if length >= MESSAGE {
            let total = u16::try_from(length - IP).expect("a short frame");
            shorter[IP + 2..IP + 4].copy_from_slice(&total.to_be_bytes());
            fit_ip_header(&mut shorter);
            let name = format!("C005-: {name}, only {length} long");
            table.row(name, shorter, outcome);
        }
    }
}

/// C008, C009.
fn left_to_the_raw_path(table: &mut Table) {
    let undecided = Outcome::Passed(Reason::Undecided);
    for words in 1..=10 {
        let frame = seed().ip_options(&vec![1; words * 4]).frame();
        table.row(format!("C008-: {words} words of options"), frame, undecided);
    }
    for bits in [0x2000, 0x0001, 0x1000, 0x1fff, 0x3fff, 0x6000] {
        let frame = seed().flags_and_offset(bits).frame();
        table.row(format!("C009-: fragment bits {bits:04x}"), frame, undecided);
    }
    for count in [21, 22, 128, 255] {
        let frame = seed().listing(count).frame();
        table.row(format!("{count} addresses"), frame, undecided);
        let frame = version_3().listing(count).frame();
        table.row(format!("version 3, {count} addresses"), frame, undecided);
        let frame = seed().saying_it_lists(count).frame();
        table.row(format!("none of {count} addresses"), frame, undecided);
    }
    let frame = seed().flags_and_offset(0x4000).frame();
    table.row("\"don't fragment\"", frame, heard(SEED));
}

/// C010, and every bit of the header.
fn damaged_headers(table: &mut Table) {
    let damaged = rejected(Reason::IpChecksum, SEED);
    table.row(
        "C010-: IP checksum",
        seed().bad_ip_checksum().frame(),
        damaged,
    );
    for bit in 0..20 * 8 {
        let outcome = match bit / 8 {
            0 => Outcome::Passed(Reason::Undecided),
            6 if bit % 8 >= 2 => Outcome::Passed(Reason::Undecided),
            7 => Outcome::Passed(Reason::Undecided),
            9 => Outcome::Ignored,
            // Another group, of the same hardware address.
            16..20 if (132..=136).contains(&bit) => Outcome::Passed(Reason::UnknownRouter),
            // Whatever it is for, its frame is not.
            16..20 => Outcome::Passed(Reason::OtherHost),
            _ => damaged,
        };
        let frame = flipped(seed().frame(), IP * 8 + bit);
        table.row(format!("C010-: bit {bit} of the IP header"), frame, outcome);
    }
}

/// C011.
fn sources(table: &mut Table) {
    let mut row = |source: [u8; 4], outcome| {
        let source = Ipv4Addr::from(source);
        let frame = Forged::advertisement(source).frame();
        table.row(format!("C011-: from {source}"), frame, outcome);
    };
    row(OUR_ADDRESS.octets(), rejected(Reason::OwnAddress, SEED));
    for source in [
        [0, 0, 0, 0],
        [0, 1, 2, 3],
        [127, 0, 0, 1],
        [127, 255, 255, 255],
        [224, 0, 0, 18],
        [239, 255, 255, 255],
        [255, 255, 255, 255],
    ] {
        row(source, rejected(Reason::IpSource, SEED));
    }
    for source in [
        [1, 0, 0, 1],
        [126, 9, 9, 9],
        [128, 0, 0, 1],
        [169, 254, 1, 1],
        [223, 1, 1, 1],
    ] {
        row(source, heard(SEED));
    }
}

/// C012, C013, C023.
fn receivers(table: &mut Table) {
    let other_host = Outcome::Passed(Reason::OtherHost);
    for (name, mac) in [
        ("another machine", Mac([0x02, 0, 0, 0, 0, 0x02])),
        ("everybody", Mac([0xff; 6])),
        ("the group of IPv6", Mac([0x33, 0x33, 0, 0, 0, 0x12])),
        ("a virtual router", Mac([0, 0, 0x5e, 0, 1, SEED.vrid])),
    ] {
        table.row(
            format!("C012-: a frame to {name}"),
            seed().to_mac(mac).frame(),
            other_host,
        );
    }
    for bit in 0..6 * 8 {
        let frame = flipped(seed().frame(), bit);
        table.row(
            format!("C012-: bit {bit} of the receiver"),
            frame,
            other_host,
        );
    }
    let unknown = Outcome::Passed(Reason::UnknownRouter);
    let to_us = seed().to_address(OUR_ADDRESS).to_mac(OUR_MAC).frame();
    table.row("C013-: unicast, to a multicast router", to_us, unknown);
    let to_the_group = Forged::version_3(crate::world::PEER)
        .vrid(UNICAST.vrid)
        .frame();
    table.row(
        "C013-: multicast, to a unicast router",
        to_the_group,
        unknown,
    );
    table.row(
        "C023-: another interface's router",
        seed().vrid(ELSEWHERE.vrid).frame(),
        unknown,
    );
    for vrid in [0, 1, 50, 91, 255] {
        table.row(format!("VRID {vrid}"), seed().vrid(vrid).frame(), unknown);
        let damaged = seed().vrid(vrid).ttl(3).bad_checksum().frame();
        table.row(format!("VRID {vrid}, and nothing right"), damaged, unknown);
    }
}
