//! Forgeries, against what was captured.

use super::*;
use crate::hex;

fn message(forged: &Forged) -> String {
    hex::of(&forged.packet()[20..])
}

#[test]
fn a_forgery_is_byte_for_byte_what_keepalived_says_with_the_master_seed() {
    let forged = Forged::advertisement(Ipv4Addr::new(10, 89, 0, 9)).priority(101);
    // Captured from keepalived 2.2.7: type and VRID, priority 101, no address, PASS, 1 s, checksum, "1111".
    assert_eq!(message(&forged), "21596500010116433131313100000000");
    assert_eq!(forged.packet().len(), 36);
}

/// Captured from keepalived 2.2.7, with a password and two addresses.
#[test]
fn a_list_is_summed_as_keepalived_sums_it() {
    let forged = Forged::advertisement(Ipv4Addr::new(10, 0, 0, 1))
        .vrid(51)
        .priority(200)
        .password(*b"secret\0\0")
        .listing_these(&[Ipv4Addr::new(10, 0, 0, 100), Ipv4Addr::new(10, 0, 0, 101)]);
    let captured = "2133c8020101c4b30a0000640a0000657365637265740000";
    assert_eq!(message(&forged), captured);
}

/// Captured from keepalived 2.2.7; the other form is computed as RFC 9568 §5.2.8 says.
#[test]
fn version_3_is_summed_with_a_pseudo_header_and_without() {
    let forged = Forged::version_3(Ipv4Addr::new(10, 0, 0, 1))
        .vrid(53)
        .priority(200)
        .centiseconds(50)
        .listing_these(&[Ipv4Addr::new(10, 0, 0, 103)]);
    assert_eq!(message(&forged), "3135c801003211a00a000067");

    let forged = Forged::version_3(Ipv4Addr::new(192, 0, 2, 1))
        .vrid(51)
        .priority(200)
        .listing_these(&[Ipv4Addr::new(192, 0, 2, 100)]);
    assert_eq!(message(&forged), "3133c8010064a171c0000264");
    let forged = forged.without_pseudo_header();
    assert_eq!(message(&forged), "3133c80100644402c0000264");
}

#[test]
fn a_gratuitous_arp_has_42_bytes() {
    assert_eq!(gratuitous_arp(seeds::ADDRESSES[0]).len(), 42);
}
