//! What the runner says: a line per test as it ends, then the failures, the slowest, and the total.

use std::cmp::Reverse;

use crate::{
    list::Test,
    run::{Outcome, Verdict},
};

/// What has ended so far.
pub(crate) struct Report {
    expected: usize,
    done: Vec<Outcome>,
}

const SLOWEST: usize = 10;

impl Report {
    /// A report on `expected` tests.
    pub(crate) fn new(expected: usize) -> Self {
        Self {
            expected,
            done: Vec::new(),
        }
    }

    /// Takes in one more, and prints its line.
    pub(crate) fn add(&mut self, outcome: Outcome) {
        let count = self.done.len() + 1;
        let word = match outcome.verdict {
            Verdict::Passed => "ok",
            Verdict::Failed => "FAILED",
            Verdict::TimedOut => "TIMED OUT",
        };
        say(&format!(
            "[{count:3}/{}] {word:9} {}",
            self.expected,
            line(&outcome)
        ));
        self.done.push(outcome);
    }

    /// Prints what is left to say, the total last.
    pub(crate) fn finish(&mut self) {
        for outcome in self
            .done
            .iter()
            .filter(|outcome| outcome.verdict != Verdict::Passed)
        {
            say(&format!(
                "\n---- {} ----\n{}",
                outcome.test.full_name(),
                outcome.output.trim_end()
            ));
        }
        self.done.sort_by_key(|outcome| Reverse(outcome.took));
        say("\nslowest:");
        for outcome in self.done.iter().take(SLOWEST) {
            say(&format!("  {}", line(outcome)));
        }
        for outcome in self
            .done
            .iter()
            .filter(|outcome| outcome.verdict != Verdict::Passed)
        {
            say(&format!("failed: {}", outcome.test.full_name()));
        }
        say(&format!(
            "{} passed, {} failed",
            self.passed(),
            self.done.len() - self.passed()
        ));
    }

    /// Says that not everything was run.
    pub(crate) fn interrupted(&self) {
        say(&format!(
            "interrupted after {} of {} tests",
            self.done.len(),
            self.expected
        ));
    }

    /// Whether everything that was expected passed.
    pub(crate) fn is_good(&self) -> bool {
        self.passed() == self.expected
    }

    fn passed(&self) -> usize {
        self.done
            .iter()
            .filter(|outcome| outcome.verdict == Verdict::Passed)
            .count()
    }
}

/// The names of the tests, for who cannot run them.
pub(crate) fn names(tests: &[Test]) {
    for test in tests {
        say(&test.full_name());
    }
}

fn line(outcome: &Outcome) -> String {
    format!(
        "{:7.2} s  {}",
        outcome.took.as_secs_f32(),
        outcome.test.full_name()
    )
}

#[expect(clippy::print_stdout, reason = "what the runner is for")]
fn say(text: &str) {
    println!("{text}");
}
