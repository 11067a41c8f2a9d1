//! The words behind a keyword, handed out one by one to the keyword's `apply`.
//!
//! What is wrong with them is said as the end of a sentence that begins with the keyword ("must be between 1 and
//! 255"); the caller supplies the beginning, and the place where nothing better is known.

use std::{fmt::Display, ops::RangeInclusive, time::Duration};

use super::{
    diagnostic::{Diagnostic, Severity},
    lexer::Word,
    number::{self, Parsed, spell},
    source::Span,
};

/// What is wrong with a statement.
///
/// Boxed, because nearly every function here can return one and nearly none does.
#[derive(Debug)]
pub(super) struct Problem(Box<Details>);

#[derive(Debug)]
struct Details {
    severity: Severity,
    complaint: String,
    span: Option<Span>,
    label: String,
    is_secret: bool,
    now: Option<String>,
    help: Option<String>,
    also: Option<(Span, String)>,
}

impl Problem {
    fn new(severity: Severity, complaint: impl Into<String>) -> Self {
        Self(Box::new(Details {
            severity,
            complaint: complaint.into(),
            span: None,
            label: String::new(),
            is_secret: false,
            now: None,
            help: None,
            also: None,
        }))
    }

    pub(super) fn error(complaint: impl Into<String>) -> Self {
        Self::new(Severity::Error, complaint)
    }

    pub(super) fn warning(complaint: impl Into<String>) -> Self {
        Self::new(Severity::Warning, complaint)
    }

    pub(super) fn at(self, word: &Word, label: impl Into<String>) -> Self {
        self.at_span(word.span.clone(), label)
    }

    pub(super) fn at_span(mut self, span: Span, label: impl Into<String>) -> Self {
        self.0.span = Some(span);
        self.0.label = label.into();
        self
    }

    pub(super) fn secret(mut self) -> Self {
        self.0.is_secret = true;
        self
    }

    pub(super) fn now(mut self, now: impl Into<String>) -> Self {
        self.0.now = Some(now.into());
        self
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    pub(super) fn also(mut self, span: Span, label: impl Into<String>) -> Self {
        self.0.also = Some((span, label.into()));
        self
    }

    /// Adds what only the caller knows.
    pub(super) fn about(self, keyword: &str, place: &Span) -> Diagnostic {
        let Details {
            severity,
            complaint,
            span,
            label,
            is_secret,
            now,
            help,
            also,
        } = *self.0;
        let span = span.unwrap_or_else(|| place.clone());
        let mut diagnostic =
            Diagnostic::new(severity, format!("`{keyword}` {complaint}"), span).label(label);
        diagnostic.primary.is_secret = is_secret;
        diagnostic.now = now.or_else(|| Some("it is ignored".to_owned()));
        diagnostic.help = help;
        if let Some((span, label)) = also {
            diagnostic = diagnostic.also(span, label);
        }
        diagnostic
    }
}

/// The words behind a keyword; in a block of values, the words of a line.
#[derive(Debug)]
pub(super) struct Words<'a> {
    rest: &'a [Word],
    statement: Span,
    problems: Vec<Problem>,
}

impl<'a> Words<'a> {
    pub(super) const fn new(words: &'a [Word], statement: Span) -> Self {
        Self {
            rest: words,
            statement,
            problems: Vec::new(),
        }
    }

    /// From the keyword to the last word.
    pub(super) const fn statement(&self) -> &Span {
        &self.statement
    }

    /// What was said along the way.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    /// Says something and goes on.
    pub(super) fn tell(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// The next word, which stays.
    pub(super) fn peek(&self) -> Option<&'a Word> {
        self.rest.first()
    }

    pub(super) fn next(&mut self) -> Option<&'a Word> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    /// Takes the next word if it is `text`.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let is_next = self.peek().is_some_and(|word| word.text == text);
        if is_next {
            self.next();
        }
        is_next
    }

    /// Where all that is left stands.
    pub(super) fn remaining(&self) -> Option<Span> {
        let (first, last) = (self.rest.first()?, self.rest.last()?);
        Some(first.span.to(&last.span))
    }

    /// Takes all that is left.
    pub(super) fn rest(&mut self) -> &'a [Word] {
        std::mem::take(&mut self.rest)
    }

    /// The next word, which must be there.
    pub(super) fn word(&mut self, what: &str) -> Result<&'a Word, Problem> {
        self.next()
            .ok_or_else(|| Problem::error(format!("needs {what}")))
    }

    /// A whole number; anything behind its digits is reported and dropped, as keepalived does when it runs.
    pub(super) fn number<N>(&mut self, range: RangeInclusive<N>) -> Result<N, Problem>
    where
        N: TryFrom<i64> + PartialOrd + Display,
    {
        let word = self.word("a number")?;
        let parsed = number::integer(&word.text).ok_or_else(|| not_a(word, "number"))?;
        let value = within(word, parsed.value, range)?;
        if parsed.has_garbage {
            self.tell(garbage(word, &value.to_string()));
        }
        Ok(value)
    }

    /// A whole number and nothing else.
    pub(super) fn exact_number<N>(&mut self, range: RangeInclusive<N>) -> Result<N, Problem>
    where
        N: TryFrom<i64> + PartialOrd + Display,
    {
        let word = self.word("a number")?;
        match number::integer(&word.text) {
            Some(Parsed {
                value,
                has_garbage: false,
            }) => within(word, value, range),
            _ => Err(not_a(word, "number")),
        }
    }

    /// Seconds, with decimals.
    pub(super) fn seconds(&mut self, range: RangeInclusive<Duration>) -> Result<Duration, Problem> {
        let word = self.word("a number of seconds")?;
        let Parsed { value, has_garbage } =
            number::seconds(&word.text).ok_or_else(|| not_a(word, "number of seconds"))?;
        if !range.contains(&value) {
            let (least, most) = (spell(*range.start()), spell(*range.end()));
            let complaint = format!("must be between {least} and {most} seconds");
            return Err(Problem::error(complaint).at(word, "out of range"));
        }
        if has_garbage {
            self.tell(garbage(word, &spell(value)));
        }
        Ok(value)
    }

    /// `on`, `off` and their like; nothing at all means yes.
    pub(super) fn boolean(&mut self) -> Result<bool, Problem> {
        let Some(word) = self.next() else {
            return Ok(true);
        };
        match word.text.as_str() {
            "on" | "true" | "yes" => Ok(true),
            "off" | "false" | "no" => Ok(false),
            _ => Err(Problem::error("is `on` or `off`").at(word, "neither")),
        }
    }

    /// One of a few words.
    pub(super) fn choice<V: Copy>(&mut self, choices: &[(&str, V)]) -> Result<V, Problem> {
        let names: Vec<_> = choices
            .iter()
            .map(|(name, _)| format!("`{name}`"))
            .collect();
        let (last, others) = names
            .split_last()
            .map_or(("", &[][..]), |(last, others)| (last, others));
        let names = format!("{} or {last}", others.join(", "));
        let word = self.word(&names)?;
        let chosen = choices
            .iter()
            .find(|(name, _)| *name == word.text)
            .map(|(_, value)| *value);
        chosen.ok_or_else(|| Problem::error(format!("is {names}")).at(word, "something else"))
    }
}

fn within<N>(word: &Word, value: i64, range: RangeInclusive<N>) -> Result<N, Problem>
where
    N: TryFrom<i64> + PartialOrd + Display,
{
    let number = N::try_from(value)
        .ok()
        .filter(|number| range.contains(number));
    number.ok_or_else(|| {
        let complaint = format!("must be between {} and {}", range.start(), range.end());
        Problem::error(complaint).at(word, "out of range")
    })
}

fn not_a(word: &Word, what: &str) -> Problem {
    Problem::error(format!("needs a {what}")).at(word, format!("not a {what}"))
}

fn garbage(word: &Word, used: &str) -> Problem {
    Problem::warning("has something behind its number")
        .at(word, "")
        .now(format!("{used} is used"))
}
