//! A page of rows with labels: the same for a terminal's text, a pipe, and the full screen.
//!
//! Nothing that the daemon says is trusted with the terminal: control characters are shown as `?`.

/// What a piece of text is like. What a colour says is also said in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Tone {
    /// Nothing in particular.
    Plain,
    /// As it should be.
    Good,
    /// Worth a look.
    Odd,
    /// Broken.
    Bad,
    /// What goes without saying.
    Faint,
    /// A title.
    Strong,
}

impl Tone {
    /// How a terminal is told (ECMA-48 SGR).
    const fn escape(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Good => "\u{1b}[32m",
            Self::Odd => "\u{1b}[33m",
            Self::Bad => "\u{1b}[1;31m",
            Self::Faint => "\u{1b}[90m",
            Self::Strong => "\u{1b}[1m",
        }
    }
}

/// Text of one tone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Piece {
    pub(in crate::cli) tone: Tone,
    pub(in crate::cli) text: String,
}

/// A row of the page.
pub(in crate::cli) type Row = Vec<Piece>;

/// Some text of a tone.
pub(in crate::cli) fn piece(tone: Tone, text: impl Into<String>) -> Piece {
    let text: String = text.into();
    Piece {
        tone,
        text: text.replace(char::is_control, "?"),
    }
}

/// Some text of none.
pub(in crate::cli) fn plain(text: impl Into<String>) -> Piece {
    piece(Tone::Plain, text)
}

/// Where the text of an entry begins.
const INDENT: usize = 17;
/// Where a list begins.
const LIST: usize = 4;
/// Where the text of what was counted begins.
const COUNTED: usize = 22;

/// Rows that are no wider than the page.
#[derive(Debug)]
pub(in crate::cli) struct Sheet {
    columns: usize,
    rows: Vec<Row>,
}

impl Sheet {
    /// An empty page.
    pub(in crate::cli) const fn of_width(columns: usize) -> Self {
        Self {
            columns,
            rows: Vec::new(),
        }
    }

    /// A title, with an empty row before it unless it is the first.
    pub(in crate::cli) fn heading(&mut self, pieces: Row) {
        if !self.rows.is_empty() {
            self.rows.push(Row::new());
        }
        self.wrap(Row::new(), LIST, &pieces);
    }

    /// A label and what belongs to it, in as many rows as it takes.
    pub(in crate::cli) fn entry(&mut self, label: &str, pieces: &[Piece]) {
        let width = INDENT - 3;
        let label = piece(Tone::Faint, format!("  {label:<width$} "));
        self.wrap(vec![label], INDENT, pieces);
    }

    /// One of a list, in as many rows as it takes.
    pub(in crate::cli) fn item(&mut self, pieces: &[Piece]) {
        self.wrap(vec![plain(" ".repeat(LIST))], LIST + 2, pieces);
    }

    /// How often something was counted, of both kinds, and what it is.
    pub(in crate::cli) fn counted(&mut self, (one, other): (&str, &str), pieces: &[Piece]) {
        let label = plain(format!("{one:>12} / {other:<6} "));
        self.wrap(vec![label], COUNTED, pieces);
    }

    /// A row that is to be copied, so it is not broken; and a remark where there is room.
    pub(in crate::cli) fn command(&mut self, command: &str, remark: &str) {
        let mut row = vec![plain(format!("    {command:<28}"))];
        if command.len() + remark.len() + LIST + 2 <= self.columns {
            row.push(piece(Tone::Faint, format!(" # {remark}")));
        }
        self.rows.push(row);
    }

    /// The rows.
    pub(in crate::cli) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// As text, one line each.
    pub(in crate::cli) fn to_text(&self, is_coloured: bool) -> String {
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for Piece { tone, text } in row {
                if is_coloured && *tone != Tone::Plain {
                    line.extend([tone.escape(), text, "\u{1b}[0m"]);
                } else {
                    line.push_str(text);
                }
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// Fills rows with words; those that follow the first begin at `indent`.
    fn wrap(&mut self, mut row: Row, indent: usize, pieces: &[Piece]) {
        let mut used: usize = row.iter().map(|piece| width(&piece.text)).sum();
        let mut is_at_start = true;
        for Piece { tone, text } in pieces {
            for word in text.split_inclusive(' ') {
                let length = width(word.trim_end());
                if !is_at_start && used + length > self.columns {
                    self.rows.push(std::mem::take(&mut row));
                    row.push(plain(" ".repeat(indent)));
                    used = indent;
                }
                is_at_start = false;
                used += width(word);
                match row.last_mut() {
                    Some(last) if last.tone == *tone => last.text.push_str(word),
                    _ => row.push(piece(*tone, word)),
                }
            }
        }
        self.rows.push(row);
    }
}

/// Columns that a text takes. Names may be in any script; that some characters are twice as wide only ends a row early or late.
fn width(text: &str) -> usize {
    text.chars().count()
}
