//! The Internet checksum (RFC 1071).

/// A ones' complement sum in the making.
///
/// Holds 65,536 words before it could overflow; the longest message we sum has 2,064.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sum(u32);

impl Sum {
    /// Nothing summed yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(0)
    }

    /// Adds one word.
    #[must_use]
    #[inline(always)]
    pub const fn add(self, word: u16) -> Self {
        Self(self.0.wrapping_add(word as u32))
    }

    /// Adds the word of two bytes as they follow each other on the wire.
    #[must_use]
    #[inline(always)]
    pub const fn add_bytes(self, high: u8, low: u8) -> Self {
        self.add(u16::from_be_bytes([high, low]))
    }

    /// Adds the two words of an IPv4 address.
    #[must_use]
    #[inline(always)]
    pub const fn add_address(self, address: [u8; 4]) -> Self {
        self.add_bytes(address[0], address[1])
            .add_bytes(address[2], address[3])
    }

    /// Adds the eight words of an IPv6 address.
    #[must_use]
    #[inline(always)]
    pub const fn add_wide_address(self, address: &[u8; 16]) -> Self {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = *address;
        self.add_address([a, b, c, d])
            .add_address([e, f, g, h])
            .add_address([i, j, k, l])
            .add_address([m, n, o, p])
    }

    /// Adds every word of `bytes`; an odd last byte counts as the high half of a word.
    #[must_use]
    pub fn add_slice(self, bytes: &[u8]) -> Self {
        bytes.chunks(2).fold(self, |sum, pair| {
            sum.add_bytes(pair[0], pair.get(1).copied().unwrap_or(0))
        })
    }

    /// The sum in sixteen bits.
    #[must_use]
    #[inline(always)]
    pub const fn folded(self) -> u16 {
        let once = (self.0 & 0xffff) + (self.0 >> 16);
        let twice = (once & 0xffff) + (once >> 16);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "folded twice, 16 bits are left"
        )]
        let word = twice as u16;
        word
    }

    /// Whether the sum, taken over data and checksum, says that nothing was damaged.
    #[must_use]
    #[inline(always)]
    pub const fn is_intact(self) -> bool {
        self.folded() == 0xffff
    }

    /// What to write into the checksum field, when that field was summed as zero.
    #[must_use]
    pub const fn checksum(self) -> u16 {
        !self.folded()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 1071 §3.
    #[test]
    fn sums_the_example_of_the_rfc() {
        let sum = Sum::new().add_slice(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]);
        assert_eq!(sum.folded(), 0xddf2);
        assert!(sum.add(sum.checksum()).is_intact());
    }

    #[test]
    fn an_odd_byte_is_the_high_half_of_a_word() {
        assert_eq!(Sum::new().add_slice(&[0x12]).folded(), 0x1200);
    }
}
