//! Waiting for what a story expects, with an end to the patience.
//!
//! A story never sleeps for a fixed time and hopes: it names what it waits for, and how long that may take.

use std::env;
use std::time::Duration;

use rustix::event::{Timespec, poll};

use crate::moment::{Deadline, Seconds};

/// What anything may take that should happen soon but whose speed is not the point, on a machine that is busy
/// with five other labs.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often a condition is looked at. Frames and answers carry their own times, so nothing is measured by it.
const GLANCE: Duration = Duration::from_millis(20);

/// How many times slower than others this machine may be: 1, unless `XVRRPD_SLOWNESS` says more, as it does in a guest whose processor is
/// imitated by a program. Patience grows with it; what must not happen is watched for no longer.
#[must_use]
pub fn slowness() -> u32 {
    let said = env::var("XVRRPD_SLOWNESS").ok();
    said.and_then(|said| said.parse().ok()).unwrap_or(1).max(1)
}

/// Waits until `condition` holds.
///
/// # Panics
///
/// If it does not within a generous time.
#[track_caller]
pub fn eventually(what: &str, condition: impl FnMut() -> bool) {
    within(PATIENCE, what, condition);
}

/// Waits until `condition` holds, at most for `limit`; longer on a machine that is said to be slow.
///
/// # Panics
///
/// If it does not hold in time.
#[track_caller]
pub fn within(limit: Duration, what: &str, condition: impl FnMut() -> bool) {
    let limit = limit * slowness();
    assert!(
        holds_within(limit, condition),
        "did not happen within {}: {what}",
        Seconds(limit)
    );
}

/// Watches for all of `window` that `condition` does not come to hold.
///
/// # Panics
///
/// As soon as it does.
#[track_caller]
pub fn never(window: Duration, what: &str, condition: impl FnMut() -> bool) {
    assert!(
        !holds_within(window, condition),
        "happened, and should not have: {what}"
    );
}

/// Waits until `look` finds something, at most for `limit`.
///
/// # Panics
///
/// If it finds nothing in time.
#[track_caller]
pub fn found_within<T>(limit: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let mut found = None;
    within(limit, what, || {
        found = look();
        found.is_some()
    });
    found.expect("the wait ended with a find")
}

/// Whether `condition` comes to hold within `limit`.
pub fn holds_within(limit: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let deadline = Deadline::after(limit);
    loop {
        if condition() {
            return true;
        }
        if deadline.passed() {
            return false;
        }
        pause(GLANCE);
    }
}

/// Lets a moment pass between two looks at the world.
pub fn pause(time: Duration) {
    let time = Timespec {
        tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(time.subsec_nanos()),
    };
    // A signal only shortens the pause, and the caller looks again either way.
    let _ = poll(&mut [], Some(&time));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_looked_at_even_when_there_is_no_time() {
        within(Duration::ZERO, "the obvious", || true);
    }

    #[test]
    #[should_panic(expected = "did not happen within 0.030 s: the impossible")]
    fn what_does_not_happen_is_named() {
        within(Duration::from_millis(30), "the impossible", || false);
    }

    #[test]
    #[should_panic(expected = "happened, and should not have: a takeover")]
    fn what_should_never_happen_is_named_at_once() {
        never(Duration::from_secs(3600), "a takeover", || true);
    }
}
