//! One pass over a message: its sum, the digest of its addresses, and its last eight bytes.
//!
//! In the kernel every offset must be a constant. Adding a variable to a pointer into the packet is refused to programs without `CAP_PERFMON`, so
//! the steps of the longest message that is judged there are written out; behind them the loop of the raw path begins.

use super::advertisement::Envelope;
use crate::{
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
    ($message:ident, $frame:ident, $envelope:ident, $behind:ident: $($index:literal)*) => {$(
        if $index * STEP >= $envelope.length {
            return Some($message);
        }
        let bytes = $frame.header::<[u8; STEP]>($envelope.message + $index * STEP)?;
        $message = $message.with(bytes, $index, $behind);
    )*};
}

impl Message {
    /// Reads the message of `envelope`, at most `STEPS` steps of it. `None` if the frame ends before the message does.
    #[inline(always)]
    pub(super) fn read<F: Frame + ?Sized, const STEPS: usize>(
        frame: &F,
        envelope: &Envelope,
        address_count: u8,
    ) -> Option<Self> {
        let behind = vrrp::LENGTH / STEP + usize::from(address_count);
        let mut message = Self::default();
        written_out!(message, frame, envelope, behind:
            0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15
            16 17 18 19 20 21 22 23);
        for index in WRITTEN_OUT..STEPS {
            if index * STEP >= envelope.length {
                break;
            }
            let bytes = frame.header::<[u8; STEP]>(envelope.message + index * STEP)?;
            message = message.with(bytes, index, behind);
        }
        Some(message)
    }

    /// With one step more; those from the end of the header to `behind` are addresses.
    #[inline(always)]
    fn with(self, bytes: [u8; STEP], index: usize, behind: usize) -> Self {
        let [a, b, c, d] = bytes;
        let is_address = index >= vrrp::LENGTH / STEP && index < behind;
        let list_digest = if is_address {
            self.list_digest
                .add(u16::from_be_bytes([a, b]))
                .add(u16::from_be_bytes([c, d]))
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
