//! The shell-like rules for the words behind `script` and `notify` (keepalived's `alloc_strvec_quoted_escaped`).
//!
//! Single and double quotes group, a backslash escapes; nothing is expanded and no shell is involved.

use super::lexer::is_blank;

/// A word, and the bytes of the text it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ShellWord {
    pub(super) text: String,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Cuts `text` into words; the flag tells whether a quote was left open.
pub(super) fn split(text: &str) -> (Vec<ShellWord>, bool) {
    let mut splitter = Splitter {
        text,
        at: 0,
        is_open: false,
    };
    let words = std::iter::from_fn(|| splitter.word()).collect();
    (words, splitter.is_open)
}

struct Splitter<'a> {
    text: &'a str,
    at: usize,
    is_open: bool,
}

impl Splitter<'_> {
    fn word(&mut self) -> Option<ShellWord> {
        while self.peek().is_some_and(is_blank) {
            self.next();
        }
        let start = self.at;
        self.peek()?;
        let mut bytes = Vec::new();
        while let Some(character) = self.peek().filter(|character| !is_blank(*character)) {
            self.next();
            match character {
                '\'' | '"' => self.quoted(character, &mut bytes),
                '\\' => self.escape(&mut bytes),
                other => push(&mut bytes, other),
            }
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Some(ShellWord {
            text,
            start,
            end: self.at,
        })
    }

    fn quoted(&mut self, quote: char, bytes: &mut Vec<u8>) {
        while let Some(character) = self.next() {
            match character {
                end if end == quote => return,
                '\\' if quote == '"' => self.escape(bytes),
                other => push(bytes, other),
            }
        }
        self.is_open = true;
    }

    fn escape(&mut self, bytes: &mut Vec<u8>) {
        let Some(character) = self.next() else { return };
        match character {
            'a' => bytes.push(0x07),
            'b' => bytes.push(0x08),
            'E' => bytes.push(0x1b),
            'f' => bytes.push(0x0c),
            'n' => bytes.push(b'\n'),
            'r' => bytes.push(b'\r'),
            't' => bytes.push(b'\t'),
            'v' => bytes.push(0x0b),
            'c' => {
                let control = self.next().map_or(0, |key| u32::from(key) & 0x1f);
                bytes.push(low_byte(control));
            }
            'x' => bytes.push(low_byte(self.digits(16, 2, 0))),
            '0'..='7' => {
                let first = character.to_digit(8).unwrap_or(0);
                bytes.push(low_byte(self.digits(8, 2, first)));
            }
            other => push(bytes, other),
        }
    }

    /// At most `most` digits, behind a value already read.
    fn digits(&mut self, radix: u32, most: usize, first: u32) -> u32 {
        let mut value = first;
        for _ in 0..most {
            let Some(digit) = self.peek().and_then(|digit| digit.to_digit(radix)) else {
                break;
            };
            self.next();
            value = value * radix + digit;
        }
        value
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.at += character.len_utf8();
        Some(character)
    }
}

fn push(bytes: &mut Vec<u8>, character: char) {
    bytes.extend(character.encode_utf8(&mut [0; 4]).bytes());
}

fn low_byte(value: u32) -> u8 {
    value.to_le_bytes()[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        split(text).0.into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn quotes_group_and_disappear() {
        assert_eq!(
            words(r#""/x/n.sh 'a b' c" root root"#),
            ["/x/n.sh 'a b' c", "root", "root"]
        );
        assert_eq!(words("/x/n.sh 'a b' c"), ["/x/n.sh", "a b", "c"]);
        assert_eq!(words(r#"a"b c"d"#), ["ab cd"]);
        assert_eq!(words(r#""" ''"#), ["", ""]);
    }

    #[test]
    fn backslashes_escape_outside_single_quotes() {
        assert_eq!(words(r"a\ b \#c"), ["a b", "#c"]);
        assert_eq!(words(r#""\"\t\x41\101\cA""#), ["\"\tAA\x01"]);
        assert_eq!(words(r"'\n'"), [r"\n"]);
    }

    #[test]
    fn an_open_quote_is_noticed() {
        assert_eq!(
            split("'a b"),
            (
                vec![ShellWord {
                    text: "a b".into(),
                    start: 0,
                    end: 4
                }],
                true
            )
        );
        assert!(!split("a\\").1);
    }
}
