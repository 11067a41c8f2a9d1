//! When something was seen: one clock for captured frames, the client's answers and the lab's own actions.

use std::fmt;
use std::ops::Add;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// A moment on the clock that packet captures are stamped with, in nanoseconds since 1970.
///
/// Captures know only this clock, so everything that is compared with a frame is stamped by it too. It decides
/// nothing: limits are kept by [`Deadline`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

impl Moment {
    /// The present moment.
    #[must_use]
    pub fn now() -> Self {
        Self(nanoseconds(ClockId::Realtime))
    }

    /// The moment so many nanoseconds after 1970 began.
    #[must_use]
    pub const fn from_nanoseconds(nanoseconds: u64) -> Self {
        Self(nanoseconds)
    }

    /// Nanoseconds since 1970 began.
    #[must_use]
    pub const fn nanoseconds(self) -> u64 {
        self.0
    }

    /// How long after `earlier` this is; zero if it is not after it.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    fn add(self, time: Duration) -> Self {
        Self(
            self.0
                .saturating_add(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)),
        )
    }
}

/// The end of somebody's patience, on the monotonic clock.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(u64);

impl Deadline {
    /// So much time from now.
    #[must_use]
    pub fn after(patience: Duration) -> Self {
        let patience = u64::try_from(patience.as_nanos()).unwrap_or(u64::MAX);
        Self(nanoseconds(ClockId::Monotonic).saturating_add(patience))
    }

    /// Whether it has come.
    #[must_use]
    pub fn passed(self) -> bool {
        nanoseconds(ClockId::Monotonic) >= self.0
    }

    /// How long ago it came; zero before.
    #[must_use]
    pub fn overdue(self) -> Duration {
        Duration::from_nanos(nanoseconds(ClockId::Monotonic).saturating_sub(self.0))
    }
}

fn nanoseconds(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let rest = u64::try_from(time.tv_nsec).unwrap_or(0);
    seconds * 1_000_000_000 + rest
}

/// A duration as people read it: `3.605 s`.
#[derive(Debug, Clone, Copy)]
pub struct Seconds(pub Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03} s", self.0.as_secs(), self.0.subsec_millis())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_earlier_moment_is_no_time_after_a_later_one() {
        let (early, late) = (Moment::from_nanoseconds(5), Moment::from_nanoseconds(12));
        assert_eq!(late.since(early), Duration::from_nanos(7));
        assert_eq!(early.since(late), Duration::ZERO);
    }

    #[test]
    fn seconds_are_written_with_milliseconds() {
        assert_eq!(
            Seconds(Duration::from_micros(3_605_900)).to_string(),
            "3.605 s"
        );
    }
}
