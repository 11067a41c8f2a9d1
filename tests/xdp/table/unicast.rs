//! Routers that speak to each other one by one, and groups besides the usual one.

use std::net::{Ipv4Addr, Ipv6Addr};

use vrrp_ebpf::abi::Reason;
use vrrp_tests::forge::{Forged, ForgedIpv6};
use vrrp_tests::frame::Mac;

use super::{Table, version_3};
use crate::case::{Outcome, heard, rejected};
use crate::world::{
    CHOOSY, IPV6_RANGED, IPV6_UNICAST, Known, NAMED, OTHER_GROUP, OTHERS, OUR_ADDRESS,
    OUR_LINK_LOCAL, OUR_MAC, PEER, PEER_LINK_LOCAL, UNICAST, VERSION_3,
};

/// Nobody we speak to.
const STRANGER: Ipv4Addr = Ipv4Addr::new(10, 89, 0, 66);
const STRANGER_LINK_LOCAL: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0x66);
/// Where the frames of [`OTHER_GROUP`] go: its address has one bit more than fits.
const OTHER_GROUP_MAC: Mac = Mac([0x01, 0, 0x5e, 0x01, 3, 4]);

pub(super) fn rows(table: &mut Table) {
    hop_limits(table);
    peers(table);
    receivers(table);
    groups(table);
}

fn to_us(from: Ipv4Addr, known: Known) -> Forged {
    let forged = Forged::version_3(from).vrid(known.vrid);
    forged.to_address(OUR_ADDRESS).to_mac(OUR_MAC)
}

fn to_us_over_ipv6(from: Ipv6Addr, known: Known) -> ForgedIpv6 {
    let vip = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0x66);
    ForgedIpv6::advertisement(from, known.vrid, 254, &[vip]).to(OUR_LINK_LOCAL, OUR_MAC)
}

/// keepalived: unicast may have come from afar.
fn hop_limits(table: &mut Table) {
    for ttl in [1, 64, 254, 255] {
        table.row(
            format!("unicast, TTL {ttl}"),
            to_us(PEER, UNICAST).ttl(ttl).frame(),
            heard(UNICAST),
        );
        table.row(
            format!("unicast over IPv6, hop limit {ttl}"),
            to_us_over_ipv6(PEER_LINK_LOCAL, IPV6_UNICAST)
                .hop_limit(ttl)
                .frame(),
            heard(IPV6_UNICAST),
        );
    }
}

fn peers(table: &mut Table) {
    for (ttl, outcome) in [
        (253, rejected(Reason::IpTtl, CHOOSY)),
        (254, heard(CHOOSY)),
        (255, heard(CHOOSY)),
    ] {
        let frame = to_us(PEER, CHOOSY).ttl(ttl).frame();
        table.row(format!("`min_ttl 254`, TTL {ttl}"), frame, outcome);
    }
    table.row(
        "`check_unicast_src`, from nobody we speak to",
        to_us(STRANGER, CHOOSY).frame(),
        rejected(Reason::UnicastSource, CHOOSY),
    );
    let in_the_group = |source| Forged::version_3(source).vrid(NAMED.vrid);
    table.row(
        "`vrrp_peers`, from one of them",
        in_the_group(PEER).frame(),
        heard(NAMED),
    );
    for priority in [0, 1, 254, 255] {
        table.row(
            format!("`vrrp_peers`, priority {priority} from nobody of them"),
            in_the_group(STRANGER).priority(priority).frame(),
            rejected(Reason::UnicastSource, NAMED),
        );
    }
    for (hop_limit, outcome) in [
        (2, rejected(Reason::IpTtl, IPV6_RANGED)),
        (3, heard(IPV6_RANGED)),
        (5, heard(IPV6_RANGED)),
        (6, rejected(Reason::IpTtl, IPV6_RANGED)),
    ] {
        let advert = to_us_over_ipv6(PEER_LINK_LOCAL, IPV6_RANGED);
        table.row(
            format!("`min_ttl 3 max_ttl 5`, hop limit {hop_limit}"),
            advert.hop_limit(hop_limit).frame(),
            outcome,
        );
    }
    table.row(
        "without `check_unicast_src`, from nobody we speak to",
        to_us_over_ipv6(STRANGER_LINK_LOCAL, IPV6_RANGED).frame(),
        heard(IPV6_RANGED),
    );
    table.row(
        "C117-: unicast, our own address",
        to_us(OUR_ADDRESS, UNICAST).frame(),
        rejected(Reason::OwnAddress, UNICAST),
    );
}

/// What passes through this host on its way to another one is that one's, good or bad.
fn receivers(table: &mut Table) {
    let elsewhere = Ipv4Addr::new(10, 99, 0, 1);
    let passing = to_us(PEER, UNICAST).to_address(elsewhere);
    for (name, frame) in [
        ("unicast on its way through", passing.clone().frame()),
        (
            "damaged unicast on its way through",
            passing.bad_checksum().frame(),
        ),
        (
            "unicast over IPv6 on its way through",
            to_us_over_ipv6(PEER_LINK_LOCAL, IPV6_UNICAST)
                .to(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1), OUR_MAC)
                .frame(),
        ),
    ] {
        table.row(name, frame, Outcome::Passed(Reason::UnknownRouter));
    }
    table.row(
        "C012-: unicast in a frame to everybody",
        to_us(PEER, UNICAST).to_mac(Mac([0xff; 6])).frame(),
        Outcome::Passed(Reason::OtherHost),
    );
}

/// One VRID in two groups is two routers.
fn groups(table: &mut Table) {
    let in_group = |group, mac| version_3().to_address(group).to_mac(mac);
    table.row(
        "C051+: another group",
        in_group(OTHER_GROUP, OTHER_GROUP_MAC).frame(),
        heard(OTHERS),
    );
    table.row(
        "C001-: another group, TTL 254",
        in_group(OTHER_GROUP, OTHER_GROUP_MAC).ttl(254).frame(),
        rejected(Reason::IpTtl, OTHERS),
    );
    table.row("the usual group", version_3().frame(), heard(VERSION_3));
    table.row(
        "C012-: another group, in a frame to the usual one",
        in_group(OTHER_GROUP, Mac([0x01, 0, 0x5e, 0, 0, 0x12])).frame(),
        Outcome::Passed(Reason::OtherHost),
    );
    table.row(
        "a group of the same hardware address",
        in_group(Ipv4Addr::new(225, 1, 3, 4), OTHER_GROUP_MAC).frame(),
        Outcome::Passed(Reason::UnknownRouter),
    );
    table.row(
        "a group that nobody uses",
        in_group(
            Ipv4Addr::new(224, 0, 0, 19),
            Mac([0x01, 0, 0x5e, 0, 0, 0x13]),
        )
        .frame(),
        Outcome::Passed(Reason::UnknownRouter),
    );
}
