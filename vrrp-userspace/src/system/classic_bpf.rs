//! The instructions of the kernel's classic BPF that our socket filters are written in (`linux/filter.h`), and ranges of numbers for them.
//!
//! Such a filter needs no privilege and no map. It lets through a superset of what matters, so that nothing else wakes us; what it means is for
//! others to say.

use std::ops::RangeInclusive;

use socket2::SockFilter;

/// `BPF_LD | BPF_ABS`, of four bytes.
pub const LOAD_WORD: u16 = 0x20;
/// The same, of two.
pub const LOAD_HALF: u16 = 0x28;
/// The same, of one.
pub const LOAD_BYTE: u16 = 0x30;
/// `BPF_JMP | BPF_JEQ | BPF_K`
pub const IF_EQUAL: u16 = 0x15;
/// `BPF_JMP | BPF_JGT | BPF_K`
pub const IF_GREATER: u16 = 0x25;
/// `BPF_JMP | BPF_JGE | BPF_K`
pub const IF_NOT_LESS: u16 = 0x35;
/// `BPF_JMP | BPF_JSET | BPF_K`
pub const IF_ANY_BIT: u16 = 0x45;
/// `BPF_RET | BPF_K`
pub const RETURN: u16 = 0x06;

/// `SKF_AD_OFF + SKF_AD_PKTTYPE`: where to load the type of a packet from.
pub const PACKET_TYPE: u32 = 0xffff_f000 + 4;
/// `PACKET_OTHERHOST` of `linux/if_packet.h`, which is also what a frame has whose VLAN is nobody's here.
pub const OTHER_HOST: u32 = 3;

/// Ranges that a filter names. More are joined with their neighbours, and then it lets some through in vain.
const MOST_RANGES: usize = 64;

/// Ends the filter with `accept` if the number that was loaded last is in one of `ranges`, and goes on behind this otherwise.
pub fn accept_within(
    ranges: &[RangeInclusive<u32>],
    accept: impl Fn() -> SockFilter,
) -> Vec<SockFilter> {
    let tests = ranges.iter().flat_map(|range| {
        [
            SockFilter::new(IF_NOT_LESS, 0, 2, *range.start()),
            SockFilter::new(IF_GREATER, 1, 0, *range.end()),
            accept(),
        ]
    });
    tests.collect()
}

/// At most [`MOST_RANGES`] ranges that hold all of `numbers`, which ascend, with as little between them as possible.
pub fn ranges(numbers: &[u32]) -> Vec<RangeInclusive<u32>> {
    let mut gaps: Vec<(u32, usize)> = numbers
        .windows(2)
        .enumerate()
        .map(|(index, pair)| (pair[1] - pair[0], index))
        .filter(|(gap, _)| *gap > 1)
        .collect();
    gaps.sort_unstable_by(|one, other| other.cmp(one));
    gaps.truncate(MOST_RANGES - 1);
    let mut cuts: Vec<usize> = gaps.into_iter().map(|(_, index)| index + 1).collect();
    cuts.sort_unstable();
    cuts.push(numbers.len());
    let mut begin = 0;
    let mut ranges = Vec::new();
    for end in cuts {
        let run = &numbers[begin..end];
        ranges.extend(
            run.first()
                .zip(run.last())
                .map(|(first, last)| *first..=*last),
        );
        begin = end;
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_one_range() {
        assert_eq!(ranges(&[5, 6, 7, 9, 200]), [5..=7, 9..=9, 200..=200]);
        assert_eq!(ranges(&[]), []);
    }

    /// However many numbers: all are let through, and the filter stays short.
    #[test]
    fn too_many_ranges_are_joined_where_the_least_lies_between_them() {
        let far = 0xc0a8_0005;
        let mut numbers: Vec<u32> = (0..3000).map(|number| 0x0a00_0000 + 3 * number).collect();
        numbers.push(far);
        let ranges = ranges(&numbers);
        assert_eq!(ranges.len(), MOST_RANGES);
        let is_covered = |number| ranges.iter().any(|range| range.contains(number));
        assert!(numbers.iter().all(is_covered));
        assert_eq!(ranges.last(), Some(&(far..=far)));
    }
}
