//! ARP.

use std::net::Ipv4Addr;

use vrrp_ebpf::abi::Reason;
use vrrp_ebpf::verdict::Protocol;
use vrrp_tests::forge::{Claim, STRANGER};
use vrrp_tests::frame::Mac;

use super::Table;
use crate::case::{CLAIMED, CLAIMED_IN_VAIN, Outcome};
use crate::world::{
    ACTIVE, BACKUP, COMMON, FAR, GUARDED, OUR_ADDRESS, OUR_MAC, PEER, VIRTUAL_MAC, WATCHED,
};

/// The claim may be of another VLAN, whose tag the program does not see.
const LEFT_TO_THE_RAW_PATH: Outcome = Outcome::Passed(Reason::TagUnknown);

pub(super) fn rows(table: &mut Table) {
    foreign(table);
    ours_or_nobodys(table);
    malformed(table);
}

fn foreign(table: &mut Table) {
    for (name, claim) in [
        ("gratuitous request", Claim::of(GUARDED)),
        ("gratuitous reply", Claim::of(GUARDED).operation(2)),
        (
            "reply to us",
            Claim::of(GUARDED).answering(OUR_MAC, OUR_ADDRESS),
        ),
        ("question for another", Claim::of(GUARDED).asking_for(PEER)),
        ("operation nobody knows", Claim::of(GUARDED).operation(9)),
    ] {
        let mut row = |circumstances, when, outcome| {
            let name = format!("claimed by a {name}, {when}");
            table.row_under(circumstances, name, claim.frame(), outcome);
        };
        row(BACKUP, "while Backup", CLAIMED);
        row(ACTIVE, "while Active", CLAIMED_IN_VAIN);
        row(
            BACKUP.untrusted(),
            "while Backup where tags are stripped",
            LEFT_TO_THE_RAW_PATH,
        );
        row(
            ACTIVE.untrusted(),
            "while Active where tags are stripped",
            LEFT_TO_THE_RAW_PATH,
        );
    }
    let watched = Claim::of(WATCHED).frame();
    table.row_under(
        ACTIVE,
        "claimed while Active, without guard",
        watched,
        CLAIMED,
    );
    let mut padded = Claim::of(GUARDED).frame();
    padded.resize(60, 0);
    table.row("claimed in a padded frame", padded, CLAIMED);
}

fn ours_or_nobodys(table: &mut Table) {
    for (name, claim) in [
        (
            "our own gratuitous request",
            Claim::of(GUARDED).from_mac(OUR_MAC),
        ),
        (
            "our own reply",
            Claim::of(GUARDED)
                .from_mac(OUR_MAC)
                .answering(STRANGER, PEER),
        ),
        (
            "a probe",
            Claim::of(Ipv4Addr::UNSPECIFIED).asking_for(GUARDED),
        ),
        (
            "a question for our address",
            Claim::of(PEER).asking_for(GUARDED),
        ),
        ("a claim of somebody else's address", Claim::of(PEER)),
        ("a claim of the other interface's address", Claim::of(FAR)),
        (
            "a claim in another protocol",
            Claim::of(GUARDED).types(1, 0x86dd),
        ),
    ] {
        for (when, circumstances) in [("Backup", BACKUP), ("Active", ACTIVE)] {
            let name = format!("{name}, while {when}");
            table.row_under(circumstances, name, claim.frame(), Outcome::Ignored);
        }
    }
    for (when, circumstances) in [("Backup", BACKUP), ("Active", ACTIVE)] {
        let from = |mac| Claim::of(COMMON).from_mac(mac).frame();
        let name = format!("a claim from the MAC of the virtual router, while {when}");
        table.row_under(circumstances, name, from(VIRTUAL_MAC), Outcome::Ignored);
        let name = format!("a claim of its address from another MAC, while {when}");
        let in_vain = when == "Active";
        let outcome = Outcome::Claimed {
            by: Protocol::Arp,
            falsely: false,
            in_vain,
        };
        table.row_under(circumstances, name, from(Mac([2; 6])), outcome);
    }
    let whole = Claim::of(GUARDED).frame();
    for length in 14..whole.len() {
        let name = format!("a claim cut to {length}");
        table.row(name, whole[..length].to_vec(), Outcome::Ignored);
    }
}

fn malformed(table: &mut Table) {
    let malformed = Outcome::Passed(Reason::ArpMalformed);
    for (hardware, protocol) in [(0, 0), (6, 0), (6, 16), (0, 4), (8, 4), (4, 6), (255, 255)] {
        table.row(
            format!("a claim with lengths {hardware} and {protocol}"),
            Claim::of(GUARDED).lengths(hardware, protocol).frame(),
            malformed,
        );
    }
    table.row(
        "a claim of another kind of hardware",
        Claim::of(GUARDED).types(6, 0x0800).frame(),
        malformed,
    );
    table.row_under(
        BACKUP.untrusted(),
        "a claim with lengths 6 and 16 where tags are stripped",
        Claim::of(GUARDED).lengths(6, 16).frame(),
        LEFT_TO_THE_RAW_PATH,
    );
    let other = Claim::of(GUARDED).for_mac(Mac([2; 6])).frame();
    for (when, circumstances, in_vain) in [("Backup", BACKUP, false), ("Active", ACTIVE, true)] {
        let name = format!("a claim for another machine than the frame's, while {when}");
        let outcome = Outcome::Claimed {
            by: Protocol::Arp,
            falsely: true,
            in_vain,
        };
        table.row_under(circumstances, name, other.clone(), outcome);
    }
}
