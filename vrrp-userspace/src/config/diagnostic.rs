//! What to tell the author of a configuration, as data; two renderers turn it into text.

mod excerpt;
mod render;

use super::source::Span;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; nobody has to do anything.
    Note,
    /// Something is ignored, or is not what it seems.
    Warning,
    /// Something cannot be done as written.
    Error,
    /// Somebody other than root decides what root runs.
    Security,
}

impl Severity {
    /// The word in front of the headline.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Security => "security",
        }
    }
}

/// A place and what is the matter there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The word, not the line.
    pub span: Span,
    /// A few words below it; may be empty.
    pub text: String,
    /// Whether what stands there is a password, which no output repeats.
    pub is_secret: bool,
}

/// One thing to tell the author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// One line, lower case, no full stop, names in backticks.
    pub headline: String,
    /// The word it is about.
    pub primary: Label,
    /// Other places that explain it.
    pub secondary: Vec<Label>,
    /// What this daemon does about it.
    pub now: Option<String>,
    /// What the author could write instead.
    pub help: Option<String>,
    /// The instance that does not start because of it.
    pub stops: Option<String>,
    /// Whether it is about something at the top level that is not read, and so may have been an instance.
    pub is_outside: bool,
}

impl Diagnostic {
    /// A diagnostic with nothing but a headline and a place.
    #[must_use]
    pub fn new(severity: Severity, headline: impl Into<String>, span: Span) -> Self {
        Self {
            severity,
            headline: headline.into(),
            primary: Label {
                span,
                text: String::new(),
                is_secret: false,
            },
            secondary: Vec::new(),
            now: None,
            help: None,
            stops: None,
            is_outside: false,
        }
    }

    /// [`Severity::Note`].
    #[must_use]
    pub fn note(headline: impl Into<String>, span: Span) -> Self {
        Self::new(Severity::Note, headline, span)
    }

    /// [`Severity::Warning`].
    #[must_use]
    pub fn warning(headline: impl Into<String>, span: Span) -> Self {
        Self::new(Severity::Warning, headline, span)
    }

    /// [`Severity::Error`].
    #[must_use]
    pub fn error(headline: impl Into<String>, span: Span) -> Self {
        Self::new(Severity::Error, headline, span)
    }

    /// What to write below the word.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// What it is about stands at the top level.
    #[must_use]
    pub const fn outside(mut self) -> Self {
        self.is_outside = true;
        self
    }

    /// Points at one more place.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.secondary.push(Label {
            span,
            text: text.into(),
            is_secret: false,
        });
        self
    }

    /// Says what this daemon does about it.
    #[must_use]
    pub fn now(mut self, text: impl Into<String>) -> Self {
        self.now = Some(text.into());
        self
    }

    /// Says what could be written instead.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Says which instance does not start.
    #[must_use]
    pub fn stops(mut self, instance: impl Into<String>) -> Self {
        self.stops = Some(instance.into());
        self
    }

    /// Every place it points at, the most important first.
    fn labels(&self) -> impl Iterator<Item = &Label> {
        std::iter::once(&self.primary).chain(&self.secondary)
    }
}

/// What was found so far, as much of it as anybody reads.
///
/// A file of nothing but mistakes must not cost more than one that is right.
#[derive(Debug, Default)]
pub(super) struct Findings {
    list: Vec<Diagnostic>,
    is_full: bool,
}

const MOST_FINDINGS: usize = 500;

impl Findings {
    /// Adds one, if there is room.
    pub(super) fn push(&mut self, diagnostic: Diagnostic) {
        if self.list.len() < MOST_FINDINGS {
            self.list.push(diagnostic);
        } else {
            self.is_full = true;
        }
    }

    /// Whether another one would be lost.
    pub(super) fn is_full(&self) -> bool {
        self.list.len() >= MOST_FINDINGS
    }

    /// All of them in the order of the file.
    pub(super) fn sorted(mut self) -> Vec<Diagnostic> {
        self.list
            .sort_by_key(|diagnostic| diagnostic.primary.span.start());
        if self.is_full
            && let Some(last) = self.list.last()
        {
            let place = last.primary.span.clone();
            self.list.push(Diagnostic::note(
                "there is more to say, which is not shown",
                place,
            ));
        }
        self.list
    }
}

#[cfg(test)]
mod tests;
