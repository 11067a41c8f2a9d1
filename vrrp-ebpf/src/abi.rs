//! The maps: their names, keys, values and events. One writer each.
//!
//! | Map | Key → value | Written by |
//! |---|---|---|
//! | `PORTS` | ifindex → [`Port`] | controller |
//! | `ROUTERS` | [`RouterKey`] → [`RouterEntry`] | controller |
//! | `ROLES` | slot → [`Role`] | controller |
//! | `VIPS` | [`VipKey`] → [`VipEntry`] | controller |
//! | `BLOCKS` | slot → `RouterBlock`, see [`BlockView`] | program |
//! | `COUNTERS` | port → [`Counters`], per CPU | program |
//! | `BUCKETS` | port and reason → [`Bucket`] | program |
//! | `EVENTS` | ring of [`RouterEvent`] | program |
//! | `ALERTS` | ring of [`Alert`] | program |
//! | `CAPTURE_SWITCH` | 0 → [`CaptureSwitch`] | controller |
//! | `CAPTURE` | ring of [`CapturedFrame`] | program |
//! | `CAPTURE_LOST` | 0 → [`CaptureLosses`], per CPU | program |
//!
//! A *port* is our own dense number for an interface, a *slot* that of a virtual router. Numbers are in the byte order of the host, addresses
//! in that of the network. Every struct is `repr(C)` without implicit padding, because padding in a key never compares equal.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Changes whenever a struct of this file does, so that a pinned map of another build is never reinterpreted.
pub const ABI_VERSION: u32 = 2;

/// Interfaces one object can serve.
pub const MAX_PORTS: usize = 256;
/// Virtual routers one object can serve: every VRID in both families on two interfaces.
pub const MAX_ROUTERS: usize = 1024;
/// Virtual addresses one object watches for foreign claims.
pub const MAX_VIPS: usize = 65_536;
/// Addresses in an advertisement that the program itself sums and judges; longer ones go to the raw path.
pub const MAX_JUDGED_ADDRESSES: u8 = 20;
/// Bytes of the ring of [`RouterEvent`]s: room for one per router.
pub const EVENTS_BYTES: usize = 65_536;
/// Bytes of the ring of [`Alert`]s.
pub const ALERTS_BYTES: usize = 262_144;

/// Bytes of the ring of [`CapturedFrame`]s: room for some eighteen hundred.
pub const CAPTURE_BYTES: usize = 524_288;
/// Bytes of a frame that are captured. What can be judged is shorter, unless it is padded.
pub const CAPTURE_SNAP: usize = 256;

/// Alerts of one reason and port that may go out at once.
pub const ALERT_BURST: u64 = 8;
/// Nanoseconds after which a bucket has one more alert to give: ten a second.
pub const ALERT_REFILL_NS: u64 = 100_000_000;

/// IPv4, in a key or a record.
pub const FAMILY_IPV4: u8 = 4;
/// Sent to the group.
pub const DESTINATION_MULTICAST: u8 = 0;
/// Sent to this host alone.
pub const DESTINATION_UNICAST: u8 = 1;

/// What the program knows of an interface.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Port {
    /// Our number for it, an index of `COUNTERS`.
    pub number: u16,
    /// Its hardware address: frames to others are not ours to judge.
    pub hardware_address: [u8; 6],
    /// [`PORT_FINAL`] and room for more.
    pub flags: u32,
}
const _: () = assert!(size_of::<Port>() == 12);

/// No VLAN tag can have been stripped from a frame before it got here, so a judgement on it is final.
pub const PORT_FINAL: u32 = 1;

/// Which virtual router an advertisement is for.
///
/// keepalived allows one VRID as multicast and as unicast on one interface, hence `destination`.
#[repr(C)]
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    FromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
)]
pub struct RouterKey {
    /// [`Port::number`].
    pub port: u16,
    /// [`FAMILY_IPV4`].
    pub family: u8,
    /// The VRID.
    pub vrid: u8,
    /// [`DESTINATION_MULTICAST`] or [`DESTINATION_UNICAST`].
    pub destination: u8,
    /// Zero.
    pub reserved: [u8; 3],
}
const _: () = assert!(size_of::<RouterKey>() == 8);

impl RouterKey {
    /// The key of the IPv4 router `vrid` on `port`.
    #[must_use]
    #[inline(always)]
    pub const fn ipv4(port: u16, vrid: u8, destination: u8) -> Self {
        Self {
            port,
            family: FAMILY_IPV4,
            vrid,
            destination,
            reserved: [0; 3],
        }
    }
}

/// What to check in an advertisement; constant while a router lives.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct RouterEntry {
    /// Index of `ROLES` and `BLOCKS`.
    pub slot: u32,
    /// 2 or 3.
    pub version: u8,
    /// v2: the authentication type we use.
    pub authentication_type: u8,
    /// v2: our interval in seconds, which every router must share (RFC 3768 §7.1).
    pub interval_seconds: u8,
    /// [`ROUTER_DROP_VALID`] and room for more.
    pub flags: u8,
    /// v2: the password.
    pub authentication_data: [u8; 8],
    /// Our own address: an advertisement from it is a loop or a duplicate.
    pub own_address: [u8; 4],
}
const _: () = assert!(size_of::<RouterEntry>() == 20);

/// `xdp_valid_adverts drop`: a recorded advertisement goes no further.
pub const ROUTER_DROP_VALID: u8 = 1;

/// What a router is at the moment, published at each transition.
#[repr(C)]
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
pub struct Role {
    /// The last [`BlockView::bell`] that the controller has seen. It is written before the block is read for good.
    pub acknowledged: u64,
    /// An advertisement of this priority or more restarts Active_Down_Timer.
    pub threshold: u8,
    /// 1 while Active: then every advertisement is news.
    pub is_active: u8,
    /// Zero.
    pub reserved: [u8; 6],
}
const _: () = assert!(size_of::<Role>() == 16);

/// A virtual address on an interface.
#[repr(C)]
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    FromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
)]
pub struct VipKey {
    /// [`Port::number`].
    pub port: u16,
    /// [`FAMILY_IPV4`].
    pub family: u8,
    /// Zero.
    pub reserved: u8,
    /// The address, IPv4 in the first four bytes.
    pub address: [u8; 16],
}
const _: () = assert!(size_of::<VipKey>() == 20);

impl VipKey {
    /// The key of an IPv4 address on `port`.
    #[must_use]
    #[inline(always)]
    pub const fn ipv4(port: u16, address: [u8; 4]) -> Self {
        Self {
            port,
            family: FAMILY_IPV4,
            reserved: 0,
            address: widen(address),
        }
    }
}

/// Whose virtual address it is.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct VipEntry {
    /// The router that claims it.
    pub slot: u32,
    /// [`VIP_DROP_CLAIMS`] and room for more.
    pub flags: u32,
}
const _: () = assert!(size_of::<VipEntry>() == 8);

/// `xdp_garp_guard drop`: while we are Active, a foreign claim is dropped.
pub const VIP_DROP_CLAIMS: u32 = 1;

/// The last advertisement of one kind that a router received.
#[repr(C)]
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
pub struct AdvertRecord {
    /// When the program saw it, in nanoseconds of `CLOCK_MONOTONIC`; 0 is never.
    pub time_ns: u64,
    /// The sender, IPv4 in the first four bytes.
    pub source: [u8; 16],
    /// The sender's hardware address.
    pub hardware_address: [u8; 6],
    /// Centiseconds between advertisements.
    pub interval_centiseconds: u16,
    /// `ListDigest` of the addresses.
    pub list_digest: u32,
    /// As advertised.
    pub priority: u8,
    /// How many addresses were advertised.
    pub address_count: u8,
    /// Zero.
    pub reserved: [u8; 2],
}
const _: () = assert!(size_of::<AdvertRecord>() == 40);

impl AdvertRecord {
    /// This record where `mask` is all ones, and `other` where it is all zeros.
    #[must_use]
    #[inline(always)]
    pub fn or(self, other: Self, mask: u64) -> Self {
        let ours: [u64; 5] = zerocopy::transmute!(self);
        let mut words: [u64; 5] = zerocopy::transmute!(other);
        for (word, our) in words.iter_mut().zip(ours) {
            *word = (our & mask) | (*word & !mask);
        }
        zerocopy::transmute!(words)
    }

    /// Whether `other` says the same, at whatever time.
    #[must_use]
    #[inline(always)]
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        self.source == other.source
            && self.priority == other.priority
            && self.interval_centiseconds == other.interval_centiseconds
            && self.address_count == other.address_count
            && self.list_digest == other.list_digest
    }
}

/// A router's block as the controller reads it.
///
/// In the kernel the first four bytes are a `bpf_spin_lock`: two receive queues may deliver advertisements of one router at the same time.
/// The controller copies a block out under that lock (`BPF_F_LOCK`), so it never sees half a record. This is the truth; `EVENTS` is only
/// the doorbell.
#[repr(C)]
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
pub struct BlockView {
    /// The lock; reads as zero.
    pub lock: u32,
    /// Rejected for any reason since the last advertisement that restarted Active_Down_Timer.
    pub rejected: u32,
    /// Accepted since the router was set up.
    pub accepted: u64,
    /// Counts what was worth telling.
    pub news: u64,
    /// The value of `news` at which the doorbell rang last.
    pub bell: u64,
    /// The last that restarts Active_Down_Timer.
    pub refreshing: AdvertRecord,
    /// The last of a lower priority than that.
    pub lower: AdvertRecord,
    /// The last of priority 0.
    pub released: AdvertRecord,
}
const _: () = assert!(size_of::<BlockView>() == 152);

/// "Look at this router's block."
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct RouterEvent {
    /// Which block.
    pub slot: u32,
    /// Zero.
    pub reserved: u32,
    /// [`BlockView::bell`] when it rang. The block may have rung again since; what it says by then is what is acknowledged.
    pub bell: u64,
}
const _: () = assert!(size_of::<RouterEvent>() == 16);

/// Something else worth telling; sampled, so its absence means nothing.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Alert {
    /// When.
    pub time_ns: u64,
    /// Which router it concerns.
    pub slot: u32,
    /// [`Port::number`].
    pub port: u16,
    /// [`ALERT_REJECTED`] or [`ALERT_CLAIM`].
    pub kind: u8,
    /// The [`Reason`] of a rejection.
    pub reason: u8,
    /// The IP source of an advertisement, or the address that an ARP packet claims.
    pub address: [u8; 16],
    /// The sender's hardware address: of the frame, or as an ARP packet states it.
    pub hardware_address: [u8; 6],
    /// Zero.
    pub reserved: [u8; 2],
}
const _: () = assert!(size_of::<Alert>() == 40);

/// An advertisement for one of our routers was rejected.
pub const ALERT_REJECTED: u8 = 1;
/// Another hardware address claims one of our addresses.
pub const ALERT_CLAIM: u8 = 2;

/// Whether somebody captures. Read before a frame is copied, and only for frames that could be captured.
#[repr(C)]
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
pub struct CaptureSwitch {
    /// [`CAPTURE_NOTHING`], [`CAPTURE_REJECTED`] or [`CAPTURE_ACCEPTED`].
    pub level: u32,
}
const _: () = assert!(size_of::<CaptureSwitch>() == 4);

/// Nobody captures.
pub const CAPTURE_NOTHING: u32 = 0;
/// Rejected advertisements and foreign claims are captured.
pub const CAPTURE_REJECTED: u32 = 1;
/// Accepted advertisements are captured too.
pub const CAPTURE_ACCEPTED: u32 = 2;

/// What is said of a frame that is copied.
#[derive(Debug, Clone, Copy)]
pub struct CaptureHead {
    /// [`Port::number`].
    pub port: u16,
    /// The [`Reason`] it was counted by.
    pub reason: u8,
    /// `XDP_DROP` (1) or `XDP_PASS` (2).
    pub action: u8,
}

/// What there was no room for in the ring.
#[repr(C)]
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
pub struct CaptureLosses {
    /// Frames since the program was loaded.
    pub frames: u64,
}

/// A frame as it came from the wire, and what was said of it.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct CapturedFrame {
    /// When it was captured, in nanoseconds of `CLOCK_MONOTONIC`.
    pub time_ns: u64,
    /// Bytes of `bytes` that are the frame's. At [`CAPTURE_SNAP`] there may have been more; how many, only who has `CAP_PERFMON` may compute.
    pub length: u16,
    /// [`Port::number`].
    pub port: u16,
    /// The [`Reason`] it was counted by.
    pub reason: u8,
    /// What was answered: `XDP_DROP` (1), and then it went no further, or `XDP_PASS` (2).
    pub action: u8,
    /// Zero.
    pub reserved: [u8; 2],
    /// The frame. Behind its end is whatever was there before.
    pub bytes: [u8; CAPTURE_SNAP],
}
const _: () = assert!(size_of::<CapturedFrame>() == 16 + CAPTURE_SNAP);

impl CapturedFrame {
    /// Whether it went no further.
    #[must_use]
    pub const fn is_dropped(&self) -> bool {
        self.action == 1
    }
}

/// A token bucket in front of the alert ring.
#[repr(C)]
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
pub struct Bucket {
    /// The time up to which its tokens are spent, in nanoseconds.
    pub spent_until_ns: u64,
}

impl Bucket {
    /// Takes a token at `now_ns`; `false` when there is none.
    ///
    /// Two processors may take the same token at once; then one alert more goes out than should, which costs nothing.
    #[inline(always)]
    pub fn take(&mut self, now_ns: u64) -> bool {
        let earliest = now_ns.saturating_sub(ALERT_BURST * ALERT_REFILL_NS);
        let spent = if self.spent_until_ns < earliest {
            earliest
        } else {
            self.spent_until_ns
        };
        let next = spent + ALERT_REFILL_NS;
        if next > now_ns {
            return false;
        }
        self.spent_until_ns = next;
        true
    }
}

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
    /// Rejected: TTL was not 255 (RFC 9568 §7.1).
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
/// Buckets for every port and reason.
pub const MAX_BUCKETS: usize = MAX_PORTS * REASON_COUNT;
const _: () = assert!(size_of::<Counters>() == REASON_COUNT * 8);

/// An IPv4 address in the sixteen bytes that both families share.
#[must_use]
#[inline(always)]
pub const fn widen([a, b, c, d]: [u8; 4]) -> [u8; 16] {
    [a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
}

/// The loader copies these in and out of maps byte for byte.
#[cfg(feature = "user")]
#[expect(unsafe_code, reason = "aya's `Pod` is an unsafe marker")]
mod pod {
    use super::{
        Alert, BlockView, Bucket, CaptureLosses, CaptureSwitch, CapturedFrame, Counters, Port,
        Role, RouterEntry, RouterEvent, RouterKey, VipEntry, VipKey,
    };

    macro_rules! pod {
        ($($name:ident)*) => {$(
            // SAFETY: `repr(C)`, made of integers and byte arrays, and zerocopy's `IntoBytes` proves that it has no padding.
            unsafe impl aya::Pod for $name {}
            const _: () = {
                const fn has_no_padding<T: zerocopy::IntoBytes + zerocopy::FromBytes>() {}
                has_no_padding::<$name>();
            };
        )*};
    }

    pod!(Alert BlockView Bucket CaptureLosses CaptureSwitch CapturedFrame Counters Port Role RouterEntry RouterEvent RouterKey VipEntry VipKey);
}

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

    #[test]
    fn a_bucket_gives_a_burst_and_then_ten_a_second() {
        let mut bucket = Bucket::default();
        let start = 1_000 * ALERT_REFILL_NS;
        assert_eq!((0..100).filter(|_| bucket.take(start)).count(), 8);
        let a_second_later = (1..=1000)
            .filter(|ms| bucket.take(start + ms * 1_000_000))
            .count();
        assert_eq!(a_second_later, 10);
    }
}
