//! The one place that reads a clock.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, Unit};
use rustix::time::{ClockId, clock_gettime};

use crate::protocol::Monotonic;

/// This moment on `CLOCK_MONOTONIC`, the clock of the kernel's packet timestamps.
#[must_use]
pub fn now() -> Monotonic {
    let time = clock_gettime(ClockId::Monotonic);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanoseconds = u64::try_from(time.tv_nsec).unwrap_or(0);
    Monotonic::from_nanos(
        seconds
            .saturating_mul(1_000_000_000)
            .saturating_add(nanoseconds),
    )
}

/// How long ago the host was started, sleep included.
#[must_use]
pub fn uptime() -> Duration {
    let time = clock_gettime(ClockId::Boottime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// The wall clock as it goes beside ours, for people: no decision uses it.
///
/// It is compared with ours now and then and moved only when it has been set, so that the same moment is told alike each time.
#[derive(Debug, Clone)]
pub struct WallClock {
    /// The moment 0 of our clock.
    beginning: Timestamp,
}

/// What the two clocks may differ by before we take the wall clock to have been set.
const SET: SignedDuration = SignedDuration::from_millis(20);

impl WallClock {
    /// As it goes now.
    #[must_use]
    pub fn new() -> Self {
        Self {
            beginning: beginning(),
        }
    }

    /// Looks whether it has been set since.
    pub fn look(&mut self) {
        let now = beginning();
        if now.duration_since(self.beginning).abs() > SET {
            self.beginning = now;
        }
    }

    /// When `moment` was, to the millisecond.
    #[must_use]
    pub fn at(&self, moment: Monotonic) -> Timestamp {
        let since = Duration::from_nanos(moment.as_nanos());
        let then = self.beginning.checked_add(since).unwrap_or(self.beginning);
        then.round(Unit::Millisecond).unwrap_or(then)
    }
}

impl Default for WallClock {
    fn default() -> Self {
        Self::new()
    }
}

fn beginning() -> Timestamp {
    let (wall, ours) = (Timestamp::now(), now());
    let since = Duration::from_nanos(ours.as_nanos());
    wall.checked_sub(since).unwrap_or(wall)
}

/// Whether a time namespace shifts our clock, but not the kernel's (Linux 5.6, `time_namespaces(7)`).
///
/// Without the file there are no time namespaces.
#[must_use]
pub fn is_shifted() -> bool {
    std::fs::read_to_string("/proc/self/timens_offsets").is_ok_and(|text| shifts_monotonic(&text))
}

/// Lines of `monotonic <seconds> <nanoseconds>` and the like; old kernels write the clock as a number.
fn shifts_monotonic(offsets: &str) -> bool {
    offsets.lines().any(|line| {
        let mut words = line.split_whitespace();
        matches!(words.next(), Some("monotonic" | "1")) && words.any(|word| word != "0")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_of_the_wall_clock_is_as_long_ago_and_always_the_same() {
        let mut clock = WallClock::new();
        let moment = now() - Duration::from_secs(5);
        let then = clock.at(moment);
        let seconds = Timestamp::now().duration_since(then).as_secs();
        assert!((4..=6).contains(&seconds), "{seconds} s ago");
        clock.look();
        assert_eq!(clock.at(moment), then);

        clock.beginning += Duration::from_secs(3_600);
        clock.look();
        let error = clock.at(moment).duration_since(then).abs();
        assert!(error <= SET, "{error}");
    }

    /// C075+: it is noticed for people only; what is decided is decided by the other clock.
    #[test]
    fn a_shifted_clock_is_noticed() {
        assert!(!shifts_monotonic(
            "monotonic           0         0\nboottime            5         0\n"
        ));
        assert!(shifts_monotonic(
            "monotonic      172800         0\nboottime            0         0\n"
        ));
        assert!(!shifts_monotonic(""));
    }
}
