//! `xvrrpd check --pair`: what two files make of each other.
//!
//! Both are read as `check` reads them. This host is not asked about either: one of them at least is another's.

use std::path::Path;

use super::{CheckOutcome, summary};
use crate::{
    config::{Config, LoadOptions, Source, exit_code, load},
    pair::{Both, Side, compare},
    system::config_files::DiskSource,
};

/// They agree.
const AGREE: u8 = 0;
/// One of them has nothing that would start.
const WOULD_NOT_START: u8 = 4;
/// They disagree, or something in them is without effect.
const COMPLAINTS: u8 = 5;

/// How to read each file.
pub type PairOptions = Both<LoadOptions>;

/// Compares two files.
#[must_use]
pub fn check_pair(files: &Both<&Path>, load: &PairOptions, concise: bool) -> CheckOutcome {
    let files = Both::each(|side| files[side].to_string_lossy().into_owned());
    check_pair_with(&DiskSource, &files, load, concise)
}

/// Compares two files of `source`.
#[must_use]
pub fn check_pair_with(
    source: &dyn Source,
    files: &Both<String>,
    options: &PairOptions,
    concise: bool,
) -> CheckOutcome {
    let loaded = Both::each(|side| load(source, &files[side], &options[side]));
    let mut rendered = String::new();
    for side in Side::BOTH {
        let (config, diagnostics) = &loaded[side];
        let code = exit_code(config, diagnostics);
        rendered.push_str(&summary(&files[side], config, diagnostics, code));
        if !diagnostics.is_empty() {
            rendered.push_str(&format!(" (see `xvrrpd check {}`)", files[side]));
        }
        rendered.push('\n');
    }
    let configs: Both<&Config> = Both {
        first: &loaded.first.0,
        second: &loaded.second.0,
    };
    if Side::BOTH
        .iter()
        .any(|side| configs[*side].instances.is_empty())
    {
        return CheckOutcome {
            rendered,
            exit_code: WOULD_NOT_START,
        };
    }
    let comparison = compare(&configs);
    let names = names(files, options);
    rendered.push_str(&if concise {
        comparison.concise(&names)
    } else {
        comparison.full(&names)
    });
    CheckOutcome {
        rendered,
        exit_code: if comparison.has_complaints() {
            COMPLAINTS
        } else {
            AGREE
        },
    }
}

/// The shortest names that tell the two apart: those of the files, with their folders, with the id they are read for, or their order.
fn names(files: &Both<String>, options: &PairOptions) -> Both<String> {
    let short = Both::each(|side| {
        let name = Path::new(&files[side]).file_name();
        name.map_or(files[side].clone(), |name| {
            name.to_string_lossy().into_owned()
        })
    });
    let with_id = Both::each(|side| {
        let id = options[side].config_id.as_deref().unwrap_or_default();
        format!("{} (-i {id})", short[side])
    });
    let ordered = Both {
        first: format!("{} (first)", short.first),
        second: format!("{} (second)", short.second),
    };
    [short, files.clone(), with_id]
        .into_iter()
        .find(|names| !names.agree())
        .unwrap_or(ordered)
}

#[cfg(test)]
mod tests;
