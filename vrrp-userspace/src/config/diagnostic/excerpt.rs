//! The line a label points at, as a terminal shows it.
//!
//! Bytes, characters and terminal columns are three different counts: a tab is one byte and up to eight columns,
//! a Chinese character three bytes and two columns. Carets are placed by columns, positions are told in characters.

use super::Label;

/// A line and the part of it to underline.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    /// Counts from one.
    pub(super) line: usize,
    /// The character the label begins at; counts from one.
    pub(super) column: usize,
    /// The line with tabs as blanks and control characters replaced.
    pub(super) text: String,
    /// Columns before the first caret.
    pub(super) indent: usize,
    /// How many carets.
    pub(super) carets: usize,
}

impl Excerpt {
    /// `None` for a label that is about a file as a whole.
    pub(super) fn of(label: &Label) -> Option<Self> {
        let text = label.span.file().text();
        if text.is_empty() {
            return None;
        }
        let start = floor(text, label.span.start());
        let (line, line_start) = label.span.file().line_of(start);
        let line_end = text[start..]
            .find('\n')
            .map_or(text.len(), |length| start + length);
        let end = floor(text, label.span.end()).clamp(start, line_end);

        let mut shown = Shown::default();
        shown.push(&text[line_start..start], false);
        let indent = shown.width;
        shown.push(&text[start..end], label.is_secret);
        let carets = (shown.width - indent).max(1);
        shown.push(&text[end..line_end], false);

        Some(Self {
            line: line + 1,
            column: text[line_start..start].chars().count() + 1,
            text: shown.text.trim_end().to_owned(),
            indent,
            carets,
        })
    }
}

/// The boundary of a character at or before `index`.
fn floor(text: &str, index: usize) -> usize {
    let mut index = index.min(text.len());
    while !text.is_char_boundary(index) {
        index -= 1;
    }
    index
}

const TAB_STOP: usize = 8;

/// Words stand in lines of at most 1023 bytes; a line that is longer is not shown to its end.
const WIDEST: usize = 1200;

#[derive(Default)]
struct Shown {
    text: String,
    width: usize,
}

impl Shown {
    fn push(&mut self, text: &str, is_secret: bool) {
        for character in text.chars() {
            if self.width >= WIDEST {
                return;
            }
            match character {
                _ if is_secret => self.push_character('*'),
                '\t' => {
                    let blanks = TAB_STOP - self.width % TAB_STOP;
                    self.text.extend(std::iter::repeat_n(' ', blanks));
                    self.width += blanks;
                }
                '\r' => {}
                other => self.push_character(printable(other)),
            }
        }
    }

    fn push_character(&mut self, character: char) {
        self.text.push(character);
        self.width += width(character);
    }
}

/// Keeps escape sequences in a file from reaching the reader's terminal.
pub(super) fn printable(character: char) -> char {
    if character.is_control() {
        char::REPLACEMENT_CHARACTER
    } else {
        character
    }
}

/// Columns of a terminal: enough of Unicode's East Asian Width for the comments people write.
fn width(character: char) -> usize {
    match u32::from(character) {
        0x0300..=0x036f | 0x200b..=0x200f | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f
        | 0x2e80..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1faff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}
