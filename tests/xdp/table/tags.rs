//! Frames of other VLANs, and interfaces that do not say which VLAN a frame is of.

use vrrp_ebpf::abi::Reason;
use vrrp_tests::forge::Claim;

use super::{Table, seed, version_3};
use crate::case::{CLAIMED, Outcome, heard, rejected};
use crate::world::{ACTIVE, BACKUP, GUARDED, SEED, VERSION_3};

pub(super) fn rows(table: &mut Table) {
    let tagged = Outcome::Passed(Reason::Tagged);
    for vlan in [1, 10, 4094, 0x2001, 0xe00a] {
        let frame = seed().vlan(vlan).frame();
        table.row(format!("tag {vlan:04x}"), frame, tagged);
        let frame = version_3().vlan(vlan).frame();
        table.row(format!("tag {vlan:04x}, version 3"), frame, tagged);
        let frame = seed().service_vlan(vlan).frame();
        table.row(format!("service tag {vlan:04x}"), frame, tagged);
        let frame = seed().vlan(vlan).ttl(3).bad_checksum().frame();
        table.row(format!("tag {vlan:04x}, and nothing right"), frame, tagged);
    }
    let frame = seed().vlan(10).protocol(17).frame();
    table.row("tagged, and not VRRP", frame, Outcome::Ignored);
    for length in 12..seed().vlan(10).frame().len() {
        let outcome = if length < 18 + 20 {
            Outcome::Ignored
        } else {
            tagged
        };
        let frame = seed().vlan(10).frame()[..length].to_vec();
        table.row(format!("tagged, cut to {length}"), frame, outcome);
    }
    priorities(table);
    untrusted(table);
}

/// VLAN 0 is no VLAN: the kernel hears such a frame as if it had no tag.
fn priorities(table: &mut Table) {
    for tag in [0, 0x1000, 0x2000, 0xe000] {
        let frame = seed().listing(2).vlan(tag).frame();
        table.row(format!("priority {tag:04x}"), frame, heard(SEED));
        let frame = seed().service_vlan(tag).frame();
        table.row(format!("service priority {tag:04x}"), frame, heard(SEED));
        let frame = version_3().vlan(tag).frame();
        table.row(
            format!("priority {tag:04x}, version 3"),
            frame,
            heard(VERSION_3),
        );
        let frame = seed().vlan(tag).ttl(3).frame();
        let outcome = rejected(Reason::IpTtl, SEED);
        table.row(format!("priority {tag:04x}, routed"), frame, outcome);
        let frame = seed().vlan(tag).ip_options(&[1; 4]).frame();
        let outcome = Outcome::Passed(Reason::Undecided);
        table.row(format!("priority {tag:04x}, options"), frame, outcome);
    }
    let mut claim = Claim::of(GUARDED).frame();
    claim.splice(12..12, [0x81, 0, 0, 0]);
    table.row("a claim with a priority", claim, CLAIMED);
    let whole = seed().listing(2).vlan(0).frame();
    for length in 12..whole.len() {
        let outcome = match length {
            ..38 => Outcome::Ignored,
            38..46 => Outcome::Passed(Reason::PacketLength),
            _ => rejected(Reason::PacketLength, SEED),
        };
        let frame = whole[..length].to_vec();
        table.row(format!("priority, cut to {length}"), frame, outcome);
    }
}

/// Where a tag may have been stripped, no advertisement is judged.
fn untrusted(table: &mut Table) {
    let unknown = Outcome::Passed(Reason::TagUnknown);
    for (name, circumstances) in [("Backup", BACKUP), ("Active", ACTIVE)] {
        for (what, forged) in [
            ("valid", seed()),
            ("valid, version 3", version_3()),
            ("damaged", seed().bad_checksum()),
            ("routed", seed().ttl(64)),
            ("with options", seed().ip_options(&[1; 4])),
            ("of nobody we know", seed().vrid(200)),
        ] {
            table.row_under(
                circumstances.untrusted(),
                format!("{what}, where tags are stripped, while {name}"),
                forged.frame(),
                unknown,
            );
        }
    }
}
