//! When a frame came, by the clock on the wall.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::system::clock;

/// How far the clocks may drift apart before that counts: less is what reading them one after the other costs, and would turn the order of
/// frames.
const TOLERANCE: Duration = Duration::from_millis(1);

/// What the kernel's clock has to be given to show the time of day.
#[derive(Debug, Default)]
pub(super) struct Wall(Option<Duration>);

impl Wall {
    /// A moment of `CLOCK_MONOTONIC` since 1970. Somebody may set the clock meanwhile; frames from then on follow it.
    pub(super) fn at(&mut self, time_ns: u64) -> Duration {
        let offset = now().saturating_sub(Duration::from_nanos(clock::now().as_nanos()));
        let kept = self.0.filter(|kept| kept.abs_diff(offset) < TOLERANCE);
        *self.0.insert(kept.unwrap_or(offset)) + Duration::from_nanos(time_ns)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the time of day is shown, and decides nothing"
)]
fn now() -> Duration {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default()
}
