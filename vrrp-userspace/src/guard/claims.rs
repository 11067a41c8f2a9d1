//! What the daemon has claimed, kept on its side for the day its guard dies first.

use std::sync::atomic::{AtomicU64, Ordering};

use super::message::SlotIndex;

const BITS: u16 = 64;

/// One bit per slot. No lock, because the election thread writes it.
#[derive(Debug)]
pub(super) struct Claims([AtomicU64; (u16::MAX / BITS) as usize + 1]);

impl Claims {
    pub(super) const fn new() -> Self {
        Self([const { AtomicU64::new(0) }; (u16::MAX / BITS) as usize + 1])
    }

    pub(super) fn insert(&self, slot: SlotIndex) {
        self.word(slot).fetch_or(bit(slot), Ordering::SeqCst);
    }

    pub(super) fn remove(&self, slot: SlotIndex) {
        self.word(slot).fetch_and(!bit(slot), Ordering::SeqCst);
    }

    pub(super) fn contains(&self, slot: SlotIndex) -> bool {
        self.word(slot).load(Ordering::SeqCst) & bit(slot) != 0
    }

    pub(super) fn all(&self) -> impl Iterator<Item = SlotIndex> {
        (0..=u16::MAX)
            .map(SlotIndex)
            .filter(|slot| self.contains(*slot))
    }

    fn word(&self, slot: SlotIndex) -> &AtomicU64 {
        &self.0[usize::from(slot.0 / BITS)]
    }
}

const fn bit(slot: SlotIndex) -> u64 {
    1 << (slot.0 % BITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_kept_until_released() {
        let claims = Claims::new();
        for slot in [0, 63, 64, u16::MAX] {
            claims.insert(SlotIndex(slot));
        }
        claims.remove(SlotIndex(64));
        assert!(claims.all().eq([0, 63, u16::MAX].map(SlotIndex)));
    }
}
