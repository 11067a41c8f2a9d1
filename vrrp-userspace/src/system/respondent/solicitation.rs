//! What a neighbour solicitation says (RFC 4861 §4.3), and whether it may be believed (§7.1.1).

use std::net::Ipv6Addr;

use vrrp_ebpf::wire::{
    checksum::Sum,
    ethernet,
    ipv6::{self, NEXT_HEADER_ICMP, ON_LINK_HOP_LIMIT},
    neighbour::{self, OPTION_SOURCE_ADDRESS, TYPE_SOLICITATION},
};
use zerocopy::FromBytes;

/// Somebody asks where an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Solicitation {
    /// Which.
    pub(super) target: Ipv6Addr,
    /// Who: unspecified for one who means to take the address himself.
    pub(super) source: Ipv6Addr,
    /// Where the answer goes.
    pub(super) hardware_address: [u8; 6],
}

impl Solicitation {
    /// The one in `frame`, if there is a valid one.
    pub(super) fn parse(frame: &[u8]) -> Option<Self> {
        let (ethernet, rest) = ethernet::Header::ref_from_prefix(frame).ok()?;
        let (header, rest) = ipv6::Header::ref_from_prefix(rest).ok()?;
        let length = usize::from(header.payload_length.get());
        let message = rest.get(..length)?;
        let (body, options) = neighbour::Solicitation::ref_from_prefix(message).ok()?;
        let target = Ipv6Addr::from(body.target);
        let source = Ipv6Addr::from(header.source);
        let destination = Ipv6Addr::from(header.destination);
        let is_valid = header.is_version_6()
            && header.next_header == NEXT_HEADER_ICMP
            && header.hop_limit == ON_LINK_HOP_LIMIT
            && body.message_type == TYPE_SOLICITATION
            && body.code == 0
            && !target.is_multicast()
            && !source.is_multicast()
            && is_intact(header, message);
        if !is_valid {
            return None;
        }
        let option = hardware_address(options)?;
        if source.is_unspecified() && (option.is_some() || destination != group_of(target)) {
            return None;
        }
        Some(Self {
            target,
            source,
            hardware_address: option.unwrap_or(ethernet.source),
        })
    }
}

/// The solicited-node group of `target` (RFC 4291 §2.7.1).
pub(super) fn group_of(target: Ipv6Addr) -> Ipv6Addr {
    let [.., high, low] = target.segments();
    Ipv6Addr::new(0xff02, 0, 0, 0, 0, 1, 0xff00 | (high & 0xff), low)
}

fn is_intact(header: &ipv6::Header, message: &[u8]) -> bool {
    Sum::new()
        .add_wide_address(&header.source)
        .add_wide_address(&header.destination)
        .add(header.payload_length.get())
        .add(NEXT_HEADER_ICMP.into())
        .add_slice(message)
        .is_intact()
}

/// What the options say of the sender's hardware address; `None` if one of them has no end.
fn hardware_address(mut options: &[u8]) -> Option<Option<[u8; 6]>> {
    let mut found = None;
    while let [kind, length, ..] = *options {
        let length = 8 * usize::from(length);
        if length == 0 || length > options.len() {
            return None;
        }
        let (option, rest) = options.split_at(length);
        if kind == OPTION_SOURCE_ADDRESS {
            found = option.get(2..).and_then(|bytes| bytes.try_into().ok());
        }
        options = rest;
    }
    options.is_empty().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIP: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0x12, 0x3456);
    const HOST: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 9);
    const MAC: [u8; 6] = [2, 0, 0, 0, 0, 9];

    /// A solicitation from `source` with these options.
    fn frame(source: Ipv6Addr, destination: Ipv6Addr, options: &[u8]) -> Vec<u8> {
        let mut message = vec![TYPE_SOLICITATION, 0, 0, 0, 0, 0, 0, 0];
        message.extend(VIP.octets());
        message.extend(options);
        let length = u16::try_from(message.len()).unwrap();
        let checksum = Sum::new()
            .add_wide_address(&source.octets())
            .add_wide_address(&destination.octets())
            .add(length)
            .add(NEXT_HEADER_ICMP.into())
            .add_slice(&message)
            .checksum();
        message[2..4].copy_from_slice(&checksum.to_be_bytes());
        let mut frame = vec![0x33, 0x33, 0xff, 0x12, 0x34, 0x56];
        frame.extend(MAC);
        frame.extend([0x86, 0xdd, 0x60, 0, 0, 0]);
        frame.extend(length.to_be_bytes());
        frame.extend([NEXT_HEADER_ICMP, ON_LINK_HOP_LIMIT]);
        frame.extend(source.octets());
        frame.extend(destination.octets());
        frame.extend(message);
        frame
    }

    #[test]
    fn the_group_ends_as_the_address_does() {
        let group: Ipv6Addr = "ff02::1:ff12:3456".parse().unwrap();
        assert_eq!(group_of(VIP), group);
    }

    #[test]
    fn the_answer_goes_to_whom_the_option_names_or_who_sent_the_frame() {
        let at = |options: &[u8]| {
            Solicitation::parse(&frame(HOST, group_of(VIP), options))
                .unwrap()
                .hardware_address
        };
        assert_eq!(at(&[]), MAC);
        let other = [2, 0, 0, 0, 0, 0x77];
        let option = [&[OPTION_SOURCE_ADDRESS, 1][..], &other].concat();
        assert_eq!(at(&option), other);
        let nonce = [14, 1, 1, 2, 3, 4, 5, 6];
        assert_eq!(at(&[&nonce[..], &option].concat()), other);
    }

    #[test]
    fn who_means_to_take_the_address_asks_its_group_and_does_not_say_where_he_is() {
        let nobody = Ipv6Addr::UNSPECIFIED;
        assert!(Solicitation::parse(&frame(nobody, group_of(VIP), &[])).is_some());
        assert_eq!(Solicitation::parse(&frame(nobody, VIP, &[])), None);
        let option = [OPTION_SOURCE_ADDRESS, 1, 2, 0, 0, 0, 0, 9];
        assert_eq!(
            Solicitation::parse(&frame(nobody, group_of(VIP), &option)),
            None
        );
    }

    #[test]
    fn whatever_is_cut_short_or_changed_is_not_believed() {
        let whole = frame(HOST, VIP, &[OPTION_SOURCE_ADDRESS, 1, 2, 0, 0, 0, 0, 9]);
        assert!(Solicitation::parse(&whole).is_some());
        for length in 0..whole.len() {
            assert_eq!(Solicitation::parse(&whole[..length]), None, "{length}");
        }
        // From the IPv6 header on; a flow label and a traffic class mean nothing.
        for place in 18..whole.len() {
            let mut changed = whole.clone();
            changed[place] ^= 0x10;
            assert_eq!(Solicitation::parse(&changed), None, "byte {place}");
        }
        for options in [
            &[1, 0, 0, 0, 0, 0, 0, 0][..],
            &[1, 2, 0, 0, 0, 0, 0, 0],
            &[1],
        ] {
            assert_eq!(Solicitation::parse(&frame(HOST, VIP, options)), None);
        }
    }
}
