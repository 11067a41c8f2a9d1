//! Times and numbers as people read them.

use jiff::{Timestamp, tz::TimeZone};

/// A moment, by the clock on the wall.
pub(in crate::cli) fn moment(moment: Timestamp, zone: &TimeZone) -> String {
    let local = moment.to_zoned(zone.clone());
    local.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// How long it was from `then` to `now`, roughly.
pub(in crate::cli) fn span(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(then).as_secs();
    rough(u64::try_from(seconds).unwrap_or(0))
}

/// So many seconds, in the two largest units.
pub(in crate::cli) fn rough(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{minutes} min {} s", seconds % 60),
        3600..86_400 => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

/// So many milliseconds, exactly: `0.412 s`.
pub(in crate::cli) fn exact(milliseconds: u64) -> String {
    format!("{}.{:03} s", milliseconds / 1000, milliseconds % 1000)
}

/// An interval: `1 s`, `0.25 s`.
pub(in crate::cli) fn interval(milliseconds: u64) -> String {
    let exact = exact(milliseconds);
    let number = exact.trim_end_matches(" s").trim_end_matches('0');
    format!("{} s", number.trim_end_matches('.'))
}

/// So many microseconds, in milliseconds: `3.9 ms`.
pub(in crate::cli) fn fine(microseconds: u64) -> String {
    format!("{}.{} ms", microseconds / 1000, microseconds % 1000 / 100)
}

/// So many of something: `1 advert`, `2 adverts`.
pub(in crate::cli) fn count(number: u64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_short_and_true() {
        let told = [0, 59, 61, 3_600, 90_061].map(rough);
        assert_eq!(told, ["0 s", "59 s", "1 min 1 s", "1 h 0 min", "1 d 1 h"]);
        let told = [1_000, 250, 10_000, 1_500].map(interval);
        assert_eq!(told, ["1 s", "0.25 s", "10 s", "1.5 s"]);
        assert_eq!(exact(3_609), "3.609 s");
        assert_eq!([fine(40), fine(3_900)], ["0.0 ms", "3.9 ms"]);
    }
}
