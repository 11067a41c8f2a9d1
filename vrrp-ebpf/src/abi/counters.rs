//! What happened on an interface, by reason.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Something that is done differently for each [`Reason`], down to the instructions: see [`Reason::name_to`].
pub trait ForReason {
    /// Does it for the reason of this number.
    fn call<const REASON: usize>(self);
}

/// Defines the counters once: the struct that `bpftool map dump` prints, and the enum that indexes it.
macro_rules! counters {
    ($($(#[$doc:meta])* $field:ident $variant:ident,)*) => {
        /// What happened on one interface, by reason. The fields are the reasons, so a dump of the map reads as a report.
        #[repr(C)]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
        pub struct Counters {
            $($(#[$doc])* pub $field: u64,)*
        }

        /// Names a field of [`Counters`].
        #[repr(u8)]
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Reason {
            $($(#[$doc])* $variant,)*
        }

        impl Reason {
            /// Every reason, in the order of the fields.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name of the field.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($field),)* }
            }

            /// Calls `whom` with the number of the reason as a constant.
            #[inline(always)]
            pub fn name_to(self, whom: impl ForReason) {
                match self { $(Self::$variant => whom.call::<{ Self::$variant as usize }>(),)* }
            }
        }

        impl Counters {
            /// The counter of `reason`.
            pub const fn of(&mut self, reason: Reason) -> &mut u64 {
                match reason { $(Reason::$variant => &mut self.$field,)* }
            }

            /// Every counter with its name.
            pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$((stringify!($field), self.$field),)*].into_iter()
            }
        }
    };
}

counters! {
    /// Advertisements for our routers that passed every check.
    accepted Accepted,
    /// Rejected: TTL or hop limit was not 255 (RFC 9568 §7.1).
    ip_ttl IpTtl,
    /// Rejected: the IPv4 header was damaged.
    ip_checksum IpChecksum,
    /// Rejected: longer or shorter than its fields say (RFC 9568 §7.1).
    packet_length PacketLength,
    /// Rejected: not the version this router speaks (RFC 9568 §7.1).
    version Version,
    /// Rejected: not an advertisement (RFC 9568 §7.1).
    packet_type PacketType,
    /// Rejected: the message was damaged (RFC 9568 §7.1).
    checksum Checksum,
    /// Rejected: another authentication type than ours (RFC 2338 §7.1).
    authentication_type AuthenticationType,
    /// Rejected: another password than ours (RFC 2338 §7.1).
    authentication_failure AuthenticationFailure,
    /// Rejected: v2 with another interval than ours (RFC 3768 §7.1), or v3 with none (RFC 9568 §5.2.7).
    interval Interval,
    /// Rejected: the source cannot be a neighbour.
    ip_source IpSource,
    /// Rejected: unicast from nobody we speak to (`check_unicast_src`).
    unicast_source UnicastSource,
    /// Rejected: our own address came back, by a loop or a duplicate.
    own_address OwnAddress,
    /// Rejected: v3 without addresses (RFC 9568 §5.2.5).
    address_count AddressCount,
    /// Passed: for a VRID that is not configured on this interface.
    unknown_router UnknownRouter,
    /// Passed to the raw path: IP options, a fragment, or more addresses than are judged here.
    undecided Undecided,
    /// Passed to the raw path: the interface may have stripped a VLAN tag.
    tag_unknown TagUnknown,
    /// Passed: it carries a VLAN tag, so it is another network's.
    tagged Tagged,
    /// Passed: a frame for another host.
    other_host OtherHost,
    /// A foreign hardware address claimed one of our addresses by ARP.
    arp_claim ArpClaim,
    /// An ARP packet about one of our addresses contradicts itself or its frame.
    arp_malformed ArpMalformed,
    /// A foreign hardware address claimed one of our addresses by Neighbour Discovery.
    nd_claim NdClaim,
    /// A neighbour advertisement about one of our addresses contradicts its frame.
    nd_malformed NdMalformed,
    /// The event ring refused a record; the block had it.
    event_lost EventLost,
    /// The alert ring refused a record.
    alert_lost AlertLost,
    /// An alert was held back by its token bucket.
    alert_suppressed AlertSuppressed,
    /// A router's block was missing, so its advertisement went to the raw path.
    block_missing BlockMissing,
}

/// Reasons there are, and the stride of `BUCKETS`.
pub const REASON_COUNT: usize = Reason::ALL.len();
/// Buckets for every router and reason: one that is reported of ten times a second must not keep another one from being reported of at all. A port has
/// those of the same number, for reasons that no router has.
pub const MAX_BUCKETS: usize = super::MAX_ROUTERS * REASON_COUNT;
const _: () = assert!(super::MAX_PORTS <= super::MAX_ROUTERS);
const _: () = assert!(size_of::<Counters>() == REASON_COUNT * 8);

#[cfg(test)]
mod tests {
    use super::*;

    /// The program counts by index, people read by name.
    #[test]
    fn the_number_of_a_reason_is_the_place_of_its_field() {
        for (index, reason) in Reason::ALL.iter().enumerate() {
            assert_eq!(*reason as usize, index);
            let mut words = [0_u64; REASON_COUNT];
            words[index] = 1;
            let counters: Counters = zerocopy::transmute!(words);
            let counted: Vec<_> = counters.iter().filter(|(_, count)| *count == 1).collect();
            assert_eq!(counted, [(reason.name(), 1)]);
        }
    }
}
