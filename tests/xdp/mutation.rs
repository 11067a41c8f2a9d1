//! Frames that nobody thought of, made of frames that somebody did.

use vrrp_ebpf::wire::checksum::Sum;

/// A stream of numbers that a seed repeats (xorshift64*, Marsaglia and Vigna).
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let drawn = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(drawn).expect("31 bits fit") % bound
    }

    /// One of `choices`.
    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).expect("below 256")
    }
}

/// Bytes whose values matter.
const FIELDS: &[usize] = &[
    0, 5, 12, 13, 14, 16, 17, 20, 21, 22, 23, 26, 29, 33, 34, 35, 36, 37, 38, 39,
];
/// Values that some field of some header takes seriously.
const VALUES: &[u8] = &[
    0, 1, 2, 3, 4, 6, 8, 20, 21, 0x21, 0x31, 0x45, 0x46, 51, 54, 60, 102, 89, 112, 127, 224, 254,
    255,
];

/// Changes `frame` in one to three places, and half the time makes its checksums fit again.
pub(crate) fn mutate(frame: &mut Vec<u8>, dice: &mut Dice) {
    for _ in 0..=dice.below(3) {
        change(frame, dice);
    }
    if dice.below(2) == 0 {
        if dice.below(2) == 0 {
            fit_total_length(frame);
        }
        fit_ip_header(frame);
        fit_message(frame);
    }
}

fn change(frame: &mut Vec<u8>, dice: &mut Dice) {
    match dice.below(8) {
        0..=2 if !frame.is_empty() => {
            let bit = dice.below(frame.len() * 8);
            frame[bit / 8] ^= 0x80 >> (bit % 8);
        }
        3 | 4 => set(frame, dice.pick(FIELDS), dice.pick(VALUES)),
        5 => set(frame, dice.below(64), dice.byte()),
        6 => frame.truncate(dice.below(frame.len() + 1)),
        _ => frame.extend((0..dice.below(40)).map(|_| dice.byte())),
    }
}

fn set(frame: &mut [u8], at: usize, value: u8) {
    if let Some(byte) = frame.get_mut(at) {
        *byte = value;
    }
}

/// Makes the checksum of an untagged frame's IP header fit, as if it had no options.
pub(crate) fn fit_ip_header(frame: &mut [u8]) {
    let Some(header) = frame.get_mut(14..34) else {
        return;
    };
    header[10..12].fill(0);
    let sum = Sum::new().add_slice(header).checksum();
    header[10..12].copy_from_slice(&sum.to_be_bytes());
}

/// Makes the IP header count what is there.
fn fit_total_length(frame: &mut [u8]) {
    let total = u16::try_from(frame.len().saturating_sub(14)).unwrap_or(u16::MAX);
    if let Some(field) = frame.get_mut(16..18) {
        field.copy_from_slice(&total.to_be_bytes());
    }
}

/// Makes the checksum of an untagged frame's message fit, without a pseudo-header.
fn fit_message(frame: &mut [u8]) {
    let Some(total) = frame.get(16..18) else {
        return;
    };
    let end = 14 + usize::from(u16::from_be_bytes([total[0], total[1]]));
    let Some(message) = frame.get_mut(34..end).filter(|message| message.len() >= 8) else {
        return;
    };
    message[6..8].fill(0);
    let sum = Sum::new().add_slice(message).checksum();
    message[6..8].copy_from_slice(&sum.to_be_bytes());
}
