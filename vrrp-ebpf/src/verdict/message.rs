//! One pass over a message: its sum, the digest of its addresses, and its last eight bytes.
//!
//! In the kernel every offset must be a constant. Adding a variable to a pointer into the packet is refused to programs without `CAP_PERFMON`, so
//! the steps of the longest message that is judged there are written out; behind them the loop of the raw path begins.

use crate::{
    abi::MAX_JUDGED_ADDRESSES,
    frame::Frame,
    wire::{
        checksum::Sum,
        vrrp::{self, ListDigest},
    },
};

/// Bytes taken at once. Every length a message can have is a multiple: header, addresses and authentication data are.
pub(super) const STEP: usize = 4;
/// Steps that are written out.
const WRITTEN_OUT: usize = 24;
/// Addresses of IPv6 that are written out.
const WRITTEN_OUT_IPV6: usize = 20;
const _: () = assert!(WRITTEN_OUT_IPV6 == MAX_JUDGED_ADDRESSES as usize);
const _: () = assert!(vrrp::LENGTH.is_multiple_of(STEP) && vrrp::IPV4_ADDRESS_LENGTH == STEP);
const _: () = assert!(vrrp::AUTHENTICATION_LENGTH.is_multiple_of(STEP));

/// What one pass over a message finds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Message {
    /// Over every word.
    pub(super) sum: Sum,
    /// Over the words that are addresses.
    pub(super) list_digest: ListDigest,
    /// The last eight bytes; in v2 the authentication data.
    pub(super) tail: u64,
}

/// Takes the steps of these numbers, each at an offset the compiler knows.
macro_rules! written_out {
    ($message:ident, $frame:ident, $start:ident, $length:ident, $behind:ident: $($index:literal)*) => {$(
        if $index * STEP >= $length {
            return Some($message);
        }
        let bytes = $frame.header::<[u8; STEP]>($start + $index * STEP)?;
        $message = $message.with(bytes, $index, $behind);
    )*};
}

/// Takes the addresses of these numbers, each at an offset the compiler knows.
macro_rules! written_out_ipv6 {
    ($message:ident, $frame:ident, $start:ident, $count:ident: $($index:literal)*) => {$(
        if $index >= $count {
            return Some($message);
        }
        $message = $message.with_address($frame.header(ipv6_address($start, $index))?);
    )*};
}

/// Where an address of IPv6 stands in a message.
#[inline(always)]
const fn ipv6_address(start: usize, index: usize) -> usize {
    start + vrrp::LENGTH + index * vrrp::IPV6_ADDRESS_LENGTH
}

impl Message {
    /// Reads a message over IPv4, at most `STEPS` steps of it. `None` if the frame ends before the message does.
    #[inline(always)]
    pub(super) fn read<F: Frame + ?Sized, const STEPS: usize>(
        frame: &F,
        start: usize,
        length: usize,
        address_count: u8,
    ) -> Option<Self> {
        let behind = vrrp::LENGTH / STEP + usize::from(address_count);
        let mut message = Self::default();
        written_out!(message, frame, start, length, behind:
            0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15
            16 17 18 19 20 21 22 23);
        for index in WRITTEN_OUT..STEPS {
            if index * STEP >= length {
                break;
            }
            let bytes = frame.header::<[u8; STEP]>(start + index * STEP)?;
            message = message.with(bytes, index, behind);
        }
        Some(message)
    }

    /// Reads a message over IPv6, of at most `ADDRESSES` addresses. `None` if the frame ends before the message does.
    #[inline(always)]
    pub(super) fn read_ipv6<F: Frame + ?Sized, const ADDRESSES: usize>(
        frame: &F,
        start: usize,
        address_count: u8,
    ) -> Option<Self> {
        let count = usize::from(address_count);
        let [a, b, c, d, e, f, g, h] = frame.header::<[u8; vrrp::LENGTH]>(start)?;
        let mut message = Self {
            sum: Sum::new()
                .add_address([a, b, c, d])
                .add_address([e, f, g, h]),
            ..Self::default()
        };
        written_out_ipv6!(message, frame, start, count:
            0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19);
        for index in WRITTEN_OUT_IPV6..ADDRESSES {
            if index >= count {
                break;
            }
            message = message.with_address(frame.header(ipv6_address(start, index))?);
        }
        Some(message)
    }

    /// With one address of IPv6 more.
    #[inline(always)]
    fn with_address(self, address: [u8; vrrp::IPV6_ADDRESS_LENGTH]) -> Self {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = address;
        Self {
            sum: self.sum.add_wide_address(&address),
            list_digest: self
                .list_digest
                .add_bytes([a, b, c, d])
                .add_bytes([e, f, g, h])
                .add_bytes([i, j, k, l])
                .add_bytes([m, n, o, p]),
            tail: 0,
        }
    }

    /// With one step more; those from the end of the header to `behind` are addresses.
    #[inline(always)]
    fn with(self, bytes: [u8; STEP], index: usize, behind: usize) -> Self {
        let [a, b, c, d] = bytes;
        let is_address = index >= vrrp::LENGTH / STEP && index < behind;
        let list_digest = if is_address {
            self.list_digest.add_bytes(bytes)
        } else {
            self.list_digest
        };
        Self {
            sum: self.sum.add_bytes(a, b).add_bytes(c, d),
            list_digest,
            tail: self.tail << 32 | u64::from(u32::from_be_bytes(bytes)),
        }
    }
}
