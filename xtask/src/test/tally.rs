//! Counting tests in what test programs print, while it passes through.

use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
};

use anyhow::{Result, bail};

use crate::{console, process};

/// So many passed, so many did not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
}

impl Tally {
    /// Both together.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
        }
    }
}

/// Runs `command`, shows what it prints, and adds up what `count` reads in it.
///
/// # Errors
/// If the command fails without any failed test, or cannot be run.
pub(crate) fn watch(command: &mut Command, count: fn(&str) -> Option<Tally>) -> Result<Tally> {
    let mut child = process::start(command.stdout(Stdio::piped()))?;
    let mut total = Tally::default();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines() {
            let line = line?;
            console::result(&line);
            total = total.plus(count(&line).unwrap_or_default());
        }
    }
    let status = process::wait(child)?;
    if !status.success() && total.failed == 0 {
        bail!("{} {}", process::shown(command), process::ending(status));
    }
    Ok(total)
}

/// `test result: ok. 12 passed; 0 failed; …`
pub(crate) fn of_harness(line: &str) -> Option<Tally> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let mut parts = counts.split("; ");
    Some(Tally {
        passed: number(parts.next()?, "passed")?,
        failed: number(parts.next()?, "failed")?,
    })
}

/// `12 passed, 0 failed`, the last line of the runner.
pub(crate) fn of_runner(line: &str) -> Option<Tally> {
    let (passed, failed) = line.split_once(", ")?;
    Some(Tally {
        passed: number(passed, "passed")?,
        failed: number(failed, "failed")?,
    })
}

fn number(part: &str, word: &str) -> Option<usize> {
    part.strip_suffix(word)?.strip_suffix(' ')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_read_and_other_lines_are_not() {
        let line = "test result: FAILED. 12 passed; 1 failed; 0 ignored; 0 measured";
        assert_eq!(
            of_harness(line),
            Some(Tally {
                passed: 12,
                failed: 1
            })
        );
        assert_eq!(of_harness("test it_passes ... ok"), None);
        assert_eq!(
            of_runner("7 passed, 2 failed"),
            Some(Tally {
                passed: 7,
                failed: 2
            })
        );
        assert_eq!(of_runner("7 passed, and more"), None);
    }
}
