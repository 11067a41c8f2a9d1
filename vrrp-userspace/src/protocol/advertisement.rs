//! The message we send, ready for the wire (RFC 9568 §5.2, RFC 3768 §5.3).

use std::{net::IpAddr, time::Duration};

use serde::{Deserialize, Serialize};
use vrrp_ebpf::wire::{
    checksum::Sum,
    ipv6,
    vrrp::{self, ListDigest},
};

use super::{Authentication, Priority, Version, Vrid, timers::Centiseconds};

/// Everything that stands in an advertisement besides the priority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// Which protocol.
    pub version: Version,
    /// Which router.
    pub vrid: Vrid,
    /// How often we send.
    pub interval: Duration,
    /// v2: the cluster label.
    pub authentication: Authentication,
    /// v3 over IPv4: the checksum covers the message alone, as RFC 9568 §5.2.8 has it.
    pub sums_message_alone: bool,
    /// At most 255; v2 may have none, as one of the two configurations this project started from.
    pub addresses: Vec<IpAddr>,
}

impl Template {
    /// The bytes behind the IP header of an advertisement from `source` to `destination`, which are of one family.
    ///
    /// A v3 checksum over IPv4 covers the pseudo-header of RFC 5798 §5.2.8, as keepalived and FRR send it, unless `v3_checksum_as_v2`; RFC 9568
    /// leaves it out, and both forms are heard.
    #[must_use]
    pub fn message(&self, priority: Priority, source: IpAddr, destination: IpAddr) -> Vec<u8> {
        let mut bytes = self.header(priority);
        for address in &self.addresses {
            append(*address, &mut bytes);
        }
        if self.version == Version::V2 {
            bytes.extend(self.authentication.data());
        }
        let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
        let sum = match (self.version, source, destination) {
            (Version::V3, IpAddr::V4(source), IpAddr::V4(destination))
                if !self.sums_message_alone =>
            {
                vrrp::pseudo_header(source.octets(), destination.octets(), length)
            }
            (Version::V3, IpAddr::V6(source), IpAddr::V6(destination)) => {
                ipv6::pseudo_header(&source.octets(), &destination.octets(), length)
            }
            _ => Sum::new(),
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

/// What an advertisement that lists `addresses` has as its digest.
#[must_use]
pub fn list_digest(addresses: &[IpAddr]) -> u32 {
    let mut bytes = Vec::with_capacity(addresses.len() * vrrp::IPV6_ADDRESS_LENGTH);
    for address in addresses {
        append(*address, &mut bytes);
    }
    ListDigest::of([bytes]).get()
}

fn append(address: IpAddr, bytes: &mut Vec<u8>) {
    match address {
        IpAddr::V4(address) => bytes.extend(address.octets()),
        IpAddr::V6(address) => bytes.extend(address.octets()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Family;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn template(version: Version, vrid: u8, addresses: &[[u8; 4]]) -> Template {
        Template {
            version,
            vrid: Vrid::new(vrid).unwrap(),
            interval: Duration::from_secs(1),
            authentication: Authentication::None,
            sums_message_alone: false,
            addresses: addresses.iter().copied().map(IpAddr::from).collect(),
        }
    }

    fn sent(template: &Template, priority: u8) -> String {
        let source = IpAddr::from([192, 0, 2, 1]);
        hex(&template.message(Priority::new(priority), source, Family::Ipv4.group()))
    }

    /// As captured from keepalived 2.2.7.
    #[test]
    fn the_seed_sends_an_advertisement_without_addresses() {
        let seed = Template {
            authentication: Authentication::password("1111"),
            ..template(Version::V2, 89, &[])
        };
        assert_eq!(sent(&seed, 101), "21596500010116433131313100000000");
    }

    /// C055+ C160+: As captured from keepalived 2.2.7.
    #[test]
    fn version_2_with_a_password_matches_keepalived() {
        let two = Template {
            authentication: Authentication::password("secret"),
            ..template(Version::V2, 51, &[[10, 0, 0, 100], [10, 0, 0, 101]])
        };
        assert_eq!(
            sent(&two, 200),
            "2133c8020101c4b30a0000640a0000657365637265740000"
        );
        assert!(sent(&two, 0).starts_with("2133000201018cb4"));
    }

    /// C055+ C190+: the golden messages of both RFCs.
    #[test]
    fn version_3_sums_the_pseudo_header() {
        let three = template(Version::V3, 51, &[[192, 0, 2, 100]]);
        assert_eq!(sent(&three, 200), "3133c8010064a171c0000264");
    }

    /// C190+: `v3_checksum_as_v2`, the golden message of RFC 9568.
    #[test]
    fn version_3_can_sum_the_message_alone() {
        let three = Template {
            sums_message_alone: true,
            ..template(Version::V3, 51, &[[192, 0, 2, 100]])
        };
        assert_eq!(sent(&three, 200), "3133c80100644402c0000264");
    }

    /// C025, C055: the golden message of the RFC's pseudo-header.
    #[test]
    fn over_ipv6_the_pseudo_header_is_summed_too() {
        let addresses = ["fe80::1", "2001:db8::100"];
        let six = Template {
            addresses: addresses.map(|address| address.parse().unwrap()).into(),
            ..template(Version::V3, 51, &[])
        };
        let source = "fe80::a".parse().unwrap();
        let message = six.message(Priority::new(200), source, Family::Ipv6.group());
        assert_eq!(
            hex(&message),
            "3133c8020064daf2fe80000000000000000000000000000120010db8000000000000000000000100"
        );
    }

    /// C055+ C160+: golden messages of RFC 3768 with a password, the second one a goodbye.
    #[test]
    fn version_2_carries_the_password_behind_the_addresses_and_sums_it() {
        let pass = Template {
            authentication: Authentication::password("1111"),
            ..template(Version::V2, 51, &[[192, 0, 2, 100]])
        };
        assert_eq!(sent(&pass, 200), "2133c8010101f102c00002643131313100000000");
        assert_eq!(sent(&pass, 0), "213300010101b903c00002643131313100000000");
    }

    /// C164+
    #[test]
    fn version_2_without_authentication_still_carries_eight_zero_bytes() {
        let none = template(Version::V2, 51, &[[192, 0, 2, 100]]);
        assert_eq!(sent(&none, 200), "2133c80100015465c00002640000000000000000");
    }
}
