//! An advertisement in a frame of ours: the kernel writes its own hardware address into all others.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use vrrp_ebpf::wire::{
    ethernet::{self, TYPE_IPV4, TYPE_IPV6},
    ipv4::{self, PROTOCOL_VRRP, VERSION_AND_PLAIN_LENGTH, VRRP_TTL},
    ipv6::{self, NEXT_HEADER_VRRP, ON_LINK_HOP_LIMIT},
};
use zerocopy::{FromZeros as _, IntoBytes as _};

use super::TOS;

/// An Ethernet frame from `mac` that carries `message` to a group, with the IP header that the kernel would write. Nothing if the addresses are
/// not of one family, or the message is longer than any packet.
pub(super) fn to_group(
    mac: [u8; 6],
    source: IpAddr,
    group: IpAddr,
    message: &[u8],
) -> Option<Vec<u8>> {
    let (header, destination, ether_type) = match (source, group) {
        (IpAddr::V4(source), IpAddr::V4(group)) => (
            ipv4_header(source, group, message.len())?,
            ethernet::ipv4_group(group.octets()),
            TYPE_IPV4,
        ),
        (IpAddr::V6(source), IpAddr::V6(group)) => (
            ipv6_header(source, group, message.len())?,
            ethernet::ipv6_group(group.octets()),
            TYPE_IPV6,
        ),
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return None,
    };
    let link = ethernet::Header {
        destination,
        source: mac,
        ether_type: ether_type.into(),
    };
    Some([link.as_bytes(), &header, message].concat())
}

fn ipv4_header(source: Ipv4Addr, group: Ipv4Addr, length: usize) -> Option<Vec<u8>> {
    let mut header = ipv4::Header::new_zeroed();
    header.version_and_length = VERSION_AND_PLAIN_LENGTH;
    header.type_of_service = TOS;
    header.total_length = u16::try_from(ipv4::LENGTH + length).ok()?.into();
    header.time_to_live = VRRP_TTL;
    header.protocol = PROTOCOL_VRRP;
    header.source = source.octets();
    header.destination = group.octets();
    header.checksum = header.sum().checksum().into();
    Some(header.as_bytes().to_vec())
}

fn ipv6_header(source: Ipv6Addr, group: Ipv6Addr, length: usize) -> Option<Vec<u8>> {
    let mut header = ipv6::Header::new_zeroed();
    header.version_class_and_flow = (0x6000_0000 | u32::from(TOS) << 20).into();
    header.payload_length = u16::try_from(length).ok()?.into();
    header.next_header = NEXT_HEADER_VRRP;
    header.hop_limit = ON_LINK_HOP_LIMIT;
    header.source = source.octets();
    header.destination = group.octets();
    Some(header.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: [u8; 6] = [0, 0, 0x5e, 0, 1, 89];

    /// C053+
    #[test]
    fn over_ipv4_it_comes_from_the_virtual_mac() {
        let [source, group] = ["192.168.0.9", "224.0.0.18"].map(|text| text.parse().unwrap());
        let frame = to_group(MAC, source, group, b"message!").unwrap();
        let expected: &[&[u8]] = &[
            &[0x01, 0, 0x5e, 0, 0, 0x12],
            &MAC,
            &[0x08, 0x00],
            &[0x45, 0xc0, 0, 28, 0, 0, 0, 0, 255, 112, 0x19, 0xee],
            &[192, 168, 0, 9, 224, 0, 0, 18],
            b"message!",
        ];
        assert_eq!(frame, expected.concat());
    }

    /// C053+
    #[test]
    fn over_ipv6_it_comes_from_the_virtual_mac() {
        let [source, group] = ["fe80::9", "ff02::12"].map(|text| text.parse().unwrap());
        let frame = to_group(MAC, source, group, b"message!").unwrap();
        assert_eq!(
            frame[..14],
            [0x33, 0x33, 0, 0, 0, 0x12, 0, 0, 0x5e, 0, 1, 89, 0x86, 0xdd]
        );
        assert_eq!(frame[14..22], [0x6c, 0, 0, 0, 0, 8, 112, 255]);
        assert_eq!(frame.len(), 14 + 40 + 8);
    }

    #[test]
    fn what_fits_no_packet_is_none() {
        let [four, six] = ["224.0.0.18", "ff02::12"].map(|text| text.parse().unwrap());
        assert_eq!(to_group(MAC, four, six, b""), None);
        assert_eq!(to_group(MAC, four, four, &[0; 65_516]), None);
        assert!(to_group(MAC, four, four, &[0; 65_515]).is_some());
    }
}
