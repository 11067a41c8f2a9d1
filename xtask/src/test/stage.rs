//! Stages, how long each took, and what the whole amounts to.

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};

use super::tally::Tally;
use crate::{console, process};

/// What has been done so far.
#[derive(Default)]
pub(crate) struct Stages {
    done: Vec<Stage>,
}

struct Stage {
    name: &'static str,
    took: Duration,
    /// `None` if it failed before it could count.
    tally: Option<Tally>,
}

impl Stage {
    /// A stage that failed without failed tests of its own counts as one.
    fn tally(&self) -> Tally {
        self.tally.unwrap_or(Tally {
            passed: 0,
            failed: 1,
        })
    }
}

impl Stages {
    /// Runs one stage, unless somebody has interrupted an earlier one.
    pub(crate) fn run(&mut self, name: &'static str, work: impl FnOnce() -> Result<Tally>) {
        if process::was_interrupted() {
            return;
        }
        console::heading(name);
        let started = now();
        let tally = match work() {
            Ok(tally) => Some(tally),
            Err(_) if process::was_interrupted() => return,
            Err(error) => {
                console::error(&format!("{error:#}"));
                None
            }
        };
        self.done.push(Stage {
            name,
            took: now() - started,
            tally,
        });
    }

    /// The durations, and the total as the last line.
    pub(crate) fn finish(&self, filter: Option<&str>) -> Result<ExitCode> {
        if process::was_interrupted() {
            bail!("interrupted");
        }
        console::heading("Stages");
        for stage in &self.done {
            let Tally { passed, failed } = stage.tally();
            let outcome = match (passed, failed) {
                (0, 0) => "fine".to_owned(),
                (0, _) if stage.tally.is_none() => "FAILED".to_owned(),
                _ => format!("{passed} passed, {failed} failed"),
            };
            console::note(&format!(
                "{:>6.1} s  {:24} {outcome}",
                stage.took.as_secs_f32(),
                stage.name
            ));
        }
        let total = self
            .done
            .iter()
            .map(Stage::tally)
            .fold(Tally::default(), Tally::plus);
        if let Some(filter) = filter.filter(|_| total == Tally::default()) {
            bail!("no test has `{filter}` in its name");
        }
        console::result(&format!("{} passed, {} failed", total.passed, total.failed));
        Ok(if total.failed == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long a stage took is shown, and decides nothing"
)]
fn now() -> Instant {
    Instant::now()
}
