//! How late the election wakes up.
//!
//! Pure. A late wake-up costs time and never a wrong takeover, but it is what an operator wants to know whose adverts come late: the machine
//! was busy, or stood still.

use std::time::Duration;

use crate::protocol::Monotonic;

/// A wake-up is late from here on: by then two routers whose priorities differ by one take over in the wrong order (RFC 9568 §6.1: the skew
/// of one step at an interval of a second is 3.9 ms).
pub(in crate::daemon) const LATE: Duration = Duration::from_micros(3_900);

/// What is known of the wake-ups for a deadline.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::daemon) struct Punctuality {
    /// How many there were.
    pub(in crate::daemon) wakeups: u64,
    /// How many of them were later than [`LATE`].
    pub(in crate::daemon) late: u64,
    /// By how much the latest was late, and when that was.
    pub(in crate::daemon) worst: Option<(Duration, Monotonic)>,
}

impl Punctuality {
    /// Takes in that the election, which waited for `deadline` at most, woke up at `woken`. Before the deadline something else woke it.
    pub(in crate::daemon) fn woke(&mut self, deadline: Option<Monotonic>, woken: Monotonic) {
        let Some(deadline) = deadline.filter(|deadline| *deadline <= woken) else {
            return;
        };
        let lateness = woken.since(deadline);
        self.wakeups += 1;
        self.late += u64::from(lateness > LATE);
        if self.worst.is_none_or(|(worst, _)| lateness > worst) {
            self.worst = Some((lateness, woken));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// C045+
    #[test]
    fn only_what_comes_after_its_deadline_can_be_late() {
        let deadline = Monotonic::from_nanos(1_000_000_000);
        let after = |micros| deadline + Duration::from_micros(micros);
        let mut punctuality = Punctuality::default();
        punctuality.woke(None, after(9_000));
        punctuality.woke(Some(after(1)), deadline);
        assert_eq!(punctuality, Punctuality::default());

        for late in [100, 3_900, 5_000, 4_000] {
            punctuality.woke(Some(deadline), after(late));
        }
        assert_eq!((punctuality.wakeups, punctuality.late), (4, 2));
        let worst = Duration::from_millis(5);
        assert_eq!(punctuality.worst, Some((worst, after(5_000))));
    }
}
