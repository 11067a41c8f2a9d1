//! Rejected advertisements in the log: a line per router and reason and window, and how many there were since (C031).

use std::{collections::BTreeMap, net::Ipv4Addr, time::Duration};

use vrrp_ebpf::abi::Reason;

use crate::protocol::Monotonic;

/// A line for a router and a reason at most this often.
const WINDOW: Duration = Duration::from_secs(10);

/// What has been said already. Its size is that of the configuration: nothing an attacker chooses is a key.
#[derive(Debug, Default)]
pub(super) struct Rejections {
    said: BTreeMap<(usize, u8), Said>,
}

#[derive(Debug)]
struct Said {
    at: Monotonic,
    kept_back: u64,
}

impl Rejections {
    /// The line for a rejection, if one is due.
    pub(super) fn line(
        &mut self,
        slot: usize,
        reason: Reason,
        source: Ipv4Addr,
        now: Monotonic,
    ) -> Option<String> {
        let kept_back = match self.said.get_mut(&(slot, reason as u8)) {
            Some(said) if now.since(said.at) < WINDOW => {
                said.kept_back += 1;
                return None;
            }
            Some(said) => std::mem::take(&mut said.kept_back),
            None => 0,
        };
        self.said.insert(
            (slot, reason as u8),
            Said {
                at: now,
                kept_back: 0,
            },
        );
        let line = format!("rejected an advert from {source}: {}", in_words(reason));
        if kept_back == 0 {
            return Some(line);
        }
        Some(format!(
            "{line} ({kept_back} more reports of this kept back; the counters have them all)"
        ))
    }
}

/// What was wrong, beginning with the name of the counter, and what the operator may do about it.
pub(super) const fn in_words(reason: Reason) -> &'static str {
    match reason {
        Reason::IpTtl => "ip_ttl: its TTL is not 255, so it was forwarded by a router",
        Reason::IpChecksum => "ip_checksum: its IP header is damaged",
        Reason::PacketLength => "packet_length: it is longer or shorter than its fields say",
        Reason::Version => {
            "version: it speaks the other VRRP version; set `version` alike on all nodes"
        }
        Reason::PacketType => "packet_type: it is no advertisement",
        Reason::Checksum => "checksum: it is damaged",
        Reason::AuthenticationType => {
            "authentication_type: it uses another auth_type; set it alike on all nodes"
        }
        Reason::AuthenticationFailure => {
            "authentication_failure: received an invalid passwd; another cluster on this VRID?"
        }
        Reason::Interval => "interval: its advert_int differs; set it alike on all nodes",
        Reason::IpSource => "ip_source: its source cannot be a neighbour",
        Reason::OwnAddress => {
            "own_address: it comes from our own address; a loop or a duplicate address"
        }
        Reason::AddressCount => "address_count: it lists no address",
        Reason::Accepted => "accepted",
        Reason::ArpClaim => {
            "arp_claim: one of our addresses is said to be elsewhere; the Active node says so, and from anybody else it is an alarm"
        }
        Reason::UnknownRouter
        | Reason::Undecided
        | Reason::TagUnknown
        | Reason::Tagged
        | Reason::OtherHost
        | Reason::ArpMalformed
        | Reason::EventLost
        | Reason::AlertLost
        | Reason::AlertSuppressed
        | Reason::BlockMissing => "for a reason that is none",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_one_line_and_then_a_count() {
        let mut rejections = Rejections::default();
        let start = Monotonic::from_nanos(1_000_000_000_000);
        let mut line = |at| rejections.line(0, Reason::IpTtl, Ipv4Addr::LOCALHOST, start + at);
        assert!(line(Duration::ZERO).is_some());
        for millisecond in 1..=500 {
            assert_eq!(line(Duration::from_millis(millisecond)), None);
        }
        let next = line(Duration::from_secs(11)).unwrap();
        assert!(next.contains("500 more"), "{next}");
    }
}
