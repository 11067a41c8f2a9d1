//! A line of the log, and its two written forms.

use std::time::SystemTime;

use jiff::{Timestamp, Zoned, tz::TimeZone};
use tracing::Level;

/// Something said at some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) time: SystemTime,
    pub(super) level: Level,
    pub(super) text: String,
}

impl Line {
    /// keepalived: `Sun Nov 22 17:13:57 2026: text`.
    pub(super) fn for_console(&self, zone: &TimeZone) -> String {
        format!(
            "{}: {}\n",
            self.local(zone).strftime("%a %b %e %H:%M:%S %Y"),
            self.text
        )
    }

    /// RFC 3164, as the C library writes it: `<30>Nov 22 17:13:57 ident[pid]: text`.
    pub(super) fn for_syslog(&self, zone: &TimeZone, facility: u8, tag: &str) -> String {
        let priority = u16::from(facility) * 8 + u16::from(severity(self.level));
        let time = self.local(zone);
        format!(
            "<{priority}>{} {tag}: {}",
            time.strftime("%b %e %H:%M:%S"),
            self.text
        )
    }

    fn local(&self, zone: &TimeZone) -> Zoned {
        Timestamp::try_from(self.time)
            .unwrap_or_default()
            .to_zoned(zone.clone())
    }
}

fn severity(level: Level) -> u8 {
    match level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        Level::DEBUG | Level::TRACE => 7,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_console_line_is_keepalived_s() {
        assert_eq!(
            line().for_console(&TimeZone::UTC),
            "Sun Nov 22 17:13:57 2026: (VI_1) Entering MASTER STATE\n"
        );
    }

    #[test]
    fn a_syslog_line_follows_rfc_3164() {
        assert_eq!(
            line().for_syslog(&TimeZone::UTC, 3, "Keepalived_vrrp[42]"),
            "<30>Nov 22 17:13:57 Keepalived_vrrp[42]: (VI_1) Entering MASTER STATE"
        );
        let alarm = Line {
            level: Level::WARN,
            ..line()
        };
        assert!(
            alarm
                .for_syslog(&TimeZone::UTC, 23, "x")
                .starts_with("<188>")
        );
    }

    #[test]
    fn a_day_of_one_digit_is_padded_with_a_blank() {
        let early = Line {
            time: SystemTime::UNIX_EPOCH,
            ..line()
        };
        assert!(
            early
                .for_console(&TimeZone::UTC)
                .starts_with("Thu Jan  1 00:00:00 1970: ")
        );
    }

    #[test]
    fn the_time_is_local() {
        let zone = TimeZone::posix("CET-1").unwrap();
        assert!(
            line()
                .for_console(&zone)
                .starts_with("Sun Nov 22 18:13:57 2026: ")
        );
    }

    fn line() -> Line {
        Line {
            time: SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_367_637),
            level: Level::INFO,
            text: "(VI_1) Entering MASTER STATE".into(),
        }
    }
}
