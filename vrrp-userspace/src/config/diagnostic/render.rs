//! Diagnostics as text: in full for people, on one line for logs and `--concise`.

use std::fmt::Write as _;

use super::{Diagnostic, Label, Severity, excerpt};
use excerpt::Excerpt;

impl Diagnostic {
    /// Several lines with the text it points at. Readable without colour.
    #[must_use]
    pub fn full(&self, color: bool) -> String {
        let style = Style { color };
        let gutter = self.gutter();
        let mut out = String::new();
        let severity = style.severity(self.severity);
        line(
            &mut out,
            &format!("{severity}: {}", style.bold(&clean(&self.headline))),
        );
        for (index, label) in self.labels().enumerate() {
            let corner = if index == 0 { "┌─" } else { "├─" };
            write_label(&mut out, label, &style, gutter, corner, self.severity);
        }
        for (name, text) in [("now", &self.now), ("help", &self.help)] {
            if let Some(text) = text {
                line(
                    &mut out,
                    &format!("{:gutter$}= {name}: {}", "", clean(text)),
                );
            }
        }
        out
    }

    /// `file:line:column: severity: headline; what happens now (help)`.
    #[must_use]
    pub fn concise(&self) -> String {
        let mut out = format!("{}: {}: ", position(&self.primary), self.severity.name());
        out.push_str(&clean(&self.headline));
        if let Some(now) = &self.now {
            let _ = write!(out, "; {}", clean(now));
        }
        if let Some(help) = &self.help {
            let _ = write!(out, " ({})", clean(help));
        }
        out
    }

    /// Columns that the widest line number needs.
    fn gutter(&self) -> usize {
        let digits = |label| Excerpt::of(label).map_or(1, |excerpt| excerpt.line.to_string().len());
        self.labels().map(digits).max().unwrap_or(1)
    }
}

fn write_label(
    out: &mut String,
    label: &Label,
    style: &Style,
    gutter: usize,
    corner: &str,
    severity: Severity,
) {
    line(
        out,
        &format!("{:gutter$}{} {}", "", style.faint(corner), position(label)),
    );
    let Some(excerpt) = Excerpt::of(label) else {
        return;
    };
    let bar = style.faint("│");
    line(out, &format!("{:gutter$}{bar}", ""));
    line(
        out,
        &format!("{:>gutter$}{bar} {}", excerpt.line, excerpt.text),
    );
    let carets = style.carets(severity, &"^".repeat(excerpt.carets));
    let text = clean(&label.text);
    line(
        out,
        &format!(
            "{:gutter$}{bar} {:indent$}{carets} {text}",
            "",
            "",
            indent = excerpt.indent
        ),
    );
}

/// `file:line:column`, or just the file.
fn position(label: &Label) -> String {
    let name = clean(label.span.file().name());
    match Excerpt::of(label) {
        Some(excerpt) => format!("{name}:{}:{}", excerpt.line, excerpt.column),
        None => name,
    }
}

/// One line, without the blanks that an empty label leaves at its end.
fn line(out: &mut String, text: &str) {
    out.push_str(text.trim_end());
    out.push('\n');
}

/// Words of the file stand in headlines, so they are cleaned like the excerpt.
fn clean(text: &str) -> String {
    text.chars().map(excerpt::printable).collect()
}

struct Style {
    color: bool,
}

impl Style {
    fn paint(&self, code: &str, text: &str) -> String {
        if self.color {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    fn severity(&self, severity: Severity) -> String {
        self.paint(color_of(severity), severity.name())
    }

    fn carets(&self, severity: Severity, text: &str) -> String {
        self.paint(color_of(severity), text)
    }

    fn bold(&self, text: &str) -> String {
        self.paint("1", text)
    }

    fn faint(&self, text: &str) -> String {
        self.paint("34", text)
    }
}

const fn color_of(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "1;36",
        Severity::Warning => "1;33",
        Severity::Error => "1;31",
        Severity::Security => "1;35",
    }
}
