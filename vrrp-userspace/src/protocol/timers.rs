//! How long is silence? The arithmetic of RFC 9568 §6.1 and RFC 3768 §6.1, exact to the nanosecond.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Priority;

/// Which of the two protocols a virtual router speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Version {
    /// RFC 3768 with the authentication data of RFC 2338; keepalived's default.
    #[default]
    V2,
    /// RFC 9568 and RFC 5798.
    V3,
}

impl Version {
    /// The version nibble on the wire.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::V2 => 2,
            Self::V3 => 3,
        }
    }
}

/// An interval as v3 carries it: 1 to 4095 hundredths of a second (RFC 9568 §5.2.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Centiseconds(u16);

impl Centiseconds {
    /// The twelve bits of the field.
    pub const MAX: u16 = 4095;

    /// `None` outside 1 to 4095.
    #[must_use]
    pub const fn new(count: u16) -> Option<Self> {
        if count == 0 || count > Self::MAX {
            None
        } else {
            Some(Self(count))
        }
    }

    /// Rounds to the nearest hundredth, within what the field holds.
    #[must_use]
    pub fn nearest(duration: Duration) -> Self {
        let count = (duration.as_millis() + 5) / 10;
        Self(
            u16::try_from(count)
                .unwrap_or(Self::MAX)
                .clamp(1, Self::MAX),
        )
    }

    /// The number on the wire.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl From<Centiseconds> for Duration {
    fn from(centiseconds: Centiseconds) -> Self {
        Self::from_millis(u64::from(centiseconds.0) * 10)
    }
}

/// How many silent intervals mean death (RFC 9568 §6.1), unless `down_timer_adverts` says otherwise.
pub const SILENT_INTERVALS: u32 = 3;

/// Skew_Time: the handicap that lets the best Backup speak first.
///
/// In v3 it scales with the interval of the Active Router (RFC 9568 §6.1); in v2 it is always a part of one second
/// (RFC 3768 §6.1).
#[must_use]
pub fn skew_time(
    version: Version,
    priority: Priority,
    active_adver_interval: Duration,
) -> Duration {
    let handicap = 256 - u32::from(priority.get());
    match version {
        Version::V2 => Duration::from_secs(1) * handicap / 256,
        Version::V3 => active_adver_interval * handicap / 256,
    }
}

/// Active_Down_Interval: the silence after which a Backup takes over, `silent_intervals` and the skew.
#[must_use]
pub fn active_down_interval(
    version: Version,
    priority: Priority,
    active_adver_interval: Duration,
    silent_intervals: u32,
) -> Duration {
    silent_intervals * active_adver_interval + skew_time(version, priority, active_adver_interval)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// C071+ C193+
    #[test]
    fn the_down_interval_is_exact() {
        let down = |priority, interval| {
            active_down_interval(
                Version::V3,
                Priority::new(priority),
                interval,
                SILENT_INTERVALS,
            )
        };
        assert_eq!(down(100, SECOND), Duration::from_micros(3_609_375));
        assert_eq!(down(101, SECOND), Duration::from_nanos(3_605_468_750));
        assert_eq!(down(200, SECOND), Duration::from_micros(3_218_750));
        assert_eq!(down(254, SECOND), Duration::from_nanos(3_007_812_500));
        assert_eq!(down(255, SECOND), Duration::from_nanos(3_003_906_250));
        assert_eq!(
            down(100, Duration::from_millis(100)),
            Duration::from_nanos(360_937_500)
        );
    }

    /// keepalived's `down_timer_adverts`: the skew is counted once.
    #[test]
    fn more_or_fewer_silent_intervals_mean_death_where_one_says_so() {
        let down =
            |intervals| active_down_interval(Version::V3, Priority::new(100), SECOND, intervals);
        assert_eq!(down(1), Duration::from_micros(1_609_375));
        assert_eq!(down(100), Duration::from_micros(100_609_375));
    }

    /// C074+
    #[test]
    fn the_skew_of_v2_does_not_depend_on_the_interval() {
        let skew = |interval| skew_time(Version::V2, Priority::new(90), interval);
        assert_eq!(skew(SECOND), Duration::from_nanos(648_437_500));
        assert_eq!(skew(5 * SECOND), skew(SECOND));
    }

    /// C076+
    #[test]
    fn the_wire_holds_twelve_bits_of_hundredths() {
        assert_eq!(Centiseconds::new(0), None);
        assert_eq!(Centiseconds::new(4096), None);
        assert_eq!(Centiseconds::nearest(Duration::from_millis(14)).get(), 1);
        assert_eq!(Centiseconds::nearest(Duration::from_millis(15)).get(), 2);
        assert_eq!(Centiseconds::nearest(Duration::from_secs(100)).get(), 4095);
    }
}
