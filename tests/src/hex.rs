//! Bytes as text, for the pipes between the lab and its programs.

use std::fmt::Write as _;

/// Two digits for each byte.
#[must_use]
pub fn of(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
            write!(text, "{byte:02x}").expect("a string takes everything");
            text
        })
}

/// The bytes that such a text stands for.
#[must_use]
pub fn parse(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim();
    if !digits.is_ascii() || !digits.len().is_multiple_of(2) {
        return None;
    }
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_survive_being_text() {
        assert_eq!(of(&[0, 0x7f, 0xff]), "007fff");
        assert_eq!(parse("007fff\n"), Some(vec![0, 0x7f, 0xff]));
        assert_eq!(parse("007"), None);
        assert_eq!(parse("zz"), None);
    }
}
