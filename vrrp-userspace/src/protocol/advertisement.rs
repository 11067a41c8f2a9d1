//! The message we send, ready for the wire (RFC 9568 §5.2, RFC 3768 §5.3).

use std::{net::Ipv4Addr, time::Duration};

use vrrp_ebpf::wire::{checksum::Sum, ipv4, vrrp};

use super::{Authentication, Priority, Version, Vrid, timers::Centiseconds};

/// Everything that stands in an advertisement besides the priority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Which protocol.
    pub version: Version,
    /// Which router.
    pub vrid: Vrid,
    /// How often we send.
    pub interval: Duration,
    /// v2: the cluster label.
    pub authentication: Authentication,
    /// At most 255; v2 may have none, as one of the two configurations this project started from.
    pub addresses: Vec<Ipv4Addr>,
}

impl Template {
    /// The bytes behind the IP header.
    ///
    /// A v3 checksum covers the pseudo-header of RFC 5798 §5.2.8, as keepalived and FRR send it; RFC 9568 leaves it out, and both
    /// forms are heard.
    #[must_use]
    pub fn message(&self, priority: Priority, source: Ipv4Addr) -> Vec<u8> {
        let mut bytes = self.header(priority);
        bytes.extend(self.addresses.iter().flat_map(Ipv4Addr::octets));
        if self.version == Version::V2 {
            bytes.extend(self.authentication.data());
        }
        let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
        let sum = match self.version {
            Version::V2 => Sum::new(),
            Version::V3 => vrrp::pseudo_header(source.octets(), ipv4::VRRP_GROUP, length),
        };
        let checksum = sum.add_slice(&bytes).checksum().to_be_bytes();
        bytes[6..8].copy_from_slice(&checksum);
        bytes
    }

    fn header(&self, priority: Priority) -> Vec<u8> {
        let [first, second] = match self.version {
            Version::V2 => [self.authentication.wire_type(), self.interval_seconds()],
            Version::V3 => Centiseconds::nearest(self.interval).get().to_be_bytes(),
        };
        let count = u8::try_from(self.addresses.len()).unwrap_or(u8::MAX);
        let kind = self.version.number() << 4 | vrrp::TYPE_ADVERTISEMENT;
        vec![
            kind,
            self.vrid.get(),
            priority.get(),
            count,
            first,
            second,
            0,
            0,
        ]
    }

    /// v2: the interval in whole seconds, 1 to 255 (RFC 3768 §5.3.7).
    #[must_use]
    pub fn interval_seconds(&self) -> u8 {
        u8::try_from(self.interval.as_secs())
            .unwrap_or(u8::MAX)
            .max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn template(version: Version, vrid: u8, addresses: &[[u8; 4]]) -> Template {
        Template {
            version,
            vrid: Vrid::new(vrid).unwrap(),
            interval: Duration::from_secs(1),
            authentication: Authentication::None,
            addresses: addresses.iter().copied().map(Ipv4Addr::from).collect(),
        }
    }

    const SOURCE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);

    /// As captured from keepalived 2.2.7.
    #[test]
    fn the_seed_sends_an_advertisement_without_addresses() {
        let seed = Template {
            authentication: Authentication::password("1111"),
            ..template(Version::V2, 89, &[])
        };
        assert_eq!(
            hex(&seed.message(Priority::new(101), SOURCE)),
            "21596500010116433131313100000000"
        );
    }

    /// As captured from keepalived 2.2.7.
    #[test]
    fn version_2_with_a_password_matches_keepalived() {
        let two = Template {
            authentication: Authentication::password("secret"),
            ..template(Version::V2, 51, &[[10, 0, 0, 100], [10, 0, 0, 101]])
        };
        assert_eq!(
            hex(&two.message(Priority::new(200), SOURCE)),
            "2133c8020101c4b30a0000640a0000657365637265740000"
        );
        assert!(hex(&two.message(Priority::RELEASE, SOURCE)).starts_with("2133000201018cb4"));
    }

    /// C055, C190: the golden messages of both RFCs.
    #[test]
    fn version_3_sums_the_pseudo_header() {
        let three = template(Version::V3, 51, &[[192, 0, 2, 100]]);
        assert_eq!(
            hex(&three.message(Priority::new(200), SOURCE)),
            "3133c8010064a171c0000264"
        );
    }

    /// C164
    #[test]
    fn version_2_without_authentication_still_carries_eight_zero_bytes() {
        let none = template(Version::V2, 51, &[[192, 0, 2, 100]]);
        assert_eq!(
            hex(&none.message(Priority::new(200), SOURCE)),
            "2133c80100015465c00002640000000000000000"
        );
    }
}
