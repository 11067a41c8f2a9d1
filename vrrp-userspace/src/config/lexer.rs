//! Text into words and braces, by keepalived's rules (its `read_line` and `alloc_strvec`).
//!
//! A line is cut at its comment, then at white space, double quotes and braces. Nothing here knows a keyword.

use std::sync::Arc;

use super::{
    condition::{Condition, ConfigIds},
    diagnostic::{Diagnostic, Findings},
    preprocessor::{Feature, Variables},
    source::{SourceFile, Span},
};

/// A word and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// Without quotes, and without the backslash of `\#` and `\!`.
    pub(super) text: String,
    /// With the quotes.
    pub(super) span: Span,
}

/// What becomes of a statement before anyone looks at its keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It means what it says.
    Kept,
    /// `@id` says it is for another router.
    Excluded,
    /// Only a preprocessor could tell what it means.
    Unsupported(Feature),
}

/// Words up to the end of the line or to a brace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    /// At least one.
    pub(super) words: Vec<Word>,
    pub(super) fate: Fate,
}

/// What a file consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Statement(Statement),
    Open(Span),
    Close(Span),
}

/// Cuts a file into pieces.
pub(super) fn lex(
    file: &Arc<SourceFile>,
    ids: &ConfigIds,
    diagnostics: &mut Findings,
) -> Vec<Piece> {
    let mut lexer = Lexer {
        file,
        ids,
        diagnostics,
        variables: Variables::default(),
        pieces: Vec::new(),
    };
    let mut start = 0;
    let mut is_continued = false;
    for line in file.text().split_inclusive('\n') {
        is_continued = lexer.line(start, line.trim_end_matches(['\n', '\r']), is_continued);
        start += line.len();
    }
    lexer.pieces
}

/// keepalived's buffer. What does not fit into it is read as a line of its own there, comments included.
const LONGEST_LINE: usize = 1023;

struct Lexer<'a> {
    file: &'a Arc<SourceFile>,
    ids: &'a ConfigIds,
    diagnostics: &'a mut Findings,
    variables: Variables,
    pieces: Vec<Piece>,
}

impl Lexer<'_> {
    /// Takes one line; answers whether the next one belongs to the same definition of a variable.
    fn line(&mut self, start: usize, line: &str, is_continued: bool) -> bool {
        let code = &line[..code_length(line)];
        if is_continued {
            return line.ends_with('\\');
        }
        if !self.is_readable(start, code) {
            return false;
        }
        let (fate, skipped) = match Condition::read(code, self.ids) {
            Some(Condition {
                holds: true,
                length,
            }) => (Fate::Kept, length),
            Some(Condition {
                holds: false,
                length,
            }) => (Fate::Excluded, length),
            None => (Fate::Kept, 0),
        };
        let (start, code) = (start + skipped, &code[skipped..]);
        match self.variables.directive(code) {
            Some(feature) if fate == Fate::Kept => {
                self.directive(start, code, feature);
                feature == Feature::Definition && line.ends_with('\\')
            }
            _ => {
                Scanner {
                    lexer: self,
                    start,
                    code,
                    at: 0,
                    words: Vec::new(),
                    fate,
                }
                .run();
                false
            }
        }
    }

    /// Reports a line that keepalived drops as well.
    fn is_readable(&mut self, start: usize, code: &str) -> bool {
        let problem = if code.contains('\0') {
            "a line with a NUL character is not read"
        } else if code.len() > LONGEST_LINE {
            "a line of more than 1023 bytes is not read"
        } else {
            return true;
        };
        let end = start + code.len();
        let span = Span::new(self.file, start, end.min(start + 1)).widen_to_character();
        self.diagnostics
            .push(Diagnostic::error(problem, span).now("the line is ignored"));
        false
    }

    /// A directive is one statement, whatever its text looks like; a brace at its end still opens a block.
    fn directive(&mut self, start: usize, code: &str, feature: Feature) {
        let text = code.trim();
        let begin = start + (code.len() - code.trim_start().len());
        let opens = feature == Feature::Repetition && text.ends_with('{');
        let text = if opens {
            text[..text.len() - 1].trim_end()
        } else {
            text
        };
        let span = Span::new(self.file, begin, begin + text.len());
        let words = vec![Word {
            text: text.to_owned(),
            span: span.clone(),
        }];
        self.pieces.push(Piece::Statement(Statement {
            words,
            fate: Fate::Unsupported(feature),
        }));
        if opens {
            self.pieces
                .push(Piece::Open(Span::new(self.file, span.end(), span.end())));
        }
    }
}

/// Bytes before the comment. `\` protects the character behind it; only double quotes protect a comment sign.
fn code_length(line: &str) -> usize {
    let mut is_quoted = false;
    let mut characters = line.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => {
                characters.next();
            }
            '"' => is_quoted = !is_quoted,
            '#' | '!' if !is_quoted => return at,
            _ => {}
        }
    }
    line.len()
}

/// keepalived's white space.
pub(super) const fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\x0c' | '\x0b' | '\r' | '\n')
}

/// One line on its way into pieces.
struct Scanner<'a, 'b> {
    lexer: &'a mut Lexer<'b>,
    start: usize,
    code: &'a str,
    at: usize,
    words: Vec<Word>,
    fate: Fate,
}

impl Scanner<'_, '_> {
    fn run(mut self) {
        let mut has_statement = false;
        while let Some(character) = self.code[self.at..].chars().next() {
            match character {
                '{' | '}' => {
                    has_statement |= self.end_statement();
                    self.brace(character, has_statement);
                }
                '"' => self.quoted(),
                blank if is_blank(blank) => self.at += blank.len_utf8(),
                _ => self.bare(),
            }
        }
        self.end_statement();
    }

    fn end_statement(&mut self) -> bool {
        let words = std::mem::take(&mut self.words);
        let (Some(first), Some(last)) = (words.first(), words.last()) else {
            return false;
        };
        let code = &self.lexer.file.text()[first.span.start()..last.span.end()];
        let fate = match self.fate {
            Fate::Kept if self.lexer.variables.are_used_in(code) => {
                Fate::Unsupported(Feature::Variable)
            }
            fate @ (Fate::Kept | Fate::Excluded | Fate::Unsupported(_)) => fate,
        };
        self.lexer
            .pieces
            .push(Piece::Statement(Statement { words, fate }));
        true
    }

    /// A brace belongs to the statement before it; one that stands alone on an excluded line is excluded too.
    fn brace(&mut self, brace: char, has_statement: bool) {
        let span = self.span(self.at, self.at + 1);
        self.at += 1;
        if self.fate == Fate::Excluded && !has_statement {
            return;
        }
        let piece = if brace == '{' {
            Piece::Open(span)
        } else {
            Piece::Close(span)
        };
        self.lexer.pieces.push(piece);
    }

    /// Runs to the next quote; there are no escapes in it.
    fn quoted(&mut self) {
        let rest = &self.code[self.at + 1..];
        let (length, end) = match rest.find('"') {
            Some(length) => (length, self.at + length + 2),
            None => (rest.len(), self.code.len()),
        };
        let span = self.span(self.at, end);
        if end == self.at + 1 + length && self.fate == Fate::Kept {
            self.unterminated(span.clone());
        }
        self.words.push(Word {
            text: rest[..length].to_owned(),
            span,
        });
        self.at = end;
    }

    fn unterminated(&mut self, span: Span) {
        let diagnostic = Diagnostic::warning("a quote is not closed on its line", span)
            .label("opened here")
            .now("it ends with the line");
        self.lexer.diagnostics.push(diagnostic);
    }

    /// Runs to a blank, a quote or a brace; the braces of `${NAME}` are part of it.
    fn bare(&mut self) {
        let start = self.at;
        let mut text = String::new();
        while let Some(character) = self.code[self.at..].chars().next() {
            let rest = &self.code[self.at..];
            let length = match character {
                '"' | '{' | '}' => break,
                blank if is_blank(blank) => break,
                '$' => reference_length(rest),
                '\\' if rest[1..].starts_with(['#', '!']) => {
                    self.at += 1;
                    1
                }
                other => other.len_utf8(),
            };
            text.push_str(&self.code[self.at..self.at + length]);
            self.at += length;
        }
        self.words.push(Word {
            text,
            span: self.span(start, self.at),
        });
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.lexer.file, self.start + start, self.start + end)
    }
}

/// Bytes of the `${…}` that `text` begins with, or of the `$` alone.
fn reference_length(text: &str) -> usize {
    if !text.starts_with("${") {
        return 1;
    }
    text.find('}').map_or(1, |end| end + 1)
}

#[cfg(test)]
mod tests;
