//! A message read from end to end, once: its sum, its list and its password.

use super::advertisement::Envelope;
use crate::{
    abi::{MAX_JUDGED_ADDRESSES, RouterEntry},
    frame::Frame,
    wire::{
        checksum::Sum,
        vrrp::{self, ListDigest},
    },
};

/// Bytes of a unit: an address, or half of the authentication data.
const UNIT: usize = vrrp::IPV4_ADDRESS_LENGTH;

/// Units behind the fixed part of a message of `length` bytes.
pub(super) const fn units(length: usize) -> usize {
    length.saturating_sub(vrrp::LENGTH) / UNIT
}

/// What is known of a message once all of it was read.
pub(super) struct Message {
    /// Over all of it.
    pub(super) sum: Sum,
    /// Of its addresses.
    pub(super) list_digest: ListDigest,
    /// Zero if the authentication data is the router's password. Every byte is compared, so that the time does not tell how many were
    /// right.
    pub(super) password_difference: u32,
}

/// Where what ends, in units, and what is expected behind the list.
struct Layout {
    list: usize,
    whole: usize,
    password: [u32; 2],
}

impl Message {
    /// Reads a message whose length is what its version and count say; `None` if the frame ends before it.
    ///
    /// `UNITS` is how many the longest message has that can come here.
    #[inline(always)]
    pub(super) fn read<F: Frame + ?Sized, const UNITS: usize>(
        frame: &F,
        envelope: &Envelope<'_>,
        header: &vrrp::Header,
        entry: &RouterEntry,
    ) -> Option<Self> {
        let [a, b, c, d, e, f, g, h] = entry.authentication_data;
        let layout = Layout {
            list: usize::from(header.address_count),
            whole: units(envelope.length),
            password: [
                u32::from_ne_bytes([a, b, c, d]),
                u32::from_ne_bytes([e, f, g, h]),
            ],
        };
        let first = envelope.message + vrrp::LENGTH;
        let mut message = Self::of_fixed_part(header);
        message.read_first(frame, first, &layout)?;
        for index in WRITTEN_OUT..UNITS {
            if index >= layout.whole {
                break;
            }
            let unit = *frame.header(first + index * UNIT)?;
            message.take_in(index, unit, &layout);
        }
        Some(message)
    }

    #[inline(always)]
    fn of_fixed_part(header: &vrrp::Header) -> Self {
        let [high, low] = header.interval_field;
        Self {
            sum: Sum::new()
                .add_bytes(header.version_and_type, header.vrid)
                .add_bytes(header.priority, header.address_count)
                .add_bytes(high, low)
                .add(header.checksum.get()),
            list_digest: ListDigest::new(),
            password_difference: 0,
        }
    }

    #[inline(always)]
    const fn take_in(&mut self, index: usize, unit: [u8; UNIT], layout: &Layout) {
        let [a, b, c, d] = unit;
        self.sum = self.sum.add_bytes(a, b).add_bytes(c, d);
        if index < layout.list {
            let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
            self.list_digest = self.list_digest.add(high).add(low);
        } else {
            let [first, second] = layout.password;
            let expected = if index == layout.list { first } else { second };
            self.password_difference |= u32::from_ne_bytes(unit) ^ expected;
        }
    }
}

/// Makes `Message::read_first`, which takes in the units of these numbers as far as the message goes.
///
/// Written out rather than a loop: without CAP_PERFMON the verifier lets the program add only constants to a pointer into the packet.
macro_rules! written_out {
    ($($index:literal)*) => {
        /// How many units are written out.
        const WRITTEN_OUT: usize = [$($index),*].len();

        impl Message {
            #[inline(always)]
            fn read_first<F: Frame + ?Sized>(
                &mut self,
                frame: &F,
                first: usize,
                layout: &Layout,
            ) -> Option<()> {
                $(
                    if $index >= layout.whole {
                        return Some(());
                    }
                    self.take_in($index, *frame.header(first + $index * UNIT)?, layout);
                )*
                Some(())
            }
        }
    };
}

written_out!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21);
const _: () = assert!(WRITTEN_OUT == units(vrrp::message_length(2, MAX_JUDGED_ADDRESSES)));
