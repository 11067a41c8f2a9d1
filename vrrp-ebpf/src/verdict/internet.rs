//! What IPv4 and IPv6 say around a message, and where they differ.

use super::message::Message;
use crate::{
    abi::{FAMILY_IPV4, FAMILY_IPV6, widen},
    frame::Frame,
    wire::{checksum::Sum, ethernet, ipv4, ipv6, vrrp},
};

/// A header of one of the two, as far as an advertisement is judged by it.
pub(super) trait Internet: Copy {
    /// In a key.
    const FAMILY: u8;
    /// The sender, as a record has it.
    fn source(&self) -> [u8; 16];
    /// TTL or hop limit.
    fn hop_limit(&self) -> u8;
    /// The receiver, as a record has it.
    fn destination(&self) -> [u8; 16];
    /// The group it is for, as in a key.
    fn group(&self) -> [u8; 4];
    /// Where a frame with it goes, if it is for a group.
    fn group_mac(&self) -> [u8; 6];
    /// Whether the header itself is damaged, as far as it can tell.
    fn is_damaged(&self) -> bool;
    /// Whether the sender can be one.
    fn has_possible_source(&self) -> bool;
    /// How long a message of `version` with so many addresses is.
    fn message_length(version: u8, address_count: u8) -> usize;
    /// Whether a message of `version`, of `length` bytes, whose sum is `sum`, is undamaged.
    fn is_intact(&self, version: u8, sum: Sum, length: u16) -> bool;
    /// Reads a message that begins at `start`, of at most `STEPS` steps.
    fn read<F: Frame + ?Sized, const STEPS: usize>(
        frame: &F,
        start: usize,
        length: usize,
        address_count: u8,
    ) -> Option<Message>;
}

impl Internet for ipv4::Header {
    const FAMILY: u8 = FAMILY_IPV4;

    #[inline(always)]
    fn source(&self) -> [u8; 16] {
        widen(self.source)
    }

    #[inline(always)]
    fn hop_limit(&self) -> u8 {
        self.time_to_live
    }

    #[inline(always)]
    fn destination(&self) -> [u8; 16] {
        widen(self.destination)
    }

    #[inline(always)]
    fn group(&self) -> [u8; 4] {
        ipv4::group(self.destination)
    }

    #[inline(always)]
    fn group_mac(&self) -> [u8; 6] {
        ethernet::ipv4_group(self.destination)
    }

    /// With options the sum is the raw path's, which has verified it.
    #[inline(always)]
    fn is_damaged(&self) -> bool {
        self.is_plain() && !self.sum().is_intact()
    }

    #[inline(always)]
    fn has_possible_source(&self) -> bool {
        ipv4::can_be_source(self.source)
    }

    #[inline(always)]
    fn message_length(version: u8, address_count: u8) -> usize {
        vrrp::message_length(version, address_count)
    }

    /// v2 sums the message (RFC 3768 §5.3.8); v3 sums a pseudo-header too (RFC 5798 §5.2.8) or does not (RFC 9568 §5.2.8), and both
    /// forms are heard.
    #[inline(always)]
    fn is_intact(&self, version: u8, sum: Sum, length: u16) -> bool {
        if sum.is_intact() {
            return true;
        }
        let pseudo = vrrp::pseudo_header(self.source, self.destination, length);
        version == 3 && sum.add(pseudo.folded()).is_intact()
    }

    #[inline(always)]
    fn read<F: Frame + ?Sized, const STEPS: usize>(
        frame: &F,
        start: usize,
        length: usize,
        address_count: u8,
    ) -> Option<Message> {
        Message::read::<F, STEPS>(frame, start, length, address_count)
    }
}

impl Internet for ipv6::Header {
    const FAMILY: u8 = FAMILY_IPV6;

    #[inline(always)]
    fn source(&self) -> [u8; 16] {
        self.source
    }

    #[inline(always)]
    fn hop_limit(&self) -> u8 {
        self.hop_limit
    }

    #[inline(always)]
    fn destination(&self) -> [u8; 16] {
        self.destination
    }

    #[inline(always)]
    fn group(&self) -> [u8; 4] {
        ipv6::group(self.destination)
    }

    #[inline(always)]
    fn group_mac(&self) -> [u8; 6] {
        ethernet::ipv6_group(self.destination)
    }

    /// It has no sum of its own (RFC 8200 §8.1).
    #[inline(always)]
    fn is_damaged(&self) -> bool {
        false
    }

    #[inline(always)]
    fn has_possible_source(&self) -> bool {
        ipv6::can_be_source(self.source)
    }

    #[inline(always)]
    fn message_length(_version: u8, address_count: u8) -> usize {
        vrrp::message_length_ipv6(address_count)
    }

    /// Always with the pseudo-header (RFC 9568 §5.2.8).
    #[inline(always)]
    fn is_intact(&self, _version: u8, sum: Sum, length: u16) -> bool {
        let pseudo = ipv6::pseudo_header(&self.source, &self.destination, length);
        sum.add(pseudo.folded()).is_intact()
    }

    #[inline(always)]
    fn read<F: Frame + ?Sized, const STEPS: usize>(
        frame: &F,
        start: usize,
        _length: usize,
        address_count: u8,
    ) -> Option<Message> {
        Message::read_ipv6::<F, STEPS>(frame, start, address_count)
    }
}
