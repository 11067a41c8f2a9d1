//! What `check` and `-t` answer with.

use std::collections::BTreeSet;

use super::{
    diagnostic::{Diagnostic, Severity},
    model::Config,
};

/// Nothing to complain about.
const FINE: u8 = 0;
/// No instance would start.
const WOULD_NOT_START: u8 = 4;
/// It would start, with complaints.
const COMPLAINTS: u8 = 5;
/// It would start, and run as root what others can change.
const INSECURE_SCRIPT: u8 = 6;

/// The exit code for a configuration and all that was said about it.
#[must_use]
pub fn exit_code(config: &Config, diagnostics: &[Diagnostic]) -> u8 {
    let stopped: BTreeSet<&str> = diagnostics
        .iter()
        .filter_map(|diagnostic| diagnostic.stops.as_deref())
        .collect();
    if config
        .instances
        .iter()
        .all(|instance| stopped.contains(instance.name.as_str()))
    {
        return WOULD_NOT_START;
    }
    match diagnostics
        .iter()
        .map(|diagnostic| diagnostic.severity)
        .max()
    {
        None | Some(Severity::Note) => FINE,
        Some(Severity::Warning | Severity::Error) => COMPLAINTS,
        Some(Severity::Security) => INSECURE_SCRIPT,
    }
}
