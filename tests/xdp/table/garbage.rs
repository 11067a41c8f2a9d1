//! Everything else there is on a network.

use super::{Table, open, seed};
use crate::case::Outcome;

pub(super) fn rows(table: &mut Table) {
    for length in 0..=60_u8 {
        for (name, frame) in [
            ("zeros", vec![0; usize::from(length)]),
            ("ones", vec![0xff; usize::from(length)]),
            ("counting", (0..length).collect()),
            ("of type IPv4", typed([0x08, 0x00], length)),
            ("of type ARP", typed([0x08, 0x06], length)),
            ("of type VLAN", typed([0x81, 0x00], length)),
            ("of type IPv6", typed([0x86, 0xdd], length)),
            ("of a length", typed([0x00, 0x2e], length)),
        ] {
            table.row(format!("{length} bytes, {name}"), frame, Outcome::Ignored);
        }
    }
    for protocol in (0..=u8::MAX).filter(|protocol| *protocol != 112) {
        let frame = open().protocol(protocol).frame();
        table.row(format!("IP protocol {protocol}"), frame, Outcome::Ignored);
    }
    let mut ipv6 = seed().frame();
    ipv6[12..14].copy_from_slice(&[0x86, 0xdd]);
    table.row(
        "an advertisement under the type of IPv6",
        ipv6,
        Outcome::Ignored,
    );
}

/// A frame of this type with nothing in it.
fn typed(ether_type: [u8; 2], length: u8) -> Vec<u8> {
    let mut frame = [&[0x02; 12][..], &ether_type, &[0; 60]].concat();
    frame.truncate(usize::from(length));
    frame
}
