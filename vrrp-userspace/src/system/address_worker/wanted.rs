//! What the election wants of each slot, shared without a lock.

use std::{
    io,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use rustix::{
    fd::OwnedFd,
    pipe::{PipeFlags, pipe_with},
};

use super::Assignment;

/// The addresses should be there.
const CLAIMED: u32 = 1;
/// `CLAIMED` was written and not yet looked at.
const CHANGED: u32 = 2;
/// Announcement rounds start here.
const ROUNDS: u32 = 8;
const MAX_ROUNDS: u32 = 255;

/// The state the election wants, one cell per slot, and a doorbell.
///
/// An order overwrites what it supersedes, so there is no queue that could be full and no order that could
/// be lost. Giving one costs an atomic update and a byte written to a pipe.
#[derive(Debug)]
pub(super) struct Wanted {
    cells: Box<[AtomicU32]>,
    /// New lists of addresses. The election has nothing to do with them, so a lock is in nobody's way.
    assignments: Mutex<Vec<Assignment>>,
    doorbell: OwnedFd,
}

/// An order about where the addresses of a slot should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Claim,
    Release,
}

impl Wanted {
    /// The cells, and the pipe that becomes readable when one of them changes.
    pub(super) fn new(slots: usize) -> io::Result<(Self, OwnedFd)> {
        let cells = (0..slots).map(|_| AtomicU32::new(0)).collect();
        let (bell, doorbell) = pipe_with(PipeFlags::NONBLOCK | PipeFlags::CLOEXEC)?;
        let assignments = Mutex::default();
        let wanted = Self {
            cells,
            assignments,
            doorbell,
        };
        Ok((wanted, bell))
    }

    pub(super) fn assign(&self, assignments: Vec<Assignment>) {
        self.assignments().extend(assignments);
        self.ring();
    }

    /// Takes the assignments not yet taken, in their order.
    pub(super) fn take_assignments(&self) -> Vec<Assignment> {
        std::mem::take(&mut *self.assignments())
    }

    fn assignments(&self) -> std::sync::MutexGuard<'_, Vec<Assignment>> {
        self.assignments
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn claim(&self, slot: usize) {
        self.update(slot, |cell| cell | CLAIMED | CHANGED);
    }

    /// The same for what is claimed already, and nothing for what is not.
    pub(super) fn restore(&self, slot: usize) {
        self.update(slot, |cell| {
            if cell & CLAIMED == 0 {
                cell
            } else {
                cell | CHANGED
            }
        });
    }

    /// Takes back what was to be announced as well.
    pub(super) fn release(&self, slot: usize) {
        self.update(slot, |_cell| CHANGED);
    }

    /// Orders `rounds` announcements of every address, or as many as were ordered already. Nothing is
    /// announced that is not claimed.
    pub(super) fn announce(&self, slot: usize, rounds: u32) {
        self.update(slot, |cell| {
            let rounds = rounds.min(MAX_ROUNDS).max(cell >> ROUNDS);
            if cell & CLAIMED == 0 {
                cell
            } else {
                cell & (CLAIMED | CHANGED) | rounds << ROUNDS
            }
        });
    }

    /// Whether the addresses should be there, whatever has been taken of that.
    pub(super) fn is_claimed(&self, slot: usize) -> bool {
        let cell = self.cells.get(slot);
        cell.is_some_and(|cell| cell.load(Ordering::Acquire) & CLAIMED != 0)
    }

    pub(super) fn release_all(&self) {
        (0..self.cells.len()).for_each(|slot| self.release(slot));
    }

    /// Takes the latest order about the place of the addresses, if there is one not yet taken.
    pub(super) fn take_order(&self, slot: usize) -> Option<Order> {
        let cell = self.cells.get(slot)?.fetch_and(!CHANGED, Ordering::AcqRel);
        if cell & CHANGED == 0 {
            None
        } else if cell & CLAIMED == 0 {
            Some(Order::Release)
        } else {
            Some(Order::Claim)
        }
    }

    /// Takes the number of announcement rounds ordered and not yet taken.
    pub(super) fn take_rounds(&self, slot: usize) -> u32 {
        let cell = self.cells.get(slot);
        let before = cell.map(|cell| cell.fetch_and(CLAIMED | CHANGED, Ordering::AcqRel));
        before.map_or(0, |before| before >> ROUNDS)
    }

    /// A slot that does not exist is nobody's.
    fn update(&self, slot: usize, change: impl Fn(u32) -> u32) {
        let Some(cell) = self.cells.get(slot) else {
            return;
        };
        cell.update(Ordering::AcqRel, Ordering::Acquire, change);
        self.ring();
    }

    pub(super) fn ring(&self) {
        // Fails when the pipe is full, and then the bell rings already.
        rustix::io::write(&self.doorbell, &[0]).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_order_counts_and_is_taken_once() {
        let (wanted, _bell) = Wanted::new(1).unwrap();
        assert_eq!(wanted.take_order(0), None);
        wanted.claim(0);
        wanted.release(0);
        assert_eq!(wanted.take_order(0), Some(Order::Release));
        wanted.claim(0);
        assert_eq!(wanted.take_order(0), Some(Order::Claim));
        assert_eq!(wanted.take_order(0), None);
    }

    #[test]
    fn a_release_takes_back_the_announcements() {
        let (wanted, _bell) = Wanted::new(1).unwrap();
        wanted.claim(0);
        wanted.announce(0, 5);
        wanted.release(0);
        wanted.announce(0, 5);
        assert_eq!(wanted.take_rounds(0), 0);
    }

    #[test]
    fn only_what_is_claimed_is_restored() {
        let (wanted, _bell) = Wanted::new(1).unwrap();
        wanted.restore(0);
        assert_eq!(wanted.take_order(0), None);
        wanted.claim(0);
        wanted.take_order(0);
        wanted.restore(0);
        assert_eq!(wanted.take_order(0), Some(Order::Claim));
        wanted.release(0);
        wanted.restore(0);
        assert_eq!(wanted.take_order(0), Some(Order::Release));
    }

    #[test]
    fn announcements_that_wait_are_not_added_up() {
        let (wanted, _bell) = Wanted::new(1).unwrap();
        wanted.claim(0);
        wanted.announce(0, 5);
        wanted.announce(0, 1);
        assert_eq!(wanted.take_rounds(0), 5);
        assert_eq!(wanted.take_rounds(0), 0);
        wanted.announce(0, u32::MAX);
        assert_eq!(wanted.take_rounds(0), MAX_ROUNDS);
        assert_eq!(wanted.take_order(0), Some(Order::Claim));
    }
}
