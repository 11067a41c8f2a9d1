//! The one place that reads a clock.

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
