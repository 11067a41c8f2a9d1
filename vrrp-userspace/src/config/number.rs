//! Numbers as keepalived reads them: decimal integers, and seconds with up to six decimals.

use std::time::Duration;

/// A number and whether anything stood behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parsed<N> {
    pub(super) value: N,
    pub(super) has_garbage: bool,
}

/// The integer that `text` begins with.
pub(super) fn integer(text: &str) -> Option<Parsed<i64>> {
    let digits_from = usize::from(text.starts_with(['-', '+']));
    let end = digits_from + digits(&text[digits_from..]);
    if end == digits_from {
        return None;
    }
    let value = text[..end].parse().ok()?;
    Some(Parsed {
        value,
        has_garbage: end < text.len(),
    })
}

/// The seconds that `text` begins with, to the microsecond; further digits are dropped.
pub(super) fn seconds(text: &str) -> Option<Parsed<Duration>> {
    let whole_end = digits(text);
    let fraction_from = whole_end + usize::from(text[whole_end..].starts_with('.'));
    let end =
        fraction_from + digits(&text[fraction_from..]) * usize::from(fraction_from > whole_end);
    let fraction = text.get(fraction_from..end).unwrap_or_default();
    if whole_end == 0 && fraction.is_empty() {
        return None;
    }
    let whole: u32 = if whole_end == 0 {
        0
    } else {
        text[..whole_end].parse().ok()?
    };
    let value = Duration::from_secs(u64::from(whole)) + microseconds(fraction);
    Some(Parsed {
        value,
        has_garbage: end < text.len(),
    })
}

/// `fraction` holds digits only.
fn microseconds(fraction: &str) -> Duration {
    let digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(6);
    let count = digits.fold(0, |count, digit| count * 10 + u64::from(digit - b'0'));
    Duration::from_micros(count)
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// A duration as the file would spell it.
pub(super) fn spell(duration: Duration) -> String {
    let micros = format!("{:06}", duration.subsec_micros());
    let decimals = micros.trim_end_matches('0');
    if decimals.is_empty() {
        duration.as_secs().to_string()
    } else {
        format!("{}.{decimals}", duration.as_secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_may_be_followed_by_garbage() {
        assert_eq!(
            integer("100"),
            Some(Parsed {
                value: 100,
                has_garbage: false
            })
        );
        assert_eq!(
            integer("-20,"),
            Some(Parsed {
                value: -20,
                has_garbage: true
            })
        );
        assert_eq!(integer("abc"), None);
        assert_eq!(integer("-"), None);
        assert_eq!(integer("99999999999999999999"), None);
    }

    #[test]
    fn seconds_have_decimals() {
        let read = |text| seconds(text).map(|parsed| parsed.value);
        assert_eq!(read("1"), Some(Duration::from_secs(1)));
        assert_eq!(read("0.01"), Some(Duration::from_millis(10)));
        assert_eq!(read(".5"), Some(Duration::from_millis(500)));
        assert_eq!(read("1."), Some(Duration::from_secs(1)));
        assert_eq!(read("0.1234567"), Some(Duration::from_micros(123_456)));
        assert_eq!(read("."), None);
        assert_eq!(read("x"), None);
        assert_eq!(
            seconds("2s"),
            Some(Parsed {
                value: Duration::from_secs(2),
                has_garbage: true
            })
        );
        assert_eq!(
            seconds("1.2.3").map(|parsed| parsed.has_garbage),
            Some(true)
        );
    }

    #[test]
    fn durations_are_spelled_without_superfluous_digits() {
        assert_eq!(spell(Duration::from_secs(40)), "40");
        assert_eq!(spell(Duration::from_millis(40_950)), "40.95");
    }
}
