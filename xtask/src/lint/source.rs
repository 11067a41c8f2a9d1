//! As much of a Rust file as the rules need: its words without comments, and every path it names.

/// A path like `std::time::Instant`, as written, with `use` groups taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedPath {
    pub(crate) line: usize,
    pub(crate) segments: Vec<String>,
}

/// A file, read once.
#[derive(Debug)]
pub(crate) struct Source {
    tokens: Vec<Token>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Token {
    line: usize,
    kind: Kind,
    is_test: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Word(String),
    /// What stands between the quotes.
    Text(String),
    PathSeparator,
    Punctuation(char),
}

impl Source {
    /// Takes `text` apart.
    pub(crate) fn new(text: &str) -> Self {
        let mut tokens = Lexer {
            rest: text,
            line: 1,
            tokens: Vec::new(),
        }
        .run();
        mark_tests(&mut tokens);
        Self { tokens }
    }

    /// Where `word` stands in code, outside tests.
    pub(crate) fn lines_with_word(&self, word: &str) -> Vec<usize> {
        let matches = |token: &&Token| matches!(&token.kind, Kind::Word(found) if found == word);
        self.code()
            .filter(matches)
            .map(|token| token.line)
            .collect()
    }

    /// Where `word` stands in code or in a string, outside tests.
    pub(crate) fn lines_spelling(&self, word: &str) -> Vec<usize> {
        let spells = |token: &&Token| match &token.kind {
            Kind::Word(found) => found == word,
            Kind::Text(text) => text.contains(word),
            Kind::PathSeparator | Kind::Punctuation(_) => false,
        };
        self.code().filter(spells).map(|token| token.line).collect()
    }

    /// Every path named outside tests.
    pub(crate) fn paths(&self) -> Vec<NamedPath> {
        let tokens: Vec<_> = self.code().collect();
        let mut paths = Vec::new();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            match &token.kind {
                Kind::Word(word) if word == "use" => {
                    at = use_tree(&tokens, at + 1, &[], &mut paths);
                }
                Kind::Word(_) => at = inline_path(&tokens, at, &mut paths),
                Kind::Text(_) | Kind::PathSeparator | Kind::Punctuation(_) => at += 1,
            }
        }
        paths
    }

    fn code(&self) -> impl Iterator<Item = &Token> {
        self.tokens.iter().filter(|token| !token.is_test)
    }
}

/// Reads one branch of a `use` and returns where it ends.
fn use_tree(
    tokens: &[&Token],
    mut at: usize,
    prefix: &[String],
    paths: &mut Vec<NamedPath>,
) -> usize {
    let mut segments = prefix.to_vec();
    let mut line = tokens.get(at).map_or(0, |token| token.line);
    let mut is_group = false;
    while let Some(token) = tokens.get(at) {
        match &token.kind {
            Kind::Word(word) if word == "as" => at += 1,
            Kind::Word(word) => {
                line = token.line;
                segments.push(word.clone());
            }
            Kind::Punctuation('{') => {
                is_group = true;
                at = use_group(tokens, at + 1, &segments, paths);
                continue;
            }
            Kind::Punctuation(',' | '}' | ';') => break,
            Kind::Punctuation(_) | Kind::PathSeparator | Kind::Text(_) => {}
        }
        at += 1;
    }
    if !is_group && segments.len() > prefix.len() {
        paths.push(NamedPath { line, segments });
    }
    at
}

/// Reads the branches between braces and returns where the group ends.
fn use_group(
    tokens: &[&Token],
    mut at: usize,
    prefix: &[String],
    paths: &mut Vec<NamedPath>,
) -> usize {
    loop {
        at = use_tree(tokens, at, prefix, paths);
        match tokens.get(at).map(|token| &token.kind) {
            Some(Kind::Punctuation(',')) => at += 1,
            Some(Kind::Punctuation('}')) => return at + 1,
            _ => return at,
        }
    }
}

/// Reads `a::b::c` where it begins at `at`; a lone word is not a path.
fn inline_path(tokens: &[&Token], at: usize, paths: &mut Vec<NamedPath>) -> usize {
    let mut segments = Vec::new();
    let mut end = at;
    while let Some(Kind::Word(word)) = tokens.get(end).map(|token| &token.kind) {
        segments.push(word.clone());
        end += 1;
        if tokens.get(end).map(|token| &token.kind) != Some(&Kind::PathSeparator) {
            break;
        }
        end += 1;
    }
    if let (Some(token), true) = (tokens.get(at), segments.len() > 1) {
        paths.push(NamedPath {
            line: token.line,
            segments,
        });
    }
    end.max(at + 1)
}

/// Marks what stands below `#[cfg(test)]`, up to the end of that item.
fn mark_tests(tokens: &mut [Token]) {
    let attribute = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut at = 0;
    while at + attribute.len() <= tokens.len() {
        let found = tokens
            .iter()
            .skip(at)
            .zip(attribute)
            .all(|(token, part)| token.is(part));
        if !found {
            at += 1;
            continue;
        }
        let mut depth = 0_usize;
        for token in tokens.iter_mut().skip(at) {
            token.is_test = true;
            at += 1;
            match token.kind {
                Kind::Punctuation('{') => depth += 1,
                Kind::Punctuation('}') => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        break;
                    }
                }
                Kind::Punctuation(';') if depth == 0 => break,
                Kind::Punctuation(_) | Kind::Word(_) | Kind::Text(_) | Kind::PathSeparator => {}
            }
        }
    }
}

impl Token {
    fn is(&self, part: &str) -> bool {
        match &self.kind {
            Kind::Word(word) => word == part,
            Kind::Punctuation(sign) => part.chars().eq([*sign]),
            Kind::Text(_) | Kind::PathSeparator => false,
        }
    }
}

struct Lexer<'a> {
    rest: &'a str,
    line: usize,
    tokens: Vec<Token>,
}

impl Lexer<'_> {
    fn run(mut self) -> Vec<Token> {
        while let Some(first) = self.rest.chars().next() {
            match first {
                '/' if self.rest.starts_with("//") => self.skip(self.find("\n")),
                '/' if self.rest.starts_with("/*") => self.comment(),
                '"' => self.text(0),
                'r' | 'b' | 'c' if self.raw_text_starts() => self.raw_text(),
                '\'' => self.character(),
                ':' if self.rest.starts_with("::") => self.push(2, Kind::PathSeparator),
                first if first == '_' || first.is_alphanumeric() => {
                    let is_word = |c: char| c == '_' || c.is_alphanumeric();
                    let end = self.rest.find(|c| !is_word(c)).unwrap_or(self.rest.len());
                    let word = self.rest.get(..end).unwrap_or_default().to_owned();
                    self.push(end, Kind::Word(word));
                }
                first if first.is_whitespace() => self.skip(first.len_utf8()),
                first => self.push(first.len_utf8(), Kind::Punctuation(first)),
            }
        }
        self.tokens
    }

    /// How far away `pattern` is; the end of the file if it does not come.
    fn find(&self, pattern: &str) -> usize {
        self.rest.find(pattern).unwrap_or(self.rest.len())
    }

    fn skip(&mut self, length: usize) {
        let (passed, rest) = self.rest.split_at(length.min(self.rest.len()));
        self.line += passed.matches('\n').count();
        self.rest = rest;
    }

    fn push(&mut self, length: usize, kind: Kind) {
        self.tokens.push(Token {
            line: self.line,
            kind,
            is_test: false,
        });
        self.skip(length);
    }

    /// Block comments nest.
    fn comment(&mut self) {
        let mut depth = 0_usize;
        loop {
            if self.rest.starts_with("/*") {
                depth += 1;
                self.skip(2);
            } else if self.rest.starts_with("*/") {
                depth -= 1;
                self.skip(2);
            } else {
                let Some(next) = self.rest.chars().next() else {
                    return;
                };
                self.skip(next.len_utf8());
            }
            if depth == 0 {
                return;
            }
        }
    }

    /// A string whose opening quote is `prefix` bytes away.
    fn text(&mut self, prefix: usize) {
        let body = self.rest.get(prefix + 1..).unwrap_or_default();
        let mut is_escaped = false;
        let end = body.find(|c| {
            let closes = c == '"' && !is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            closes
        });
        let end = end.unwrap_or(body.len());
        let text = body.get(..end).unwrap_or_default().to_owned();
        self.push(prefix + end + 2, Kind::Text(text));
    }

    /// `r"`, `r#"`, `br"`, `b"`, `c"`; but not a word that begins with such a letter.
    fn raw_text_starts(&self) -> bool {
        let prefix = self.rest.trim_start_matches(['b', 'c']);
        let prefix = prefix
            .strip_prefix('r')
            .map_or(prefix, |raw| raw.trim_start_matches('#'));
        self.rest.len() - prefix.len() <= MAX_PREFIX && prefix.starts_with('"')
    }

    fn raw_text(&mut self) {
        let quote = self.find("\"");
        let prefix = self.rest.get(..quote).unwrap_or_default();
        if !prefix.contains('r') {
            return self.text(quote);
        }
        let closing = format!("\"{}", "#".repeat(prefix.matches('#').count()));
        let body = self.rest.get(quote + 1..).unwrap_or_default();
        let end = body.find(&closing).unwrap_or(body.len());
        let text = body.get(..end).unwrap_or_default().to_owned();
        self.push(quote + 1 + end + closing.len(), Kind::Text(text));
    }

    /// `'x'` and `'\n'` are characters; `'a` alone is a lifetime.
    fn character(&mut self) {
        let mut inside = self.rest.chars().skip(1);
        let length = match (inside.next(), inside.next()) {
            (Some('\\'), Some(escaped)) => {
                let from = 2 + escaped.len_utf8();
                let rest = self.rest.get(from..).unwrap_or_default();
                from + rest.find('\'').map_or(0, |end| end + 1)
            }
            (Some(one), Some('\'')) => 2 + one.len_utf8(),
            _ => 1,
        };
        self.skip(length);
    }
}

/// `br###"` and the like.
const MAX_PREFIX: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str) -> Vec<String> {
        Source::new(text)
            .paths()
            .iter()
            .map(|path| path.segments.join("::"))
            .collect()
    }

    #[test]
    fn groups_are_taken_apart() {
        let text = "use std::{fmt, time::{self, Instant as Moment}, io::*};\nuse tokio;";
        assert_eq!(
            paths(text),
            [
                "std::fmt",
                "std::time::self",
                "std::time::Instant",
                "std::io",
                "tokio"
            ]
        );
    }

    #[test]
    fn paths_inside_code_count_and_their_tails_do_not() {
        assert_eq!(
            paths("fn f() -> a::Result<b::C> { d::e() }"),
            ["a::Result", "b::C", "d::e"]
        );
    }

    #[test]
    fn comments_strings_and_tests_name_nothing() {
        let text = "// aya::a\n/* /* aya::b */ aya::c */ \"aya::d\"; r#\"aya::e\"# 'x' b\"aya::f\"\n\
                    #[cfg(test)]\nmod tests { fn f() { aya::g() } }\nfn g<'a>() { h::i() }";
        assert_eq!(paths(text), ["h::i"]);
    }

    #[test]
    fn lines_are_counted_through_comments_and_strings() {
        let source = Source::new("/* a\n b */\n\"c\nd\"\nunsafe {}\n// unsafe\n\"unsafe\"");
        assert_eq!(source.lines_with_word("unsafe"), [5]);
        assert_eq!(source.lines_spelling("unsafe"), [5, 7]);
    }

    #[test]
    fn a_quote_character_opens_no_string() {
        assert_eq!(
            paths("let q = '\"'; a::b(); let r = '\\''; c::d();"),
            ["a::b", "c::d"]
        );
    }
}
