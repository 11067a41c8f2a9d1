//! What does this configuration mean? Text in, [`Config`] and diagnostics out.
//!
//! The way of a file: `source` (bytes by name) → `lexer` (words and braces, with `condition` and `preprocessor` for
//! what stands before a line) → `block` (a tree) → `interpreter` with the tables of [`keywords`] (what was written:
//! `draft`) → `resolve` (what is meant: [`Config`]). [`verify()`] then asks the host whether it has what the
//! configuration names, and [`exit_code`] sums up.
//!
//! Loading never fails: what cannot be read costs a diagnostic and as little else as can be. What an instance must
//! have and does not have, or must not do and would do, puts it on the list of those that may not start.
//!
//! What is not here: a disk, a clock, a socket, a terminal.

mod address;
mod block;
mod condition;
mod diagnostic;
mod draft;
mod exit_code;
mod interpreter;
mod keyword;
mod lexer;
mod macvlan;
mod model;
mod number;
mod preprocessor;
mod resolve;
mod script;
mod shell;
mod source;
mod suggestion;
mod verify;
mod words;

pub mod keywords;

pub use diagnostic::{Diagnostic, Label, Severity};
pub use exit_code::exit_code;
pub use model::*;
pub use source::{MapSource, Place, Source, SourceError, SourceFile, Span};
pub use verify::{Environment, ScriptState, verify};

use condition::ConfigIds;
use diagnostic::Findings;
use draft::Draft;
use interpreter::Interpreter;
use lexer::Piece;

/// What the command line says about reading.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// What `@id` lines are compared with, besides `xvrrpd`: the option `-i` or the short host name.
    pub config_id: Option<String>,
}

/// Reads the file `main` and tells what it means, and everything there is to say about it, in its order.
#[must_use]
pub fn load(source: &dyn Source, main: &str, options: &LoadOptions) -> (Config, Vec<Diagnostic>) {
    let bytes = match source.read(main) {
        Ok(bytes) => bytes,
        Err(error) => return (Config::default(), vec![unreadable(main, &error)]),
    };
    let mut diagnostics = Findings::default();
    let text = String::from_utf8_lossy(&bytes);
    let is_lossy = matches!(text, std::borrow::Cow::Owned(_));
    let file = SourceFile::new(main, text.into_owned());

    let ids = ConfigIds::new(options.config_id.clone());
    let pieces = lexer::lex(&file, &ids, &mut diagnostics);
    if is_lossy {
        complain_about_encoding(&pieces, &mut diagnostics);
    }
    let root = block::parse(pieces, &keywords::Tables, &mut diagnostics);
    let mut draft = Draft::default();
    let mut interpreter = Interpreter::new(&mut diagnostics);
    interpreter.read(&root, &keywords::root::TABLE, "", &mut draft);
    interpreter.finish();
    let config = resolve::resolve(draft, &mut diagnostics);
    if config.instances.is_empty() && config.refused.is_empty() {
        diagnostics.push(nothing_to_do(main));
    }
    (config, diagnostics.sorted())
}

fn unreadable(main: &str, error: &SourceError) -> Diagnostic {
    let diagnostic = Diagnostic::error(format!("the file {error}"), Span::whole_file(main));
    match error {
        SourceError::Executable => diagnostic.help(format!("chmod 644 {main}")),
        SourceError::NotFound
        | SourceError::IsDirectory
        | SourceError::NotRegular
        | SourceError::TooLarge { .. }
        | SourceError::Unreadable(_) => diagnostic,
    }
}

fn nothing_to_do(main: &str) -> Diagnostic {
    Diagnostic::error("no instance is configured", Span::whole_file(main))
        .help("a router begins with `vrrp_instance <name> {`")
}

/// Comments may be in any encoding; a word that is not what it was may be a password.
fn complain_about_encoding(pieces: &[Piece], diagnostics: &mut Findings) {
    for piece in pieces {
        let Piece::Statement(statement) = piece else {
            continue;
        };
        for word in &statement.words {
            if word.text.contains(char::REPLACEMENT_CHARACTER) {
                diagnostics.push(
                    Diagnostic::error("a word is not UTF-8", word.span.clone())
                        .now("what could not be read is replaced"),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests;
