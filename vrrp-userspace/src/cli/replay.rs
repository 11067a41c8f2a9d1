//! `xvrrpd replay`.

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context as _, Result};
use clap::Args;

use super::say;
use crate::{daemon::last_words::LastWords, protocol::recording::Recording};

/// What to play.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The recording: JSON, beside the pid file with the ending `.recording.json`, or `.panic.json` for what a crash left.
    file: PathBuf,
}

/// Plays every recording of a file and compares.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let file = &arguments.file;
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let recordings = match serde_json::from_slice::<LastWords>(&bytes) {
        Ok(words) => words.recording.into_iter().collect(),
        Err(_) => serde_json::from_slice::<Vec<Recording>>(&bytes)
            .with_context(|| format!("{} is no recording of this version", file.display()))?,
    };
    let mut differs = false;
    for recording in &recordings {
        let name = &recording.before.settings().name;
        match recording.replay() {
            Ok(router) => say(&format!(
                "({name}) {} events give the same actions; state at the end: {:?}",
                recording.entries.len(),
                router.state()
            )),
            Err(difference) => {
                differs = true;
                say(&format!(
                    "({name}) event {} of {} gives other actions\n  recorded: {:?}\n  replayed: {:?}",
                    difference.index,
                    recording.entries.len(),
                    difference.recorded,
                    difference.replayed
                ));
            }
        }
    }
    Ok(if differs {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}
