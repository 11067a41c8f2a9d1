//! What is wrong with the message.

use vrrp_ebpf::abi::Reason;
use vrrp_tests::forge::Forged;
use vrrp_tests::seeds;

use super::{Table, flipped, open, seed, version_3};
use crate::case::{Outcome, rejected};
use crate::world::{Known, OPEN, SEED, VERSION_3};

/// Where the message begins, in bits.
const MESSAGE: usize = 34 * 8;

pub(super) fn rows(table: &mut Table) {
    versions_and_types(table);
    authentication(table);
    intervals(table);
    counts(table);
    table.row(
        "C024-: checksum off by one",
        seed().bad_checksum().frame(),
        rejected(Reason::Checksum, SEED),
    );
    bits(table, "version 2, password", &seed().listing(2), SEED);
    bits(table, "version 2, open", &open().listing(2), OPEN);
    bits(table, "version 3", &version_3().listing(2), VERSION_3);
    let other_form = version_3().listing(2).without_pseudo_header();
    bits(table, "version 3, message alone", &other_form, VERSION_3);
    first_things_first(table);
}

/// C020, C021, C022.
fn versions_and_types(table: &mut Table) {
    for nibble in 0..16 {
        if nibble != 2 {
            let frame = seed().version(nibble).frame();
            table.row(
                format!("C021-: version {nibble}"),
                frame,
                rejected(Reason::Version, SEED),
            );
        }
        if nibble != 3 {
            let frame = version_3().version(nibble).frame();
            let outcome = rejected(Reason::Version, VERSION_3);
            table.row(format!("C020-: version {nibble}, not 3"), frame, outcome);
        }
        if nibble != 1 {
            let frame = seed().kind(nibble).frame();
            table.row(
                format!("C022-: type {nibble}"),
                frame,
                rejected(Reason::PacketType, SEED),
            );
            let frame = version_3().kind(nibble).frame();
            let outcome = rejected(Reason::PacketType, VERSION_3);
            table.row(format!("C022-: version 3, type {nibble}"), frame, outcome);
        }
    }
}

/// C161, C162, C163.
fn authentication(table: &mut Table) {
    for kind in 0..=u8::MAX {
        if kind != 1 {
            table.row(
                format!("C161-: authentication type {kind}"),
                seed().authentication_type(kind).frame(),
                rejected(Reason::AuthenticationType, SEED),
            );
        }
        if kind != 0 {
            table.row(
                format!("C161-: authentication type {kind}, and none is used"),
                open().authentication_type(kind).frame(),
                rejected(Reason::AuthenticationType, OPEN),
            );
        }
    }
    let wrong = rejected(Reason::AuthenticationFailure, SEED);
    for byte in 0..8 {
        let mut password = seeds::PASSWORD;
        password[byte] ^= 0x20;
        let frame = seed().password(password).frame();
        table.row(format!("C162-: byte {byte} of the password"), frame, wrong);
    }
    for password in [*b"\0\0\0\0\0\0\0\0", *b"11111111", *b"\x00\x00\x00\x001111"] {
        let name = format!("C162-: password {}", password.escape_ascii());
        table.row(name, seed().listing(3).password(password).frame(), wrong);
    }
}

/// C028, C165.
fn intervals(table: &mut Table) {
    for seconds in (0..=u8::MAX).filter(|seconds| *seconds != 1) {
        let frame = seed().interval(seconds).frame();
        table.row(
            format!("C165-: {seconds} s"),
            frame,
            rejected(Reason::Interval, SEED),
        );
    }
    for field in [0, 0x1000, 0xf000] {
        let frame = version_3().centiseconds(field).frame();
        let outcome = rejected(Reason::Interval, VERSION_3);
        table.row(
            format!("C028-: version 3, interval field {field:04x}"),
            frame,
            outcome,
        );
    }
}

/// C026, and lists that are longer or shorter than said.
fn counts(table: &mut Table) {
    let none = version_3().listing(0).frame();
    table.row(
        "C026-: version 3, no address",
        none,
        rejected(Reason::AddressCount, VERSION_3),
    );
    for (listed, said) in [
        (0, 1),
        (2, 1),
        (2, 3),
        (2, 0),
        (4, 20),
        (20, 19),
        (20, 4),
        (1, 3),
    ] {
        let name = format!("{listed} addresses, {said} said");
        let frame = seed().listing(listed).saying_it_lists(said).frame();
        let outcome = rejected(Reason::PacketLength, SEED);
        table.row(name.clone(), frame, outcome);
        let frame = version_3().listing(listed).saying_it_lists(said).frame();
        let outcome = rejected(Reason::PacketLength, VERSION_3);
        table.row(format!("version 3, {name}"), frame, outcome);
    }
}

/// C024: every bit of the message, once. The reason is the most telling one, since the checksum is the last thing looked at.
fn bits(table: &mut Table, name: &str, forged: &Forged, known: Known) {
    let frame = forged.frame();
    for bit in 0..frame.len() * 8 - MESSAGE {
        let outcome = of_a_flipped_bit(bit, frame[MESSAGE / 8 + 3], known);
        let frame = flipped(frame.clone(), MESSAGE + bit);
        table.row(
            format!("C024- C027- C190-: {name}, bit {bit}"),
            frame,
            outcome,
        );
    }
}

fn of_a_flipped_bit(bit: usize, count: u8, known: Known) -> Outcome {
    let is_version_3 = known == VERSION_3;
    let behind_the_list = 8 + usize::from(count) * 4;
    let reason = match bit / 8 {
        0 if bit < 4 => Reason::Version,
        0 => Reason::PacketType,
        1 => return Outcome::Passed(Reason::UnknownRouter),
        // More than are judged here.
        3 if bit % 8 < 4 && count | 0x80 >> (bit % 8) > 20 => {
            return Outcome::Passed(Reason::Undecided);
        }
        3 => Reason::PacketLength,
        4 if !is_version_3 => Reason::AuthenticationType,
        5 if !is_version_3 => Reason::Interval,
        byte if byte >= behind_the_list && known == SEED => Reason::AuthenticationFailure,
        _ => Reason::Checksum,
    };
    rejected(reason, known)
}

/// What a router says when several things are wrong: what tells most about the sender, and nothing about a password to a stranger.
fn first_things_first(table: &mut Table) {
    let bad = || seed().bad_checksum().interval(9).password(*b"mistaken");
    for (name, forged, reason) in [
        (
            "from far away, and all wrong",
            bad().version(3).ttl(64),
            Reason::IpTtl,
        ),
        (
            "the other version, and all wrong",
            bad().version(3).kind(2),
            Reason::Version,
        ),
        (
            "the other type, and all wrong",
            bad().kind(2).trailer(4),
            Reason::PacketType,
        ),
        (
            "too long, and all wrong",
            bad().trailer(4),
            Reason::PacketLength,
        ),
        (
            "authentication before interval",
            bad().authentication_type(0),
            Reason::AuthenticationType,
        ),
        (
            "password before interval",
            bad(),
            Reason::AuthenticationFailure,
        ),
        (
            "interval before checksum",
            seed().interval(9).bad_checksum(),
            Reason::Interval,
        ),
    ] {
        table.row(name, forged.frame(), rejected(reason, SEED));
    }
}
