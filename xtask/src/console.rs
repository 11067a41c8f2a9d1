//! What xtask says, and the one thing it asks.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

/// A new step.
pub(crate) fn heading(text: &str) {
    eprintln!("{} {}", paint(GREEN, "==>"), paint(BOLD, text));
}

/// Something worth knowing.
pub(crate) fn note(text: &str) {
    eprintln!("    {text}");
}

/// Something that needs doing.
pub(crate) fn error(text: &str) {
    eprintln!("{} {text}", paint(RED, "error:"));
}

/// A result, on standard output, where it can be piped from.
#[expect(clippy::print_stdout, reason = "the only place that does")]
pub(crate) fn result(line: &str) {
    println!("{line}");
}

/// Asks; an empty answer is yes, the end of input is no.
pub(crate) fn agrees(question: &str) -> io::Result<bool> {
    eprint!("{question} [Y/n] ");
    io::stderr().flush()?;
    let mut answer = String::new();
    if io::stdin().lock().read_line(&mut answer)? == 0 {
        return Ok(false);
    }
    Ok(matches!(
        answer.trim().to_lowercase().as_str(),
        "" | "y" | "yes"
    ))
}

/// Whether there is somebody to ask.
pub(crate) fn is_interactive() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

const BOLD: &str = "1";
const RED: &str = "1;31";
const GREEN: &str = "1;32";

fn paint(code: &str, text: &str) -> String {
    let is_plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if is_plain || !io::stderr().is_terminal() {
        return text.to_owned();
    }
    format!("\x1b[{code}m{text}\x1b[0m")
}
