//! Up to when everything that the election was sent has been taken in.
//!
//! Pure. A turn takes [`AT_ONCE`] inputs and leaves the rest for the next, so that a reload of hundreds of routers does not hold up the adverts
//! of the others. But what waits may say that an interface is down or deaf: a silence is judged only up to the moment for which nothing waits.

use super::inbox::CAPACITY;
use crate::protocol::Monotonic;

/// Inputs taken in one turn.
pub(in crate::daemon) const AT_ONCE: usize = 64;

/// So many full turns take everything that waited when the first of them began: what the channel holds, and what those hold who wait for room.
const FULL_TURNS: usize = CAPACITY / AT_ONCE + 1;

/// How far the election has come with its inputs.
#[derive(Debug, Default)]
pub(in crate::daemon) struct Backlog {
    /// Everything until then has been taken in.
    complete: Monotonic,
    /// When the first of the full turns began that are counted, and how many there were.
    full: Option<(Monotonic, usize)>,
}

impl Backlog {
    /// A turn that began at `woken` has taken `count` inputs.
    pub(in crate::daemon) fn took(&mut self, count: usize, woken: Monotonic) {
        if count < AT_ONCE {
            self.complete = woken;
            self.full = None;
            return;
        }
        let (since, turns) = self.full.unwrap_or((woken, 0));
        if turns + 1 < FULL_TURNS {
            self.full = Some((since, turns + 1));
        } else {
            self.complete = since;
            self.full = Some((woken, 1));
        }
    }

    /// Whether there may be more to take, so that nobody is to wait for it.
    pub(in crate::daemon) const fn may_be_left(&self) -> bool {
        self.full.is_some()
    }

    /// The moment up to which nothing waits.
    pub(in crate::daemon) const fn complete(&self) -> Monotonic {
        self.complete
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(number: u64) -> Monotonic {
        Monotonic::from_nanos(number)
    }

    #[test]
    fn a_turn_with_room_left_has_taken_everything() {
        let mut backlog = Backlog::default();
        backlog.took(AT_ONCE - 1, moment(7));
        assert_eq!(backlog.complete(), moment(7));
        assert!(!backlog.may_be_left());
    }

    #[test]
    fn a_full_turn_says_nothing_until_there_is_room_again() {
        let mut backlog = Backlog::default();
        backlog.took(0, moment(1));
        backlog.took(AT_ONCE, moment(2));
        assert!(backlog.may_be_left());
        assert_eq!(backlog.complete(), moment(1));
        backlog.took(3, moment(3));
        assert!(!backlog.may_be_left());
        assert_eq!(backlog.complete(), moment(3));
    }

    /// Whoever fills the inbox without end keeps nobody from taking over.
    #[test]
    fn full_turns_without_end_come_to_an_end_for_what_was_there_before_them() {
        let mut backlog = Backlog::default();
        let complete: Vec<u64> = (1..=10)
            .map(|number| {
                backlog.took(AT_ONCE, moment(number));
                backlog.complete().as_nanos()
            })
            .collect();
        assert_eq!(complete, [0, 0, 0, 0, 1, 1, 1, 1, 5, 5]);
    }
}
