//! What is heard.

use vrrp_ebpf::verdict::Kind;
use vrrp_tests::forge::Forged;

use super::{Table, open, seed, version_3};
use crate::case::{Outcome, heard};
use crate::world::{
    ACTIVE, DROPPING, OPEN, OUR_ADDRESS, OUR_MAC, PEER, SEED, THRESHOLD, UNICAST, VERSION_3,
};

pub(super) fn rows(table: &mut Table) {
    table.row(
        "C001+ C005+ C010+ C012+ C021+ C022+ C023+ C024+ C161+ C162+ C165+: the master seed's advertisement, no address in it",
        seed().frame(),
        heard(SEED),
    );
    table.row("no authentication", open().frame(), heard(OPEN));
    table.row(
        "C164+: no authentication, and data nobody reads",
        open().password(*b"anything").frame(),
        heard(OPEN),
    );
    table.row(
        "C020+ C024+ C028+ C190+: version 3, pseudo-header summed",
        version_3().frame(),
        heard(VERSION_3),
    );
    table.row(
        "C190+: version 3, message summed alone",
        version_3().without_pseudo_header().frame(),
        heard(VERSION_3),
    );
    table.row(
        "C013+: a unicast router's",
        Forged::version_3(PEER)
            .vrid(UNICAST.vrid)
            .to_address(OUR_ADDRESS)
            .to_mac(OUR_MAC)
            .frame(),
        heard(UNICAST),
    );
    table.row(
        "the group's address in a frame to us alone",
        seed().to_mac(OUR_MAC).frame(),
        heard(SEED),
    );
    table.row(
        "a router with `xdp_valid_adverts drop`",
        seed().vrid(DROPPING.vrid).frame(),
        Outcome::HeardAlone(Kind::Refreshing, DROPPING.slot),
    );
    for count in 0..=20 {
        let frame = seed().listing(count).frame();
        table.row(format!("{count} addresses"), frame, heard(SEED));
    }
    for count in 1..=20 {
        let frame = version_3().listing(count).frame();
        table.row(
            format!("C026+: version 3, {count} addresses"),
            frame,
            heard(VERSION_3),
        );
    }
    priorities(table);
    intervals(table);
}

fn priorities(table: &mut Table) {
    for priority in 0..=u8::MAX {
        let kind = match priority {
            0 => Kind::Release,
            THRESHOLD.. => Kind::Refreshing,
            _ => Kind::Lower,
        };
        table.row(
            format!("priority {priority}"),
            seed().priority(priority).frame(),
            Outcome::Heard(kind, SEED.slot),
        );
    }
    table.row_under(
        ACTIVE,
        "a lower priority, while Active",
        seed().priority(THRESHOLD - 1).frame(),
        Outcome::Heard(Kind::Lower, SEED.slot),
    );
}

/// C027, C040.
fn intervals(table: &mut Table) {
    for centiseconds in [1, 99, 101, 4095] {
        table.row(
            format!("C040+: version 3, {centiseconds} centiseconds"),
            version_3().centiseconds(centiseconds).frame(),
            heard(VERSION_3),
        );
    }
    for reserved in 1..16 {
        table.row(
            format!("C027+: version 3, reserved bits {reserved:04b}"),
            version_3().centiseconds(reserved << 12 | 100).frame(),
            heard(VERSION_3),
        );
    }
}
