//! The one place that reads a clock.

use jiff::{Timestamp, Unit};
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

/// When `moment` was, for people: by the wall clock as it goes now, to the millisecond. No decision uses it.
#[must_use]
pub fn wall(moment: Monotonic) -> Timestamp {
    let (now, monotonic) = (Timestamp::now(), now());
    let then = now.checked_sub(monotonic.since(moment)).unwrap_or(now);
    then.round(Unit::Millisecond).unwrap_or(then)
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
    fn a_moment_of_the_wall_clock_is_as_long_ago() {
        let ago = std::time::Duration::from_secs(5);
        let then = wall(now() - ago);
        let seconds = Timestamp::now().duration_since(then).as_secs();
        assert!((4..=6).contains(&seconds), "{seconds} s ago");
    }

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
