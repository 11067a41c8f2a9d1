//! `xvrrpd check` and `-t`: everything there is to say about a file, without starting anything.

mod pair;

use std::path::Path;

use crate::{
    config::{
        Config, Diagnostic, Environment, LoadOptions, Severity, Source, exit_code, load, verify,
    },
    system::{config_files::DiskSource, host::Host},
};

pub use self::pair::{PairOptions, check_pair, check_pair_with};

/// How to look, and how to show it.
#[derive(Debug, Clone, Default)]
pub struct CheckOptions {
    /// How to read the file.
    pub load: LoadOptions,
    /// One line per diagnostic.
    pub concise: bool,
    /// Whether the reader's terminal has colours, and `NO_COLOR` is not set.
    pub color: bool,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckOutcome {
    /// What to print; ends with a summary.
    pub rendered: String,
    /// 0 fine, 4 would not start, 5 would start with complaints, 6 would run what others can change.
    pub exit_code: u8,
}

/// Checks a file on this host.
#[must_use]
pub fn check(path: &Path, options: &CheckOptions) -> CheckOutcome {
    check_with(&DiskSource, &Host, &path.to_string_lossy(), options)
}

/// Checks a file of `source` for `environment`.
#[must_use]
pub fn check_with(
    source: &dyn Source,
    environment: &dyn Environment,
    main: &str,
    options: &CheckOptions,
) -> CheckOutcome {
    let (config, mut diagnostics) = load(source, main, &options.load);
    diagnostics.extend(verify(&config, environment));
    diagnostics.sort_by_key(|diagnostic| diagnostic.primary.span.start());
    let exit_code = exit_code(&config, &diagnostics);

    let mut rendered = String::new();
    for diagnostic in &diagnostics {
        if options.concise {
            rendered.push_str(&diagnostic.concise());
        } else {
            rendered.push_str(&diagnostic.full(options.color));
        }
        rendered.push('\n');
    }
    rendered.push_str(&summary(main, &config, &diagnostics, exit_code));
    rendered.push('\n');
    CheckOutcome {
        rendered,
        exit_code,
    }
}

/// `keepalived.conf: 2 of 3 instances would start; 1 error, 2 warnings`
fn summary(main: &str, config: &Config, diagnostics: &[Diagnostic], exit_code: u8) -> String {
    let all = config.instances.len() + config.refused.len();
    let stopped = |name: &str| {
        diagnostics
            .iter()
            .any(|one| one.stops.as_deref() == Some(name))
    };
    let starting = config
        .instances
        .iter()
        .filter(|instance| !stopped(&instance.name))
        .count();
    let starts = match (all, exit_code) {
        (0, _) => "nothing would start".to_owned(),
        (1, 4) => "the instance would not start".to_owned(),
        (1, _) => "the instance would start".to_owned(),
        _ => format!("{starting} of {all} instances would start"),
    };
    let counts: Vec<_> = [
        (Severity::Security, "security problem"),
        (Severity::Error, "error"),
        (Severity::Warning, "warning"),
        (Severity::Note, "note"),
    ]
    .into_iter()
    .filter_map(|(severity, name)| counted(diagnostics, severity, name))
    .collect();
    let said = if counts.is_empty() {
        "nothing to say".to_owned()
    } else {
        counts.join(", ")
    };
    format!("{main}: {starts}; {said}")
}

fn counted(diagnostics: &[Diagnostic], severity: Severity, name: &str) -> Option<String> {
    match diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity == severity)
        .count()
    {
        0 => None,
        1 => Some(format!("1 {name}")),
        count => Some(format!("{count} {name}s")),
    }
}

#[cfg(test)]
mod tests;
