//! `cargo xtask lint`: the rules of the house that the compiler does not know.
//!
//! Who may know whom is read from `use` lines and inline paths; the rules are a table in `rules`.

mod rules;
mod source;
mod tree;

use std::{fmt, fs, path::Path, process::ExitCode};

use anyhow::{Context as _, Result};

use self::source::Source;
use crate::console;

/// A broken rule, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    path: String,
    line: usize,
    message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// Prints every finding.
pub(crate) fn run() -> Result<ExitCode> {
    let findings = findings(&crate::workspace::root())?;
    for finding in &findings {
        console::result(&finding.to_string());
    }
    if findings.is_empty() {
        console::result("every rule of the house holds");
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::FAILURE)
}

/// Everything that breaks a rule in the tree below `root`.
pub(crate) fn findings(root: &Path) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for path in tree::files(root)? {
        findings.extend(tree::too_large(root, &path));
        if path.ends_with(".rs") {
            let text = fs::read_to_string(root.join(&path)).with_context(|| path.clone())?;
            findings.extend(rules::check(&path, &Source::new(&text)));
        }
    }
    findings.extend(tree::readme(root));
    findings.sort();
    Ok(findings)
}
