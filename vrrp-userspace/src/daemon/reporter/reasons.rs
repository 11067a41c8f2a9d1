//! What the reasons mean that frames are counted by, in words for people: one table for the log, `xvrrpd status` and whoever else shows them.

use vrrp_ebpf::abi::Reason;

/// What was wrong with a frame, or was done with it, and what the operator may do about it.
#[must_use]
pub const fn meaning(reason: Reason) -> &'static str {
    match reason {
        Reason::Accepted => "adverts for our routers that passed every check",
        Reason::IpTtl => {
            "its TTL is below 255, or below its `min_ttl`: it was forwarded by a router"
        }
        Reason::IpChecksum => "its IP header is damaged",
        Reason::PacketLength => "it is longer or shorter than its fields say",
        Reason::Version => "it speaks the other VRRP version; set `version` alike on all nodes",
        Reason::PacketType => "it is no advertisement",
        Reason::Checksum => "it is damaged",
        Reason::AuthenticationType => "it uses another auth_type; set it alike on all nodes",
        Reason::AuthenticationFailure => {
            "received an invalid passwd; another cluster on this VRID?"
        }
        Reason::Interval => "its advert_int differs; set it alike on all nodes",
        Reason::IpSource => "its source cannot be a neighbour",
        Reason::UnicastSource => {
            "it comes from nobody of `vrrp_peers`, or of `unicast_peer` with `check_unicast_src`"
        }
        Reason::OwnAddress => "it comes from our own address; a loop or a duplicate address",
        Reason::AddressCount => "it lists no address",
        Reason::UnknownRouter => "for a VRID that is not configured here; passed on",
        Reason::Undecided => "IP options, a fragment or many addresses; left to the raw socket",
        Reason::TagUnknown => "a VLAN tag may have been stripped before; left to the raw socket",
        Reason::Tagged => "it carries a VLAN tag, so it is another network's; passed on",
        Reason::OtherHost => "a frame for another host; passed on",
        Reason::ArpClaim => "another station claimed one of our addresses by ARP",
        Reason::ArpMalformed => "an ARP packet about our addresses contradicts itself",
        Reason::NdClaim => "another station claimed one of our addresses by Neighbour Discovery",
        Reason::NdMalformed => {
            "a neighbour advertisement about our addresses contradicts its frame"
        }
        Reason::EventLost => "an event found no room; the map had it, so nothing is lost",
        Reason::AlertLost => "a report for the log found no room; it was counted",
        Reason::AlertSuppressed => "a report for the log was one too many; it was counted",
        Reason::BlockMissing => "a router had no block; left to the raw socket",
    }
}

/// Whether it says that an advertisement was not believed.
#[must_use]
pub const fn is_rejection(reason: Reason) -> bool {
    match reason {
        Reason::IpTtl
        | Reason::IpChecksum
        | Reason::PacketLength
        | Reason::Version
        | Reason::PacketType
        | Reason::Checksum
        | Reason::AuthenticationType
        | Reason::AuthenticationFailure
        | Reason::Interval
        | Reason::IpSource
        | Reason::UnicastSource
        | Reason::OwnAddress
        | Reason::AddressCount => true,
        Reason::Accepted
        | Reason::UnknownRouter
        | Reason::Undecided
        | Reason::TagUnknown
        | Reason::Tagged
        | Reason::OtherHost
        | Reason::ArpClaim
        | Reason::ArpMalformed
        | Reason::NdClaim
        | Reason::NdMalformed
        | Reason::EventLost
        | Reason::AlertLost
        | Reason::AlertSuppressed
        | Reason::BlockMissing => false,
    }
}

/// The reason of this name, as `COUNTERS` and `xvrrpd status --json` spell it.
#[must_use]
pub fn reason(name: &str) -> Option<Reason> {
    Reason::ALL
        .iter()
        .copied()
        .find(|reason| reason.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_has_the_same_words() {
        let documented = include_str!("../../../../docs/status.md");
        for one in Reason::ALL {
            let row = format!("| `{}` | {} |", one.name(), meaning(*one));
            assert!(documented.contains(&row), "{row}");
        }
    }
}
